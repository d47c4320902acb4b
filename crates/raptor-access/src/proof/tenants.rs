//! Whose rows somebody sees: nobody's without a context, their own with one, nobody else's with any; and no row is
//! written for somebody else.

use super::Means;
use super::attempt::{Hand, Outcome};
use super::line::{Line, Proof, Verdict};
use super::moment::Moment;
use super::queried::Query;
use crate::declaration::{Declaration, Name, Place, Rows, Scope, Seen, Table, Verb, Way};
use crate::error::{Error, Result};
use crate::facts::Facts;
use crate::text::{full, literal, quoted};
use raptor_db::{Db, Scope as Acts, Sql, params};
use std::cmp::Ordering;

/// Tries all tables whose rows this login sees by a scope.
pub(super) async fn attempt(
    declared: &Declaration,
    (there, db): (&Facts, &Db),
    hand: &Hand,
    means: &Means,
    proof: &mut Proof,
) -> Result<()> {
    for (name, table) in &declared.tables {
        let Some(which) = table.rows.get(&hand.role) else {
            continue;
        };
        let Rows::Of(seen) = &which.it else {
            continue;
        };
        let tried = Tried {
            is_seen_whole: is_seen_whole(declared, there, table),
            declared,
            name,
            table,
            place: which.place,
            hand,
        };
        if !there.relations.contains_key(name) {
            continue;
        }
        // The scopes that are signed for; one that asks for none is of the login itself.
        let signed = seen.iter().map(|it| match &declared.scopes[&it.scope].way {
            Way::Query { text, reads } => Query { text, reads }.asks(declared).map(|it| it.0),
            _ => Some(it.scope.as_str()),
        });
        let signed = signed.collect::<Option<Vec<_>>>();
        if let Some(scope) = signed.and_then(|it| it.first().copied()) {
            tried.nobody(scope, proof).await?;
        }
        for it in seen {
            tried.scope(db, it, means, proof).await?;
        }
    }
    Ok(())
}

/// Whether whoever proves it sees all rows of a table.
fn is_seen_whole(declared: &Declaration, there: &Facts, table: &Table) -> bool {
    let login = &there.here.login;
    let me = there.roles.get(login);
    let is_free = me.is_some_and(|it| it.superuser || it.bypass_rls);
    let role = declared.role_of(login).map(|(role, _)| role);
    let which = role.and_then(|it| table.rows.get(it));
    is_free || which.is_some_and(|it| matches!(it.it, Rows::All))
}

/// Two values of a scope that nobody has.
pub(super) fn made_up(scope: &Scope) -> [&'static str; 2] {
    match scope.full_type().as_str() {
        "uuid" => [
            "00000000-0000-7000-8000-0000000000a1",
            "00000000-0000-7000-8000-0000000000a2",
        ],
        "bigint" | "integer" | "smallint" => ["-31001", "-31002"],
        _ => ["raptor access probe 1", "raptor access probe 2"],
    }
}

/// A minute from now.
pub(super) async fn soon(db: &Db) -> Result<i64> {
    static SOON: Sql =
        Sql::new("SELECT extract(epoch FROM clock_timestamp())::bigint + 60 AS soon");
    let row = db.query_one(&Acts::system(), &SOON, params! {}).await;
    let soon = row.and_then(|row| row.get("soon"));
    soon.map_err(|error| Error::database("the database says no time", error))
}

pub(super) struct Tried<'t> {
    /// See [`is_seen_whole`].
    pub(super) is_seen_whole: bool,
    pub(super) declared: &'t Declaration,
    pub(super) name: &'t Name,
    table: &'t Table,
    place: Place,
    pub(super) hand: &'t Hand,
}

impl Tried<'_> {
    pub(super) fn add(&self, proof: &mut Proof, what: String, verdict: Verdict, why: &str) {
        let mut line = Line::new(&self.hand.login, what, verdict).why(why);
        line.place = Some(self.place);
        proof.add(line);
    }

    /// Whether the login reads the column that tells whose a row is, or any.
    pub(super) fn reads(&self) -> bool {
        let grant = self.table.grants.get(&self.hand.role);
        grant.is_some_and(|it| it.it.of(Verb::Select).is_some())
    }

    /// How many rows it sees, or why it sees none at all.
    async fn count(&self, settings: &[(&str, &str)]) -> Result<Result<i64, String>> {
        self.counted(self.hand.ask(settings, &self.counting()).await)
    }

    /// The same at a moment.
    pub(super) async fn count_at(
        &self,
        moment: &Moment,
        settings: &[(&str, &str)],
    ) -> Result<Result<i64, String>> {
        self.counted(moment.seen_by(self.hand, settings, &self.counting()).await)
    }

    fn counting(&self) -> String {
        let column = quoted(self.column());
        format!("SELECT count({column}) AS n FROM {}", full(self.name))
    }

    fn counted(
        &self,
        answer: raptor_db::Result<Vec<raptor_db::Row>>,
    ) -> Result<Result<i64, String>> {
        match answer {
            Ok(rows) => {
                let row = rows.first();
                Ok(Ok(row
                    .and_then(|row| row.get("n").ok())
                    .unwrap_or_default()))
            }
            Err(error) => match error.code() {
                None => Err(Error::database(
                    &format!("{} cannot ask", self.hand.login),
                    error,
                )),
                Some(_) => Ok(Err(error.message().to_owned())),
            },
        }
    }

    /// A column that it reads.
    fn column(&self) -> &str {
        let grant = self.table.grants.get(&self.hand.role);
        let read = grant.and_then(|it| it.it.of(Verb::Select));
        let named = read.and_then(|it| it.first());
        named
            .or(self.table.tenant.as_ref())
            .map_or("", String::as_str)
    }

    /// Without a context, and with ones that somebody made up.
    async fn nobody(&self, scope: &str, proof: &mut Proof) -> Result<()> {
        if !self.reads() {
            return Ok(());
        }
        let forged = "0".repeat(64);
        let made_up = format!("{forged};{scope};099999999999;{};1", self.hand.role);
        let contexts: [(&str, &[(&str, &str)]); 4] = [
            ("with no context", &[]),
            (
                "with an empty context",
                &[("raptor.token", ""), ("raptor.context", "")],
            ),
            (
                "with a token that somebody made up",
                &[("raptor.token", &forged)],
            ),
            (
                "with a tenant that somebody set",
                &[("raptor.tenant", "1"), ("raptor.context", &made_up)],
            ),
        ];
        for (which, settings) in contexts {
            let what = format!("see rows of {} {which}", self.name);
            match self.count(settings).await? {
                Ok(0) => self.add(proof, what, Verdict::Denied, ""),
                Ok(seen) => self.add(proof, what, Verdict::Hole, &format!("it sees {seen}")),
                Err(why) => self.add(proof, what, Verdict::Broken, &why),
            }
        }
        Ok(())
    }

    /// With the context of one of two.
    async fn scope(&self, db: &Db, seen: &Seen, means: &Means, proof: &mut Proof) -> Result<()> {
        let scope = &self.declared.scopes[&seen.scope];
        if let Way::Query { text, reads } = &scope.way {
            let query = Query { text, reads };
            return self.queried(db, seen, query, means, proof).await;
        }
        let Some(key) = &means.key else {
            let what = format!("see rows of {} by {}", self.name, seen.scope);
            self.add(
                proof,
                what,
                Verdict::Untried,
                "no key that the database knows was given to act for somebody with: RAPTOR_CONTEXT_KEY",
            );
            return Ok(());
        };
        let [one, other] = self.two(db, seen, scope).await?;
        let until = soon(db).await?;
        for (own, foreign) in [(&one, &other), (&other, &one)] {
            let signed = key.sign(&seen.scope, own, &self.hand.role, until);
            let signed = signed.map_err(|why| Error::new(crate::ErrorKind::Declaration, why))?;
            let settings = [("raptor.context", signed.as_str())];
            if self.reads() {
                self.sees(db, seen, own, &settings, proof).await?;
            }
            self.writes(seen, (own, foreign), &settings, proof).await?;
        }
        Ok(())
    }

    /// Its own rows, all of them, and no others.
    async fn sees(
        &self,
        db: &Db,
        seen: &Seen,
        own: &str,
        settings: &[(&str, &str)],
        proof: &mut Proof,
    ) -> Result<()> {
        let own_rows = format!("see its own rows of {}", self.name);
        let others = format!(
            "see other rows of {} than those of its {}",
            self.name, seen.scope
        );
        let moment = Moment::now(db).await?;
        let all = self.count_at(&moment, settings).await?;
        let owned = self.owned(&moment, seen, own).await?;
        moment.end().await?;
        let all = match all {
            Ok(all) => all,
            Err(why) => {
                self.add(proof, own_rows, Verdict::Broken, &why);
                return Ok(());
            }
        };
        let Some(owned) = owned else {
            // Who proves it sees no rows either; of values that are made up there are none.
            match all {
                0 => self.add(
                    proof,
                    others,
                    Verdict::Denied,
                    "tried for somebody made up alone, as whoever proves it sees no rows to compare with: as a superuser it is tried with two who have some",
                ),
                all => self.add(
                    proof,
                    others,
                    Verdict::Hole,
                    &format!("it sees {all} rows by a value that is made up"),
                ),
            }
            return Ok(());
        };
        match all.cmp(&owned) {
            Ordering::Equal => self.add(
                proof,
                others,
                Verdict::Denied,
                &format!("it sees {all} of {owned}"),
            ),
            Ordering::Greater => self.add(
                proof,
                others,
                Verdict::Hole,
                &format!("it sees {all} where {owned} are its own"),
            ),
            Ordering::Less => self.add(
                proof,
                own_rows,
                Verdict::Broken,
                &format!("it sees {all} of {owned}"),
            ),
        }
        Ok(())
    }

    /// How many rows there are of a value, where whoever proves it may see all of them.
    async fn owned(&self, moment: &Moment, seen: &Seen, own: &str) -> Result<Option<i64>> {
        if !self.is_seen_whole {
            return Ok(None);
        }
        let text = format!(
            "SELECT count(*) AS n FROM {} WHERE {}::text = :own",
            full(self.name),
            quoted(&seen.column)
        );
        let cannot = |error| Error::database(&format!("{} cannot be counted", self.name), error);
        let rows = moment.ask(&Sql::dynamic(text), params! { own }).await;
        let count = rows.and_then(|rows| rows.first().map(|row| row.get("n")).transpose());
        count.map_err(cannot)
    }

    /// A row of its own, and one of somebody else: policies are looked at before constraints.
    async fn writes(
        &self,
        seen: &Seen,
        (own, foreign): (&str, &str),
        settings: &[(&str, &str)],
        proof: &mut Proof,
    ) -> Result<()> {
        let grant = self.table.grants.get(&self.hand.role);
        let columns = grant.and_then(|it| it.it.of(Verb::Insert));
        if !columns.is_some_and(|it| it.is_empty() || it.contains(&seen.column)) {
            return Ok(());
        }
        for (whose, value, is_own) in [("somebody else's", foreign, false), ("its own", own, true)]
        {
            let sql = format!(
                "INSERT INTO {} ({}) VALUES ({})",
                full(self.name),
                quoted(&seen.column),
                literal(value)
            );
            let outcome = self.hand.attempt_with(settings, &sql).await?;
            let what = format!("add a row to {} that is {whose}", self.name);
            let (is_denied, why) = match outcome {
                Outcome::Denied(why) => (true, why),
                Outcome::Failed(_, why) => (false, why),
                Outcome::Done => (false, String::new()),
            };
            let verdict = match (is_own, is_denied) {
                (true, false) => Verdict::Allowed,
                (true, true) => Verdict::Broken,
                (false, true) => Verdict::Denied,
                (false, false) => Verdict::Hole,
            };
            self.add(proof, what, verdict, &why);
        }
        Ok(())
    }

    /// Two values: of rows that are there, or made up.
    async fn two(&self, db: &Db, seen: &Seen, scope: &Scope) -> Result<[String; 2]> {
        let text = format!(
            "SELECT DISTINCT {0}::text AS value FROM {1} WHERE {0} IS NOT NULL LIMIT 2",
            quoted(&seen.column),
            full(self.name)
        );
        let cannot = |error| Error::database(&format!("{} cannot be read", self.name), error);
        let mut found = Vec::new();
        if self.is_seen_whole {
            let text = Sql::dynamic(text);
            let rows = db.query(&Acts::system(), &text, params! {}).await;
            for row in rows.map_err(cannot)? {
                found.push(row.get::<String>("value").map_err(cannot)?);
            }
        }
        let made_up = made_up(scope).map(str::to_owned);
        let mut values = found.into_iter().chain(made_up);
        let mut next = || values.next().unwrap_or_default();
        Ok([next(), next()])
    }
}
