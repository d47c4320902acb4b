//! Privileges: GRANT, policies and roles.

use super::cursor::Cursor;
use super::word::{Ident, Name, Word, split};

/// GRANT, of privileges or of roles; also inside ALTER DEFAULT PRIVILEGES.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Grant {
    /// Lower-case words without their columns; roles when nothing stands behind ON.
    pub(in crate::lint) what: Vec<Ident>,
    /// What stands behind ON, as it is written.
    pub(in crate::lint) on: Option<String>,
    pub(in crate::lint) to: Vec<Ident>,
    /// Where WITH GRANT OPTION or WITH ADMIN OPTION stands.
    pub(in crate::lint) option: Option<usize>,
    /// ALTER DEFAULT PRIVILEGES: for what will be made, and not for what is there.
    pub(in crate::lint) is_default: bool,
}

impl Grant {
    /// Reads on behind GRANT.
    pub(super) fn read(cursor: &mut Cursor<'_, '_>, is_default: bool) -> Self {
        let what = cursor.until(|next| next.is("on") || next.is("to"));
        let on = if cursor.eat("on") {
            let on = cursor.until(|next| next.is("to"));
            let words: Vec<&str> = on.iter().map(|word| word.text).collect();
            Some(
                words
                    .join(" ")
                    .replace(" , ", ", ")
                    .replace(" . ", ".")
                    .replace(" ( ", "(")
                    .replace(" )", ")"),
            )
        } else {
            None
        };
        cursor.eat("to");
        let to = cursor.until(|next| next.is("with") || next.is("granted"));
        let place = cursor.place();
        let tail = cursor.rest();
        let pairs = tail.windows(2);
        let is_option = |pair: &[Word<'_>]| {
            pair[0].is_any(&["grant", "admin"]) && pair[1].is_any(&["option", "true"])
        };
        let option = pairs.into_iter().any(is_option).then_some(place);
        let first = |part: &&[Word<'_>]| {
            let mut part = cursor.within(part);
            part.eat("group");
            part.ident()
        };
        Self {
            what: split(what, ",").iter().filter_map(first).collect(),
            on,
            to: split(to, ",").iter().filter_map(first).collect(),
            option,
            is_default,
        }
    }
}

/// CREATE or ALTER POLICY.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Policy<'s> {
    pub(in crate::lint) name: Ident,
    pub(in crate::lint) table: Name,
    pub(in crate::lint) is_new: bool,
    pub(in crate::lint) is_restrictive: bool,
    /// `all`, `select`, `insert`, `update` or `delete`; an ALTER does not say it.
    pub(in crate::lint) command: Option<String>,
    pub(in crate::lint) using: Option<(usize, Vec<Word<'s>>)>,
    pub(in crate::lint) with_check: Option<(usize, Vec<Word<'s>>)>,
}

impl<'s> Policy<'s> {
    /// Reads on behind CREATE POLICY or ALTER POLICY.
    pub(super) fn read(cursor: &mut Cursor<'_, 's>, is_new: bool) -> Option<Self> {
        let name = cursor.ident()?;
        if !cursor.eat("on") {
            return None;
        }
        let mut policy = Self {
            name,
            table: cursor.name()?,
            is_new,
            is_restrictive: false,
            command: is_new.then(|| "all".to_owned()),
            using: None,
            with_check: None,
        };
        while !cursor.is_at_end() {
            let at = cursor.place();
            if cursor.eat_all(&["as", "restrictive"]) {
                policy.is_restrictive = true;
            } else if cursor.eat("for") {
                policy.command = cursor.bump().map(|word| word.text.to_ascii_lowercase());
            } else if cursor.is("using") && cursor.ahead(1).is_some_and(Word::opens) {
                cursor.bump();
                policy.using = cursor.group().map(|words| (at, words.to_vec()));
            } else if cursor.eat_all(&["with", "check"]) {
                policy.with_check = cursor.group().map(|words| (at, words.to_vec()));
            } else {
                cursor.bump();
            }
        }
        Some(policy)
    }
}

/// CREATE or ALTER ROLE, USER or GROUP.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Role<'s> {
    pub(in crate::lint) name: Ident,
    /// What stands behind the name.
    pub(in crate::lint) options: Vec<Word<'s>>,
}

impl<'s> Role<'s> {
    pub(super) fn read(cursor: &mut Cursor<'_, 's>) -> Option<Self> {
        let name = cursor.ident()?;
        Some(Self {
            name,
            options: cursor.rest().to_vec(),
        })
    }
}
