//! The product's own declaration of who may do what, embedded in the binary.

use crate::scopes::ROLE;
use anyhow::{Context, Result, bail, ensure};
use raptor_access::Declaration;
use raptor_db::{Db, Scope, SqliteGuard, params, sql};

/// The file.
pub(crate) const TEXT: &str = include_str!("../../../migrations/access.toml");

/// What the service may do on SQLite.
///
/// # Errors
/// A declaration in this binary that cannot be read.
pub fn sqlite_guard() -> Result<SqliteGuard> {
    let declared = Declaration::read(TEXT).context("the declaration in this binary")?;
    Ok(declared.sqlite_guard(ROLE))
}

/// The declaration for a database. Its owner is whoever owns the tables there; it logs in as itself where it can, and
/// as those who were made members of it.
///
/// # Errors
/// A database without the product's tables, or one whose owner nothing holds.
pub async fn declared(db: &Db) -> Result<Declaration> {
    let declared = Declaration::read(TEXT).context("the declaration in this binary")?;
    let rows = db
        .query(
            &Scope::system(),
            sql!(
                "SELECT o.rolname::text AS owner, o.rolsuper, l.rolname::text AS login FROM pg_class c \
                 JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles o ON o.oid = c.relowner \
                 LEFT JOIN pg_roles l ON l.rolcanlogin AND NOT l.rolsuper AND (l.oid = o.oid OR EXISTS ( \
                     SELECT FROM pg_auth_members m WHERE m.roleid = o.oid AND m.member = l.oid \
                     AND coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true))) \
                 WHERE n.nspname = 'raptor' AND c.relname = 'customers' ORDER BY 3"
            ),
            params! {},
        )
        .await
        .context("cannot look for who owns the tables")?;
    let Some(row) = rows.first() else {
        bail!(
            "there is no raptor.customers, which Raptor's own declaration is of: run `raptor migrate upgrade head` \
             first, or name the declaration of your own tables with --file"
        );
    };
    let owner: String = row.get("owner")?;
    ensure!(
        !row.get::<bool>("rolsuper")?,
        "the tables of schema raptor belong to {owner:?}, who is a superuser, so that nothing would hold their owner: \
         migrate with RAPTOR_MIGRATE_ROLE, or REASSIGN OWNED to a role that is none"
    );
    if declared.roles.contains_key(&owner) && owner != declared.owner() {
        bail!(
            "the tables of schema raptor belong to {owner:?}, which is declared to do something else; \
             REASSIGN OWNED BY {owner:?} TO a role that nobody serves as"
        );
    }
    let mut logins = Vec::new();
    for row in &rows {
        let login: Option<String> = row.get("login")?;
        logins.extend(login.filter(|it| *it == owner || declared.role_of(it).is_none()));
    }
    Ok(declared.owned_by(&owner, logins))
}
