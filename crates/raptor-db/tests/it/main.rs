//! Integration tests: real Postgres, real SQLite.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod dialect;
mod functions;
