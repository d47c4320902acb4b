//! What of a schema that is there must not act while rows come in: foreign keys, triggers and rules are set
//! aside, written down in the same transaction, and brought back as they were.

use super::keys::as_json;
use crate::error::{Error, Result};
use crate::orphans;
use crate::patience::patient;
use crate::plan::{Note, Plan};
use crate::source::{quoted, quoted_text};
use raptor_db::{Db, Row, Scope, Session, Sql, Transaction, params};

const DDL: &str = "
CREATE TABLE IF NOT EXISTS raptor_port.set_aside (
    target text NOT NULL,
    number integer NOT NULL,
    of text NOT NULL,
    name text NOT NULL,
    back text NOT NULL,
    less text,
    key text,
    relation bigint NOT NULL,
    PRIMARY KEY (target, number)
);
";

/// Foreign keys of the schema: those of its tables, and those of others that point into it.
static KEYS: Sql = Sql::new(concat!(
    "SELECT c.conrelid::regclass::text AS of, c.conname::text AS name, pg_get_constraintdef(c.oid) AS text, \
     obj_description(c.oid, 'pg_constraint') AS comment, CASE WHEN one.relnamespace = other.relnamespace THEN ",
    as_json!(),
    " END AS key FROM pg_catalog.pg_constraint AS c JOIN pg_catalog.pg_class AS one ON one.oid = c.conrelid \
     JOIN pg_catalog.pg_class AS other ON other.oid = c.confrelid \
     WHERE c.contype = 'f' AND c.conparentid = 0 AND to_regnamespace(:schema) IN (one.relnamespace, other.relnamespace) ORDER BY 1, 2"
));

/// Those of a partitioned table come before those of its partitions, which are switched with it: also what is
/// off there already is to be off again.
static TRIGGERS: Sql = Sql::new(
    "SELECT t.tgrelid::regclass::text AS of, t.tgname::text AS name, t.tgenabled::text AS state \
     FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid \
     WHERE c.relnamespace = to_regnamespace(:schema) AND NOT t.tgisinternal AND (t.tgenabled <> 'D' OR t.tgparentid <> 0) \
     ORDER BY (SELECT count(*) FROM pg_partition_ancestors(c.oid)), 1, 2",
);

/// Rules act where rows are inserted, which those that Postgres casts texts of are.
static RULES: Sql = Sql::new(
    "SELECT c.oid::regclass::text AS of, r.rulename::text AS name, r.ev_enabled::text AS state \
     FROM pg_catalog.pg_rewrite AS r JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class \
     WHERE c.relnamespace = to_regnamespace(:schema) AND c.relkind IN ('r', 'p') AND r.ev_enabled <> 'D' ORDER BY 1, 2",
);

fn cannot(error: raptor_db::Error) -> Error {
    Error::database(
        "foreign keys and triggers cannot be set aside and brought back",
        error,
    )
}

/// Something that was set aside.
struct Aside {
    of: String,
    name: String,
    /// What sets it aside.
    away: String,
    /// What brings it back.
    back: String,
    /// What brings it back where not all rows hold to it.
    less: Option<String>,
    /// A foreign key, as it is read again while it is set aside.
    key: Option<String>,
}

/// Makes the list's table where it is missing.
pub(crate) async fn make(db: &Db) -> Result<()> {
    let session = patient(db).await?;
    session.execute_raw(DDL).await.map_err(cannot)
}

/// Sets aside what acts, in a transaction.
pub(crate) async fn set(tx: &Transaction, plan: &Plan) -> Result<()> {
    static PUT: Sql = Sql::new(
        "INSERT INTO raptor_port.set_aside (target, number, of, name, back, less, key, relation) \
         VALUES (:target, :number, :of, :name, :back, :less, :key, to_regclass(:of)::oid::bigint)",
    );
    static LAST: Sql = Sql::new(
        "SELECT coalesce(max(number), 0)::bigint AS last FROM raptor_port.set_aside WHERE target = :target",
    );
    static FORGET: Sql = Sql::new(
        "DELETE FROM raptor_port.set_aside WHERE target = :target AND of = :of AND name = :name",
    );
    let target = &plan.schema;
    // The catalogs write every name with its schema, whoever reads it again.
    static PLAIN: Sql = Sql::new("SELECT set_config('search_path', 'pg_catalog', true) AS is");
    tx.query(&PLAIN, params! {}).await.map_err(cannot)?;
    let last: i64 = tx
        .query_one(&LAST, params! { target })
        .await
        .and_then(|row| row.get("last"))
        .map_err(cannot)?;
    for (number, mut aside) in (last + 1..).zip(found(tx, plan).await?) {
        tx.execute_raw(&aside.away).await.map_err(cannot)?;
        let (of, name) = (&aside.of, &aside.name);
        let listed = tx.execute(&FORGET, params! { target, of, name }).await;
        // It held for all rows before a run that has failed.
        if listed.map_err(cannot)? > 0
            && let Some(back) = aside.back.strip_suffix(" NOT VALID")
        {
            aside.less = Some(aside.back.clone());
            aside.back = back.to_owned();
        }
        let Aside {
            of,
            name,
            back,
            less,
            key,
            ..
        } = &aside;
        tx.execute(&PUT, params! { target, number, of, name, back, less, key })
            .await
            .map_err(cannot)?;
    }
    Ok(())
}

async fn found(tx: &Transaction, plan: &Plan) -> Result<Vec<Aside>> {
    let schema = quoted(&plan.schema);
    let mut asides = keys(tx, &schema).await?;
    asides.extend(switched(tx, &TRIGGERS, "TRIGGER", &schema).await?);
    asides.extend(switched(tx, &RULES, "RULE", &schema).await?);
    Ok(asides)
}

async fn keys(tx: &Transaction, schema: &str) -> Result<Vec<Aside>> {
    let mut asides = Vec::new();
    for row in tx.query(&KEYS, params! { schema }).await.map_err(cannot)? {
        let (of, name, text): (String, String, String) = (
            row.get("of").map_err(cannot)?,
            row.get("name").map_err(cannot)?,
            row.get("text").map_err(cannot)?,
        );
        let add = format!("ALTER TABLE {of} ADD CONSTRAINT {} {text}", quoted(&name));
        let less = (!text.ends_with("NOT VALID")).then(|| format!("{add} NOT VALID"));
        let comment: Option<String> = row.get("comment").map_err(cannot)?;
        let comment = comment.map(|it| Aside {
            // It goes with its constraint.
            away: "SELECT 1".to_owned(),
            back: format!(
                "COMMENT ON CONSTRAINT {} ON {of} IS {}",
                quoted(&name),
                quoted_text(&it)
            ),
            less: None,
            key: None,
            of: of.clone(),
            name: format!("the comment on {name}"),
        });
        asides.push(Aside {
            away: format!("ALTER TABLE {of} DROP CONSTRAINT {}", quoted(&name)),
            back: add,
            less,
            key: row.get("key").map_err(cannot)?,
            of,
            name,
        });
        asides.extend(comment);
    }
    Ok(asides)
}

/// Triggers or rules, which are switched off.
async fn switched(
    tx: &Transaction,
    ask: &'static Sql,
    what: &str,
    schema: &str,
) -> Result<Vec<Aside>> {
    let mut asides = Vec::new();
    for row in tx.query(ask, params! { schema }).await.map_err(cannot)? {
        let (of, name, state): (String, String, String) = (
            row.get("of").map_err(cannot)?,
            row.get("name").map_err(cannot)?,
            row.get("state").map_err(cannot)?,
        );
        let how = match state.as_str() {
            "R" => "ENABLE REPLICA",
            "A" => "ENABLE ALWAYS",
            "D" => "DISABLE",
            _ => "ENABLE",
        };
        // A table that is partitioned, and not its partitions: they have their own.
        let of_it = |how: &str| format!("ALTER TABLE ONLY {of} {how} {what} {}", quoted(&name));
        asides.push(Aside {
            away: of_it("DISABLE"),
            back: of_it(how),
            less: None,
            key: None,
            of: of.clone(),
            name: name.clone(),
        });
    }
    Ok(asides)
}

/// Something of the list.
struct Listed {
    number: i64,
    /// Its table, as it is called now.
    of: String,
    is_gone: bool,
    name: String,
    back: String,
    less: Option<String>,
}

async fn listed(db: &Db, plan: &Plan) -> Result<Vec<Listed>> {
    static ASK: Sql = Sql::new(
        "SELECT s.number, s.of, s.name, s.back, s.less, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS now \
         FROM raptor_port.set_aside AS s LEFT JOIN pg_catalog.pg_class AS c ON c.oid = s.relation \
         LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE s.target = :target ORDER BY s.number",
    );
    let target = &plan.schema;
    let rows = db
        .query(&Scope::system(), &ASK, params! { target })
        .await
        .map_err(cannot)?;
    let one = |row: &Row| {
        let (of, now): (String, Option<String>) = (row.get("of")?, row.get("now")?);
        let is_gone = now.is_none();
        let now = now.unwrap_or_else(|| of.clone());
        let renamed = |text: String| text.replacen(&of, &now, 1);
        let (back, less): (String, Option<String>) = (row.get("back")?, row.get("less")?);
        Ok(Listed {
            number: row.get("number")?,
            name: row.get("name")?,
            back: renamed(back),
            less: less.map(renamed),
            of: now,
            is_gone,
        })
    };
    let listed = rows.iter().map(one).collect::<raptor_db::Result<_>>();
    listed.map_err(cannot)
}

/// What is on the list, as notes name it.
pub(crate) async fn listed_names(db: &Db, plan: &Plan) -> Result<Vec<String>> {
    let listed = listed(db, plan).await?;
    Ok(listed.iter().map(|it| it.title(plan)).collect())
}

/// What became of what was set aside.
#[derive(Default)]
pub(crate) struct Back {
    /// What is not as it was.
    pub(crate) notes: Vec<Note>,
    /// What could not be brought back at all, and stays on the list.
    pub(crate) missing: Vec<Note>,
}

/// A session that finds no name without its schema.
async fn plain(db: &Db) -> Result<Session> {
    let session = patient(db).await?;
    let path = session.execute_raw("SET search_path = pg_catalog").await;
    path.map_err(cannot)?;
    Ok(session)
}

/// A name as Postgres writes it: without quotes where it needs none.
fn ident(name: &str) -> String {
    let is_bare = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_';
    match name.chars().all(is_bare) {
        true => name.to_owned(),
        false => quoted(name),
    }
}

/// Brings back what was set aside, all that can be.
pub(crate) async fn bring_back(db: &Db, plan: &Plan) -> Result<Back> {
    let session = plain(db).await?;
    let mut back = Back::default();
    for it in listed(db, plan).await? {
        let Err(error) = it.as_it_was(&session, plan).await else {
            continue;
        };
        let of = it.title(plan);
        if it.is_gone {
            it.forget(&session, plan).await.map_err(cannot)?;
            let text = "is gone with its table, which is not there any more".to_owned();
            back.notes.push(Note { of, text });
            continue;
        }
        let is_back = match &it.less {
            Some(less) => it.with(less, &session, plan).await.is_ok(),
            None => false,
        };
        if !is_back {
            let text = format!("cannot be brought back ({}): {}", it.back, error.message());
            back.missing.push(Note { of, text });
            continue;
        }
        let text = orphans::new_alone(&error);
        match it.is_let(&session, plan).await? {
            true => back.notes.push(Note { of, text }),
            // Such as rows that point at one that was rejected.
            false => back.missing.push(Note { of, text }),
        }
    }
    Ok(back)
}

/// Brings back what was set aside, and leaves it to [`bring_back`] to look at the rows that are there.
pub(crate) async fn hold(db: &Db, plan: &Plan) -> Result<()> {
    let session = plain(db).await?;
    for it in listed(db, plan).await? {
        let held = match &it.less {
            Some(less) => it.with(less, &session, plan).await,
            None => it.as_it_was(&session, plan).await,
        };
        held.map_err(cannot)?;
    }
    Ok(())
}

impl Listed {
    /// `points of notes`: a table of the plan's schema without it.
    fn title(&self, plan: &Plan) -> String {
        let bare = self.of.strip_prefix(&ident(&plan.schema));
        let bare = bare.and_then(|it| it.strip_prefix('.'));
        format!("{} of {}", self.name, bare.unwrap_or(&self.of))
    }

    async fn forget(&self, session: &Session, plan: &Plan) -> raptor_db::Result<()> {
        static FORGET: Sql = Sql::new(
            "DELETE FROM raptor_port.set_aside WHERE target = :target AND number = :number",
        );
        let (target, number) = (&plan.schema, self.number);
        let gone = session.query(&FORGET, params! { target, number }).await;
        gone.map(drop)
    }

    /// Whether it is a foreign key of a table with rows that point at none, which the plan takes along.
    async fn is_let(&self, session: &Session, plan: &Plan) -> Result<bool> {
        static ASK: Sql = Sql::new(
            "SELECT relname::text AS name FROM pg_catalog.pg_class \
             WHERE oid = to_regclass(:of) AND relnamespace = to_regnamespace(:schema)",
        );
        let (of, schema) = (&self.of, quoted(&plan.schema));
        let rows = session.query(&ASK, params! { of, schema }).await;
        let Some(row) = rows.map_err(cannot)?.into_iter().next() else {
            return Ok(false);
        };
        let name: String = row.get("name").map_err(cannot)?;
        let mut tables = plan.carried();
        let table = tables.find(|it| it.to == name);
        Ok(table.is_some_and(|it| orphans::are_let(plan, &it.name)))
    }

    /// Brings it back and takes it off the list, or neither.
    async fn as_it_was(&self, session: &Session, plan: &Plan) -> raptor_db::Result<()> {
        let and = "DELETE FROM raptor_port.set_aside";
        self.both(&self.back, and, session, plan).await
    }

    /// Brings it back with less; that it is to hold for all rows stays on the list.
    async fn with(&self, less: &str, session: &Session, plan: &Plan) -> raptor_db::Result<()> {
        let validate = format!(
            "ALTER TABLE {} VALIDATE CONSTRAINT {}",
            self.of,
            quoted(&self.name)
        );
        let and = format!(
            "UPDATE raptor_port.set_aside SET back = {}, less = 'SELECT 1'",
            quoted_text(&validate)
        );
        self.both(less, &and, session, plan).await
    }

    async fn both(
        &self,
        back: &str,
        and: &str,
        session: &Session,
        plan: &Plan,
    ) -> raptor_db::Result<()> {
        let (target, number) = (quoted_text(&plan.schema), self.number);
        let done = session
            .execute_raw(&format!(
                "BEGIN; {back}; {and} WHERE target = {target} AND number = {number}; COMMIT"
            ))
            .await;
        if done.is_err() {
            // Where it fails too, the connection is lost, and the server rolls back.
            let _ = session.execute_raw("ROLLBACK").await;
        }
        done
    }
}
