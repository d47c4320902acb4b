//! What ALTER TABLE makes of what is known.

use super::Schema;
use super::columns::{add_column, add_constraint};
use super::table::{KnownColumn, KnownKind, KnownTable};
use crate::lint::sql::{Action, AlterTable, Change, Name, RowSecurity};

impl Schema {
    pub(super) fn alter(&mut self, alter: &AlterTable<'_>) {
        for (_, action) in &alter.actions {
            let mut moved = alter.table.clone();
            match action {
                Action::RenameTable(to) => moved.name.clone_from(&to.name),
                Action::SetSchema(to) => moved.schema = Some(to.text.clone()),
                _ => {
                    self.action(&alter.table, action);
                    continue;
                }
            }
            self.moved(&alter.table, moved);
        }
    }

    fn action(&mut self, name: &Name, action: &Action<'_>) {
        let engine = self.engine;
        let key = self.entry(name);
        let is_new = self.new_tables.contains(&key);
        let table = self.change(&key);
        match action {
            Action::AddColumn { column, .. } => add_column(table, column, engine),
            Action::DropColumn { column, .. } => drop_column(table, &column.text),
            Action::AlterColumn(column, change) => {
                if let Some(known) = table.columns.get_mut(&column.text) {
                    alter_column(known, change);
                }
            }
            Action::AddConstraint(constraint) => {
                // NOT VALID says that nobody looked, in a new table too.
                let is_new = is_new && !constraint.not_valid;
                add_constraint(table, constraint, is_new, engine);
            }
            Action::ValidateConstraint(name) => {
                if let Some(known) = table.constraints.get_mut(&name.text) {
                    known.is_valid = true;
                }
            }
            Action::DropConstraint { name, .. } => {
                table.constraints.remove(&name.text);
            }
            Action::RenameConstraint(from, to) => {
                if let Some(known) = table.constraints.remove(&from.text) {
                    table.constraints.insert(to.text.clone(), known);
                }
            }
            Action::RenameColumn(from, to) => {
                if let Some(known) = table.columns.remove(&from.text) {
                    table.columns.insert(to.text.clone(), known);
                }
                renamed(table, &from.text, &to.text);
            }
            Action::RowSecurity(RowSecurity::Enable) => table.row_security = true,
            Action::RowSecurity(RowSecurity::Disable) => table.row_security = false,
            Action::Attach { partition, bound } => {
                if bound.first().is_some_and(|word| word.is("default")) {
                    table.default_partition = Some(partition.clone());
                }
                self.belongs(partition, Some(name.clone()));
            }
            Action::Detach { partition, .. } => {
                let default = table.default_partition.take();
                table.default_partition = default.filter(|it| !it.may_be(partition));
                self.belongs(partition, None);
            }
            _ => {}
        }
    }

    /// Which table a partition is part of.
    fn belongs(&mut self, partition: &Name, to: Option<Name>) {
        let part = self.entry(partition);
        self.change(&part).part_of = to;
    }
}

fn alter_column(column: &mut KnownColumn, change: &Change<'_>) {
    match change {
        Change::Type { kind, .. } => column.kind = Some(kind.clone()),
        Change::SetNotNull => column.not_null = true,
        Change::DropNotNull => column.not_null = false,
        _ => {}
    }
}

/// With a column go the constraints and indexes that it is part of.
fn drop_column(table: &mut KnownTable, column: &str) {
    table.columns.remove(column);
    table
        .indexes
        .retain(|_, index| !index.columns.iter().any(|it| it == column));
    table.constraints.retain(|_, known| match &known.kind {
        KnownKind::Unique(columns) | KnownKind::Primary(columns) => {
            !columns.iter().any(|it| it == column)
        }
        KnownKind::Foreign(foreign) => !foreign.columns.iter().any(|it| it == column),
        KnownKind::Check(check) => !check.words.iter().any(|it| it == column),
        KnownKind::Exclude => true,
    });
}

fn renamed(table: &mut KnownTable, from: &str, to: &str) {
    let change = |columns: &mut Vec<String>| {
        for column in columns.iter_mut().filter(|column| *column == from) {
            to.clone_into(column);
        }
    };
    table
        .indexes
        .values_mut()
        .for_each(|index| change(&mut index.columns));
    for known in table.constraints.values_mut() {
        match &mut known.kind {
            KnownKind::Unique(columns) | KnownKind::Primary(columns) => change(columns),
            KnownKind::Foreign(foreign) => change(&mut foreign.columns),
            KnownKind::Check(check) => {
                change(&mut check.words);
                change(&mut check.not_null);
            }
            KnownKind::Exclude => {}
        }
    }
}
