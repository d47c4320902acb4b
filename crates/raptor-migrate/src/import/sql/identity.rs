//! Which migration a name in another runner's table is. It looks at one name, and judges no row.

use super::chain::Migration;
use super::name::compare;

/// The migration that a runner would call so: by its file, the file without its end, its number, or
/// its name alone.
pub(super) fn place(migrations: &[Migration], name: &str) -> Option<usize> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let by_file = migrations.iter().position(|it| {
        let ends = ["", ".sql", ".up.sql", ".do.sql", ".up", ".do"];
        let stem = it
            .file
            .strip_suffix("/up.sql")
            .or_else(|| it.file.strip_suffix(".sql"));
        let file = stem.unwrap_or(it.file.as_str());
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
            .filter(|(_, it)| it.words == name);
        match (fits.next(), fits.next()) {
            (Some((place, _)), None) if !name.is_empty() => Some(place),
            _ => None,
        }
    };
    by_file.or_else(by_number).or_else(by_words)
}

/// Whether it is a number that runners begin with, before any file.
pub(super) fn compares_to_zero(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b == b'0')
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
            words: super::super::name::Name::of(file).unwrap().words,
            up: String::new(),
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
}
