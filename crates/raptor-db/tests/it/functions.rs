//! Every function that SQLite is given answers as Postgres's own: the same text, the same generated
//! input, on both engines; the same value or the same kind of error.

#[macro_use]
mod pair;

mod aggregates;
mod arrays;
mod bytes;
mod casts;
mod input;
mod json;
mod math;
mod patterns;
mod regexps;
mod settings;
mod text;
mod time;

pub(crate) use pair::{Pair, Shape};
