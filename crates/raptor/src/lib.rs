//! Raptor's backend: customers and their sessions, staff, an HTTP API, on SQLite or Postgres.
//!
//! The library exists for the binary beside it and for the tests; it promises nothing to others.

mod admin;
mod chain;
mod cli;
mod clock;
mod config;
mod credentials;
mod customers;
mod declaration;
mod guard;
mod hex;
mod http;
mod idempotency;
mod listener;
mod login;
mod passwords;
mod proofs;
mod rate_limits;
mod scopes;
mod secrets;
mod serve;
mod sessions;
mod settings;
mod signals;
mod staff;
mod telemetry;
mod tokens;

pub use chain::{migrate_all, revisions};
pub use cli::{Cli, run, said};
pub use config::{KEYS, Key};
pub use declaration::{declared, sqlite_guard};
pub use http::{App, router};
pub use listener::{Limits, serve};
pub use settings::Settings;
pub use staff::{SetupLink, open_setup};
