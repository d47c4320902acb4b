//! Random graphs and commands, run through Alembic and through this crate: the same class of
//! answer, the same rows, the same revisions in an order that holds, the same tables.
//!
//! `RAPTOR_FUZZ_SEED` and `RAPTOR_FUZZ_GRAPHS` set what is run; both are printed. Where Alembic
//! crashes, this crate must answer or refuse. Where it is to differ, [`differs`] says why.

mod alembic;
mod graph;
mod random;

use crate::fixture::Fixture;
use alembic::{Alembic, Answer, Class};
use graph::Graph;
use random::Random;
use raptor_db::Engine;
use raptor_migrate::{Chain, Direction, Error, ErrorKind, Event, offline, stamp};
use std::collections::BTreeMap;

#[expect(
    clippy::print_stdout,
    reason = "a failure is run again by what this prints"
)]
pub(crate) async fn the_same_as_alembic(at: Fixture) {
    let default = if at.engine() == Engine::Sqlite {
        250
    } else {
        60
    };
    let seed = setting("RAPTOR_FUZZ_SEED").unwrap_or(20_260_101);
    let graphs = setting("RAPTOR_FUZZ_GRAPHS").unwrap_or(default);
    println!("RAPTOR_FUZZ_SEED={seed} RAPTOR_FUZZ_GRAPHS={graphs}");
    let mut random = Random::new(seed);
    let mut alembic = Alembic::start();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for number in 0..graphs {
        let graph = Graph::random(&mut random);
        let commands: Vec<Vec<String>> = (0..8).map(|_| graph.command(&mut random)).collect();
        let theirs = alembic.run(&at, &graph, &commands);
        let mut ours = Ours::new(&at, &graph).await;
        for (command, theirs) in commands.iter().zip(&theirs) {
            let answer = ours.run(command).await;
            let verdict = compare(&graph, command, theirs, &answer, &ours.rows_before);
            if let Err(why) = verdict {
                panic!(
                    "{why}\nseed {seed}, graph {number}\n{graph}commands {commands:#?}\nfailed at {command:?} from {:?}\n\
                     Alembic: {theirs:#?}\nours: {answer:#?}",
                    ours.rows_before
                );
            }
            *counts.entry(verdict.unwrap_or_default()).or_default() += 1;
            if theirs.versions != answer.versions {
                // From here on the two are in different places.
                break;
            }
        }
        ours.end().await;
    }
    println!("{counts:?}");
    let same = counts.get("same").copied().unwrap_or_default();
    let refused = counts.get("both refuse").copied().unwrap_or_default();
    assert!(
        same > graphs && refused > 0,
        "it hardly compared: {counts:?}"
    );
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests have no configuration of their own"
)]
fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is {text:?}: write a number")),
    )
}

/// What was the case, or what is wrong.
fn compare(
    graph: &Graph,
    command: &[String],
    theirs: &Answer,
    ours: &Answer,
    before: &[String],
) -> Result<&'static str, String> {
    if ours.class == Class::Crashed {
        return Err("ours failed with an error that no target causes".to_owned());
    }
    if theirs.class == Class::Crashed {
        return Ok("Alembic crashes");
    }
    if let Some(why) = differs(graph, command, theirs, ours, before) {
        return Ok(why);
    }
    if theirs.class != ours.class {
        return Err(format!(
            "Alembic: {:?}, ours: {:?}",
            theirs.class, ours.class
        ));
    }
    let sorted = |steps: &[String]| {
        let mut steps = steps.to_vec();
        steps.sort();
        steps
    };
    let is_up = command[0].starts_with("up");
    let checks = [
        (theirs.versions == ours.versions, "the rows differ"),
        (theirs.tables == ours.tables, "the tables differ"),
        (
            sorted(&theirs.steps) == sorted(&ours.steps),
            "other revisions ran",
        ),
        (graph.holds(&ours.steps, is_up), "our order does not hold"),
        (
            graph.holds(&theirs.steps, is_up),
            "their order does not hold",
        ),
    ];
    for (holds, why) in checks {
        if !holds {
            return Err(why.to_owned());
        }
    }
    Ok(if ours.class == Class::Ok {
        "same"
    } else {
        "both refuse"
    })
}

/// Where this crate differs on purpose, and why.
fn differs(
    graph: &Graph,
    command: &[String],
    theirs: &Answer,
    ours: &Answer,
    before: &[String],
) -> Option<&'static str> {
    let guesses = command[0] == "downgrade" && command[1].starts_with('-') && before.len() > 1;
    if guesses && ours.class == Class::Refused && theirs.class == Class::Ok {
        // It warns that it takes any of the rows, and that this will be an error.
        return Some("Alembic guesses which row a step goes down from");
    }
    if command[0].starts_with("downgrade") && ours.error.contains("is not on the branch") {
        return Some("Alembic takes a target that is not on the branch named with it");
    }
    let several = command.len() > 2 || command[1] == "heads";
    let stood = |row: &String| before.contains(row) || theirs.versions.contains(row);
    let forgets = theirs.versions.len() < ours.versions.len() && ours.versions.iter().all(stood);
    if command[0] == "stamp" && several && forgets {
        // It takes the row of one target for another one's.
        return Some("Alembic may forget a target of a stamp that is a row already");
    }
    if theirs.error.contains("overlaps with other requested") && ours.class == Class::Ok {
        return Some(
            "Alembic refuses heads of which one depends on another, and rows that it left so",
        );
    }
    if theirs.versions != ours.versions && graph.upper(&theirs.versions) == ours.versions {
        // With such rows it refuses every later upgrade.
        return Some("Alembic leaves the row of a revision that another row stands on");
    }
    if command[0] == "stamp" && ours.error.contains("cannot be at both") {
        // With such rows it refuses every later upgrade.
        return Some("Alembic stamps two revisions of which one stands on the other");
    }
    None
}

/// This crate on the same database, after Alembic has left it.
struct Ours<'a> {
    at: &'a Fixture,
    chain: Chain,
    rows_before: Vec<String>,
}

impl<'a> Ours<'a> {
    async fn new(at: &'a Fixture, graph: &Graph) -> Self {
        let ours = Self {
            at,
            chain: graph.chain(),
            rows_before: Vec::new(),
        };
        ours.clear().await;
        ours
    }

    async fn run(&mut self, command: &[String]) -> Answer {
        let at = self.at;
        self.rows_before = self.rows().await;
        let targets: Vec<&str> = command[1..].iter().map(String::as_str).collect();
        if let Some(direction) = command[0].strip_suffix("-sql") {
            let direction = if direction == "upgrade" {
                Direction::Up
            } else {
                Direction::Down
            };
            let script = offline(&self.chain, at.engine(), direction, targets[0], &at.options);
            let (class, error) = told(&script);
            let Ok(script) = script else {
                return self.answer(class, error, Vec::new()).await;
            };
            let (steps, versions, tables) = (script.steps, script.versions, Vec::new());
            return Answer {
                class,
                error,
                steps,
                versions,
                tables,
            };
        }
        let mut steps = Vec::new();
        let done = self.change(&command[0], &targets, &mut steps).await;
        let (class, error) = told(&done);
        self.answer(class, error, steps).await
    }

    async fn change(
        &self,
        kind: &str,
        targets: &[&str],
        steps: &mut Vec<String>,
    ) -> Result<(), Error> {
        let (db, chain, options) = (&self.at.db, &self.chain, &self.at.options);
        let note = |event: Event<'_>| {
            if let Event::Finished(step) = event {
                steps.push(step.id.clone());
            }
        };
        match kind {
            "upgrade" => raptor_migrate::upgrade(db, chain, targets[0], options, note)
                .await
                .map(drop),
            "downgrade" => raptor_migrate::downgrade(db, chain, targets[0], options, note)
                .await
                .map(drop),
            _ => stamp(db, chain, targets, kind == "purge", options, note)
                .await
                .map(drop),
        }
    }

    async fn answer(&self, class: Class, error: String, steps: Vec<String>) -> Answer {
        let (versions, tables) = (self.rows().await, self.tables().await);
        Answer {
            class,
            error,
            steps,
            versions,
            tables,
        }
    }

    async fn rows(&self) -> Vec<String> {
        if self.at.has_version_table().await {
            self.at.versions().await
        } else {
            Vec::new()
        }
    }

    async fn tables(&self) -> Vec<String> {
        let tables = self.at.tables().await;
        tables
            .iter()
            .filter_map(|table| table.strip_prefix("t_"))
            .map(str::to_owned)
            .collect()
    }

    /// Leaves nothing of this graph behind.
    async fn clear(&self) {
        match self.at.engine() {
            Engine::Postgres => {
                self.at
                    .run("DROP SCHEMA IF EXISTS raptor CASCADE; CREATE SCHEMA raptor")
                    .await;
            }
            Engine::Sqlite => {
                for table in self.at.tables().await {
                    self.at.run(&format!("DROP TABLE {table}")).await;
                }
                self.at.run("DROP TABLE IF EXISTS alembic_version; DROP TABLE IF EXISTS raptor_migration_log").await;
            }
        }
    }

    async fn end(self) {
        self.clear().await;
    }
}

fn told<T>(done: &Result<T, Error>) -> (Class, String) {
    match done {
        Ok(_) => (Class::Ok, String::new()),
        Err(error) if error.kind() == ErrorKind::Target => (Class::Refused, error.to_string()),
        Err(error) => (Class::Crashed, error.to_string()),
    }
}

/// Ten revisions, one step at a time, Alembic and this crate in turn on one database: up and down,
/// and up again the other way round.
pub(crate) async fn takes_turns_with_alembic(at: Fixture) {
    let graph = Graph::line(10);
    let ours = Ours::new(&at, &graph).await;
    let mut alembic = Alembic::start();
    let mut turn = 0;
    for (direction, first) in [
        ("upgrade", 0),
        ("downgrade", 1),
        ("upgrade", 1),
        ("downgrade", 0),
    ] {
        for number in 0..10 {
            let step = if direction == "upgrade" { "+1" } else { "-1" };
            let command = vec![direction.to_owned(), step.to_owned()];
            let answer = if (number + first) % 2 == 0 {
                alembic.run(&at, &graph, &[command]).remove(0)
            } else {
                let mut steps = Vec::new();
                let done = ours.change(direction, &[step], &mut steps).await;
                let (class, error) = told(&done);
                ours.answer(class, error, steps).await
            };
            turn += 1;
            let place = if direction == "upgrade" {
                number
            } else {
                9 - number
            };
            let id = &graph.0[place].id;
            assert_eq!(
                (answer.class, &answer.steps),
                (Class::Ok, &vec![id.clone()]),
                "turn {turn}: {answer:?}"
            );
            let applied = if direction == "upgrade" {
                place + 1
            } else {
                place
            };
            let rows: Vec<_> = applied
                .checked_sub(1)
                .map(|last| graph.0[last].id.clone())
                .into_iter()
                .collect();
            assert_eq!(answer.versions, rows, "turn {turn}");
            assert_eq!(answer.tables.len(), applied, "turn {turn}");
        }
    }
    let checked = raptor_migrate::check(Some(&at.db), &graph.chain(), &at.options)
        .await
        .unwrap();
    assert!(checked.holds(), "{checked}");
}
