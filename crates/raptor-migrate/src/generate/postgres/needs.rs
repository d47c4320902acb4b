//! The order of what is made: what others name comes before them.

use crate::generate::way::Way;
use crate::generate::words::Words;
use std::collections::BTreeMap;

/// What is made or changed in one piece.
#[derive(Debug, Default)]
pub(super) struct Unit {
    /// What others call it.
    pub(super) name: String,
    /// What it may need.
    pub(super) words: Words,
    pub(super) statements: Vec<String>,
}

impl Unit {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn run(&mut self, statement: impl Into<String>) {
        self.statements.push(statement.into());
    }

    /// The same, and it needs what the statement names.
    pub(super) fn run_needing(&mut self, statement: String) {
        self.words.add(&statement);
        self.statements.push(statement);
    }
}

/// All that is made, in an order to fall back on where names go round in a circle.
#[derive(Debug, Default)]
pub(super) struct Units(Vec<Unit>);

impl Units {
    pub(super) fn add(&mut self, unit: Unit) {
        if !unit.statements.is_empty() {
            self.0.push(unit);
        }
    }

    pub(super) fn write(self, way: &mut Way) {
        let nodes: Vec<(&str, &Words)> = self
            .0
            .iter()
            .map(|it| (it.name.as_str(), &it.words))
            .collect();
        for place in order(&nodes) {
            for statement in &self.0[place].statements {
                way.run(statement.clone());
            }
        }
    }
}

/// Places, each after those whose names are among its words.
pub(super) fn order(nodes: &[(&str, &Words)]) -> Vec<usize> {
    let mut places = BTreeMap::<&str, Vec<usize>>::new();
    for (place, (name, _)) in nodes.iter().enumerate() {
        places.entry(name).or_default().push(place);
    }
    let mut walk = Walk {
        nodes,
        places,
        seen: vec![false; nodes.len()],
        order: Vec::new(),
    };
    for place in 0..nodes.len() {
        walk.visit(place);
    }
    walk.order
}

struct Walk<'n> {
    nodes: &'n [(&'n str, &'n Words)],
    places: BTreeMap<&'n str, Vec<usize>>,
    seen: Vec<bool>,
    order: Vec<usize>,
}

impl Walk<'_> {
    fn visit(&mut self, place: usize) {
        if std::mem::replace(&mut self.seen[place], true) {
            return;
        }
        let words = self.nodes[place].1;
        let mut needed: Vec<usize> = self
            .places
            .iter()
            .filter(|(name, _)| words.has(name))
            .flat_map(|(_, places)| places.iter().copied())
            .collect();
        needed.sort_unstable();
        for other in needed {
            self.visit(other);
        }
        self.order.push(place);
    }
}
