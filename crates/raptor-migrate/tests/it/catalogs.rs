//! Catalogs: what makes two schemas differ is found and named, and what does not is not.

mod changes;
mod postgres;
mod postgres_changes;
mod sqlite;
mod sqlite_changes;
