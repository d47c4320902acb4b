//! Throw-away Postgres and SQLite for tests.
