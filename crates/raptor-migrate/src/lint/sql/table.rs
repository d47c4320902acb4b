//! CREATE TABLE, in all its forms.

use super::column::Column;
use super::constraint::{Constraint, ConstraintKind};
use super::cursor::Cursor;
use super::word::{Name, split};

/// A table that a statement makes.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Table<'s> {
    pub(in crate::lint) name: Name,
    pub(in crate::lint) is_temporary: bool,
    pub(in crate::lint) unlogged: Option<usize>,
    /// A foreign table, or a virtual one of SQLite: rows and keys are elsewhere.
    pub(in crate::lint) is_elsewhere: bool,
    pub(in crate::lint) if_not_exists: bool,
    pub(in crate::lint) columns: Vec<Column<'s>>,
    pub(in crate::lint) constraints: Vec<Constraint<'s>>,
    /// LIKE: the table, and whether its indexes come along.
    pub(in crate::lint) like: Option<(Name, bool)>,
    pub(in crate::lint) inherits: Vec<Name>,
    /// PARTITION OF: the table it is a part of, and whether it is the default one.
    pub(in crate::lint) partition_of: Option<(Name, bool)>,
    pub(in crate::lint) is_partitioned: bool,
    /// AS SELECT or OF a type: the columns are not said here.
    pub(in crate::lint) is_derived: bool,
    pub(in crate::lint) is_strict: bool,
    pub(in crate::lint) without_rowid: bool,
}

impl<'s> Table<'s> {
    /// Reads on behind CREATE; `None` when no table is made.
    pub(super) fn read(cursor: &mut Cursor<'_, 's>) -> Option<Self> {
        cursor.eat_any(&["global", "local"]);
        let is_temporary = cursor.eat_any(&["temp", "temporary"]);
        let place = cursor.place();
        let unlogged = cursor.eat("unlogged").then_some(place);
        let is_elsewhere = cursor.eat_any(&["foreign", "virtual"]);
        if !cursor.eat("table") {
            return None;
        }
        let if_not_exists = cursor.eat_if_exists();
        let mut table = Self {
            is_elsewhere,
            if_not_exists,
            is_derived: false,
            ..Self::derived(cursor.name()?, is_temporary, unlogged)
        };
        if cursor.eat_all(&["partition", "of"]) {
            table.partition_of = cursor.name().map(|parent| (parent, false));
        } else if cursor.eat("of") {
            cursor.name();
            table.is_derived = true;
        }
        let has_elements = cursor.is_symbol("(");
        let elements = cursor.group().unwrap_or_default();
        table.tail(cursor);
        // CREATE TABLE t (a, b) AS SELECT … names columns without their types.
        if has_elements && !table.is_derived {
            for element in split(elements, ",") {
                table.element(&mut cursor.within(element));
            }
        }
        Some(table)
    }

    /// A table that a query makes.
    pub(super) fn derived(name: Name, is_temporary: bool, unlogged: Option<usize>) -> Self {
        Self {
            name,
            is_temporary,
            unlogged,
            is_elsewhere: false,
            if_not_exists: false,
            columns: Vec::new(),
            constraints: Vec::new(),
            like: None,
            inherits: Vec::new(),
            partition_of: None,
            is_partitioned: false,
            is_derived: true,
            is_strict: false,
            without_rowid: false,
        }
    }

    fn element(&mut self, cursor: &mut Cursor<'_, 's>) {
        if cursor.eat("like") {
            let Some(name) = cursor.name() else { return };
            let rest = cursor.rest();
            let indexes = rest
                .windows(2)
                .any(|pair| pair[0].is("including") && pair[1].is_any(&["all", "indexes"]));
            self.like = Some((name, indexes));
        } else if Constraint::is_next(cursor) {
            self.constraints.extend(Constraint::read(cursor));
        } else {
            self.columns.extend(Column::read(cursor));
        }
    }

    /// What follows the columns.
    fn tail(&mut self, cursor: &mut Cursor<'_, 's>) {
        while let Some(word) = cursor.peek() {
            if cursor.eat("inherits") {
                let parents = cursor.group().unwrap_or_default();
                self.inherits = cursor.within(parents).names();
            } else if cursor.eat_all(&["partition", "by"]) {
                self.is_partitioned = true;
            } else if word.is("as") {
                self.is_derived = true;
                return;
            } else if cursor.eat("default") {
                if let Some((_, is_default)) = &mut self.partition_of {
                    *is_default = true;
                }
            } else if cursor.eat("strict") {
                self.is_strict = true;
            } else if cursor.eat_all(&["without", "rowid"]) {
                self.without_rowid = true;
            } else if cursor.group().is_none() {
                cursor.bump();
            }
        }
    }

    /// Where the primary key stands, if it is said with the columns.
    pub(in crate::lint) fn primary_key(&self) -> Option<Vec<String>> {
        let inline = self.columns.iter().find(|it| it.primary_key.is_some());
        let listed = self.constraints.iter().find_map(|it| match &it.kind {
            ConstraintKind::Primary(columns, _) => Some(columns.clone()),
            _ => None,
        });
        listed.or_else(|| inline.map(|column| vec![column.name.text.clone()]))
    }
}
