//! A catalog as a tree of named things with named facts: what is printed and what is compared.
//!
//! Whoever makes a node takes its struct apart field by field, so that a field which is not compared
//! does not compile.

use super::difference::DifferenceKind;
use super::object::{Grant, Properties};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A thing.
#[derive(Debug)]
pub(super) struct Node<'c> {
    /// `table`, `column`, …
    pub(super) kind: &'c str,
    /// Its name, as it was written.
    pub(super) name: Cow<'c, str>,
    /// What it is recognised by among the things beside it.
    pub(super) key: String,
    /// What kind of difference it is when the other side has none.
    pub(super) missing: DifferenceKind,
    pub(super) facts: Vec<Fact<'c>>,
    /// What belongs to it, columns in their order and all else by key.
    pub(super) parts: Vec<Node<'c>>,
}

/// A fact about a thing.
#[derive(Debug)]
pub(super) struct Fact<'c> {
    pub(super) name: Cow<'c, str>,
    pub(super) value: Value<'c>,
    pub(super) kind: DifferenceKind,
}

/// What an owner has, when it is no less and no more than by default.
pub(super) const OWNERS: &str = "grants to OWNER";
pub(super) const ALL: &str = "all";

/// What a fact says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value<'c> {
    Flag(bool),
    Text(Option<Cow<'c, str>>),
}

impl<'c> Node<'c> {
    /// A thing that is recognised by its name.
    pub(super) fn new(kind: &'c str, name: &'c str) -> Self {
        Self::keyed(kind, name, name.to_owned()).spelt("name", name)
    }

    /// A thing that is recognised by something else.
    pub(super) fn keyed(kind: &'c str, name: impl Into<Cow<'c, str>>, key: String) -> Self {
        Self {
            kind,
            name: name.into(),
            key,
            missing: DifferenceKind::Missing,
            facts: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// SQLite takes names that differ in the case of ASCII letters as one.
    pub(super) fn folded(mut self, fold: bool) -> Self {
        if fold {
            self.key.make_ascii_lowercase();
        }
        self
    }

    fn with(mut self, name: impl Into<Cow<'c, str>>, kind: DifferenceKind, it: Value<'c>) -> Self {
        let name = name.into();
        let value = it;
        debug_assert!(
            !self.facts.iter().any(|fact| fact.name == name),
            "{name} is said twice of {}",
            self.name
        );
        self.facts.push(Fact { name, value, kind });
        self
    }

    fn spelt(self, name: &'static str, text: &'c str) -> Self {
        let value = Value::Text(Some(text.into()));
        self.with(name, DifferenceKind::Spelling, value)
    }

    pub(super) fn text(self, name: &'static str, text: &'c str) -> Self {
        self.optional(name, Some(text))
    }

    pub(super) fn optional(self, name: &'static str, text: Option<&'c str>) -> Self {
        let value = Value::Text(text.map(Cow::Borrowed));
        self.with(name, DifferenceKind::Definition, value)
    }

    /// Items are quoted where they are no plain words, so that two lists never read alike.
    pub(super) fn list(self, name: &'static str, items: &'c [String]) -> Self {
        let items: Vec<_> = items.iter().map(|item| worded(item)).collect();
        let text = (!items.is_empty()).then(|| Cow::Owned(items.join(", ")));
        self.with(name, DifferenceKind::Definition, Value::Text(text))
    }

    pub(super) fn flag(self, name: &'static str, is: bool) -> Self {
        self.with(name, DifferenceKind::Definition, Value::Flag(is))
    }

    pub(super) fn version(self, version: &'c str) -> Self {
        let value = Value::Text(Some(version.into()));
        self.with("version", DifferenceKind::Version, value)
    }

    /// Who owns it, and who may do what with it. An owner who is not among the grants has what an
    /// owner has by default.
    pub(super) fn owned(self, owner: Option<&'c str>, grants: &'c [Grant]) -> Self {
        let is_listed = grants.iter().any(|grant| grant.to == "OWNER");
        let value = Value::Text(owner.map(Cow::Borrowed));
        let mut node = self.with("owner", DifferenceKind::Owner, value);
        if owner.is_some() && !is_listed {
            let all = Value::Text(Some(ALL.into()));
            node = node.with(OWNERS, DifferenceKind::Grants, all);
        }
        node.grants(grants)
    }

    pub(super) fn comment(self, comment: Option<&'c str>) -> Self {
        let value = Value::Text(comment.map(Cow::Borrowed));
        self.with("comment", DifferenceKind::Comment, value)
    }

    /// One fact for each who has some.
    pub(super) fn grants(self, grants: &'c [Grant]) -> Self {
        self.granted("grants to", grants)
    }

    pub(super) fn granted(mut self, what: &str, grants: &'c [Grant]) -> Self {
        let mut by_role = BTreeMap::<&str, Vec<String>>::new();
        for grant in grants {
            by_role.entry(&grant.to).or_default().push(privilege(grant));
        }
        for (role, mut privileges) in by_role {
            privileges.sort();
            let value = Value::Text(Some(privileges.join(", ").into()));
            self = self.with(format!("{what} {role}"), DifferenceKind::Grants, value);
        }
        self
    }

    pub(super) fn properties(mut self, properties: &'c Properties) -> Self {
        for (name, value) in &properties.0 {
            let value = Value::Text(Some(value.into()));
            self = self.with(name.as_str(), DifferenceKind::Definition, value);
        }
        self
    }

    /// Parts in the order in which they come.
    pub(super) fn in_order(mut self, parts: impl IntoIterator<Item = Node<'c>>) -> Self {
        self.parts.extend(parts);
        self
    }

    /// Parts whose order says nothing.
    pub(super) fn sorted(self, parts: impl IntoIterator<Item = Node<'c>>) -> Self {
        let mut parts: Vec<_> = parts.into_iter().collect();
        parts.sort_by(|a, b| a.key.cmp(&b.key));
        self.in_order(parts)
    }
}

fn worded(item: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || c == '_';
    if !item.is_empty() && item.chars().all(is_plain) {
        return Cow::Borrowed(item);
    }
    Cow::Owned(format!("'{}'", item.replace('\'', "''")))
}

fn privilege(grant: &Grant) -> String {
    let Grant {
        to: _,
        privilege,
        grantable,
        by,
    } = grant;
    let grantable = if *grantable { " with grant option" } else { "" };
    let by = by.as_ref().map(|by| format!(" from {by}"));
    format!("{privilege}{grantable}{}", by.unwrap_or_default())
}
