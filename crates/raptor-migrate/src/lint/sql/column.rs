//! The definition of a column, in CREATE TABLE and in ADD COLUMN.

use super::cursor::Cursor;
use super::kind::Kind;
use super::word::{Ident, Name, Word};

/// A column.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Column<'s> {
    pub(in crate::lint) name: Ident,
    /// SQLite takes a column without a type.
    pub(in crate::lint) kind: Option<Kind>,
    pub(in crate::lint) not_null: bool,
    pub(in crate::lint) default: Option<Vec<Word<'s>>>,
    /// Where PRIMARY KEY stands; and so on.
    pub(in crate::lint) primary_key: Option<usize>,
    pub(in crate::lint) unique: Option<usize>,
    pub(in crate::lint) checks: Vec<(usize, Vec<Word<'s>>)>,
    /// Its keys, CHECKs and references as they are written.
    asked: Vec<Asked<'s>>,
    pub(in crate::lint) references: Option<Reference>,
    pub(in crate::lint) identity: Option<usize>,
    /// Where GENERATED … AS stands, and whether the value is kept.
    pub(in crate::lint) generated: Option<(usize, bool)>,
}

/// A constraint of a column, as it is written.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Asked<'s> {
    at: usize,
    /// What stands behind CONSTRAINT.
    pub(in crate::lint) name: Option<Ident>,
    /// All of it but the name.
    pub(in crate::lint) words: Vec<Word<'s>>,
}

/// REFERENCES.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Reference {
    pub(in crate::lint) table: Name,
    pub(in crate::lint) columns: Vec<String>,
    pub(in crate::lint) on_delete: OnDelete,
    pub(in crate::lint) at: usize,
}

/// What becomes of the rows that point at a deleted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lint) enum OnDelete {
    /// The delete is refused.
    Refuse,
    Cascade,
    SetNull,
    SetDefault,
}

impl OnDelete {
    pub(in crate::lint) fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "NO ACTION",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        }
    }
}

const CONSTRAINTS: [&str; 20] = [
    "constraint",
    "not",
    "null",
    "default",
    "primary",
    "unique",
    "check",
    "references",
    "generated",
    "collate",
    "deferrable",
    "initially",
    "enforced",
    "storage",
    "compression",
    "options",
    "autoincrement",
    "as",
    "on",
    "with",
];

impl<'s> Column<'s> {
    pub(super) fn read(cursor: &mut Cursor<'_, 's>) -> Option<Self> {
        let name = cursor.ident()?;
        let has_kind = cursor
            .peek()
            .is_some_and(|next| !next.is_any(&CONSTRAINTS) && !next.opens());
        let kind = if has_kind { Kind::read(cursor) } else { None };
        let mut column = Self {
            name,
            kind,
            not_null: false,
            default: None,
            primary_key: None,
            unique: None,
            checks: Vec::new(),
            asked: Vec::new(),
            references: None,
            identity: None,
            generated: None,
        };
        let mut given = None;
        while !cursor.is_at_end() {
            if cursor.eat("constraint") {
                given = cursor.ident();
                continue;
            }
            let (at, before) = (cursor.place(), cursor.rest());
            if column.constraint(cursor) {
                let length = before.len() - cursor.rest().len();
                column.asked.push(Asked {
                    at,
                    name: given.take(),
                    words: before[..length].to_vec(),
                });
            }
            given = None;
        }
        Some(column)
    }

    /// Reads the next one; whether it is a key, a CHECK or a reference.
    fn constraint(&mut self, cursor: &mut Cursor<'_, 's>) -> bool {
        let at = cursor.place();
        if cursor.eat_all(&["not", "null"]) {
            self.not_null = true;
        } else if cursor.eat("default") {
            let value = cursor.value_until(|next| ends_default(next));
            self.default = Some(value.to_vec());
        } else if cursor.eat_all(&["primary", "key"]) {
            self.primary_key = Some(at);
            attributes(cursor);
            return true;
        } else if cursor.eat("unique") {
            self.unique = Some(at);
            attributes(cursor);
            return true;
        } else if cursor.eat("check") {
            let check = cursor.group().unwrap_or_default();
            self.checks.push((at, check.to_vec()));
            cursor.eat_all(&["no", "inherit"]);
            return true;
        } else if cursor.is("references") {
            self.references = Reference::read(cursor);
            attributes(cursor);
            return self.references.is_some();
        } else if cursor.eat("generated") {
            cursor.eat_any(&["always"]);
            cursor.eat_all(&["by", "default"]);
            cursor.eat("as");
            self.generated(cursor, at);
        } else if cursor.is("as") && cursor.ahead(1).is_some_and(Word::opens) {
            cursor.bump();
            self.generated(cursor, at);
        } else if cursor.group().is_none() {
            cursor.bump();
        }
        false
    }

    /// The constraint that stands at a place.
    pub(in crate::lint) fn asked(&self, at: usize) -> Option<&Asked<'s>> {
        self.asked.iter().find(|it| it.at == at)
    }

    /// `IDENTITY …` or `(expression) STORED`.
    fn generated(&mut self, cursor: &mut Cursor<'_, 's>, at: usize) {
        if cursor.eat("identity") {
            self.identity = Some(at);
        } else if cursor.group().is_some() {
            self.generated = Some((at, cursor.eat("stored")));
        }
    }

    /// Whether the value that is there without an INSERT's saying so is not NULL.
    pub(in crate::lint) fn has_default(&self) -> bool {
        let value = self.default.as_deref();
        let is_null = |value: &[Word<'_>]| matches!(value, [only] if only.is("null"));
        value.is_some_and(|value| !is_null(value))
            || self.identity.is_some()
            || self.generated.is_some()
            || self.kind.as_ref().is_some_and(Kind::is_serial)
    }

    pub(in crate::lint) fn requires(&self) -> bool {
        self.not_null || self.primary_key.is_some()
    }
}

/// What may follow a key or a reference, and says how it is kept and when it is looked at.
fn attributes(cursor: &mut Cursor<'_, '_>) {
    loop {
        let _ =
            cursor.eat_all(&["nulls", "not", "distinct"]) || cursor.eat_all(&["nulls", "distinct"]);
        if cursor.is("with") && cursor.ahead(1).is_some_and(Word::opens) {
            cursor.bump();
            cursor.group();
        } else if cursor.eat_all(&["using", "index", "tablespace"]) || cursor.eat("initially") {
            cursor.bump();
        } else if !cursor.eat("deferrable") && !cursor.eat_all(&["not", "deferrable"]) {
            return;
        }
    }
}

fn ends_default(cursor: &Cursor<'_, '_>) -> bool {
    let Some(word) = cursor.peek() else {
        return true;
    };
    if word.is("null") || word.is("as") || word.is("with") || word.is("on") {
        return false;
    }
    if word.is("not") {
        let next = cursor.ahead(1);
        return next.is_some_and(|next| next.is_any(&["null", "deferrable", "enforced"]));
    }
    word.is_any(&CONSTRAINTS)
}

impl Reference {
    pub(super) fn read(cursor: &mut Cursor<'_, '_>) -> Option<Self> {
        let at = cursor.place();
        if !cursor.eat("references") {
            return None;
        }
        let table = cursor.name()?;
        let columns = if cursor.is_symbol("(") {
            cursor.columns()
        } else {
            Vec::new()
        };
        let mut on_delete = OnDelete::Refuse;
        loop {
            if cursor.eat("match") {
                cursor.bump();
            } else if cursor.eat_all(&["on", "delete"]) {
                on_delete = action(cursor);
            } else if cursor.eat_all(&["on", "update"]) {
                action(cursor);
            } else {
                break;
            }
        }
        Some(Self {
            table,
            columns,
            on_delete,
            at,
        })
    }
}

fn action(cursor: &mut Cursor<'_, '_>) -> OnDelete {
    let action = if cursor.eat("cascade") {
        OnDelete::Cascade
    } else if cursor.eat_all(&["set", "null"]) {
        OnDelete::SetNull
    } else if cursor.eat_all(&["set", "default"]) {
        OnDelete::SetDefault
    } else {
        let _ = cursor.eat_all(&["no", "action"]) || cursor.eat("restrict");
        OnDelete::Refuse
    };
    // SET NULL (column).
    if action != OnDelete::Cascade {
        cursor.group();
    }
    action
}
