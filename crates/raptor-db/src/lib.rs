//! One SQL text on SQLite and Postgres.
mod statement;
