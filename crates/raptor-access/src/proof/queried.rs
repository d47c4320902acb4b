//! Rows that somebody sees by a query, such as those of customers who let them: exactly those that the query gives, for
//! several of whom it may be asked.

use super::Means;
use super::line::{Proof, Verdict};
use super::moment::Moment;
use super::tenants::{Tried, made_up, soon};
use crate::declaration::{Declaration, Name, Scope, Seen, Way};
use crate::error::{Error, Result};
use crate::text::{full, quoted};
use raptor_db::{Db, Scope as Acts, Sql, params};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// For so many at most of those whom the tables know.
const MOST: usize = 4;

/// A scope's query.
pub(super) struct Query<'q> {
    pub(super) text: &'q str,
    pub(super) reads: &'q BTreeMap<Name, Vec<String>>,
}

impl Query<'_> {
    /// The scope that it asks itself, such as whose grants it looks for.
    pub(super) fn asks<'d>(&self, declared: &'d Declaration) -> Option<(&'d str, &'d Scope)> {
        let asked = crate::wanted::asked::scopes(self.text);
        let mut known = asked
            .iter()
            .filter_map(|it| declared.scopes.get_key_value(&it.scope));
        let found = known.find(|(_, it)| !matches!(it.way, Way::Query { .. }));
        found.map(|(name, it)| (name.as_str(), it))
    }
}

impl Tried<'_> {
    /// Signs in as several, and sees what the query gives them.
    pub(super) async fn queried(
        &self,
        db: &Db,
        seen: &Seen,
        query: Query<'_>,
        means: &Means,
        proof: &mut Proof,
    ) -> Result<()> {
        if !self.reads() {
            return Ok(());
        }
        let what = format!("see rows of {} by {}", self.name, seen.scope);
        let Some((name, scope)) = query.asks(self.declared) else {
            // It may be of who logs in, which whoever proves it is not.
            let why = "its query asks no scope: its rows are shown to whoever has the credential";
            self.add(proof, what, Verdict::Residual, why);
            return Ok(());
        };
        let Some(key) = &means.key else {
            let why = "no key that the database knows was given to act for somebody with: RAPTOR_CONTEXT_KEY";
            self.add(proof, what, Verdict::Untried, why);
            return Ok(());
        };
        let mut values = made_up(scope).map(str::to_owned)[..1].to_vec();
        if self.is_seen_whole {
            values.extend(self.known(db, scope, &query).await?);
        }
        if values.len() == 1 {
            let why = "nobody real was asked for: prove it as who sees all rows (a superuser, or `rows` = all for the owner), with some in the tables that the query reads";
            self.add(proof, what, Verdict::Residual, why);
        }
        let until = soon(db).await?;
        let login = self.login(db).await?;
        let signed = |value: &str, role: &str| {
            let signed = key.sign(name, value, role, until);
            signed.map_err(|why| Error::new(crate::ErrorKind::Declaration, why))
        };
        for value in &values {
            let (theirs, ours) = (signed(value, &self.hand.role)?, signed(value, &login)?);
            let contexts = (theirs.as_str(), ours.as_str());
            self.compared(db, seen, &query, contexts, proof).await?;
        }
        Ok(())
    }

    /// Who proves it.
    async fn login(&self, db: &Db) -> Result<String> {
        static LOGIN: Sql = Sql::new("SELECT session_user::text AS login");
        let row = db.query_one(&Acts::system(), &LOGIN, params! {}).await;
        let login = row.and_then(|row| row.get("login"));
        login.map_err(|error| Error::database("the login has no name", error))
    }

    /// Some of those whom the tables know that the query reads: the values of columns of the scope's type.
    async fn known(&self, db: &Db, scope: &Scope, query: &Query<'_>) -> Result<Vec<String>> {
        let mut known = Vec::new();
        for (table, columns) in query.reads {
            for column in columns {
                let text = format!(
                    "SELECT DISTINCT {0}::text AS value FROM {1} WHERE pg_typeof({0})::text = :of_type LIMIT {MOST}",
                    quoted(column),
                    full(table)
                );
                let parameters = params! { of_type: scope.full_type() };
                let rows = db
                    .query(&Acts::system(), &Sql::dynamic(text), parameters)
                    .await;
                let cannot = |error| Error::database(&format!("{table} cannot be read"), error);
                for row in rows.map_err(cannot)? {
                    known.push(row.get::<String>("value").map_err(cannot)?);
                }
            }
        }
        known.truncate(MOST);
        Ok(known)
    }

    /// What the login sees, and what the query gives when whoever proves it asks.
    async fn compared(
        &self,
        db: &Db,
        seen: &Seen,
        query: &Query<'_>,
        (theirs, ours): (&str, &str),
        proof: &mut Proof,
    ) -> Result<()> {
        let settings = [("raptor.context", theirs)];
        let what = format!("see rows of {} by {}", self.name, seen.scope);
        let moment = Moment::now(db).await?;
        let count = self.count_at(&moment, &settings).await?;
        let given = self.given(&moment, seen, query, ours).await?;
        moment.end().await?;
        let count = match count {
            Ok(count) => count,
            Err(why) => {
                self.add(proof, what, Verdict::Broken, &why);
                return Ok(());
            }
        };
        let Some(given) = given else {
            let (verdict, why) = match count {
                0 => (
                    Verdict::Denied,
                    "of somebody who is made up there are none".to_owned(),
                ),
                count => (
                    Verdict::Hole,
                    format!("it sees {count} for somebody who is made up"),
                ),
            };
            self.add(proof, what, verdict, &why);
            return Ok(());
        };
        let others = format!("see other rows of {} than {} gives", self.name, seen.scope);
        let why = format!("it sees {count}, and the query gives {given}");
        match count.cmp(&given) {
            Ordering::Equal => self.add(proof, others, Verdict::Denied, &why),
            Ordering::Greater => self.add(proof, others, Verdict::Hole, &why),
            Ordering::Less => self.add(proof, what, Verdict::Broken, &why),
        }
        Ok(())
    }

    /// How many rows the query as it is declared gives, where whoever proves it sees all rows and may ask.
    async fn given(
        &self,
        moment: &Moment,
        seen: &Seen,
        query: &Query<'_>,
        context: &str,
    ) -> Result<Option<i64>> {
        static SET: Sql = Sql::new("SELECT set_config('raptor.context', :context, true)");
        if !self.is_seen_whole {
            return Ok(None);
        }
        let text = format!(
            "SELECT count(*) AS n FROM {} WHERE {} IN (SELECT q.value FROM (\n{}\n) AS q (value))",
            full(self.name),
            quoted(&seen.column),
            query.text
        );
        let asked = async {
            let path = format!(
                "SET LOCAL search_path = pg_catalog, {}",
                quoted(&self.declared.schema)
            );
            moment.set(&path).await?;
            moment.ask(&SET, params! { context }).await?;
            moment.ask(&Sql::dynamic(text), params! {}).await
        };
        match asked.await {
            Ok(rows) => Ok(rows.first().map(|row| row.get("n")).transpose()?),
            // It is the login's own to ask, and not that of whoever proves it.
            Err(error) if error.code() == Some("42501") => Ok(None),
            Err(error) => {
                let what = format!("the query of {} cannot be asked", seen.scope);
                Err(Error::database(&what, error))
            }
        }
    }
}
