//! What tells a table's rows apart on Postgres: the columns of its key, or the number of a row, in a column of
//! its own.

use super::uniform::Uniform;
use crate::error::{Error, ErrorKind, Result};
use crate::kind::{Conversion, Kind};
use crate::line::{Carried, Line};
use crate::orphans;
use crate::plan::Plan;
use crate::source::{Source, Table, TableKind, quoted};
use raptor_db::SnapshotReader;
use std::collections::BTreeMap;

/// The column for the number of a row that no column of its own has; it goes when all is carried over.
pub(super) const NUMBER: &str = "raptor_port_row";

/// A column that tells rows apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) to: String,
    pub(super) conversion: Conversion,
    /// Whether SQLite does not tell cases apart in it.
    pub(super) folds: bool,
}

impl Place {
    pub(super) fn is_whole_number(&self) -> bool {
        matches!(
            self.conversion.kind,
            Kind::Smallint | Kind::Integer | Kind::Bigint
        )
    }
}

/// The columns that tell a table's rows apart on both sides, where there are such.
fn of_key<'l>(table: &Table, line: &'l Line) -> Option<Vec<&'l Carried>> {
    let names = match (&table.primary_key, &table.rowid_alias) {
        (Some(key), _) if table.without_rowid => key.columns.as_slice(),
        (_, Some(alias)) => std::slice::from_ref(alias),
        _ => return None,
    };
    let of = |name: &String| line.columns.iter().find(|it| it.name == *name);
    // Of some types only Postgres knows which value a text is, or that two of them are equal.
    let is_known =
        |it: &&Carried| !matches!(it.conversion.kind, Kind::Cast | Kind::Enum | Kind::Json);
    names.iter().map(|name| of(name).filter(is_known)).collect()
}

/// The tables whose rows are known on Postgres by their number in the file alone.
///
/// # Errors
/// [`ErrorKind::Plan`] where a table cannot be followed.
pub(crate) fn numbered(source: &Source, plan: &Plan) -> Result<BTreeMap<String, &'static str>> {
    let mut numbered = BTreeMap::new();
    for table in &source.tables {
        let Some(planned) = plan.table(&table.name).filter(|it| it.skip.is_none()) else {
            continue;
        };
        let no = |why: &str| {
            let message = format!("table {} cannot be followed: {why}", table.name);
            Err(Error::new(ErrorKind::Plan, message))
        };
        if orphans::are_changed(&plan.answers) && !table.foreign_keys.is_empty() {
            return no(
                "whether one of its rows points at none changes with rows of other tables; with --sync, \
                 `orphans` is `not_valid` or `stop`",
            );
        }
        let line = Line::new(source, table, planned, (plan.mode, &plan.answers));
        if table.kind != TableKind::Ordinary || of_key(table, &line).is_some() {
            continue;
        }
        if table.without_rowid {
            return no("its primary key is left out, or of a type that only Postgres can read");
        }
        numbered.insert(table.name.clone(), NUMBER);
    }
    Ok(numbered)
}

/// Refuses tables whose keys are written in several ways.
///
/// # Errors
/// [`ErrorKind::Plan`].
pub(super) fn are_uniform(reader: &SnapshotReader, source: &Source, plan: &Plan) -> Result<()> {
    for table in source.tables.iter().filter(|it| it.without_rowid) {
        let Some(planned) = plan.table(&table.name).filter(|it| it.skip.is_none()) else {
            continue;
        };
        let line = Line::new(source, table, planned, (plan.mode, &plan.answers));
        let key = format!(
            "SELECT {} FROM {}",
            line.place_names().join(", "),
            quoted(&table.name)
        );
        let places = place(table, &line);
        Uniform::new(&table.name, &places).look(reader, &key)?;
    }
    Ok(())
}

/// The columns that tell a table's rows apart; none where SQLite has no triggers for it.
pub(super) fn place(table: &Table, line: &Line) -> Vec<Place> {
    if table.kind != TableKind::Ordinary {
        return Vec::new();
    }
    let number = || line.columns.iter().filter(|it| it.to == NUMBER).collect();
    let columns = of_key(table, line).unwrap_or_else(number);
    let folds = |name: &str| {
        let collation = table.column(name).and_then(|it| it.collation.as_ref());
        collation.is_some_and(|it| it.eq_ignore_ascii_case("nocase"))
    };
    let columns = columns.into_iter().map(|it| Place {
        to: it.to.clone(),
        conversion: it.conversion,
        folds: folds(&it.name),
    });
    columns.collect()
}
