//! Two trees, side by side.

use super::neutral::is_same_elsewhere;
use super::{Difference, DifferenceKind};
use crate::catalog::node::{Fact, Node, Value};
use std::collections::{BTreeMap, HashMap};

/// The differences of two trees, which are read from schemas of these names.
pub(in crate::catalog) fn compare(
    (here, here_schema): (&Node<'_>, Option<&str>),
    (there, there_schema): (&Node<'_>, Option<&str>),
) -> Vec<Difference> {
    let schemas = match (here_schema, there_schema) {
        (Some(here), Some(there)) if here != there => Some((here, there)),
        _ => None,
    };
    let mut comparison = Comparison {
        schemas,
        path: Vec::new(),
        found: Vec::new(),
    };
    comparison.parts(here, there);
    comparison.found
}

struct Comparison<'c> {
    /// The names of the schemas, where they differ.
    schemas: Option<(&'c str, &'c str)>,
    path: Vec<String>,
    found: Vec<Difference>,
}

/// Kind and key of a part, and a number for parts that are alike.
type Key<'n> = (&'n str, &'n str, usize);

impl Comparison<'_> {
    fn node(&mut self, here: &Node<'_>, there: &Node<'_>) {
        self.path.push(called(here));
        self.facts(&here.facts, &there.facts);
        self.order(here, there, "column", DifferenceKind::Order);
        // A row of a composite type is written by place.
        self.order(here, there, "attribute", DifferenceKind::Definition);
        self.parts(here, there);
        self.path.pop();
    }

    fn facts(&mut self, here: &[Fact<'_>], there: &[Fact<'_>]) {
        for fact in here {
            let other = there.iter().find(|other| other.name == fact.name);
            let nothing = absent(&fact.value);
            self.fact(fact, &fact.value, other.map_or(&nothing, |it| &it.value));
        }
        for fact in there {
            if !here.iter().any(|other| other.name == fact.name) {
                self.fact(fact, &absent(&fact.value), &fact.value);
            }
        }
    }

    fn fact(&mut self, fact: &Fact<'_>, here: &Value<'_>, there: &Value<'_>) {
        if here != there && !self.is_same_elsewhere(&fact.name, here, there) {
            self.found.push(Difference {
                object: self.path.join(", "),
                fact: Some(fact.name.to_string()),
                here: said(here),
                there: said(there),
                kind: fact.kind,
            });
        }
    }

    /// Whether two texts say the same, each of its own schema.
    fn is_same_elsewhere(&self, fact: &str, here: &Value<'_>, there: &Value<'_>) -> bool {
        match (self.schemas, here, there) {
            (Some(schemas), Value::Text(Some(here)), Value::Text(Some(there))) => {
                is_same_elsewhere(fact, (here, schemas.0), (there, schemas.1))
            }
            _ => false,
        }
    }

    /// What both have stands in the same order, or that is a difference.
    fn order(&mut self, here: &Node<'_>, there: &Node<'_>, kind: &str, difference: DifferenceKind) {
        let (ours, theirs) = (keys(here, kind), keys(there, kind));
        let both = |keys: &[&str], others: &[&str]| -> Vec<String> {
            let common = keys.iter().filter(|key| others.contains(key));
            common.map(|key| (*key).to_owned()).collect()
        };
        let (ours, theirs) = (both(&ours, &theirs), both(&theirs, &ours));
        if ours != theirs {
            self.found.push(Difference {
                object: self.path.join(", "),
                fact: Some(format!("order of {kind}s")),
                here: Some(ours.join(", ")),
                there: Some(theirs.join(", ")),
                kind: difference,
            });
        }
    }

    fn parts(&mut self, here: &Node<'_>, there: &Node<'_>) {
        let (ours, theirs) = (keyed(&here.parts), keyed(&there.parts));
        let places: HashMap<Key<'_>, &Node<'_>> = theirs.iter().copied().collect();
        for (key, part) in &ours {
            match places.get(key) {
                Some(other) => self.node(part, other),
                None => self.missing(part, true),
            }
        }
        let places: HashMap<Key<'_>, &Node<'_>> = ours.into_iter().collect();
        for (key, part) in &theirs {
            if !places.contains_key(key) {
                self.missing(part, false);
            }
        }
    }

    fn missing(&mut self, node: &Node<'_>, is_here: bool) {
        self.path.push(called(node));
        let it = Some(called(node));
        let (here, there) = if is_here { (it, None) } else { (None, it) };
        self.found.push(Difference {
            object: self.path.join(", "),
            fact: None,
            here,
            there,
            kind: node.missing,
        });
        self.path.pop();
    }
}

fn called(node: &Node<'_>) -> String {
    format!("{} {}", node.kind, node.name).trim_end().to_owned()
}

fn keyed<'n>(parts: &'n [Node<'_>]) -> Vec<(Key<'n>, &'n Node<'n>)> {
    let mut counts = BTreeMap::<(&str, &str), usize>::new();
    let mut keyed = Vec::with_capacity(parts.len());
    for part in parts {
        let count = counts.entry((part.kind, &part.key)).or_default();
        keyed.push(((part.kind, part.key.as_str(), *count), part));
        *count += 1;
    }
    keyed
}

fn keys<'n>(node: &'n Node<'_>, kind: &str) -> Vec<&'n str> {
    let parts = node.parts.iter().filter(|part| part.kind == kind);
    parts.map(|part| part.key.as_str()).collect()
}

/// What a fact says that is not there.
fn absent(like: &Value<'_>) -> Value<'static> {
    match like {
        Value::Flag(_) => Value::Flag(false),
        Value::Text(_) => Value::Text(None),
    }
}

fn said(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Flag(is) => Some(if *is { "yes" } else { "no" }.to_owned()),
        Value::Text(text) => text.as_deref().map(str::to_owned),
    }
}
