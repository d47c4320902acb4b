//! Whether what a file says in SQL fits the database: asked as the role that will ask it, once, and taken back.

use crate::declaration::{Declaration, Kind, Scope, Way};
use crate::error::{Error, ErrorKind, Result};
use crate::facts::Here;
use crate::text::{full, quoted, value};
use crate::wanted::resolver;
use raptor_db::{Sql, Transaction, TransactionError, params};

/// What is wrong with what a scope's SQL gives. A value may be taken for another type where nothing of it can get lost;
/// and what a scope is compared with it is compared with by its own `=`, which knows all of it.
const FITS: &str = "\
SELECT CASE WHEN a.is_keyword THEN 'its name is a word of SQL''s own'
WHEN w.typtype = 'd' THEN 'its type is a domain: name the type that ' || :wanted || ' is of'
WHEN w.typname IN ('bpchar', 'bit', 'char', 'name', 'float4', 'float8') AND w.typnamespace = 'pg_catalog'::regnamespace
OR w.typtype <> 'e' AND w.typname <> 'varchar' AND NOT EXISTS (SELECT FROM pg_operator AS o
WHERE o.oprname = '=' AND o.oprleft = w.oid AND o.oprright = w.oid AND o.oprnamespace = 'pg_catalog'::regnamespace)
THEN :wanted || ' is no type of a scope, as not all of a value would be compared: take text, uuid, bigint, numeric'
WHEN w.oid <> g.base AND NOT EXISTS (SELECT FROM (VALUES ('int2', 'int4'), ('int2', 'int8'), ('int4', 'int8'), ('int2', 'numeric'),
('int4', 'numeric'), ('int8', 'numeric'), ('varchar', 'text'), ('text', 'varchar'), ('name', 'text')) AS safe (here, there)
WHERE g.typname = safe.here AND w.typname = safe.there)
THEN 'it gives ' || format_type(a.given, NULL) || ', and not ' || :wanted END AS fault
FROM (SELECT pg_typeof((SELECT * FROM (
@text@
) AS q LIMIT 0))::oid AS given,
EXISTS (SELECT FROM pg_get_keywords() WHERE word = :scope::text AND catcode <> 'U') AS is_keyword) AS a,
LATERAL (SELECT b.oid AS base, b.typname FROM pg_type AS t JOIN pg_type AS b ON b.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
WHERE t.oid = a.given) AS g,
pg_type AS w WHERE w.oid = to_regtype(:wanted)::oid";

static PATH: Sql = Sql::new("SELECT set_config('search_path', :path, true)");
static ROLE: Sql = Sql::new("SELECT set_config('role', :role, true)");
/// Of no session, so that the table of sessions is asked, and finds none.
static TOKEN: Sql = Sql::new("SELECT set_config('raptor.token', repeat('0', 64), true)");

/// How a scope came out.
enum Outcome {
    Fits,
    Fault(String),
    /// This login cannot be the resolver.
    Unknown,
    Failed(raptor_db::Error),
}

impl From<raptor_db::Error> for Outcome {
    fn from(error: raptor_db::Error) -> Self {
        Self::Failed(error)
    }
}

impl TransactionError for Outcome {
    fn database(&self) -> Option<&raptor_db::Error> {
        match self {
            Self::Failed(error) => Some(error),
            _ => None,
        }
    }
}

/// Names that are not there, or that this login may not use: perhaps what could not be made.
const LACKING: [&str; 6] = ["3F000", "42501", "42703", "42704", "42883", "42P01"];

impl Declaration {
    /// What the file has of SQL names what is there and may be read, and gives values of the scope's type. What could not
    /// be done here may be what is asked; nobody knows then.
    pub(crate) async fn asks_what_is_there(
        &self,
        tx: &Transaction,
        here: &Here,
        is_done: bool,
    ) -> Result<()> {
        let Some(role) = self.of_kind(Kind::Resolver) else {
            return Ok(());
        };
        for (name, scope) in &self.scopes {
            let asked = tx.savepoint(|| async {
                // Nothing of it stays.
                Err::<(), _>(self.asked(tx, here, role, (name, scope)).await)
            });
            let fault = match asked.await {
                Ok(()) | Err(Outcome::Fits | Outcome::Unknown) => continue,
                Err(Outcome::Fault(fault)) => fault,
                Err(Outcome::Failed(error)) => {
                    let code = error.code().unwrap_or_default();
                    if !is_done && LACKING.contains(&code) {
                        continue;
                    }
                    let hint = match (&scope.way, code) {
                        (Way::Query { .. }, "42501") => "; what it reads stands in its `reads`",
                        _ => "",
                    };
                    format!("{}{hint}", error.message())
                }
            };
            let message = format!("{}: the scope {name}: {fault}", scope.place);
            return Err(Error::new(ErrorKind::Declaration, message));
        }
        Ok(())
    }

    async fn asked(
        &self,
        tx: &Transaction,
        here: &Here,
        role: &str,
        (name, scope): (&String, &Scope),
    ) -> Outcome {
        if become_resolver(tx, here, role).await.is_err() {
            return Outcome::Unknown;
        }
        let asked = async {
            // Names are found as the functions find them.
            let pinned = resolver::pinned(&self.schema);
            let path = value("search_path", pinned.split_once('=').map_or("", |it| it.1));
            tx.query(&PATH, params! { path }).await?;
            let sql = Sql::dynamic(FITS.replace("@text@", &text(scope)));
            let parameters = params! { scope: name, wanted: scope.full_type() };
            let fault: Option<String> = tx.query_one(&sql, parameters).await?.get("fault")?;
            if fault.is_some() {
                return Ok(fault);
            }
            tx.query(&TOKEN, params! {}).await?;
            let call = format!("SELECT {} IS NULL", resolver::signature(name));
            tx.query(&Sql::dynamic(call), params! {}).await?;
            Ok(None)
        };
        match asked.await {
            Ok(Some(fault)) => Outcome::Fault(fault),
            Ok(None) => Outcome::Fits,
            Err(error) => Outcome::Failed(error),
        }
    }
}

async fn become_resolver(tx: &Transaction, here: &Here, role: &str) -> raptor_db::Result<()> {
    if !here.superuser && here.login != role {
        let member = format!("GRANT {} TO {}", quoted(role), quoted(&here.login));
        tx.execute(&Sql::dynamic(member), params! {}).await?;
    }
    tx.query(&ROLE, params! { role }).await.map(drop)
}

/// The SQL that gives a scope's value.
fn text(scope: &Scope) -> String {
    match &scope.way {
        Way::Token {
            table,
            hash,
            gives,
            when,
        } => format!(
            "SELECT s.{} FROM {} AS s WHERE s.{} IS NULL AND (\n{when}\n)",
            quoted(gives),
            full(table),
            quoted(hash)
        ),
        Way::Query { text, .. } => text.clone(),
        Way::Signed => format!("SELECT NULL::{}", scope.full_type()),
    }
}
