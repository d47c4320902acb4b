//! Whether what a file says in SQL fits the database: it is read by the server as a view, which nobody keeps, and what the
//! view hangs on is what the text asks.
//!
//! Nothing of the text runs, nor does the planner see it, which runs functions: they may be somebody's who is not to do what
//! this login may.

use crate::catalog::ALONE;
use crate::declaration::{Declaration, Kind, Scope, Way};
use crate::error::{Error, ErrorKind, Result};
use crate::text::{full, quoted, value};
use crate::wanted::resolver;
use crate::wanted::rows::SCHEMA;
use crate::watch::LOCKED;
use raptor_db::{Sql, Transaction, TransactionError, params};

/// What is wrong with what a scope's SQL gives. A value may be taken for another type where nothing of it can get lost;
/// and what a scope is compared with it is compared with by its own `=`, which knows all of it.
static FITS: Sql = Sql::new(
    "WITH RECURSIVE given AS ( \
     SELECT a.atttypid AS oid FROM pg_attribute AS a WHERE a.attrelid = :view::text::regclass AND a.attnum > 0 \
     UNION ALL SELECT t.typbasetype FROM given AS g JOIN pg_type AS t ON t.oid = g.oid WHERE t.typtype = 'd'), \
     base AS (SELECT t.oid, t.typname FROM given AS g JOIN pg_type AS t ON t.oid = g.oid WHERE t.typtype <> 'd'), \
     wanted AS (SELECT t.* FROM pg_type AS t WHERE t.oid = to_regtype(:wanted::text)::oid), \
     columns AS (SELECT count(*) AS n, min(format_type(a.atttypid, NULL)) AS type FROM pg_attribute AS a \
     WHERE a.attrelid = :view::text::regclass AND a.attnum > 0) \
     SELECT CASE WHEN EXISTS (SELECT FROM pg_get_keywords() WHERE word = :scope::text AND catcode <> 'U') \
     THEN 'its name is a word of SQL''s own' \
     WHEN (SELECT n FROM columns) <> 1 THEN format('it gives %s columns, and not one', (SELECT n FROM columns)) \
     WHEN NOT EXISTS (SELECT FROM wanted) THEN format('there is no type %s', :wanted::text) \
     WHEN EXISTS (SELECT FROM wanted WHERE typtype = 'd') \
     THEN format('its type is a domain: name the type that %s is of', :wanted::text) \
     WHEN EXISTS (SELECT FROM wanted WHERE typtype <> 'e' AND (typnamespace <> 'pg_catalog'::regnamespace OR typname NOT IN \
     ('bool', 'int2', 'int4', 'int8', 'numeric', 'text', 'varchar', 'uuid', 'date', 'timestamp', 'timestamptz', 'bytea', 'inet', 'macaddr'))) \
     THEN format('%s is no type of a scope, as not all of a value would be compared: take text, uuid, bigint, numeric', :wanted::text) \
     WHEN EXISTS (SELECT FROM base AS b, wanted AS w WHERE w.oid <> b.oid AND (b.typname, w.typname) NOT IN \
     (('int2', 'int4'), ('int2', 'int8'), ('int4', 'int8'), ('int2', 'numeric'), ('int4', 'numeric'), ('int8', 'numeric'), \
     ('varchar', 'text'), ('text', 'varchar'), ('name', 'text'))) \
     THEN format('it gives %s, and not %s', (SELECT type FROM columns), :wanted::text) END AS fault",
);

/// What it asks and the resolver may not.
static ASKS: Sql = Sql::new(
    "SELECT CASE d.refclassid WHEN 'pg_proc'::regclass THEN format('it calls %s, which %s may not: `grant.%s = \"execute\"`', \
     d.refobjid::regprocedure, :role::text, :role::text) \
     WHEN 'pg_class'::regclass THEN format('it reads %s, which %s may not: what it reads stands in its `reads`', \
     concat_ws('.', d.refobjid::regclass, (SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = d.refobjid AND a.attnum = d.refobjsubid)), \
     :role::text) \
     WHEN 'pg_operator'::regclass THEN format('it calls %s, which %s may not: `grant.%s = \"execute\"`', \
     (SELECT o.oprcode::oid::regprocedure FROM pg_operator AS o WHERE o.oid = d.refobjid), :role::text, :role::text) END AS fault \
     FROM pg_rewrite AS r JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid \
     WHERE r.ev_class = :view::text::regclass AND d.refobjid <> r.ev_class AND CASE d.refclassid \
     WHEN 'pg_proc'::regclass THEN NOT has_function_privilege(:role::text::name, d.refobjid, 'EXECUTE') \
     WHEN 'pg_operator'::regclass THEN NOT has_function_privilege(:role::text::name, \
     (SELECT o.oprcode::oid FROM pg_operator AS o WHERE o.oid = d.refobjid), 'EXECUTE') \
     WHEN 'pg_class'::regclass THEN NOT CASE d.refobjsubid WHEN 0 THEN has_any_column_privilege(:role::text::name, d.refobjid, 'SELECT') \
     ELSE has_column_privilege(:role::text::name, d.refobjid, d.refobjsubid::smallint, 'SELECT') END ELSE false END \
     ORDER BY 1 LIMIT 1",
);

static PATH: Sql = Sql::new("SELECT pg_catalog.set_config('search_path', :path, true)");

const VIEW: &str = "fits";

/// How a scope came out.
enum Outcome {
    Fits,
    Fault(String),
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
    pub(crate) async fn asks_what_is_there(&self, tx: &Transaction, is_done: bool) -> Result<()> {
        let Some(role) = self.of_kind(Kind::Resolver) else {
            return Ok(());
        };
        for (name, scope) in &self.scopes {
            let asked = tx.savepoint(|| async {
                // Nothing of it stays.
                let role = is_done.then_some(role);
                let fault = self.fault(tx, role, (name, scope)).await;
                Err::<(), _>(match fault {
                    Ok(None) => Outcome::Fits,
                    Ok(Some(fault)) => Outcome::Fault(fault),
                    Err(error) => Outcome::Failed(error),
                })
            });
            let fault = match asked.await {
                Ok(()) | Err(Outcome::Fits) => continue,
                Err(Outcome::Fault(fault)) => fault,
                Err(Outcome::Failed(error)) => {
                    let code = error.code().unwrap_or_default();
                    if !is_done && LACKING.contains(&code) {
                        continue;
                    }
                    if code == LOCKED {
                        let what = format!(
                            "nothing was applied: what the scope {name} asks is locked by somebody else"
                        );
                        return Err(Error::database(&what, error));
                    }
                    error.message().to_owned()
                }
            };
            let message = format!("{}: the scope {name}: {fault}", scope.place);
            return Err(Error::new(ErrorKind::Declaration, message));
        }
        Ok(())
    }

    async fn fault(
        &self,
        tx: &Transaction,
        role: Option<&str>,
        (name, scope): (&String, &Scope),
    ) -> raptor_db::Result<Option<String>> {
        // Names are found as the functions find them.
        let pinned = resolver::pinned(&self.schema);
        let path = value("search_path", pinned.split_once('=').map_or("", |it| it.1));
        tx.query(&PATH, params! { path }).await?;
        let view = format!("{}.{}", quoted(SCHEMA), quoted(VIEW));
        let made = format!(
            "CREATE VIEW {view} AS SELECT q.* FROM (\n{}\n) AS q",
            text(scope)
        );
        tx.execute_raw(&made).await?;
        tx.query(&ALONE, params! {}).await?;
        let parameters = params! { view: view.as_str(), scope: name, wanted: scope.full_type() };
        let fault: Option<String> = tx.query_one(&FITS, parameters).await?.get("fault")?;
        let (None, Some(role)) = (&fault, role) else {
            return Ok(fault);
        };
        let asks = tx
            .query_opt(&ASKS, params! { view: view.as_str(), role })
            .await?;
        asks.map_or(Ok(None), |row| row.get("fault"))
    }
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
            "SELECT s.{} FROM {} AS s WHERE s.{} = sha256('') AND (\n{when}\n)",
            quoted(gives),
            full(table),
            quoted(hash)
        ),
        Way::Query { text, .. } => text.clone(),
        Way::Signed => format!("SELECT NULL::{} AS value", scope.full_type()),
    }
}
