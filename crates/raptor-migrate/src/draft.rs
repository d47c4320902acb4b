//! A new revision's file: its name and its text. It writes nothing to the disk.

mod autogenerate;
mod squash;

use crate::chain::{Along, Chain};
use crate::error::{Error, ErrorKind, Result};
use crate::revision::Revision;
use crate::target;
use std::collections::BTreeSet;

/// What a new revision is to be.
///
/// ```
/// use raptor_migrate::{Chain, Draft};
/// let chain = Chain::embedded(&[("a.sql", "-- raptor: id=a1\n-- raptor:up\n")])?;
/// let draft = Draft { id: "b2".into(), date: "20260101".into(), message: "Add the log".into(), ..Draft::default() };
/// let (file, text) = draft.write(&chain)?;
/// assert_eq!(file, "20260101_b2_add_the_log.sql");
/// assert!(text.starts_with("-- raptor: id=b2 revises=a1\n-- Add the log\n"));
/// # Ok::<(), raptor_migrate::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Its id.
    pub id: String,
    /// The day, in UTC, as the file's name begins: `YYYYMMDD`.
    pub date: String,
    /// Its title; may be empty.
    pub message: String,
    /// What it revises: targets, such as an id or `LABEL@head`; empty means the head.
    pub revises: Vec<String>,
    /// Whether it may revise what is no head, and so begin a branch.
    pub splice: bool,
    /// The labels of the branch that begins with it.
    pub labels: Vec<String>,
    /// What must be applied before, on other branches: ids, beginnings of ids, or labels.
    pub depends: Vec<String>,
}

impl Draft {
    /// The file's name and text, fit for `chain`.
    ///
    /// # Errors
    /// [`ErrorKind::Target`], [`ErrorKind::Graph`] and [`ErrorKind::Format`].
    pub fn write(&self, chain: &Chain) -> Result<(String, String)> {
        let revises = self.parents(chain)?;
        self.text(chain, &revises, "\n-- raptor:up\n\n-- raptor:down\n")
    }

    /// The same for a merge of `revises`, or of all heads. A label alone means the head of its branch.
    ///
    /// # Errors
    /// As [`Draft::write`], and for fewer than two.
    pub fn merge(&self, chain: &Chain) -> Result<(String, String)> {
        let all = ["heads".to_owned()];
        let targets = if self.revises.is_empty() {
            &all[..]
        } else {
            &self.revises
        };
        let head = |target: &String| match chain.has_label(target) {
            true => format!("{target}@head"),
            false => target.clone(),
        };
        let targets: Vec<String> = targets.iter().map(head).collect();
        let revises = self.resolved(chain, &targets)?;
        if revises.len() < 2 {
            let names = chain.names(&revises);
            let message = format!("a merge joins two revisions or more, and {names} is one");
            return Err(Error::new(ErrorKind::Target, message));
        }
        if let Some((place, is_revised)) = inner(chain, &revises) {
            let after = chain.after([place], Along::Revises);
            let heads = chain.head_places().into_iter().filter(|it| after[*it]);
            let heads: Vec<usize> = heads.collect();
            let message = format!(
                "{is_revised}; a merge joins heads, and after it {} {}",
                if heads.len() == 1 {
                    "that is"
                } else {
                    "these are"
                },
                chain.names(&heads)
            );
            return Err(Error::new(ErrorKind::Target, message));
        }
        self.text(chain, &revises, "\n-- raptor:up\n-- raptor:down\n")
    }

    fn parents(&self, chain: &Chain) -> Result<Vec<usize>> {
        let head = ["head".to_owned()];
        let targets = match self.revises[..] {
            [] if chain.is_empty() => return Ok(Vec::new()),
            [] => &head[..],
            [ref base] if base == "base" => return Ok(Vec::new()),
            ref targets => targets,
        };
        let revises = self.resolved(chain, targets)?;
        self.fit(chain, &revises)?;
        Ok(revises)
    }

    fn resolved(&self, chain: &Chain, targets: &[String]) -> Result<Vec<usize>> {
        let mut places = BTreeSet::new();
        for target in targets {
            places.extend(target::standing(chain, target)?);
        }
        Ok(chain.by_ids(places))
    }

    /// Refuses to begin a branch without being told to.
    fn fit(&self, chain: &Chain, revises: &[usize]) -> Result<()> {
        match inner(chain, revises) {
            Some((_, is_revised)) if !self.splice => {
                let message =
                    format!("{is_revised}; a second branch after it is begun with --splice");
                Err(Error::new(ErrorKind::Target, message))
            }
            _ => Ok(()),
        }
    }

    fn text(&self, chain: &Chain, revises: &[usize], sections: &str) -> Result<(String, String)> {
        let list = |key: &str, items: &[String]| match items {
            [] => String::new(),
            items => format!(" {key}={}", items.join(",")),
        };
        let ids: Vec<String> = revises
            .iter()
            .map(|place| chain.at(*place).id().to_owned())
            .collect();
        let depends = self.depends(chain)?;
        let title = self.title();
        let title = if title.is_empty() {
            title
        } else {
            format!("-- {title}\n")
        };
        let text = format!(
            "-- raptor: id={}{}{}{}\n{title}{sections}",
            self.id,
            list("revises", &ids),
            list("depends", &depends),
            list("labels", &self.labels),
        );
        if let Some(there) = chain.place_of(&self.id) {
            let message = format!(
                "there is a revision {} already, in {}",
                self.id,
                chain.at(there).file()
            );
            return Err(Error::new(ErrorKind::Graph, message));
        }
        let file = self.file(&self.message);
        // What is written must be read again, and fit among the others.
        let mut revisions: Vec<Revision> = chain.iter().cloned().collect();
        revisions.push(Revision::parse(&file, &text)?);
        Chain::of(revisions)?;
        Ok((file, text))
    }

    fn title(&self) -> String {
        self.message
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The file's name.
    fn file(&self, message: &str) -> String {
        let slug = slug(message);
        let parts = [self.date.as_str(), self.id.as_str(), slug.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{}.sql", parts.join("_"))
    }

    fn depends(&self, chain: &Chain) -> Result<Vec<String>> {
        let written = |name: &String| {
            if chain.has_label(name) {
                return Ok(format!("label:{name}"));
            }
            chain
                .revision(name)
                .map(|revision| revision.id().to_owned())
        };
        self.depends.iter().map(written).collect()
    }
}

/// The first that is no head, and what revises it.
fn inner(chain: &Chain, places: &[usize]) -> Option<(usize, String)> {
    let is_inner = |place: &&usize| !chain.revised_by(**place).is_empty();
    let place = *places.iter().find(is_inner)?;
    let id = chain.at(place).id();
    let children = chain.by_ids(chain.revised_by(place).iter().copied());
    let revise = if children.len() == 1 {
        "revises"
    } else {
        "revise"
    };
    let children = chain.names(&children);
    Some((place, format!("{id} is no head, {children} {revise} it")))
}

/// The title as a part of a file's name.
fn slug(title: &str) -> String {
    let mut slug = String::new();
    for word in title
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        if slug.len() + word.len() >= 40 {
            break;
        }
        if !slug.is_empty() {
            slug.push('_');
        }
        slug.push_str(&word.to_ascii_lowercase());
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(id: &str, revises: &[&str]) -> Draft {
        Draft {
            id: id.into(),
            revises: revises.iter().map(ToString::to_string).collect(),
            ..Draft::default()
        }
    }

    fn chain() -> Chain {
        Chain::embedded(&[
            ("a.sql", "-- raptor: id=a1\n-- raptor:up\n"),
            (
                "b.sql",
                "-- raptor: id=b2 revises=a1 labels=side\n-- raptor:up\n",
            ),
            ("c.sql", "-- raptor: id=c3 revises=a1\n-- raptor:up\n"),
        ])
        .unwrap()
    }

    #[test]
    fn a_branch_is_named() {
        let chain = chain();
        let error = draft("d", &[]).write(&chain).unwrap_err().to_string();
        assert!(error.contains("2 heads, b2, c3"), "{error}");
        let error = draft("d", &["a1"]).write(&chain).unwrap_err().to_string();
        assert!(error.contains("--splice"), "{error}");
        let (file, text) = draft("d", &["side@head"]).write(&chain).unwrap();
        assert_eq!(
            (file.as_str(), text.lines().next()),
            ("d.sql", Some("-- raptor: id=d revises=b2"))
        );
        let mut spliced = draft("d", &["a1"]);
        spliced.splice = true;
        spliced.depends = vec!["side".into(), "c3".into()];
        spliced.labels = vec!["third".into()];
        let (_, text) = spliced.write(&chain).unwrap();
        assert!(
            text.starts_with("-- raptor: id=d revises=a1 depends=label:side,c3 labels=third\n"),
            "{text}"
        );
    }

    #[test]
    fn a_merge_joins_all_heads() {
        let chain = chain();
        let (_, text) = draft("m", &[]).merge(&chain).unwrap();
        assert!(
            text.starts_with("-- raptor: id=m revises=b2,c3\n"),
            "{text}"
        );
        assert!(draft("m", &["b2"]).merge(&chain).is_err());
    }

    #[test]
    fn a_merge_takes_a_label_as_the_head_of_its_branch() {
        let texts = [
            "id=a1",
            "id=b2 revises=a1 labels=alpha",
            "id=b3 revises=b2",
            "id=c2 revises=a1 labels=beta",
            "id=c3 revises=c2",
        ];
        let made = |texts: &[&str]| {
            let files: Vec<_> = texts
                .iter()
                .map(|it| {
                    (
                        format!("{}.sql", &it[3..5]),
                        format!("-- raptor: {it}\n-- raptor:up\n"),
                    )
                })
                .collect();
            let files: Vec<_> = files
                .iter()
                .map(|(name, text)| (name.as_str(), text.as_str()))
                .collect();
            Chain::embedded(&files).unwrap()
        };
        let chain = made(&texts);
        for names in [["alpha", "beta"], ["alpha@head", "c3"], ["beta", "b3"]] {
            let (_, text) = draft("m", &names).merge(&chain).unwrap();
            assert!(
                text.starts_with("-- raptor: id=m revises=b3,c3\n"),
                "{text}"
            );
        }
        let said =
            |chain: &Chain, names: &[&str]| draft("m", names).merge(chain).unwrap_err().to_string();
        let error = said(&chain, &["b2", "beta"]);
        assert_eq!(
            error,
            "b2 is no head, b3 revises it; a merge joins heads, and after it that is b3"
        );
        let error = said(&chain, &["a1", "beta"]);
        assert!(
            error.ends_with("b2, c2 revise it; a merge joins heads, and after it these are b3, c3"),
            "{error}"
        );
        assert!(!error.contains("--splice"));
        let mut more = texts.to_vec();
        more.push("id=b4 revises=b2");
        let error = said(&made(&more), &["alpha", "beta"]);
        assert!(
            error.contains("alpha has 2 heads, b3, b4; say which one, or `alpha@heads`"),
            "{error}"
        );
    }

    #[test]
    fn several_become_one() {
        let chain = Chain::embedded(&[
            ("a.sql", "-- raptor: id=a1\n-- raptor:up\nCREATE TABLE a (id text);\n-- raptor:down\nDROP TABLE a;\n"),
            ("b.sql", "-- raptor: id=b2 revises=a1\n-- raptor:up\nCREATE TABLE b (id text);\n-- raptor:down\nDROP TABLE b;\n"),
            ("x.sql", "-- raptor: id=x9\n-- raptor:up\n"),
            ("c.sql", "-- raptor: id=c3 revises=b2 depends=x9\n-- raptor:up\nCREATE TABLE c (id text);\n-- raptor:down\nDROP TABLE c;\n"),
        ])
        .unwrap();
        let (_, text) = draft("s", &[]).squash(&chain, "b2", "c3").unwrap();
        assert_eq!(
            text,
            "-- raptor: id=s revises=a1 depends=x9 replaces=b2,c3\n\
             -- raptor:up\nCREATE TABLE b (id text);\n-- raptor:up\nCREATE TABLE c (id text);\n\
             -- raptor:down\nDROP TABLE c;\n-- raptor:down\nDROP TABLE b;\n"
        );
        let error = draft("s", &[]).squash(&chain, "c3", "a1").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Target);
    }

    #[test]
    fn what_would_not_fit_is_refused() {
        let chain = chain();
        assert_eq!(
            draft("a1", &["c3"]).write(&chain).unwrap_err().kind(),
            ErrorKind::Graph
        );
        assert_eq!(
            draft("x-y", &["c3"]).write(&chain).unwrap_err().kind(),
            ErrorKind::Format
        );
    }

    #[test]
    fn a_title_is_a_file_name() {
        assert_eq!(slug("Add the log's table!"), "add_the_log_s_table");
        assert_eq!(slug("Ärger  "), "rger");
        assert!(slug(&"word ".repeat(50)).len() < 40);
    }
}
