//! UNIQUE and PRIMARY KEY, cut into what belongs to their index and what to the constraint.

use super::cursor::Cursor;
use super::word::{Word, text};
use raptor_db::Engine;

/// A key as it is written, for another statement that makes the same.
#[derive(Debug, Clone, Default)]
pub(in crate::lint) struct Key {
    /// `(a, b)`; empty where a column says it of itself.
    pub(in crate::lint) columns: String,
    /// What stands behind the columns of the index, with a blank before it.
    pub(in crate::lint) index: String,
    /// What stands behind the constraint, with a blank before it.
    pub(in crate::lint) constraint: String,
}

impl Key {
    /// Reads a constraint's words, from UNIQUE or PRIMARY KEY on.
    pub(in crate::lint) fn read(words: &[Word<'_>]) -> Self {
        let mut cursor = Cursor::new(words, Engine::Postgres);
        let _ = cursor.eat("unique") || cursor.eat_all(&["primary", "key"]);
        let mut key = Self::default();
        let mut nulls = "";
        while let Some(word) = cursor.peek() {
            if cursor.eat_all(&["nulls", "not", "distinct"]) {
                nulls = " NULLS NOT DISTINCT";
            } else if cursor.eat("include") {
                key.index += &format!(" INCLUDE {}", grouped(&mut cursor));
            } else if cursor.eat("with") {
                key.index += &format!("{nulls} WITH {}", grouped(&mut cursor));
                nulls = "";
            } else if cursor.eat_all(&["using", "index", "tablespace"]) {
                let name = cursor.bump().map_or("", |word| word.text);
                key.index += &format!("{nulls} TABLESPACE {name}");
                nulls = "";
            } else if word.opens() {
                key.columns = grouped(&mut cursor);
            } else if word.is_any(&["not", "deferrable", "initially"]) {
                key.constraint = format!(" {}", text(cursor.rest()));
                break;
            } else {
                cursor.bump();
            }
        }
        key.index += nulls;
        key
    }
}

fn grouped(cursor: &mut Cursor<'_, '_>) -> String {
    let group = cursor.group().unwrap_or_default();
    format!("({})", text(group))
}
