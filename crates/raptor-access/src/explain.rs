//! Why a statement is denied, or sees no rows: the right, the column, the policy, the scope, and the line of the file.

use crate::declaration::{Declaration, Grants, Name, Place, Role, Rows, Table, Verb, Way};
use crate::error::{Error, ErrorKind, Result};
use crate::facts::Facts;
use crate::text::quoted;
use crate::wanted::resolver;
use raptor_db::lexer::{self, TokenKind};
use raptor_db::{Config, Db, Session, Sql, params};
use serde::Serialize;
use std::collections::BTreeSet;

/// What becomes of a statement of a login, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explained {
    /// Whether the login may run it.
    pub allowed: bool,
    /// Whether a right is what it lacks, where it may not.
    pub denied: bool,
    /// What the server says where it may not, or where it cannot be planned for another reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Why, relation by relation.
    pub why: Vec<Why>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Why {
    /// Of what.
    pub of: String,
    /// What is so.
    pub text: String,
    /// Where it stands in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl Declaration {
    /// Asks the server about a statement of a login, which is not run. With `config` it logs in itself; without, whoever
    /// `db` is becomes it, as a superuser may. `settings` are what a scope sets, such as `raptor.token`. Parameters (`$1`,
    /// `:name`) may be anything, as no right hangs on what they are.
    ///
    /// # Errors
    /// [`ErrorKind::Declaration`] for a login that is not declared, [`ErrorKind::Database`].
    pub async fn explain(
        &self,
        db: &Db,
        login: &str,
        config: Option<&Config>,
        settings: &[(String, String)],
        sql: &str,
    ) -> Result<Explained> {
        let Some((role, it)) = self.role_of(login) else {
            let known: Vec<&str> = self.logins().collect();
            let why = format!("{login} is no login of this file: {}", known.join(", "));
            return Err(Error::new(ErrorKind::Declaration, why));
        };
        let there = self.facts(db).await?;
        let asked = Asked {
            declared: self,
            login,
            role,
            there: &there,
        };
        let sql = &without_parameters(sql);
        let relations = asked.relations(db, it, sql).await?;
        let cannot = |error| Error::database(&format!("{login} cannot be asked"), error);
        let (own, is_itself) = match config {
            Some(config) => (Db::open(config.clone()).await.map_err(cannot)?, true),
            None => (db.clone(), false),
        };
        let session = own.session().await.map_err(cannot)?;
        asked
            .become_it(&session, it, settings, is_itself)
            .await
            .map_err(|error| {
                let way_out = "give its credential (--logins), or ask as a superuser";
                let message = format!("{login} cannot be asked: {}; {way_out}", error.message());
                Error::new(ErrorKind::Database, message)
            })?;
        // Prepared, so that it is one statement, and with options, so that none of its own is heard.
        let text = format!("EXPLAIN (COSTS OFF) {sql}");
        let tried = session.query(&Sql::dynamic(text), params! {}).await;
        let denied = |it: &raptor_db::Error| it.code() == Some("42501");
        let denied = tried.as_ref().is_err_and(denied);
        let error = tried.err().map(|error| error.message().to_owned());
        let mut why = Vec::new();
        for relation in &relations {
            asked.grants(relation, &mut why);
        }
        if error.is_none() {
            for relation in &relations {
                asked.rows(&session, relation, &mut why).await?;
                asked.written(relation, sql, &mut why);
            }
        }
        session.execute_raw("ROLLBACK").await.map_err(cannot)?;
        Ok(Explained {
            allowed: error.is_none(),
            denied,
            error,
            why,
        })
    }

    /// All logins.
    pub fn logins(&self) -> impl Iterator<Item = &str> {
        let logins = self.roles.values().flat_map(|it| &it.logins);
        logins.map(String::as_str)
    }
}

struct Asked<'a> {
    declared: &'a Declaration,
    login: &'a str,
    role: &'a str,
    there: &'a Facts,
}

impl Asked<'_> {
    async fn become_it(
        &self,
        session: &Session,
        role: &Role,
        settings: &[(String, String)],
        is_itself: bool,
    ) -> raptor_db::Result<()> {
        static SET: Sql = Sql::new("SELECT set_config(:name, :value, true)");
        session.execute_raw("BEGIN READ ONLY").await?;
        if !is_itself {
            let text = format!("SET LOCAL ROLE {}", quoted(self.login));
            session.execute_raw(&text).await?;
            for (name, value) in &role.settings {
                session.query(&SET, params! { name, value }).await?;
            }
        }
        for (name, value) in settings {
            session.query(&SET, params! { name, value }).await?;
        }
        Ok(())
    }

    /// The relations that the statement has something to do with, as whoever may see all of them finds them.
    async fn relations(&self, db: &Db, role: &Role, sql: &str) -> Result<BTreeSet<Name>> {
        let cannot = |error| Error::database("the statement cannot be planned", error);
        let session = db.session().await.map_err(cannot)?;
        session
            .execute_raw("BEGIN READ ONLY")
            .await
            .map_err(cannot)?;
        if let Some(path) = role.settings.get("search_path") {
            static SET: Sql = Sql::new("SELECT set_config('search_path', :path, true)");
            session
                .query(&SET, params! { path })
                .await
                .map_err(cannot)?;
        }
        let text = format!("EXPLAIN (VERBOSE, FORMAT JSON, COSTS OFF) {sql}");
        let rows = session.query(&Sql::dynamic(text), params! {}).await;
        session.execute_raw("ROLLBACK").await.map_err(cannot)?;
        // Whoever sees no rows of a table finds nothing of it in a plan: its name is looked for in the text.
        let tables = self
            .declared
            .tables
            .keys()
            .chain(self.declared.views.keys());
        let named = tables.filter(|it| words(sql).any(|word| word == it.name));
        let mut found: BTreeSet<Name> = named.cloned().collect();
        // What whoever asks may not plan either has no relations to tell of.
        for row in rows.unwrap_or_default() {
            let plan: serde_json::Value = row.get("QUERY PLAN").map_err(cannot)?;
            walk(&plan, &mut found);
        }
        Ok(found)
    }

    /// What the file grants of a relation.
    fn grants(&self, name: &Name, why: &mut Vec<Why>) {
        let grants: Option<&Grants> = match self.declared.tables.get(name) {
            Some(table) => Some(&table.grants),
            None => self.declared.views.get(name),
        };
        let (text, place) = match grants.map(|it| it.get(self.role)) {
            Some(None) if self.role == self.declared.owner() => {
                (format!("{} owns it", self.role), None)
            }
            Some(Some(grant)) => (format!("{} may {}", self.role, grant.it), Some(grant.place)),
            Some(None) => (format!("{} may do nothing with it", self.role), None),
            None => (
                "it is not in the file, so that nobody may do anything with it".to_owned(),
                None,
            ),
        };
        why.push(Why {
            of: name.to_string(),
            text,
            place,
        });
        if let (Some(Some(grant)), Some(relation)) = (
            grants.map(|it| it.get(self.role)),
            self.there.relations.get(name),
        ) {
            for verb in [Verb::Select, Verb::Insert, Verb::Update] {
                let Some(columns) = grant.it.of(verb).filter(|it| !it.is_empty()) else {
                    continue;
                };
                let all = relation.columns.keys().filter(|it| !columns.contains(*it));
                let rest: Vec<&str> = all.map(String::as_str).collect();
                if !rest.is_empty() {
                    why.push(Why {
                        of: name.to_string(),
                        text: format!("it may not {verb} {}", rest.join(", ")),
                        place: Some(grant.place),
                    });
                }
            }
        }
    }

    /// Which rows of a relation it sees.
    async fn rows(&self, session: &Session, name: &Name, why: &mut Vec<Why>) -> Result<()> {
        let Some(table) = self.declared.tables.get(name) else {
            return Ok(());
        };
        let Some(which) = table.rows.get(self.role) else {
            why.extend((!table.rows.is_empty()).then(|| self.no_rows(name, table)));
            return Ok(());
        };
        let mut add = |text: String| {
            why.push(Why {
                of: name.to_string(),
                text,
                place: Some(which.place),
            });
        };
        let Rows::Of(seen) = &which.it else {
            add("it sees all rows".to_owned());
            return Ok(());
        };
        for it in seen {
            let scope = &self.declared.scopes[&it.scope];
            let text = format!("SELECT {}::text AS value", resolver::signature(&it.scope));
            let row = session.query(&Sql::dynamic(text), params! {}).await;
            let value: Option<String> = match row {
                Ok(rows) => rows.first().and_then(|row| row.get("value").ok()).flatten(),
                Err(error) => {
                    add(format!(
                        "the scope {} cannot be asked: {}",
                        it.scope,
                        error.message()
                    ));
                    continue;
                }
            };
            let how = match scope.way {
                Way::Token { .. } => {
                    "raptor.token is that of no session that is good now, and raptor.context is none that is signed for it"
                }
                Way::Signed => "raptor.context is none that is signed for it",
                Way::Query { .. } => "its query finds nothing",
            };
            add(match value.as_deref() {
                None | Some("{}") => {
                    format!("it sees no rows by {} = {}: {how}", it.column, it.scope)
                }
                Some(value) => format!(
                    "it sees rows of which {} is {value}, by the scope {}",
                    it.column, it.scope
                ),
            });
        }
        Ok(())
    }
}

impl Asked<'_> {
    /// Why it sees no row at all.
    fn no_rows(&self, name: &Name, table: &Table) -> Why {
        let role = self.role;
        Why {
            of: name.to_string(),
            text: format!(
                "it sees no rows and writes none: rows of it are somebody's, and there is no rows.{role}"
            ),
            place: Some(table.place),
        }
    }

    /// What rows that the statement writes are to be: the server looks at them when it runs, and not before.
    fn written(&self, name: &Name, sql: &str, why: &mut Vec<Why>) {
        let writes = |it: &str| {
            let verbs = ["insert", "update", "merge"];
            verbs.iter().any(|verb| it.eq_ignore_ascii_case(verb))
        };
        let table = self.declared.tables.get(name);
        let which = table.and_then(|it| it.rows.get(self.role));
        if let Some(which) = which
            && let Rows::Of(seen) = &which.it
            && words(sql).any(writes)
        {
            let all = seen
                .iter()
                .map(|it| format!("its {} is what the scope {} gives", it.column, it.scope));
            let all: Vec<String> = all.collect();
            why.push(Why {
                of: name.to_string(),
                text: format!(
                    "a row that it writes there is refused when it runs, unless {}",
                    all.join(" or ")
                ),
                place: Some(which.place),
            });
        }
    }
}

/// The statement with NULL in the place of each parameter.
fn without_parameters(sql: &str) -> String {
    let tokens = lexer::tokens(sql).unwrap_or_default();
    let mut text = sql.to_owned();
    for it in tokens.iter().rev() {
        if matches!(it.kind, TokenKind::Param | TokenKind::Positional) {
            text.replace_range(it.start..it.end, "NULL");
        }
    }
    text
}

/// The words of a statement.
fn words(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(|it: char| !it.is_alphanumeric() && it != '_')
}

/// All relations of a plan.
fn walk(plan: &serde_json::Value, found: &mut BTreeSet<Name>) {
    match plan {
        serde_json::Value::Object(map) => {
            let text = |key: &str| map.get(key).and_then(|it| it.as_str());
            if let (Some(schema), Some(name)) = (text("Schema"), text("Relation Name")) {
                found.insert(Name {
                    schema: schema.to_owned(),
                    name: name.to_owned(),
                });
            }
            for value in map.values() {
                walk(value, found);
            }
        }
        serde_json::Value::Array(items) => {
            for item in items {
                walk(item, found);
            }
        }
        _ => {}
    }
}
