//! DROP of anything, RENAME of what is no table, enums and domains.

use super::cursor::Cursor;
use super::word::{Ident, Name, Word};

/// What kind of thing a statement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lint) enum Object {
    Table,
    ForeignTable,
    View,
    MaterializedView,
    Index,
    Sequence,
    Schema,
    Database,
    Type,
    Domain,
    Function,
    Procedure,
    Routine,
    Aggregate,
    Trigger,
    Rule,
    Policy,
    Extension,
    Role,
    Owned,
    Statistics,
    Publication,
    Subscription,
    Other,
}

const OBJECTS: [(&[&str], Object); 27] = [
    (&["table"], Object::Table),
    (&["foreign", "table"], Object::ForeignTable),
    (&["view"], Object::View),
    (&["materialized", "view"], Object::MaterializedView),
    (&["index"], Object::Index),
    (&["sequence"], Object::Sequence),
    (&["schema"], Object::Schema),
    (&["database"], Object::Database),
    (&["type"], Object::Type),
    (&["domain"], Object::Domain),
    (&["function"], Object::Function),
    (&["procedure"], Object::Procedure),
    (&["routine"], Object::Routine),
    (&["aggregate"], Object::Aggregate),
    (&["event", "trigger"], Object::Other),
    (&["trigger"], Object::Trigger),
    (&["rule"], Object::Rule),
    (&["policy"], Object::Policy),
    (&["extension"], Object::Extension),
    (&["role"], Object::Role),
    (&["user", "mapping"], Object::Other),
    (&["user"], Object::Role),
    (&["group"], Object::Role),
    (&["owned", "by"], Object::Owned),
    (&["statistics"], Object::Statistics),
    (&["publication"], Object::Publication),
    (&["subscription"], Object::Subscription),
];

impl Object {
    /// Passes over what names it.
    pub(super) fn read(cursor: &mut Cursor<'_, '_>) -> Self {
        let known = OBJECTS.iter().find(|(words, _)| cursor.eat_all(words));
        known.map_or(Self::Other, |(_, object)| *object)
    }

    /// As it is written in a statement.
    pub(in crate::lint) fn as_str(self) -> &'static str {
        match self {
            Self::Table => "TABLE",
            Self::ForeignTable => "FOREIGN TABLE",
            Self::View => "VIEW",
            Self::MaterializedView => "MATERIALIZED VIEW",
            Self::Index => "INDEX",
            Self::Sequence => "SEQUENCE",
            Self::Schema => "SCHEMA",
            Self::Database => "DATABASE",
            Self::Type => "TYPE",
            Self::Domain => "DOMAIN",
            Self::Function => "FUNCTION",
            Self::Procedure => "PROCEDURE",
            Self::Routine => "ROUTINE",
            Self::Aggregate => "AGGREGATE",
            Self::Trigger => "TRIGGER",
            Self::Rule => "RULE",
            Self::Policy => "POLICY",
            Self::Extension => "EXTENSION",
            Self::Role => "ROLE",
            Self::Owned => "OWNED BY",
            Self::Statistics => "STATISTICS",
            Self::Publication => "PUBLICATION",
            Self::Subscription => "SUBSCRIPTION",
            Self::Other => "object",
        }
    }
}

/// DROP.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Drop {
    pub(in crate::lint) object: Object,
    pub(in crate::lint) names: Vec<Name>,
    /// DROP TRIGGER, RULE, POLICY … ON table.
    pub(in crate::lint) on: Option<Name>,
    pub(in crate::lint) is_concurrent: bool,
    pub(in crate::lint) if_exists: bool,
    /// Where CASCADE stands.
    pub(in crate::lint) cascade: Option<usize>,
}

impl Drop {
    /// Reads on behind DROP.
    pub(super) fn read(cursor: &mut Cursor<'_, '_>) -> Self {
        let object = Object::read(cursor);
        let is_concurrent = cursor.eat("concurrently");
        let if_exists = cursor.eat_if_exists();
        let names = cursor.names();
        let on = if cursor.eat("on") {
            cursor.name()
        } else {
            None
        };
        let cascade = cursor.rest().iter().find(|word| word.is("cascade"));
        Self {
            object,
            names,
            on,
            is_concurrent,
            if_exists,
            cascade: cascade.map(|word| word.at),
        }
    }
}

/// ALTER of something but a table, that changes what it is called, where it is or whose it is.
#[derive(Debug, Clone)]
pub(in crate::lint) enum Rename {
    To(Ident),
    Column,
    Schema(Ident),
    Owner(Ident),
    /// SET TABLESPACE of an index or a materialized view.
    Tablespace,
    Other,
}

impl Rename {
    /// Reads on behind the name.
    pub(super) fn read(cursor: &mut Cursor<'_, '_>) -> Self {
        Self::read_it(cursor).unwrap_or(Self::Other)
    }

    fn read_it(cursor: &mut Cursor<'_, '_>) -> Option<Self> {
        if cursor.eat_all(&["rename", "to"]) {
            return cursor.ident().map(Self::To);
        }
        if cursor.eat("rename") {
            cursor.eat_any(&["column", "attribute"]);
            return Some(Self::Column);
        }
        if cursor.eat_all(&["set", "schema"]) {
            return cursor.ident().map(Self::Schema);
        }
        if cursor.eat_all(&["owner", "to"]) {
            return cursor.ident().map(Self::Owner);
        }
        cursor
            .eat_all(&["set", "tablespace"])
            .then_some(Self::Tablespace)
    }
}

/// ALTER TYPE … ADD VALUE or RENAME VALUE.
#[derive(Debug, Clone)]
pub(in crate::lint) struct EnumValue<'s> {
    pub(in crate::lint) name: Name,
    /// The string as it is written.
    pub(in crate::lint) value: Word<'s>,
    pub(in crate::lint) renames: bool,
    pub(in crate::lint) if_not_exists: bool,
    /// Whether BEFORE or AFTER says where it stands.
    pub(in crate::lint) is_placed: bool,
}

impl<'s> EnumValue<'s> {
    pub(super) fn read(cursor: &mut Cursor<'_, 's>, name: &Name) -> Option<Self> {
        let renames = cursor.is("rename");
        if !(cursor.eat_all(&["add", "value"]) || cursor.eat_all(&["rename", "value"])) {
            return None;
        }
        let if_not_exists = cursor.eat_if_exists();
        let value = *cursor.bump()?;
        Some(Self {
            name: name.clone(),
            value,
            renames,
            if_not_exists,
            is_placed: cursor.eat_any(&["before", "after"]),
        })
    }
}

/// ALTER DOMAIN.
#[derive(Debug, Clone)]
pub(in crate::lint) enum AlterDomain {
    /// A CHECK or NOT NULL: whether it is NOT VALID.
    Add {
        not_valid: bool,
    },
    SetNotNull,
    Validate,
    /// DROP CONSTRAINT or NOT NULL.
    Drop,
    Other,
}

impl AlterDomain {
    pub(super) fn read(cursor: &mut Cursor<'_, '_>) -> Self {
        if cursor.eat_all(&["set", "not", "null"]) {
            return Self::SetNotNull;
        }
        if cursor.eat_all(&["validate", "constraint"]) {
            return Self::Validate;
        }
        if cursor.eat_all(&["drop", "constraint"]) || cursor.eat_all(&["drop", "not", "null"]) {
            return Self::Drop;
        }
        if cursor.eat("add") {
            let rest = cursor.rest();
            let not_valid = rest
                .windows(2)
                .any(|pair| pair[0].is("not") && pair[1].is("valid"));
            return Self::Add { not_valid };
        }
        Self::Other
    }
}
