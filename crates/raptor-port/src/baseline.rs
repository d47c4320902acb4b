//! The schema that a run made, as the first revision of a chain of `raptor migrate`: from then on the chain
//! says what the schema is.
//!
//! For Postgres it says what stands there, read from its catalog and written as the plan has it; what could
//! not be made is named in it. For SQLite it has the statements of the file itself.

mod home;
mod postgres;
mod sqlite;

pub use home::{Home, Settled};
pub(crate) use postgres::missing;

use crate::ddl::Ddl;
use crate::error::{Error, ErrorKind, Result};
use crate::load::readers;
use crate::plan::Plan;
use crate::source::Source;
use raptor_db::Db;
use raptor_migrate::{Catalog, Chain, Draft, Revision, catalog};
use std::path::Path;

/// A first revision. The same schema is the same revision: its id is the beginning of the fingerprint of
/// what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    id: String,
    /// Its file's name without the date before it.
    name: String,
    text: String,
}

impl Plan {
    /// The schema that a run of this plan made on `db`, as a revision.
    ///
    /// # Errors
    /// [`ErrorKind::Source`], [`ErrorKind::Plan`], [`ErrorKind::Chain`], [`ErrorKind::Database`].
    pub async fn baseline(&self, file: &Path, db: &Db) -> Result<Baseline> {
        // Nothing but the schema is read, which holds nobody up.
        let (_snapshot, readers) = readers(file, 1, true)?;
        let source = Source::read(&readers[0])?;
        let plan = self.clone().fit(&source)?;
        let mut options = raptor_migrate::Options::default();
        options.schema = Some(plan.schema.clone());
        let there = catalog(db, &options).await.map_err(Error::chain)?;
        Baseline::of(&source, &plan, &there)
    }
}

impl Baseline {
    fn of(source: &Source, plan: &Plan, there: &Catalog) -> Result<Self> {
        let ddl = Ddl::make(source, plan);
        let (postgres, sqlite) = (postgres::way(&ddl, there), sqlite::way(source));
        let file = Path::new(&plan.source);
        let file = file.file_name().unwrap_or(file.as_os_str());
        let mut draft = Draft {
            message: format!("The schema of {}", file.to_string_lossy()),
            // Any will do, until the text is known.
            id: "0".to_owned(),
            ..Draft::default()
        };
        let write = |draft: &Draft| {
            let written = draft.autogenerate(&Chain::default(), Some(&postgres), Some(&sqlite));
            written.map_err(Error::chain)?.ok_or_else(|| {
                let message = "there is no table, so that there is nothing to write a baseline of";
                Error::new(ErrorKind::Chain, message)
            })
        };
        let (name, text) = write(&draft)?;
        draft.id = id_of(&Revision::parse(&name, &text).map_err(Error::chain)?);
        let (name, text) = write(&draft)?;
        Ok(Self {
            id: draft.id,
            name,
            text,
        })
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The text of its file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A chain of it alone.
    ///
    /// # Errors
    /// [`ErrorKind::Chain`], when the text cannot be read as one.
    pub fn chain(&self) -> Result<Chain> {
        Chain::embedded(&[(&self.name, &self.text)]).map_err(Error::chain)
    }
}

/// The id of a baseline that does what the revision does.
fn id_of(revision: &Revision) -> String {
    let mut id = revision.fingerprint();
    id.truncate(12);
    id
}
