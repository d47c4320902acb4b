//! What the name of a numbered file says: `0001_users.sql`, `001-users.up.sql`, `V1.2__users.sql`,
//! `20240101120000_users.sql`.

use std::cmp::Ordering;

/// The parts of a numbered file's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// The number as it is written, without `V`.
    pub(super) number: String,
    /// What stands behind it, separators and ends cut off; may be empty.
    pub(super) words: String,
    pub(super) half: Half,
}

/// What a file holds of its migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    /// The way there, or both ways in sections.
    Whole,
    /// `.up.sql`.
    Up,
    /// `.down.sql`, `U1__users.sql`, `1_users.undo.sql`.
    Down,
}

impl Name {
    /// The parts of `file`, which ends in `.sql`; `None` without a number.
    pub(super) fn of(file: &str) -> Option<Self> {
        let stem = file
            .strip_suffix(".sql")
            .or_else(|| file.strip_suffix(".SQL"))?;
        let ends = [
            (".up", Half::Up),
            (".down", Half::Down),
            (".do", Half::Up),
            (".undo", Half::Down),
        ];
        let found = ends.iter().find_map(|(end, half)| {
            let at = stem.len().checked_sub(end.len())?;
            let is_end = stem.get(at..)?.eq_ignore_ascii_case(end);
            is_end.then(|| (&stem[..at], *half))
        });
        let (stem, mut half) = found.unwrap_or((stem, Half::Whole));
        // Flyway: a letter, the number, two underscores.
        let letter = stem.chars().next()?;
        let is_flyway = stem.contains("__") && matches!(letter, 'V' | 'v' | 'U' | 'u' | 'B');
        let rest = if is_flyway {
            if matches!(letter, 'U' | 'u') {
                half = Half::Down;
            }
            &stem[1..]
        } else {
            stem.strip_prefix(['v', 'V']).unwrap_or(stem)
        };
        let (number, words) = if is_flyway {
            rest.split_once("__")?
        } else {
            let end = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            rest.split_at(end)
        };
        let is_number = number
            .split(['.', '_'])
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
        let separated = words.is_empty() || is_flyway || words.starts_with(['_', '-', '.', ' ']);
        (is_number && separated).then(|| Self {
            number: number.to_owned(),
            words: words.trim_matches(['_', '-', '.', ' ']).to_owned(),
            half,
        })
    }

    /// The parts of a folder's name as diesel has them: `2024-01-01-120000_users`, whose number is
    /// `20240101120000`.
    pub(super) fn of_folder(folder: &str) -> Option<Self> {
        let (number, words) = folder.split_once('_').unwrap_or((folder, ""));
        let number = number.replace('-', "");
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| Self {
            number,
            words: words.trim_matches(['_', '-', '.', ' ']).to_owned(),
            half: Half::Whole,
        })
    }

    /// The name with blanks between its words.
    pub(super) fn title(&self) -> String {
        let words = self
            .words
            .split(['_', '-', '.', ' '])
            .filter(|it| !it.is_empty());
        words.collect::<Vec<_>>().join(" ")
    }
}

/// Numbers by their value, part by part, however many zeros stand before them.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let mut ones = one.split(['.', '_']).map(plain);
    let mut others = other.split(['.', '_']).map(plain);
    loop {
        let order = match (ones.next(), others.next()) {
            (None, None) => return Ordering::Equal,
            // 1 and 1.0 are the same.
            (Some("0"), None) | (None, Some("0")) => Ordering::Equal,
            (Some(_), None) => Ordering::Greater,
            (None, Some(_)) => Ordering::Less,
            (Some(a), Some(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn plain(part: &str) -> &str {
    match part.trim_start_matches('0') {
        "" => "0",
        part => part,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_convention_is_read() {
        let cases = [
            ("0001_create_users.sql", "0001", "create users", Half::Whole),
            ("001-users.up.sql", "001", "users", Half::Up),
            ("001-users.down.sql", "001", "users", Half::Down),
            ("1.sql", "1", "", Half::Whole),
            ("V1__Create_users.sql", "1", "Create users", Half::Whole),
            ("V1.2__x.sql", "1.2", "x", Half::Whole),
            ("V1_2__x.sql", "1_2", "x", Half::Whole),
            ("U1__x.sql", "1", "x", Half::Down),
            ("v2_users.sql", "2", "users", Half::Whole),
            (
                "20240101120000_add.some-words.sql",
                "20240101120000",
                "add some words",
                Half::Whole,
            ),
            ("003.do.SQL", "003", "", Half::Up),
            ("003 users.undo.sql", "003", "users", Half::Down),
        ];
        for (file, number, title, half) in cases {
            let name = Name::of(file).unwrap_or_else(|| panic!("{file}"));
            assert_eq!(
                (name.number.as_str(), name.title().as_str(), name.half),
                (number, title, half),
                "{file}"
            );
        }
        for file in [
            "schema.sql",
            "R__views.sql",
            "001x.sql",
            "001_users.txt",
            ".sql",
            "V__x.sql",
            "Vx__y.sql",
        ] {
            assert_eq!(Name::of(file), None, "{file}");
        }
    }

    #[test]
    fn a_folder_has_a_number_too() {
        let name = Name::of_folder("2024-01-01-120000_create_users").unwrap();
        assert_eq!(
            (name.number.as_str(), name.title().as_str()),
            ("20240101120000", "create users")
        );
        assert_eq!(Name::of_folder("old_files"), None);
    }

    #[test]
    fn numbers_go_by_their_value() {
        let order = ["1", "002", "10", "1.1", "1.0.1", "20240101120000"];
        assert_eq!(compare("1", "01"), Ordering::Equal);
        assert_eq!(compare("1.0", "1"), Ordering::Equal);
        assert_eq!(compare(order[0], order[1]), Ordering::Less);
        assert_eq!(compare(order[1], order[2]), Ordering::Less);
        assert_eq!(compare("1.10", "1.9"), Ordering::Greater);
        assert_eq!(compare(order[4], order[3]), Ordering::Less);
        assert_eq!(compare(order[2], order[5]), Ordering::Less);
    }

    proptest! {
        #[test]
        fn no_name_makes_it_panic(name in "([vVuU]?[0-9._]{0,4}[_a-zé.-]{0,6}(\\.up|\\.down)?)\\.sql") {
            let _ = Name::of(&name).map(|it| it.title());
        }
    }
}
