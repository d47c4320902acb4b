//! What another runner applied, beside the chain: a prefix of it, or what differs.

use super::chain::{Migration, SqlChain};
use super::columns::Counts;
use super::identity::{compares_to_zero, place};
use super::old::{Old, OldTable};
use crate::error::{Error, ErrorKind, Result};
use crate::fingerprint::hex;
use serde::Serialize;
use sha2::{Digest, Sha256, Sha384, Sha512};
use std::fmt;

/// What another runner applied, beside the chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OldState {
    /// The table that says so.
    pub table: String,
    /// The column that names the migrations; `None` without rows.
    pub column: Option<String>,
    /// The files that are applied, in the order of the chain.
    pub applied: Vec<String>,
    /// The files that come after the last applied one.
    pub pending: Vec<String>,
    /// Files that are not applied, though one behind them is.
    pub missing: Vec<String>,
    /// Rows for which there is no file.
    pub extra: Vec<String>,
    /// Rows of which one column names another file than the next, or none.
    pub unclear: Vec<String>,
    /// Files that were applied after one that stands behind them.
    pub out_of_order: Vec<String>,
    /// Files that are not what was applied, by their checksum.
    pub changed: Vec<String>,
    /// Rows that the runner marks as failed.
    pub failed: Vec<String>,
    /// Where nothing is applied: tables of the files that the database has all the same.
    pub there: Vec<String>,
    /// The rows of `alembic_version`, when it has some already.
    pub taken_over: Vec<String>,
    /// What is to be known.
    pub remarks: Vec<String>,
}

/// A row of which it is known what it is.
struct Known<'o> {
    /// As messages name it.
    name: &'o str,
    place: usize,
    /// When it was written; `None` when nobody knows.
    order: Option<String>,
    counts: Counts,
    row: &'o [Option<String>],
}

impl OldState {
    /// Whether what is applied is a prefix of the chain, as far as `old` asks for.
    pub fn is_prefix(&self, old: &OldTable) -> bool {
        self.missing.is_empty()
            && self.extra.is_empty()
            && self.unclear.is_empty()
            && self.failed.is_empty()
            && (old.any_order || self.out_of_order.is_empty())
            && (old.any_checksum || self.changed.is_empty())
    }

    /// Whether the database can be taken over: what is applied is a prefix, what the database holds
    /// does not speak against it, and it was not taken over before.
    pub fn can_be_adopted(&self, old: &OldTable) -> bool {
        self.is_prefix(old)
            && self.taken_over.is_empty()
            && (old.empty_is_base || self.there.is_empty())
    }

    pub(super) fn of(chain: &SqlChain, old: &Old) -> Result<Self> {
        let migrations = &chain.migrations;
        let mut state = Self {
            table: old.table.clone(),
            ..Self::default()
        };
        let mut rows = state.known(migrations, old)?;
        state.describe(migrations, old, &rows);
        let mut applied: Vec<Option<&[Option<String>]>> = vec![None; migrations.len()];
        let mut order: Vec<(Option<&str>, usize)> = Vec::new();
        if !old.is_ordered {
            // Nobody knows which of two rows is the last one, so the worse of them counts.
            rows.sort_by_key(|row| !matches!(row.counts, Counts::Yes));
        }
        for (at, row) in rows.iter().enumerate() {
            if rows[at + 1..].iter().any(|later| later.place == row.place) {
                continue;
            }
            let was_applied = || {
                let mut before = rows[..at].iter().filter(|it| it.place == row.place);
                before.any(|it| it.counts == Counts::Yes)
            };
            let is_goose = old.table.rsplit('.').next() == Some("goose_db_version");
            match &row.counts {
                Counts::Yes => {
                    applied[row.place] = Some(row.row);
                    order.push((row.order.as_deref(), row.place));
                }
                Counts::TakenBack if old.is_ordered && (is_goose || was_applied()) => {
                    let file = &migrations[row.place].file;
                    state
                        .remarks
                        .push(format!("{file} was taken back, by its last row."));
                }
                Counts::TakenBack => state.failed.push(format!("{} (not applied)", row.name)),
                Counts::Failed(why) if why.is_empty() => state.failed.push(row.name.to_owned()),
                Counts::Failed(why) => state.failed.push(format!("{} ({why})", row.name)),
            }
        }
        if old.roles.is_counter {
            state.counter(old, &rows, &mut applied)?;
        }
        state.sort_out(migrations, &applied);
        let disorder = disorder(order).into_iter();
        state.out_of_order = disorder
            .map(|place| migrations[place].file.clone())
            .collect();
        state.checksums(migrations, old, &applied);
        state.columns(old);
        Ok(state)
    }

    /// The rows whose migration is known; the others are noted.
    fn known<'o>(&mut self, migrations: &[Migration], old: &'o Old) -> Result<Vec<Known<'o>>> {
        let mut known = Vec::new();
        let names = &old.roles.names;
        // A counted number fits any files.
        let is_count = |it: &Option<String>| {
            let is =
                |it: &String| it.len() < 8 && !it.starts_with('0') && it.parse::<u64>().is_ok();
            it.as_ref().is_none_or(is)
        };
        let is_id = |at: usize| old.columns[at].eq_ignore_ascii_case("id");
        if let ([at], false) = (&names[..], old.roles.is_given)
            && is_id(*at)
            && !old.rows.is_empty()
            && old.rows.iter().all(|row| is_count(&row[*at]))
        {
            let message = format!(
                "{} says nothing of these files: its id only counts the rows; name the column with the number, file or name of a migration, or the table that is the runner's (it has {})",
                old.table,
                old.columns.join(", ")
            );
            return Err(Error::new(ErrorKind::Database, message));
        }
        self.column = old.rows.first().map(|_| old.columns[names[0]].clone());
        let mut counts = vec![0; old.columns.len()];
        for (number, row) in old.rows.iter().enumerate() {
            let said: Vec<(usize, &str, Option<usize>)> = names
                .iter()
                .filter_map(|at| Some((*at, row[*at].as_deref()?)))
                .filter(|it| !it.1.trim().is_empty())
                .map(|(at, name)| (at, name, place(migrations, name)))
                .collect();
            for (at, _, _) in said.iter().filter(|it| it.2.is_some()) {
                counts[*at] += 1;
            }
            match self.judge(migrations, old, row, &said) {
                Some((name, place)) => known.push(Known {
                    name,
                    place,
                    order: when(old, row, number),
                    counts: old.roles.counts(&old.columns, row),
                    row,
                }),
                None => continue,
            }
        }
        // The first of those that name the most.
        if let (Some(best), true) = (
            names.iter().rev().max_by_key(|at| counts[**at]),
            !old.rows.is_empty(),
        ) {
            self.column = Some(old.columns[*best].clone());
        }
        Ok(known)
    }

    /// Which migration a row is, by all of its columns that name one.
    fn judge<'o>(
        &mut self,
        migrations: &[Migration],
        old: &Old,
        row: &[Option<String>],
        said: &[(usize, &'o str, Option<usize>)],
    ) -> Option<(&'o str, usize)> {
        let Some((_, name, _)) = said.first() else {
            self.extra.push("a row without a name".to_owned());
            return None;
        };
        let found = said.iter().find_map(|it| it.2);
        let Some(place) = found else {
            let version = old
                .columns
                .iter()
                .position(|it| it.eq_ignore_ascii_case("version"));
            let is_numberless = version.is_some_and(|at| row[at].is_none());
            let is_flyways = |it: &&(usize, &str, Option<usize>)| {
                it.1.rsplit('/')
                    .next()
                    .is_some_and(|it| it.starts_with("R__"))
                    || it.1.starts_with("<<")
            };
            if let Some((_, script, _)) = said.iter().find(|it| is_numberless && is_flyways(it)) {
                self.remarks.push(format!(
                    "{script} has no number, so its row was passed over; it is no part of the chain."
                ));
            // What goose and others begin with.
            } else if !said.iter().all(|it| compares_to_zero(it.1)) {
                self.extra.push((*name).to_owned());
            }
            return None;
        };
        if said.iter().any(|it| it.2 != Some(place)) {
            let each = said.iter().map(|(at, name, place)| {
                let file = place.map_or("no file", |place| migrations[place].file.as_str());
                format!("{} {name} is {file}", old.columns[*at])
            });
            self.unclear.push(each.collect::<Vec<_>>().join(", "));
            return None;
        }
        Some((*name, place))
    }

    /// Descriptions, where they are the names of files: all of them must be.
    fn describe(&mut self, migrations: &[Migration], old: &Old, rows: &[Known<'_>]) {
        let Some(at) = old.roles.description else {
            return;
        };
        let plain = |text: &str| {
            let letters = text.chars().filter(|c| c.is_alphanumeric());
            letters.flat_map(char::to_lowercase).collect::<String>()
        };
        let is_like = |row: &&Known<'_>| {
            let said = row.row[at].as_deref().unwrap_or_default();
            plain(said) == plain(&migrations[row.place].words)
        };
        let table = old.table.rsplit('.').next().unwrap_or_default();
        let is_known =
            ["_sqlx_migrations", "flyway_schema_history", "schemaversion"].contains(&table);
        if !is_known && !rows.iter().any(|row| is_like(&row)) {
            return;
        }
        for row in rows
            .iter()
            .filter(|row| row.row[at].is_some() && !is_like(row))
        {
            self.unclear.push(format!(
                "{} is {}, description {}",
                row.name,
                migrations[row.place].file,
                row.row[at].as_deref().unwrap_or_default()
            ));
        }
    }

    /// golang-migrate keeps one row: all up to it are applied.
    fn counter<'o>(
        &mut self,
        old: &'o Old,
        rows: &[Known<'o>],
        applied: &mut [Option<&'o [Option<String>]>],
    ) -> Result<()> {
        let [row] = rows else { return Ok(()) };
        if row.counts != Counts::Yes {
            let message = format!(
                "{} is marked dirty at {}: its runner failed in between; bring that to an end first",
                old.table, row.name
            );
            return Err(Error::new(ErrorKind::Database, message));
        }
        if old.rows.len() == 1 {
            applied[..=row.place].fill(Some(row.row));
        }
        Ok(())
    }

    /// What stands against taking it over again.
    pub(super) fn already(&self) -> String {
        format!(
            "alembic_version says {} already, so this database was taken over before, or Alembic migrates it",
            self.taken_over.join(", ")
        )
    }

    /// Names the columns that were not read.
    fn columns(&mut self, old: &Old) {
        let unknown: Vec<&str> = old
            .roles
            .unknown
            .iter()
            .map(|at| old.columns[*at].as_str())
            .collect();
        if !unknown.is_empty() {
            self.remarks.push(format!(
                "Not understood, and so not looked at, in {}: {}.",
                old.table,
                unknown.join(", ")
            ));
        }
    }

    fn sort_out(&mut self, migrations: &[Migration], applied: &[Option<&[Option<String>]>]) {
        let last = applied.iter().rposition(Option::is_some);
        for (place, migration) in migrations.iter().enumerate() {
            let list = match applied[place] {
                Some(_) => &mut self.applied,
                None if last.is_some_and(|last| place < last) => &mut self.missing,
                None => &mut self.pending,
            };
            list.push(migration.file.clone());
        }
    }

    fn checksums(
        &mut self,
        migrations: &[Migration],
        old: &Old,
        applied: &[Option<&[Option<String>]>],
    ) {
        let Some(at) = old.roles.checksum else { return };
        let mut unknown = false;
        for (migration, row) in migrations.iter().zip(applied) {
            let Some(checksum) = row.and_then(|row| row[at].as_deref()) else {
                continue;
            };
            let checksum = checksum.trim_start_matches("\\x").to_lowercase();
            match is_checksum(&migration.bytes, &checksum) {
                Some(true) => {}
                Some(false) => self.changed.push(migration.file.clone()),
                None => unknown = true,
            }
        }
        if unknown {
            let text = "The checksums are of a kind that is not known here (there are SHA-256, SHA-384 and SHA-512), and were not compared.";
            self.remarks.push(text.to_owned());
        }
    }
}

/// When a row was written; rows of the same time were written together.
fn when(old: &Old, row: &[Option<String>], number: usize) -> Option<String> {
    match old.roles.order {
        Some(at) => row[at].clone(),
        None => old.is_ordered.then(|| format!("{number:012}")),
    }
}

/// The places that stand after a larger one; rows written together are in any order.
fn disorder(mut rows: Vec<(Option<&str>, usize)>) -> Vec<usize> {
    if rows.iter().any(|row| row.0.is_none()) {
        return Vec::new();
    }
    let mut start = 0;
    while start < rows.len() {
        let end = rows[start..].iter().position(|row| row.0 != rows[start].0);
        let end = end.map_or(rows.len(), |length| start + length);
        rows[start..end].sort_by_key(|row| row.1);
        start = end;
    }
    let mut largest = None;
    let mut disorder = Vec::new();
    for (_, place) in rows {
        if largest.is_some_and(|largest| place < largest) {
            disorder.push(place);
        }
        largest = largest.max(Some(place));
    }
    disorder
}

/// Whether a checksum is one of the file; `None` for a kind that is not known.
fn is_checksum(bytes: &[u8], checksum: &str) -> Option<bool> {
    let text = String::from_utf8_lossy(bytes);
    let plain = text.replace("\r\n", "\n");
    let variants = [
        bytes,
        plain.as_bytes(),
        plain.trim().as_bytes(),
        text.trim().as_bytes(),
    ];
    let is_hex = checksum.bytes().all(|b| b.is_ascii_hexdigit());
    let hash: fn(&[u8]) -> String = match checksum.len() {
        64 if is_hex => |bytes| hex(&Sha256::digest(bytes)),
        96 if is_hex => |bytes| hex(&Sha384::digest(bytes)),
        128 if is_hex => |bytes| hex(&Sha512::digest(bytes)),
        _ => return None,
    };
    Some(variants.iter().any(|bytes| hash(bytes) == checksum))
}

impl fmt::Display for OldState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = self
            .column
            .as_ref()
            .map(|it| format!("({it})"))
            .unwrap_or_default();
        writeln!(
            f,
            "{}{column}: {} applied, {} pending.",
            self.table,
            self.applied.len(),
            self.pending.len()
        )?;
        let lists = [
            ("Not applied, though a later one is", &self.missing),
            ("Applied, and no file is there", &self.extra),
            ("Named in two ways", &self.unclear),
            ("Applied after a later one", &self.out_of_order),
            ("Changed since it was applied", &self.changed),
            ("Marked as failed", &self.failed),
        ];
        for (what, list) in lists.iter().filter(|it| !it.1.is_empty()) {
            writeln!(f, "{what}: {}.", list.join(", "))?;
        }
        if !self.there.is_empty() {
            writeln!(
                f,
                "It says of no file that it is applied, and the database has their tables: {}.",
                self.there.join(", ")
            )?;
        }
        if !self.taken_over.is_empty() {
            writeln!(f, "{}", self.already())?;
        }
        self.remarks.iter().try_for_each(|it| writeln!(f, "{it}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disorder_is_found_between_times() {
        assert_eq!(
            disorder(vec![(Some("1"), 0), (Some("2"), 2), (Some("3"), 1)]),
            [1]
        );
        assert!(disorder(vec![(Some("1"), 1), (Some("1"), 0), (Some("2"), 2)]).is_empty());
        assert!(disorder(vec![(None, 1), (None, 0)]).is_empty());
    }

    #[test]
    fn checksums_are_known_by_their_length() {
        let of = |bytes: &[u8]| hex(&Sha256::digest(bytes));
        assert_eq!(is_checksum(b"a;\r\n", &of(b"a;\r\n")), Some(true));
        assert_eq!(is_checksum(b"a;\r\n", &of(b"a;\n")), Some(true));
        assert_eq!(is_checksum(b"a;\r\n", &of(b"a;")), Some(true));
        assert_eq!(is_checksum(b"a;\r\n", &of(b"b;")), Some(false));
        assert_eq!(is_checksum(b"a;", "12345"), None);
    }
}
