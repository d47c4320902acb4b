//! Names on Postgres: as they are written, cut where they are too long for it.

use std::collections::BTreeSet;

/// The longest name, in bytes.
const LONGEST: usize = 63;

/// What every table of Postgres has already.
const SYSTEM_COLUMNS: [&str; 6] = ["ctid", "xmin", "cmin", "xmax", "cmax", "tableoid"];

/// Names that one schema or table gives away, each once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    taken: BTreeSet<String>,
    fold: bool,
}

impl Names {
    /// With `fold`, names are written in lower case, as Postgres reads those without quotes.
    pub(crate) fn new(fold: bool) -> Self {
        Self {
            taken: BTreeSet::new(),
            fold,
        }
    }

    /// Of the columns of a table.
    pub(crate) fn of_columns(fold: bool) -> Self {
        Self {
            taken: SYSTEM_COLUMNS.map(str::to_owned).into(),
            fold,
        }
    }

    /// Keeps a name from being given away.
    pub(crate) fn keep(&mut self, name: &str) {
        self.taken.insert(name.to_owned());
    }

    /// Whether a name is given away.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.taken.contains(name)
    }

    /// What `name` is called there: no other name has it, and the same name gets the same answer.
    pub(crate) fn give(&mut self, name: &str) -> String {
        let name = if self.fold {
            name.to_lowercase()
        } else {
            name.to_owned()
        };
        // Postgres takes no empty name and no NUL.
        let mut wanted = name.replace('\0', "_");
        if wanted.is_empty() {
            "_".clone_into(&mut wanted);
        }
        if wanted.len() > LONGEST || self.taken.contains(&wanted) {
            wanted = cut(&wanted);
        }
        while !self.taken.insert(wanted.clone()) {
            wanted = cut(&format!("{wanted}_"));
        }
        wanted
    }
}

/// The beginning of a name, and a hash of all of it.
fn cut(name: &str) -> String {
    let hash = format!("_{:08x}", fnv(name.as_bytes()));
    let mut end = name.len().min(LONGEST - hash.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{hash}", &name[..end])
}

/// FNV-1a (<http://www.isthe.com/chongo/tech/comp/fnv/>): short, and the same for ever.
fn fnv(bytes: &[u8]) -> u32 {
    let one = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    bytes.iter().fold(0x811c_9dc5, one)
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn long_names_stay_apart() {
        let mut names = Names::default();
        let long = "a".repeat(70);
        let (one, two) = (
            names.give(&format!("{long}1")),
            names.give(&format!("{long}2")),
        );
        assert_ne!(one, two);
        assert_eq!((one.len(), two.len()), (63, 63));
        assert_eq!(Names::default().give(&format!("{long}1")), one);
        assert_eq!(names.give("Größe"), "Größe");
        assert_eq!(names.give(""), "_");
    }

    #[test]
    fn folded_names_stay_apart() {
        let mut names = Names::new(true);
        assert_eq!(names.give("User"), "user");
        assert_ne!(names.give("user"), "user");
    }
}
