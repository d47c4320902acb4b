//! ALTER TABLE: its actions, one by one.

mod change;

use super::column::Column;
use super::constraint::Constraint;
use super::cursor::Cursor;
use super::word::{Ident, Name, Word, split};

pub(in crate::lint) use change::Change;

/// ALTER TABLE, also of a foreign one.
#[derive(Debug, Clone)]
pub(in crate::lint) struct AlterTable<'s> {
    pub(in crate::lint) table: Name,
    pub(in crate::lint) actions: Vec<(usize, Action<'s>)>,
}

/// What one action does.
#[derive(Debug, Clone)]
pub(in crate::lint) enum Action<'s> {
    AddColumn {
        column: Box<Column<'s>>,
        if_not_exists: bool,
    },
    DropColumn {
        column: Ident,
        cascade: bool,
        if_exists: bool,
    },
    AlterColumn(Ident, Change<'s>),
    AddConstraint(Constraint<'s>),
    ValidateConstraint(Ident),
    DropConstraint {
        name: Ident,
        cascade: bool,
        if_exists: bool,
    },
    /// Changes the text of nothing but a constraint's or trigger's own entry.
    AlterConstraint,
    RenameTable(Name),
    RenameColumn(Ident, Ident),
    RenameConstraint(Ident, Ident),
    SetSchema(Ident),
    Attach {
        partition: Name,
        bound: Vec<Word<'s>>,
    },
    Detach {
        partition: Name,
        concurrently: bool,
        finalize: bool,
    },
    RowSecurity(RowSecurity),
    /// ENABLE or DISABLE TRIGGER: whether it is switched off.
    Trigger {
        off: bool,
        which: String,
    },
    /// SET LOGGED, TABLESPACE, ACCESS METHOD: as it is written.
    Store(&'static str),
    Owner(Ident),
    /// REPLICA IDENTITY: whether it is NOTHING.
    ReplicaIdentity {
        nothing: bool,
    },
    NoInherit,
    /// SET (…) and others that hold up neither readers nor writers.
    Light,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lint) enum RowSecurity {
    Enable,
    Disable,
    Force,
    NoForce,
}

impl<'s> AlterTable<'s> {
    /// Reads on behind ALTER TABLE.
    pub(super) fn read(cursor: &mut Cursor<'_, 's>) -> Option<Self> {
        let all = cursor.is("all") && cursor.ahead(1).is_some_and(|next| next.is("in"));
        cursor.eat_if_exists();
        cursor.eat("only");
        let table = cursor.name()?;
        // ALL IN TABLESPACE a SET TABLESPACE b moves every table there.
        if all {
            let actions = vec![(table.at, Action::Store("SET TABLESPACE"))];
            return Some(Self { table, actions });
        }
        cursor.eat_symbol("*");
        let read = |part: &&[Word<'s>]| {
            let mut cursor = cursor.within(part);
            let at = cursor.place();
            (at, action(&mut cursor).unwrap_or(Action::Other))
        };
        let parts = split(cursor.rest(), ",");
        Some(Self {
            table,
            actions: parts.iter().map(read).collect(),
        })
    }
}

fn action<'s>(cursor: &mut Cursor<'_, 's>) -> Option<Action<'s>> {
    if cursor.eat("add") {
        return add(cursor);
    }
    if cursor.eat("drop") {
        return drop(cursor);
    }
    if cursor.eat("alter") {
        return alter(cursor);
    }
    if cursor.eat("rename") {
        return rename(cursor);
    }
    if cursor.eat("set") {
        return set(cursor);
    }
    if cursor.eat_all(&["validate", "constraint"]) {
        return cursor.ident().map(Action::ValidateConstraint);
    }
    if cursor.eat_all(&["owner", "to"]) {
        return cursor.ident().map(Action::Owner);
    }
    if cursor.eat_all(&["attach", "partition"]) {
        return Some(Action::Attach {
            partition: cursor.name()?,
            bound: cursor.rest().to_vec(),
        });
    }
    if cursor.eat_all(&["detach", "partition"]) {
        return Some(Action::Detach {
            partition: cursor.name()?,
            concurrently: cursor.is("concurrently"),
            finalize: cursor.is("finalize"),
        });
    }
    if cursor.eat_all(&["replica", "identity"]) {
        let nothing = cursor.is("nothing");
        return Some(Action::ReplicaIdentity { nothing });
    }
    if cursor.eat_all(&["no", "inherit"]) {
        return Some(Action::NoInherit);
    }
    if cursor.eat("reset") || cursor.eat("cluster") {
        return Some(Action::Light);
    }
    Some(switch(cursor))
}

/// ENABLE, DISABLE, FORCE.
fn switch<'s>(cursor: &mut Cursor<'_, 's>) -> Action<'s> {
    let row = ["row", "level", "security"];
    if cursor.eat_all(&["no", "force"]) {
        return Action::RowSecurity(RowSecurity::NoForce);
    }
    if cursor.eat("force") {
        return Action::RowSecurity(RowSecurity::Force);
    }
    let off = cursor.is("disable");
    if !cursor.eat_any(&["enable", "disable"]) {
        return Action::Other;
    }
    if cursor.eat_all(&row) {
        return Action::RowSecurity(if off {
            RowSecurity::Disable
        } else {
            RowSecurity::Enable
        });
    }
    // ENABLE REPLICA TRIGGER: it does not fire for ordinary writes any more.
    let replica = cursor.eat("replica");
    cursor.eat("always");
    if cursor.eat("trigger") {
        let which = cursor.ident().map_or_else(String::new, |name| name.text);
        return Action::Trigger {
            off: off || replica,
            which,
        };
    }
    Action::Other
}

fn add<'s>(cursor: &mut Cursor<'_, 's>) -> Option<Action<'s>> {
    if Constraint::is_next(cursor) {
        return Constraint::read(cursor).map(Action::AddConstraint);
    }
    cursor.eat("column");
    let if_not_exists = cursor.eat_if_exists();
    Some(Action::AddColumn {
        column: Box::new(Column::read(cursor)?),
        if_not_exists,
    })
}

fn drop<'s>(cursor: &mut Cursor<'_, 's>) -> Option<Action<'s>> {
    let is_constraint = cursor.eat("constraint");
    if !is_constraint {
        cursor.eat("column");
    }
    let if_exists = cursor.eat_if_exists();
    let name = cursor.ident()?;
    let cascade = cursor.is("cascade");
    Some(if is_constraint {
        Action::DropConstraint {
            name,
            cascade,
            if_exists,
        }
    } else {
        Action::DropColumn {
            column: name,
            cascade,
            if_exists,
        }
    })
}

fn rename<'s>(cursor: &mut Cursor<'_, 's>) -> Option<Action<'s>> {
    if cursor.eat("to") {
        return cursor.name().map(Action::RenameTable);
    }
    let is_constraint = cursor.eat("constraint");
    if !is_constraint {
        cursor.eat("column");
    }
    let from = cursor.ident()?;
    cursor.eat("to");
    let to = cursor.ident()?;
    Some(if is_constraint {
        Action::RenameConstraint(from, to)
    } else {
        Action::RenameColumn(from, to)
    })
}

fn set<'s>(cursor: &mut Cursor<'_, 's>) -> Option<Action<'s>> {
    if cursor.eat("schema") {
        return cursor.ident().map(Action::SetSchema);
    }
    Some(if cursor.is_symbol("(") || cursor.eat("without") {
        Action::Light
    } else if cursor.eat("logged") {
        Action::Store("SET LOGGED")
    } else if cursor.eat("unlogged") {
        Action::Store("SET UNLOGGED")
    } else if cursor.eat("tablespace") {
        Action::Store("SET TABLESPACE")
    } else if cursor.eat("access") {
        Action::Store("SET ACCESS METHOD")
    } else {
        Action::Other
    })
}

fn alter<'s>(cursor: &mut Cursor<'_, 's>) -> Option<Action<'s>> {
    if cursor.eat("constraint") {
        return Some(Action::AlterConstraint);
    }
    cursor.eat("column");
    let column = cursor.ident()?;
    let change = change::read(cursor).unwrap_or(Change::Other);
    Some(Action::AlterColumn(column, change))
}
