//! Foreign keys of SQLite before and after a revision that builds tables anew, which runs while they
//! are not enforced. In between they may lead nowhere: a parent gets another key before its children
//! follow.

use super::lost;
use super::schema::{cannot, rows};
use crate::error::Result;
use crate::place::Place;
use crate::plan::Work;
use raptor_db::{Row, Session, Sql, params};

/// What foreign keys said before the revision.
pub(in crate::runner) struct Before(Vec<Broken>);

/// Foreign keys of one table to another one that do not hold.
struct Broken {
    child: String,
    /// The tables that the child points at.
    parents: String,
    /// `None` when the engine cannot look, as they name no key of the other table.
    found: Option<(String, i64)>,
    said: String,
}

static CHILDREN: Sql = Sql::new(
    "SELECT m.name AS name, group_concat(DISTINCT f.\"table\") AS parents \
     FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' GROUP BY 1 ORDER BY 1",
);

/// One table each, as an error about one would hide the others.
static BROKEN: Sql = Sql::new(
    "SELECT \"parent\" AS parent, count(*) AS rows FROM pragma_foreign_key_check(:name) GROUP BY 1 ORDER BY 1",
);

impl Before {
    pub(in crate::runner) async fn look(session: &Session) -> Result<Self> {
        Ok(Self(broken(session).await?))
    }

    /// Fails for foreign keys that the revision broke, at the place of the rebuild that concerns them.
    pub(in crate::runner) async fn compare(
        &self,
        session: &Session,
        work: &[Work<'_>],
    ) -> Result<()> {
        let after = broken(session).await?;
        match after.iter().find(|it| !self.knows(it)) {
            None => Ok(()),
            Some(broken) => Err(match place(work, broken) {
                Some(place) => lost(&broken.said).at(place),
                None => lost(&broken.said),
            }),
        }
    }

    fn knows(&self, broken: &Broken) -> bool {
        self.0.iter().any(|before| {
            before.child == broken.child
                && match (&before.found, &broken.found) {
                    (None, None) => true,
                    (Some(before), Some(now)) => before.0 == now.0 && before.1 >= now.1,
                    _ => false,
                }
        })
    }
}

/// The last rebuild of the child or of a parent.
fn place(work: &[Work<'_>], broken: &Broken) -> Option<Place> {
    let mut rebuilds = work.iter().rev().filter_map(|work| match work {
        Work::Rebuild(rebuild) => Some(*rebuild),
        _ => None,
    });
    let names = broken.parents.split(',').chain([broken.child.as_str()]);
    let rebuild = rebuilds.find(|it| {
        names
            .clone()
            .any(|name| name.eq_ignore_ascii_case(&it.table))
    })?;
    Some(Place {
        line: rebuild.line,
        column: 1,
    })
}

async fn broken(session: &Session) -> Result<Vec<Broken>> {
    let mut all = Vec::new();
    for row in rows(session, &CHILDREN, params! {}).await? {
        let child: String = row.get("name").map_err(cannot)?;
        let parents: String = row.get("parents").map_err(cannot)?;
        all.extend(broken_of(session, &child, &parents).await?);
    }
    Ok(all)
}

async fn broken_of(session: &Session, child: &str, parents: &str) -> Result<Vec<Broken>> {
    let found = match session.query(&BROKEN, params! { name: child }).await {
        Ok(found) => found,
        Err(error) if error.to_string().contains("foreign key mismatch") => {
            return Ok(vec![Broken {
                child: child.to_owned(),
                parents: parents.to_owned(),
                found: None,
                said: format!("a foreign key of {child} names no key of its parent ({parents})"),
            }]);
        }
        Err(error) => return Err(cannot(error)),
    };
    let one = |row: &Row| -> raptor_db::Result<Broken> {
        let (parent, count): (String, i64) = (row.get("parent")?, row.get("rows")?);
        Ok(Broken {
            child: child.to_owned(),
            parents: parents.to_owned(),
            said: format!("{count} rows of {child} point at rows that {parent} does not have"),
            found: Some((parent, count)),
        })
    };
    found
        .iter()
        .map(one)
        .collect::<raptor_db::Result<_>>()
        .map_err(cannot)
}
