//! Throw-away Postgres and SQLite for tests, without Docker.
//!
//! A [`Template`] is prepared once per process; every test takes a clean [`Database`] of its own
//! from it in a few milliseconds, the fewest where the template is [warm](Template::warm). A
//! [`Server`] is the Postgres beneath, for tools and for tests that want one to themselves. A
//! [`SqliteFile`] is the same for SQLite. [`run()`] gives a server to one command in any language.
//!
//! ```no_run
//! use raptor_testkit::Template;
//! use std::sync::LazyLock;
//!
//! static SHOP: LazyLock<Template> = LazyLock::new(|| {
//!     Template::new(|urls| {
//!         // Bring `urls.owner_url()` to head here; it may build a runtime and block.
//!         assert!(urls.owner_url().starts_with("postgres://raptor_owner:"));
//!         Ok(())
//!     })
//! });
//!
//! let database = SHOP.database();
//! assert!(database.url().starts_with("postgres://raptor_app:"));
//! ```
//!
//! | Variable | Meaning |
//! |---|---|
//! | `RAPTOR_PG_BIN` | the folder of `postgres` and `initdb`; else `PATH`, else the usual folders |
//! | `RAPTOR_TESTKIT_CACHE` | where initialised data directories are kept; else the user's cache |
//! | `RAPTOR_TESTKIT_KEEP` | seconds for which a failing test's server stays; else 600, 0 is none |
//!
//! It hands out URLs only: it knows no Raptor crate, no table's name, and keeps no data.
//! Nothing outlives the process, not even after `kill -9`; see [`Server`] for how, and
//! [`Database`] for the one exception, a failing test's database.

mod account;
mod binaries;
mod bouncer;
mod cache;
mod client;
mod cluster;
mod config;
mod database;
mod error;
mod folder;
mod run;
mod scram;
mod server;
mod sqlite;
mod supervisor;
mod template;
mod urls;
mod warm;

pub use bouncer::Bouncer;
pub use database::Database;
pub use error::{Error, ErrorKind};
pub use run::run;
pub use server::{Options, Server};
pub use sqlite::{SqliteFile, SqliteTemplate};
pub use template::{Prepared, Template};
pub use urls::Urls;
