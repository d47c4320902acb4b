//! One SQL text on SQLite and Postgres.
