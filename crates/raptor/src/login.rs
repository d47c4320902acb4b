//! Whether the login that serves is as weak as it must be.
//!
//! A REVOKE does nothing to an owner, and row-level security nothing to a superuser: with such a
//! login the database's own guards are switched off, so `serve` refuses it.

use anyhow::{Context, Result};
use raptor_db::{Db, Engine, Scope, params, sql};

/// What gives a login away as too strong; empty on SQLite, which has no logins.
///
/// # Errors
/// When the catalog cannot be read.
pub(crate) async fn excess(db: &Db) -> Result<Vec<String>> {
    if db.engine() == Engine::Sqlite {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    let role = db
        .query_one(
            &Scope::system(),
            sql!(
                "SELECT rolname::text AS name, rolsuper, rolbypassrls, rolcreaterole \
                 FROM pg_roles WHERE rolname = current_user"
            ),
            params! {},
        )
        .await
        .context("cannot read the login's attributes")?;
    let name: String = role.get("name")?;
    for (attribute, word) in [
        ("rolsuper", "is a superuser"),
        ("rolbypassrls", "has BYPASSRLS"),
        ("rolcreaterole", "has CREATEROLE"),
    ] {
        if role.get::<bool>(attribute)? {
            found.push(format!("the login {name:?} {word}"));
        }
    }
    // Membership gives the owner's rights too: by inheritance or by SET ROLE.
    let owned = db
        .query(
            &Scope::system(),
            sql!(
                "SELECT n.nspname::text || '.' || c.relname::text AS name, o.rolname::text AS owner \
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles o ON o.oid = c.relowner \
                 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' \
                 AND n.nspname <> 'information_schema' AND pg_has_role(current_user, c.relowner, 'MEMBER') \
                 ORDER BY 1 LIMIT 1"
            ),
            params! {},
        )
        .await
        .context("cannot read who owns the tables")?;
    for table in owned {
        let (table, owner): (String, String) = (table.get("name")?, table.get("owner")?);
        found.push(if owner == name {
            format!("the login {name:?} owns the table {table}")
        } else {
            format!("the login {name:?} is a member of {owner:?}, which owns the table {table}")
        });
    }
    Ok(found)
}

/// Whether the service's tables are found without naming their schema.
///
/// # Errors
/// [`anyhow::Error`] with the statement that mends it.
pub(crate) async fn check_search_path(db: &Db) -> Result<()> {
    if db.engine() == Engine::Sqlite {
        return Ok(());
    }
    let row = db
        .query_one(
            &Scope::system(),
            sql!(
                "SELECT current_setting('search_path') AS path, current_user::text AS login, \
                 to_regclass('customers') IS NOT NULL AS found, to_regclass('raptor.customers') IS NOT NULL AS exists"
            ),
            params! {},
        )
        .await
        .context("cannot read the search path")?;
    if row.get::<bool>("found")? || !row.get::<bool>("exists")? {
        return Ok(());
    }
    let (path, login): (String, String) = (row.get("path")?, row.get("login")?);
    anyhow::bail!(
        "the login {login:?} has search_path = {path}, where the tables of schema raptor are not found; \
         `raptor access apply` sets it, run as a superuser for the first time"
    )
}
