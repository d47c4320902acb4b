//! What one catalog has and another has not.

mod compare;
mod neutral;

pub(super) use compare::compare;

use raptor_db::Engine;
use serde::Serialize;
use std::fmt;

/// One difference between two catalogs.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use raptor_db::{Config, Db};
/// use raptor_migrate::{Options, catalog};
/// let folder = tempfile::tempdir()?;
/// let mut catalogs = Vec::new();
/// for (name, text) in [("a", "CREATE TABLE t (id INTEGER)"), ("b", "CREATE TABLE t (id TEXT)")] {
///     let db = Db::open(Config::new(&format!("sqlite:{}/{name}", folder.path().display()))?).await?;
///     db.session().await?.execute_raw(text).await?;
///     catalogs.push(catalog(&db, &Options::default()).await?);
/// }
/// let found = catalogs[0].differences(&catalogs[1]);
/// assert_eq!(found[0].object, "table t, column id");
/// assert_eq!(found[0].to_string(), "table t, column id: type is integer here and text there");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// The object: `table sessions, column email`.
    pub object: String,
    /// Which of its facts: `type`, `not null`, `default`, …; none where one side has no such object.
    pub fact: Option<String>,
    /// What it is here, in the catalog that was asked; none where there is none.
    pub here: Option<String>,
    /// What it is there, in the other one.
    pub there: Option<String>,
    /// What kind of difference it is.
    pub kind: DifferenceKind,
}

/// What kind of difference a [`Difference`] is, for those who want to pass some over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DifferenceKind {
    /// One side has no such object.
    Missing,
    /// Both have it, and it is not the same.
    Definition,
    /// The columns stand in another order.
    Order,
    /// SQLite: the letters of a name differ in case, which a query shows in its answer.
    Spelling,
    /// It belongs to someone else.
    Owner,
    /// Someone else may use it, or for something else.
    Grants,
    /// Its comment.
    Comment,
    /// An extension's version.
    Version,
}

impl Difference {
    pub(super) fn engines(here: Engine, there: Engine) -> Self {
        Self {
            object: "the database".to_owned(),
            fact: Some("engine".to_owned()),
            here: Some(here.to_string()),
            there: Some(there.to_string()),
            kind: DifferenceKind::Definition,
        }
    }

    /// Whether only the order of columns differs.
    pub fn is_order_only(&self) -> bool {
        self.kind == DifferenceKind::Order
    }
}

/// What a reader still takes in at a glance.
const GLANCE: usize = 160;

impl Difference {
    /// The sentence with other words for the two sides: `in the chain` for `here`, say.
    pub fn between<'d>(&'d self, here: &'d str, there: &'d str) -> impl fmt::Display + 'd {
        Sentence {
            difference: self,
            sides: (here, there),
        }
    }
}

struct Sentence<'d> {
    difference: &'d Difference,
    sides: (&'d str, &'d str),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.between("here", "there").fmt(f)
    }
}

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference {
            object,
            fact,
            here,
            there,
            ..
        } = self.difference;
        let (one_side, other_side) = self.sides;
        let (here, there) = (here.as_deref(), there.as_deref());
        let Some(fact) = fact else {
            let (is, is_not) = match here {
                Some(_) => (one_side, other_side),
                None => (other_side, one_side),
            };
            return write!(f, "{object} is {is} and not {is_not}");
        };
        write!(f, "{object}: {fact}")?;
        let is_long = |text: Option<&str>| {
            text.is_some_and(|text| text.len() > GLANCE || text.contains('\n'))
        };
        if let (Some(one), Some(other)) = (here, there)
            && (is_long(here) || is_long(there))
        {
            let (line, one, other) = parting(one, other);
            return write!(
                f,
                " differs from line {line} on: `{one}` {one_side} and `{other}` {other_side}"
            );
        }
        write!(
            f,
            " is {} {one_side} and {} {other_side}",
            shown(here),
            shown(there)
        )
    }
}

fn shown(text: Option<&str>) -> String {
    match text {
        None => "none".to_owned(),
        Some("") => "empty".to_owned(),
        Some(text) => cut(text, 0),
    }
}

/// The first lines that differ, their number, and of each what is around the place.
fn parting(one: &str, other: &str) -> (usize, String, String) {
    let (mut ones, mut others) = (one.split('\n'), other.split('\n'));
    let mut line = 1;
    loop {
        match (ones.next(), others.next()) {
            (Some(a), Some(b)) if a == b => line += 1,
            (a, b) => {
                let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
                let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
                let from = same.saturating_sub(GLANCE / 4);
                return (line, cut(a, from), cut(b, from));
            }
        }
    }
}

/// At most a glance of a text, from that character on.
fn cut(text: &str, from: usize) -> String {
    let before = if from > 0 { "…" } else { "" };
    let mut rest = text.chars().skip(from);
    let part: String = rest.by_ref().take(GLANCE).collect();
    let after = if rest.next().is_some() { "…" } else { "" };
    format!("{before}{part}{after}")
}

#[cfg(test)]
mod tests {
    use super::{Difference, DifferenceKind};

    fn said(here: Option<&str>, there: Option<&str>) -> String {
        let difference = Difference {
            object: "routine f()".to_owned(),
            fact: Some("body".to_owned()),
            here: here.map(str::to_owned),
            there: there.map(str::to_owned),
            kind: DifferenceKind::Definition,
        };
        difference.to_string()
    }

    #[test]
    fn a_long_text_is_told_from_where_it_parts() {
        assert_eq!(
            said(Some(""), None),
            "routine f(): body is empty here and none there"
        );
        assert_eq!(
            said(Some("BEGIN\n  a;\nEND"), Some("BEGIN\n  b;\nEND")),
            "routine f(): body differs from line 2 on: `  a;` here and `  b;` there"
        );
        assert_eq!(
            said(Some("a\nb"), Some("a")),
            "routine f(): body differs from line 2 on: `b` here and `` there"
        );
        let long = "ä".repeat(300);
        let other = format!("{long}x");
        let said = said(Some(&long), Some(&other));
        assert!(
            said.ends_with(&format!("`…{0}` here and `…{0}x` there", "ä".repeat(40))),
            "{said}"
        );
    }
}
