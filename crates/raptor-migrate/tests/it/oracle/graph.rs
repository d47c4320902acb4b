//! A random graph of revisions, and random commands for it.

use super::random::Random;
use raptor_migrate::Chain;
use serde::Serialize;
use std::collections::HashSet;
use std::fmt;

#[derive(Debug, Serialize)]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) revises: Vec<String>,
    pub(super) depends: Vec<String>,
    pub(super) labels: Vec<String>,
}

pub(super) struct Graph(pub(super) Vec<Node>);

impl Graph {
    pub(super) fn random(random: &mut Random) -> Self {
        let size = 1 + random.below(9);
        let mut nodes: Vec<Node> = Vec::new();
        for number in 0..size {
            // Ids in no order that the graph has; the last digit makes them differ.
            let id = format!("{:04x}{number}", 0x1000 + random.below(0xefff));
            let ids: Vec<String> = nodes.iter().map(|node| node.id.clone()).collect();
            let mut revises: Vec<String> = Vec::new();
            if !ids.is_empty() && !random.chance(12) {
                let heads: Vec<String> = ids
                    .iter()
                    .filter(|id| nodes.iter().all(|node| !node.revises.contains(id)))
                    .cloned()
                    .collect();
                let parents = if random.chance(18) {
                    2 + random.below(2)
                } else {
                    1
                };
                for _ in 0..parents {
                    let parent = if random.chance(70) {
                        random.one(&heads)
                    } else {
                        random.one(&ids)
                    };
                    // Alembic takes a merge of a revision with one before it; no one writes that.
                    let related = revises.iter().any(|known| {
                        before(&nodes, known).contains(parent)
                            || before(&nodes, parent).contains(known)
                    });
                    if !related {
                        revises.push(parent.clone());
                    }
                }
            }
            let mut depends = Vec::new();
            if !ids.is_empty() && random.chance(20) {
                let on = random.one(&ids);
                if !revises.contains(on) {
                    depends.push(
                        nodes
                            .iter()
                            .find(|node| node.id == *on)
                            .and_then(|node| node.labels.first())
                            .filter(|_| random.chance(50))
                            .unwrap_or(on)
                            .clone(),
                    );
                }
            }
            let labels = if random.chance(20) {
                vec![format!("label{number}")]
            } else {
                Vec::new()
            };
            nodes.push(Node {
                id,
                revises,
                depends,
                labels,
            });
        }
        Self(nodes)
    }

    /// One after the other.
    pub(super) fn line(size: usize) -> Self {
        let id = |number: usize| format!("{:04x}{number}", 0x1000 + number * 7_919 % 0xefff);
        let node = |number: usize| Node {
            id: id(number),
            revises: number.checked_sub(1).map(id).into_iter().collect(),
            depends: Vec::new(),
            labels: Vec::new(),
        };
        Self((0..size).map(node).collect())
    }

    pub(super) fn chain(&self) -> Chain {
        let files: Vec<(String, String)> = self.0.iter().map(|node| {
            let id = &node.id;
            let list = |key: &str, items: &[String]| if items.is_empty() { String::new() } else { format!(" {key}={}", items.join(",")) };
            let depends: Vec<String> = node.depends.iter().map(|name| if name.starts_with("label") { format!("label:{name}") } else { name.clone() }).collect();
            let text = format!(
                "-- raptor: id={id}{}{}{}\n-- raptor:up\nCREATE TABLE IF NOT EXISTS t_{id} (id INTEGER);\n\
                 -- raptor:down\nDROP TABLE IF EXISTS t_{id};\n",
                list("revises", &node.revises), list("depends", &depends), list("labels", &node.labels)
            );
            (format!("{id}.sql"), text)
        }).collect();
        let files: Vec<_> = files
            .iter()
            .map(|(file, text)| (file.as_str(), text.as_str()))
            .collect();
        Chain::embedded(&files).unwrap()
    }

    /// Whether each revision comes after what it needs, or before it on the way down.
    pub(super) fn holds(&self, steps: &[String], is_up: bool) -> bool {
        let mut steps = steps.to_vec();
        if !is_up {
            steps.reverse();
        }
        let place = |name: &String| {
            let node = self
                .0
                .iter()
                .find(|node| node.id == *name || node.labels.contains(name))
                .unwrap();
            steps.iter().position(|step| *step == node.id)
        };
        self.0.iter().all(|node| {
            let Some(at) = place(&node.id) else {
                return true;
            };
            node.revises
                .iter()
                .chain(&node.depends)
                .all(|parent| place(parent).is_none_or(|parent| parent < at))
        })
    }

    /// The rows that no other row stands on.
    pub(super) fn upper(&self, rows: &[String]) -> Vec<String> {
        let below: HashSet<String> = rows
            .iter()
            .flat_map(|row| {
                let mut before = self.before(row);
                before.remove(row);
                before
            })
            .collect();
        rows.iter()
            .filter(|row| !below.contains(*row))
            .cloned()
            .collect()
    }

    /// The ids before `id`, along `revises` and `depends`.
    fn before(&self, id: &str) -> HashSet<String> {
        let mut found = HashSet::new();
        let mut open = vec![id.to_owned()];
        while let Some(name) = open.pop() {
            let node = self
                .0
                .iter()
                .find(|node| node.id == name || node.labels.contains(&name))
                .unwrap();
            if found.insert(node.id.clone()) {
                open.extend(node.revises.iter().chain(&node.depends).cloned());
            }
        }
        found
    }

    /// A command of any form, mostly one that makes sense.
    pub(super) fn command(&self, random: &mut Random) -> Vec<String> {
        let words = |kind: &str, targets: Vec<String>| {
            std::iter::once(kind.to_owned()).chain(targets).collect()
        };
        match random.below(20) {
            0..=8 => words("upgrade", vec![self.up(random)]),
            9..=14 => words("downgrade", vec![self.down(random)]),
            15 => words(
                "upgrade-sql",
                vec![format!(
                    "{}:{}",
                    self.standing(random),
                    self.up_standing(random)
                )],
            ),
            16 => words(
                "downgrade-sql",
                vec![format!(
                    "{}:{}",
                    self.id(random),
                    self.down_standing(random)
                )],
            ),
            17 => words("purge", vec![self.stamped(random)]),
            _ if random.chance(25) => words("stamp", vec![self.id(random), self.id(random)]),
            _ => words("stamp", vec![self.stamped(random)]),
        }
    }

    fn id(&self, random: &mut Random) -> String {
        random.one(&self.0).id.clone()
    }

    /// An id, the beginning of one, a label, or a word that is neither.
    fn name(&self, random: &mut Random) -> String {
        let node = random.one(&self.0);
        match random.below(10) {
            0 => node.id[..4].to_owned(),
            1 | 2 if !node.labels.is_empty() => node.labels[0].clone(),
            3 if random.chance(30) => "nothing".to_owned(),
            _ => node.id.clone(),
        }
    }

    fn branch(&self, random: &mut Random) -> String {
        let labels: Vec<&String> = self.0.iter().flat_map(|node| &node.labels).collect();
        if labels.is_empty() || random.chance(30) {
            self.id(random)
        } else {
            (*random.one(&labels)).clone()
        }
    }

    fn up(&self, random: &mut Random) -> String {
        let steps = 1 + random.below(3);
        match random.below(14) {
            0..=2 => format!("+{steps}"),
            3 => format!("{}@+{steps}", self.branch(random)),
            _ => self.up_standing(random),
        }
    }

    fn up_standing(&self, random: &mut Random) -> String {
        let steps = 1 + random.below(3);
        match random.below(12) {
            0 => "head".to_owned(),
            1..=3 => "heads".to_owned(),
            4 => format!("{}@head", self.branch(random)),
            5 => format!("{}@heads", self.branch(random)),
            6 => format!("{}+{steps}", self.id(random)),
            7 => format!("{}-{steps}", self.id(random)),
            8 => format!("{}@{}", self.branch(random), self.id(random)),
            _ => self.name(random),
        }
    }

    fn down(&self, random: &mut Random) -> String {
        let steps = 1 + random.below(3);
        match random.below(12) {
            0..=3 => format!("-{steps}"),
            4 => format!("{}@-{steps}", self.branch(random)),
            _ => self.down_standing(random),
        }
    }

    fn down_standing(&self, random: &mut Random) -> String {
        let steps = 1 + random.below(2);
        match random.below(10) {
            0 | 1 => "base".to_owned(),
            2 => format!("{}@base", self.branch(random)),
            3 => format!("{}-{steps}", self.id(random)),
            4 => format!("{}@{}", self.branch(random), self.id(random)),
            5 => "head".to_owned(),
            _ => self.name(random),
        }
    }

    fn standing(&self, random: &mut Random) -> String {
        if random.chance(40) {
            "base".to_owned()
        } else {
            self.id(random)
        }
    }

    fn stamped(&self, random: &mut Random) -> String {
        match random.below(8) {
            0 => "head".to_owned(),
            1 | 2 => "heads".to_owned(),
            3 => "base".to_owned(),
            _ => self.name(random),
        }
    }
}

/// The ids before `id`, along `revises`.
fn before(nodes: &[Node], id: &str) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut open = vec![id.to_owned()];
    while let Some(id) = open.pop() {
        if found.insert(id.clone()) {
            open.extend(
                nodes
                    .iter()
                    .find(|node| node.id == id)
                    .into_iter()
                    .flat_map(|node| node.revises.clone()),
            );
        }
    }
    found
}

impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Node {
            id,
            revises,
            depends,
            labels,
        } in &self.0
        {
            writeln!(
                f,
                "  {id} revises={revises:?} depends={depends:?} labels={labels:?}"
            )?;
        }
        Ok(())
    }
}
