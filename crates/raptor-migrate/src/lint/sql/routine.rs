//! CREATE or ALTER FUNCTION and PROCEDURE: their options, not their bodies.

use super::cursor::Cursor;
use super::word::{Name, Word};

/// A function or procedure.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Routine {
    pub(in crate::lint) name: Name,
    pub(in crate::lint) is_new: bool,
    pub(in crate::lint) or_replace: bool,
    /// Where SECURITY DEFINER stands.
    pub(in crate::lint) definer: Option<usize>,
    pub(in crate::lint) sets_search_path: bool,
    pub(in crate::lint) is_trigger: bool,
}

impl Routine {
    /// Reads on behind FUNCTION or PROCEDURE.
    pub(super) fn read(
        cursor: &mut Cursor<'_, '_>,
        is_new: bool,
        or_replace: bool,
    ) -> Option<Self> {
        let name = cursor.name()?;
        cursor.group();
        let mut routine = Self {
            name,
            is_new,
            or_replace,
            definer: None,
            sets_search_path: false,
            is_trigger: false,
        };
        while let Some(word) = cursor.peek() {
            // A body in SQL's own way.
            if word.is("begin") || word.is("return") {
                break;
            }
            let at = cursor.place();
            if cursor.eat_all(&["security", "definer"]) {
                routine.definer = Some(at);
            } else if cursor.eat("set") {
                routine.sets_search_path |=
                    cursor.is("search_path") || is_quoted_path(cursor.peek());
            } else if cursor.eat("returns") {
                routine.is_trigger = cursor.is("trigger") || cursor.is("event_trigger");
            } else if cursor.group().is_none() {
                cursor.bump();
            }
        }
        Some(routine)
    }
}

fn is_quoted_path(word: Option<&Word<'_>>) -> bool {
    word.is_some_and(|word| word.text == "\"search_path\"")
}
