//! What another runner applied, beside the chain: a prefix of it, or what differs.

use super::chain::{Migration, SqlChain};
use super::name::compare;
use super::old::{Old, OldRow, OldTable};
use crate::error::{Error, ErrorKind, Result};
use crate::fingerprint::hex;
use serde::Serialize;
use sha2::{Digest, Sha256, Sha384, Sha512};
use std::fmt;

/// What another runner applied, beside the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    /// Files that were applied after one that stands behind them.
    pub out_of_order: Vec<String>,
    /// Files that are not what was applied, by their checksum.
    pub changed: Vec<String>,
    /// Rows that the runner marks as failed.
    pub failed: Vec<String>,
    /// What is to be known.
    pub remarks: Vec<String>,
}

impl OldState {
    /// Whether what is applied is a prefix of the chain, as far as `old` asks for.
    pub fn is_prefix(&self, old: &OldTable) -> bool {
        self.missing.is_empty()
            && self.extra.is_empty()
            && self.failed.is_empty()
            && (old.any_order || self.out_of_order.is_empty())
            && (old.any_checksum || self.changed.is_empty())
    }

    pub(super) fn of(chain: &SqlChain, old: &Old) -> Result<Self> {
        let migrations = &chain.migrations;
        let mut state = Self {
            table: old.table.clone(),
            column: None,
            applied: Vec::new(),
            pending: Vec::new(),
            missing: Vec::new(),
            extra: Vec::new(),
            out_of_order: Vec::new(),
            changed: Vec::new(),
            failed: Vec::new(),
            remarks: Vec::new(),
        };
        let column = column(migrations, &old.rows);
        if !old.rows.is_empty() {
            state.column = old.columns.get(column).cloned();
        }
        let mut applied: Vec<Option<&OldRow>> = vec![None; migrations.len()];
        // The order in which the rows stand, as places in the chain.
        let mut order: Vec<(Option<&str>, usize)> = Vec::new();
        for row in latest(&old.rows, column) {
            let name = row.names[column].as_str();
            let Some(place) = place(migrations, name) else {
                // What goose and others begin with.
                if compares_to_zero(name) {
                    continue;
                }
                state.extra.push(name.to_owned());
                continue;
            };
            if !row.is_good {
                state.failed.push(name.to_owned());
                continue;
            }
            applied[place] = Some(row);
            order.push((row.order.as_deref(), place));
        }
        if old.is_counter {
            state.counter(old, column, &mut applied)?;
        }
        state.sort_out(migrations, &applied);
        state.out_of_order = disorder(order)
            .into_iter()
            .map(|place| migrations[place].file.clone())
            .collect();
        state.checksums(migrations, &applied);
        Ok(state)
    }

    /// golang-migrate keeps one row: all up to it are applied.
    fn counter<'o>(
        &mut self,
        old: &'o Old,
        column: usize,
        applied: &mut [Option<&'o OldRow>],
    ) -> Result<()> {
        if old.is_dirty {
            let at = old.rows.iter().map(|row| row.names[column].as_str());
            let message = format!(
                "{} is marked dirty at {}: its runner failed in between; bring that to an end first",
                old.table,
                at.collect::<Vec<_>>().join(", ")
            );
            return Err(Error::new(ErrorKind::Database, message));
        }
        if let (Some(last), [row]) = (applied.iter().rposition(Option::is_some), &old.rows[..]) {
            applied[..=last].fill(Some(row));
        }
        Ok(())
    }

    fn sort_out(&mut self, migrations: &[Migration], applied: &[Option<&OldRow>]) {
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

    fn checksums(&mut self, migrations: &[Migration], applied: &[Option<&OldRow>]) {
        let mut unknown = false;
        for (migration, row) in migrations.iter().zip(applied) {
            let Some(checksum) = row.and_then(|row| row.checksum.as_deref()) else {
                continue;
            };
            match is_checksum(&migration.bytes, checksum) {
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

/// Rows that say the same migration again: the last one counts.
fn latest(rows: &[OldRow], column: usize) -> Vec<&OldRow> {
    let mut latest: Vec<&OldRow> = Vec::new();
    for row in rows {
        latest.retain(|it| it.names[column] != row.names[column]);
        latest.push(row);
    }
    latest
}

/// The column whose values name the most files.
fn column(migrations: &[Migration], rows: &[OldRow]) -> usize {
    let count = rows.first().map_or(0, |row| row.names.len());
    let known = |at: usize| {
        rows.iter()
            .filter(|row| place(migrations, &row.names[at]).is_some())
            .count()
    };
    // The first of those that are equal.
    (0..count).rev().max_by_key(|at| known(*at)).unwrap_or(0)
}

/// The migration that a runner would call so: by its file, the file without its end, its number, or
/// its name alone.
fn place(migrations: &[Migration], name: &str) -> Option<usize> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let by_file = migrations.iter().position(|it| {
        let ends = ["", ".sql", ".up.sql", ".do.sql", ".up", ".do"];
        let file = it
            .file
            .strip_suffix(".sql")
            .map_or(it.file.as_str(), |stem| stem);
        it.file == name || ends.iter().any(|end| format!("{name}{end}") == it.file) || file == name
    });
    let is_number = !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let number = name.trim_start_matches(['V', 'v']);
    let by_number = || {
        let by = |number: &str| {
            migrations
                .iter()
                .position(|it| compare(&it.number, number).is_eq())
        };
        if is_number {
            by(name)
        } else {
            by(number).filter(|_| number.bytes().all(|b| b.is_ascii_digit()) && !number.is_empty())
        }
    };
    let by_words = || {
        let mut fits = migrations
            .iter()
            .enumerate()
            .filter(|(_, it)| words(it) == name);
        match (fits.next(), fits.next()) {
            (Some((place, _)), None) if !name.is_empty() => Some(place),
            _ => None,
        }
    };
    by_file.or_else(by_number).or_else(by_words)
}

fn words(migration: &Migration) -> String {
    super::name::Name::of(&migration.file)
        .map(|it| it.words)
        .unwrap_or_default()
}

fn compares_to_zero(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b == b'0')
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
            ("Applied after a later one", &self.out_of_order),
            ("Changed since it was applied", &self.changed),
            ("Marked as failed", &self.failed),
        ];
        for (what, list) in lists.iter().filter(|it| !it.1.is_empty()) {
            writeln!(f, "{what}: {}.", list.join(", "))?;
        }
        self.remarks.iter().try_for_each(|it| writeln!(f, "{it}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migrations(files: &[&str]) -> Vec<Migration> {
        let one = |file: &&str| Migration {
            id: String::new(),
            number: super::super::name::Name::of(file).unwrap().number,
            file: (*file).to_owned(),
            bytes: b"a;\r\n".to_vec(),
        };
        files.iter().map(one).collect()
    }

    #[test]
    fn a_migration_has_many_names() {
        let all = migrations(&["0001_users.sql", "0002-orders.up.sql", "V3.1__views.sql"]);
        let names = [
            ("0001_users.sql", Some(0)),
            ("0001_users", Some(0)),
            ("db/0001_users.sql", Some(0)),
            ("0001", Some(0)),
            ("1", Some(0)),
            ("users", Some(0)),
            ("0002-orders", Some(1)),
            ("0002-orders.up", Some(1)),
            ("2", Some(1)),
            ("3.1", Some(2)),
            ("V3.1__views", Some(2)),
            ("3", None),
            ("", None),
            ("4", None),
        ];
        for (name, expected) in names {
            assert_eq!(place(&all, name), expected, "{name}");
        }
    }

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
