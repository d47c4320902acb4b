//! The ground that rows come to: tables that are made anew, or those that are there, emptied; nothing that is
//! somebody else's is touched.

use super::Run;
use crate::error::{Error, ErrorKind, Result};
use crate::load::{Landing, Load, Standing, task};
use crate::plan::{Mode, Plan};
use crate::source::{quoted, quoted_text};
use crate::words::counted;
use raptor_db::{Db, Scope, Sql, Transaction, params};
use std::collections::BTreeMap;

/// Refuses a database whose texts are not UTF-8.
pub(super) async fn encoding(db: &Db) -> Result<()> {
    static ASK: Sql = Sql::new("SELECT current_setting('server_encoding') AS encoding");
    let row = db.query_one(&Scope::system(), &ASK, params! {}).await?;
    let encoding: String = row.get("encoding")?;
    if matches!(encoding.as_str(), "UTF8" | "SQL_ASCII") {
        return Ok(());
    }
    let message = format!(
        "the database has the encoding {encoding}, which cannot hold every text of the file: make it with \
         CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
    );
    Err(Error::new(ErrorKind::Plan, message))
}

impl Run<'_> {
    /// The tables, without keys; those that a run before has made are gone, with its views and functions.
    pub(super) async fn make(
        &self,
        tx: &Transaction,
        before: Option<&Plan>,
        made: &[Standing],
    ) -> Result<()> {
        let plan = self.load.plan;
        let run = async |text: &str| {
            let done = tx.execute_raw(text).await;
            done.map_err(|error| {
                let hint = match error.code() {
                    Some("42P07") => "; what is there is not touched: --schema of `raptor port plan` carries into another schema, --mode existing into the one that is there",
                    _ => "",
                };
                let what = format!("this cannot be made{hint}: {}", short(text));
                Error::database(&what, error)
            })
        };
        // What is not ours stays.
        if let Some(before) = before.filter(|it| it.mode == Mode::Create) {
            let there = async |text: String| {
                let done = tx.execute_raw(&text).await;
                done.map_err(|error| in_the_way(&text, error))
            };
            for text in gone(&before.schema, made)? {
                there(text).await?;
            }
        }
        run(&format!(
            "CREATE SCHEMA IF NOT EXISTS {}",
            quoted(&plan.schema)
        ))
        .await?;
        run(&self.finds()).await?;
        for text in self.ddl.tables(&plan.schema) {
            run(&text).await?;
        }
        Ok(())
    }

    /// Notes the tables, so that they are known again.
    pub(super) async fn note_tables(&self, tx: &Transaction) -> Result<()> {
        let tables: Vec<&str> = self.load.plan.carried().map(|it| it.to.as_str()).collect();
        let noted = tx.execute_raw(&self.load.ledger.tables(&tables)).await;
        noted.map_err(|error| {
            Error::database("the tables cannot be noted (raptor_port.made)", error)
        })
    }

    /// Where names are looked for that are written without a schema.
    pub(super) fn finds(&self) -> String {
        let path = format!("{}, public, pg_catalog", quoted(&self.load.plan.schema));
        let path = quoted_text(&path);
        format!("SELECT pg_catalog.set_config('search_path', {path}, true)")
    }

    /// Takes out what the plan says is replaced, and nothing else.
    pub(super) async fn empty(&self, tx: &Transaction, made: &[Standing]) -> Result<()> {
        // Rows that a policy hides are rows, and TRUNCATE takes them: then counting is an error.
        static ALL: Sql = Sql::new("SELECT set_config('row_security', 'off', true) AS is");
        let cannot = |error| Error::database("the tables cannot be emptied", error);
        let plan = self.load.plan;
        tx.query(&ALL, params! {}).await.map_err(cannot)?;
        let mut names = Vec::new();
        for table in plan.carried() {
            let name = plan.name_of(table);
            let only = self.load.parted.rows_of(plan, table);
            let count = Sql::dynamic(format!("SELECT count(*) AS rows FROM {only}"));
            let row = tx.query_one(&count, params! {}).await;
            let rows: i64 = row.and_then(|row| row.get("rows")).map_err(cannot)?;
            // What an earlier run has filled.
            let is_it = |it: &Standing| it.is("table") && it.name == table.to && it.is_as_made();
            let is_ours = made.iter().any(is_it);
            if !is_ours && rows.unsigned_abs() != table.replaces {
                let message = format!(
                    "{name} has {}, and the plan knows of {}: somebody has written to it; plan again, and nothing was changed",
                    counted(rows.unsigned_abs(), "row"),
                    table.replaces
                );
                return Err(Error::new(ErrorKind::Plan, message));
            }
            self.try_landing(tx, &table.name, &name).await?;
            names.push(only);
        }
        match names.is_empty() {
            true => Ok(()),
            false => {
                let text = format!("TRUNCATE {}", names.join(", "));
                tx.execute_raw(&text).await.map_err(cannot)
            }
        }
    }

    /// Carries no row to a table in the way that its rows will go, before what is there is taken out.
    async fn try_landing(&self, tx: &Transaction, table: &str, to: &str) -> Result<()> {
        let Load { source, plan, .. } = &self.load;
        let table = source.table(table);
        let Some(task) = table.and_then(|it| task(source, it, plan, BTreeMap::new())) else {
            return Ok(());
        };
        let tried = async {
            let landing = Landing::new(tx, &task, to).await?;
            landing.end(landing.begin().await?).await
        };
        let what = format!("no row could come to {to}, and nothing was touched");
        tried.await.map_err(|error| Error::database(&what, error))
    }
}

/// The statements that take away what a run made: all tables at once, as they may point at each other. Refused
/// where something else has a name of it.
fn gone(schema: &str, made: &[Standing]) -> Result<Vec<String>> {
    const KINDS: [(&str, &str); 3] = [("view", ""), ("table", ""), ("function", "()")];
    let mut texts = Vec::new();
    for (kind, arguments) in KINDS {
        let mut names = Vec::new();
        for it in made.iter().rev().filter(|it| it.is(kind) && !it.is_gone()) {
            if !it.is_as_made() {
                let message = format!(
                    "{} is not the one that an earlier run made, and is not touched: {}; drop it or give it another name \
                     first, or carry into another schema",
                    it.title(),
                    it.change()
                );
                return Err(Error::new(ErrorKind::Plan, message));
            }
            names.push(format!(
                "{}.{}{arguments}",
                quoted(schema),
                quoted(&it.name)
            ));
        }
        if !names.is_empty() {
            let what = kind.to_uppercase();
            texts.push(format!("DROP {what} {}", names.join(", ")));
        }
    }
    Ok(texts)
}

/// Something of somebody else hangs on what is to be made anew.
fn in_the_way(text: &str, error: raptor_db::Error) -> Error {
    match error.code() {
        Some("2BP01") => {
            // The message has a hint that drops all of it.
            let what = error.detail().unwrap_or(error.message());
            let message = format!(
                "what an earlier run made cannot be made anew, as something hangs on it that the port did not make ({}): \
                 drop that first, or carry into another schema; nothing was touched",
                what.replace('\n', "; ")
            );
            Error::new(ErrorKind::Plan, message)
        }
        _ => Error::database(
            &format!("this cannot be taken away: {}", short(text)),
            error,
        ),
    }
}

/// The beginning of a long statement.
fn short(text: &str) -> String {
    const SHOWN: usize = 400;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}
