//! The proof of an import: Alembic on one database, our runner on another, and both alike after
//! every revision, up and down.

mod report;

use report::OURS_FAILS;
pub use report::{Compared, Proof};

use super::project::Project;
use super::scratch::{Scratch, counted, state};
use super::source::Source;
use super::takes::Alembic;
use crate::chain::Chain;
use crate::error::Result;
use crate::report::Direction;
use crate::runner::{Options, downgrade, upgrade};
use raptor_db::Db;

/// Walks the chain on two empty databases, Alembic on one and our runner on the other. Each
/// revision is applied, taken back if it can be, and applied again; in the end all are taken back,
/// down to the first that cannot be. After each step the rows of both tables of versions, the rows
/// of every table, counted, and what `compare` looks at must be the same.
///
/// A downgrade of the project may lead elsewhere than its upgrade came from; [`Proof::not_back`] names
/// it. Recorded text says what a downgrade does after its upgrade, so that the way down from the head
/// may differ behind such a one: [`Proof::way_down`] has that apart, and [`Compared::behind`] names it.
///
/// `compare` gets Alembic's database and ours, and answers their differences, each as a sentence.
/// Ours also has `raptor_migration_log`. On Postgres, [`Source::scratch`] is Alembic's database and
/// `ours` is the other one; both are emptied when they have to be, and left as they are at the end.
/// On SQLite both are files of our own.
///
/// ```no_run
/// # async fn example(project: &raptor_migrate::import::Project) -> raptor_migrate::Result<()> {
/// use raptor_migrate::import::{Source, alembic, prove};
/// let source = Source::sqlite();
/// let chain = alembic(project, std::slice::from_ref(&source)).await?.chain()?;
/// let proof = prove(project, &source, &chain, None, async |_theirs, _ours| Ok(Vec::new())).await?;
/// assert!(proof.holds());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When Alembic or a database cannot be used; that a revision fails or differs is in the proof.
pub async fn prove(
    project: &Project,
    source: &Source,
    chain: &Chain,
    ours: Option<&str>,
    compare: impl AsyncFnMut(&Db, &Db) -> Result<Vec<String>>,
) -> Result<Proof> {
    let scratch = Scratch::open(source, source.scratch.as_deref()).await?;
    let mut walk = Walk {
        alembic: Alembic::new(project, chain, scratch),
        ours: Scratch::open(source, ours).await?,
        chain,
        options: Options::default(),
        compare,
        proof: Proof::new(source.engine, chain.len()),
    };
    // Emptied both, they begin with the same.
    walk.alembic.scratch.reset().await?;
    walk.ours.reset().await?;
    walk.up_and_down().await?;
    if walk.proof.stopped.is_none() {
        walk.all_the_way_down().await?;
    }
    walk.alembic.end().await?;
    Ok(walk.proof)
}

/// Our table of versions.
const VERSIONS: &str = "alembic_version";

struct Walk<'a, C> {
    alembic: Alembic<'a>,
    ours: Scratch,
    chain: &'a Chain,
    options: Options,
    compare: C,
    proof: Proof,
}

/// How one step went on one side.
type Went = std::result::Result<(), String>;

impl<C: AsyncFnMut(&Db, &Db) -> Result<Vec<String>>> Walk<'_, C> {
    async fn up_and_down(&mut self) -> Result<()> {
        for place in 0..self.chain.len() {
            let from = self.alembic.state().await?;
            if !self.both(place, Direction::Up).await? {
                return Ok(());
            }
            if !self.goes_back(place) {
                let id = self.chain.at(place).id().to_owned();
                self.proof.irreversible.push(id);
                continue;
            }
            let before = (
                self.alembic.state().await?,
                self.ours.state(VERSIONS).await?,
            );
            let is_kept = (self.alembic.scratch.keep().await?, self.ours.keep().await?);
            if !self.both(place, Direction::Down).await? {
                return Ok(());
            }
            if !state::alike(&self.alembic.state().await?, &from) {
                let id = self.chain.at(place).id().to_owned();
                self.proof.not_back.push(id);
            }
            let again = self.theirs(place, Direction::Up).await?;
            let ours = self.our(place, Direction::Up).await;
            if again.is_ok() && ours.is_ok() {
                let after = (
                    self.alembic.state().await?,
                    self.ours.state(VERSIONS).await?,
                );
                if after == before {
                    continue;
                }
            }
            if again.is_ok() != ours.is_ok() {
                self.proof.not_again.push(Compared {
                    revision: self.chain.at(place).id().to_owned(),
                    direction: Direction::Up,
                    differences: differ(again, ours),
                    behind: None,
                });
            }
            // What its downgrade left would change what follows.
            self.back(place, is_kept).await?;
            if self.proof.stopped.is_some() {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn all_the_way_down(&mut self) -> Result<()> {
        let mut behind = None;
        for place in (0..self.chain.len()).rev() {
            if !self.goes_back(place) {
                return Ok(());
            }
            let (mut compared, goes_on) = self.compared(place, Direction::Down).await?;
            compared.behind.clone_from(&behind);
            if self.proof.not_back.contains(&compared.revision) {
                // Its own begins where its upgrade led; those after it do not.
                behind = Some(compared.revision.clone());
            }
            self.proof.way_down.push(compared);
            if !goes_on {
                return Ok(());
            }
        }
        Ok(())
    }

    fn goes_back(&self, place: usize) -> bool {
        let revision = self.chain.at(place);
        revision.irreversible().is_none() && revision.down().is_some()
    }

    /// Runs a revision on both and notes what differs; answers whether the walk can go on.
    async fn both(&mut self, place: usize, direction: Direction) -> Result<bool> {
        let (compared, goes_on) = self.compared(place, direction).await?;
        if !goes_on {
            self.proof.stopped = Some(format!(
                "{} could not be run, so nothing after it was compared",
                compared.revision
            ));
        }
        self.proof.steps.push(compared);
        Ok(goes_on)
    }

    /// Runs a revision on both and compares; also whether both ran it.
    async fn compared(&mut self, place: usize, direction: Direction) -> Result<(Compared, bool)> {
        let theirs = self.theirs(place, direction).await?;
        let ours = self.our(place, direction).await;
        let goes_on = theirs.is_ok() && ours.is_ok();
        let differences = match goes_on {
            true => self.differences().await?,
            false => differ(theirs, ours),
        };
        let compared = Compared {
            revision: self.chain.at(place).id().to_owned(),
            direction,
            differences,
            behind: None,
        };
        Ok((compared, goes_on))
    }

    async fn theirs(&mut self, place: usize, direction: Direction) -> Result<Went> {
        let take = self.alembic.step(place, direction).await?;
        Ok(match take.failure {
            Some(failure) => Err(failure.to_string()),
            None => Ok(()),
        })
    }

    async fn our(&self, place: usize, direction: Direction) -> Went {
        let revision = self.chain.at(place);
        let (db, id) = (&self.ours.db, revision.id());
        let ran = match direction {
            Direction::Up => upgrade(db, self.chain, id, &self.options, |_| {}).await,
            Direction::Down => {
                let below = revision.revises().first().map_or("base", String::as_str);
                let target = format!("{id}@{below}");
                downgrade(db, self.chain, &target, &self.options, |_| {}).await
            }
        };
        let ran = ran.map_err(|error| error.to_string())?;
        match ran.steps.len() {
            1 => Ok(()),
            count => Err(format!("our runner ran {count} revisions instead of one")),
        }
    }

    /// Brings both back to where `place` was just applied.
    async fn back(&mut self, place: usize, is_kept: (bool, bool)) -> Result<()> {
        if let Some(why) = self.alembic.back(place, is_kept.0).await? {
            self.proof.stopped = Some(why);
            return Ok(());
        }
        if is_kept.1 {
            return self.ours.back().await;
        }
        self.ours.reset().await?;
        for place in 0..=place {
            if let Err(why) = self.our(place, Direction::Up).await {
                self.proof.stopped = Some(why);
                return Ok(());
            }
        }
        Ok(())
    }

    async fn differences(&mut self) -> Result<Vec<String>> {
        let (theirs, ours) = (&self.alembic.scratch, &self.ours);
        let mut differences = Vec::new();
        let rows = theirs.versions(self.alembic.hello()).await?;
        let own = ours.own_versions().await?;
        if rows != own {
            differences.push(format!(
                "the versions are {rows:?} with Alembic and {own:?} with ours"
            ));
        }
        let known = &self.alembic.hello().version_table;
        let counts = (
            counted::rows(&theirs.db, known).await?,
            counted::rows(&ours.db, known).await?,
        );
        differences.extend(counted::differences(&counts.0, &counts.1));
        differences.extend((self.compare)(&theirs.db, &ours.db).await?);
        Ok(differences)
    }
}

fn differ(theirs: Went, ours: Went) -> Vec<String> {
    let mut said = Vec::new();
    if let Err(why) = theirs {
        said.push(format!("Alembic fails: {why}"));
    }
    if let Err(why) = ours {
        said.push(format!("{OURS_FAILS}{why}"));
    }
    said
}
