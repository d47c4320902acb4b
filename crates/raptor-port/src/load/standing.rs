//! What a run made, each thing with how the catalogs described it then: what is there under a name is ours as
//! long as they still do.

use super::Ledger;
use crate::ddl::{Made, Thing};
use crate::error::{Error, Result};
use crate::patience::patient;
use crate::source::{quoted, quoted_text};
use raptor_db::{Db, Row, Sql, params};

/// How the catalogs describe a thing `it` of the schema `it.target`; NULL where there is none of its name.
const DEFINITION: &str = "CASE it.kind \
    WHEN 'table' THEN (SELECT oid::text FROM pg_catalog.pg_class WHERE oid = NAMED AND relkind = 'r') \
    WHEN 'index' THEN (SELECT pg_get_indexdef(oid) FROM pg_catalog.pg_class WHERE oid = NAMED AND relkind = 'i') \
    WHEN 'view' THEN (SELECT pg_get_viewdef(oid) FROM pg_catalog.pg_class WHERE oid = NAMED AND relkind = 'v') \
    WHEN 'constraint' THEN (SELECT regexp_replace(pg_get_constraintdef(oid), ' NOT VALID$', '') \
        FROM pg_catalog.pg_constraint WHERE conrelid = OF AND conname = it.name) \
    WHEN 'trigger' THEN (SELECT pg_get_triggerdef(oid) || ' ' || tgenabled::text \
        FROM pg_catalog.pg_trigger WHERE tgrelid = OF AND tgname = it.name AND NOT tgisinternal) \
    WHEN 'function' THEN (SELECT pg_get_functiondef(oid) FROM pg_catalog.pg_proc \
        WHERE pronamespace = to_regnamespace(quote_ident(it.target)) AND proname = it.name AND pronargs = 0 AND prokind = 'f') \
    END";

/// A thing that a run made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The table's name in the file, or what else it is of.
    of: String,
    /// The statement that made it.
    pub(crate) statement: String,
    /// `view`, `index` and so on.
    kind: String,
    pub(crate) name: String,
    was: String,
    now: Option<String>,
}

impl Standing {
    pub(crate) fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }

    /// Whether nothing has its name any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.now.is_none()
    }

    /// Whether it is there as it was made.
    pub(crate) fn is_as_made(&self) -> bool {
        self.now.as_ref() == Some(&self.was)
    }

    /// `view open_notes`, `index notes_at of table notes`.
    pub(crate) fn title(&self) -> String {
        let (kind, name) = (&self.kind, &self.name);
        match self.kind.as_str() {
            "index" | "constraint" => format!("{kind} {name} of table {}", self.of),
            _ => format!("{kind} {name}"),
        }
    }

    /// What it was and is.
    pub(crate) fn change(&self) -> String {
        let now = self.now.as_deref().unwrap_or("nothing");
        match self.kind.as_str() {
            "table" => "is another table of the same name".to_owned(),
            _ => format!("was made as `{}`, and is `{}`", self.was.trim(), now.trim()),
        }
    }
}

impl Thing {
    /// Its kind, its table and its name.
    fn parts(&self) -> (&'static str, &str, &str) {
        match self {
            Self::Index(name) => ("index", "", name),
            Self::Constraint(table, name) => ("constraint", table, name),
            Self::View(name) => ("view", "", name),
            Self::Trigger(table, name) => ("trigger", table, name),
            Self::Function(name) => ("function", "", name),
        }
    }
}

fn definition() -> String {
    let class =
        |name: &str| format!("to_regclass(quote_ident(it.target) || '.' || quote_ident({name}))");
    let named = DEFINITION.replace("NAMED", &class("it.name"));
    named.replace("OF", &class("it.relation"))
}

impl Ledger {
    /// A statement that notes what it makes; both are done or none.
    pub(crate) fn making(&self, made: &Made) -> String {
        let (target, of) = (quoted_text(&self.target), quoted_text(&made.of));
        let (text, kept) = (&made.text, quoted_text(&made.text));
        let things = made.things.iter().map(|it| {
            let (kind, relation, name) = it.parts();
            let (relation, name) = (quoted_text(relation), quoted_text(name));
            format!("({target}, {of}, {kept}, '{kind}', {relation}, {name})")
        });
        let things: Vec<String> = things.collect();
        // One that was made before is gone since.
        format!(
            "{text};\nDELETE FROM raptor_port.made WHERE target = {target} AND statement = {kept};\n{}",
            noted(&things)
        )
    }

    /// What notes tables that were made, in the transaction that made them.
    pub(crate) fn tables(&self, tables: &[&str]) -> String {
        let target = quoted_text(&self.target);
        let tables = tables.iter().map(|name| {
            let name = quoted_text(name);
            format!("({target}, {name}, '', 'table', '', {name})")
        });
        noted(&tables.collect::<Vec<String>>())
    }

    /// What was made, and how it stands.
    pub(crate) async fn made(&self, db: &Db) -> Result<Vec<Standing>> {
        let cannot = |error| Error::database("what a run made cannot be looked at", error);
        let session = patient(db).await?;
        // The catalogs leave out the schemas that names are looked for in.
        let path = format!(
            "SET search_path = {}, public, pg_catalog",
            quoted(&self.target)
        );
        session.execute_raw(&path).await.map_err(cannot)?;
        let ask = format!(
            "SELECT it.of, it.statement, it.kind, it.name, it.definition, {} AS now \
             FROM raptor_port.made AS it WHERE it.target = :target ORDER BY it.number",
            definition()
        );
        let target = &self.target;
        let rows = session.query(&Sql::dynamic(ask), params! { target }).await;
        let one = |row: &Row| {
            Ok(Standing {
                of: row.get("of")?,
                statement: row.get("statement")?,
                kind: row.get("kind")?,
                name: row.get("name")?,
                was: row.get("definition")?,
                now: row.get("now")?,
            })
        };
        let rows = rows.map_err(cannot)?;
        let made = rows.iter().map(one).collect::<raptor_db::Result<_>>();
        made.map_err(cannot)
    }
}

/// Notes things, each `(target, of, statement, kind, relation, name)`.
fn noted(things: &[String]) -> String {
    if things.is_empty() {
        return "SELECT 1".to_owned();
    }
    format!(
        "INSERT INTO raptor_port.made (target, of, statement, kind, relation, name, definition) \
         SELECT it.*, {} FROM (VALUES {}) AS it (target, of, statement, kind, relation, name)",
        definition(),
        things.join(", ")
    )
}
