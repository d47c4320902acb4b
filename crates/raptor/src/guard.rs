//! Whether the policies that guard rows are there, and believe what this service signs.
//!
//! Where they do not, every log-in would fail and nobody would know why: `serve` says so before it serves.

use crate::clock;
use crate::scopes::Scopes;
use anyhow::{Context, Result, anyhow, bail, ensure};
use raptor_db::{Db, Engine, Scope, params, sql};
use uuid::Uuid;

/// How many seconds the database's clock may differ from ours.
const MOST_APART: i64 = 60;

/// What guards the rows of customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// An engine without policies.
    Engine,
    /// Nothing.
    Nobody,
    /// Policies that believe this service.
    Policies,
}

impl Guard {
    /// The same for people.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Engine => "SQLite has none: the service's own statements keep customers apart",
            Self::Nobody => {
                "there are none: `raptor access apply` makes them, with RAPTOR_CONTEXT_KEY then"
            }
            Self::Policies => "guard the rows of customers, and believe RAPTOR_CONTEXT_KEY",
        }
    }
}

/// Looks whether customers would find their rows.
///
/// # Errors
/// [`anyhow::Error`] with the way out.
pub(crate) async fn check(db: &Db, scopes: &Scopes) -> Result<Guard> {
    if db.engine() == Engine::Sqlite {
        return Ok(Guard::Engine);
    }
    let row = db
        .query_one(
            &Scope::system(),
            sql!(
                "SELECT extract(epoch FROM clock_timestamp())::bigint AS now, EXISTS ( \
                 SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
                 WHERE n.nspname = 'raptor_access' AND p.proname = 'customer') AS is_guarded"
            ),
            params! {},
        )
        .await
        .context("cannot look for what guards rows")?;
    if !row.get::<bool>("is_guarded")? {
        return Ok(Guard::Nobody);
    }
    ensure!(
        scopes.signs(),
        "policies guard the rows of customers, and without RAPTOR_CONTEXT_KEY nobody could log in; \
         set it to 64 hexadecimal digits, and make it known to the database as the owner: raptor access key keep"
    );
    let apart = row.get::<i64>("now")? - clock::seconds();
    ensure!(
        apart.abs() <= MOST_APART,
        "the database's clock is {apart} s off from this machine's, and what is signed is good for a short time alone"
    );
    let id = Uuid::from_u128(1);
    let believed = db
        .query_one(
            &scopes.customer(id),
            sql!("SELECT raptor_access.customer() AS id"),
            params! {},
        )
        .await
        .map_err(|error| {
            anyhow!(
                "cannot ask who the database takes us for: {}",
                error.message()
            )
        })?;
    if believed.get::<Option<Uuid>>("id")? != Some(id) {
        bail!(
            "the database does not know RAPTOR_CONTEXT_KEY, so nobody could log in; \
             make it known as the owner: raptor access key keep"
        );
    }
    Ok(Guard::Policies)
}
