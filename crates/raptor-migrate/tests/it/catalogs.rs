//! Catalogs: what makes two schemas differ is found and named, and what does not is not.

pub(crate) mod changes;
pub(crate) mod postgres;
pub(crate) mod postgres_changes;
pub(crate) mod sqlite;
pub(crate) mod sqlite_changes;
