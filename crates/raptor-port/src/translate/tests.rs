//! Texts of SQLite schemas on a real SQLite, their translations on a real Postgres, on the same rows, and
//! the answers compared value by value.

mod bed;
mod conditions;
mod defaults;
mod refused;
mod rows;
mod triggers;
mod values;
mod views;
