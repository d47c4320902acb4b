//! The locks of what ALTER TABLE does.

use super::Takes;
use crate::lint::claim::{Lock, Work};
use crate::lint::cost::{self, Rewrite};
use crate::lint::postgres::partitions;
use crate::lint::scene::Scene;
use crate::lint::schema::KnownKind;
use crate::lint::sql::{Action, Change, Column, Constraint, ConstraintKind, Ident, Name, Word};

const WHOLE: Lock = Lock::AccessExclusive;

impl Takes {
    pub(super) fn action(&mut self, table: &Name, action: &Action<'_>, scene: &Scene<'_>) {
        let (lock, work) = match action {
            Action::AddColumn { column, .. } => {
                if let Some(reference) = &column.references {
                    let work = column.has_default().then_some(Work::Reads);
                    self.add(&reference.table, Lock::ShareRowExclusive, work);
                }
                (WHOLE, added(column, scene))
            }
            Action::AlterColumn(_, Change::Statistics) => (Lock::ShareUpdateExclusive, None),
            Action::AlterColumn(column, change) => (WHOLE, changed(table, column, change, scene)),
            Action::AddConstraint(constraint) => self.constrained(constraint),
            Action::ValidateConstraint(name) => {
                let known = scene.schema.table(table);
                let known = known.and_then(|known| known.constraints.get(&name.text));
                let reads = known.is_none_or(|known| !known.is_valid);
                (Lock::ShareUpdateExclusive, reads.then_some(Work::Reads))
            }
            Action::DropConstraint { name, .. } => {
                let known = scene.schema.table(table);
                let known = known.and_then(|known| known.constraints.get(&name.text));
                if let Some(KnownKind::Foreign(key)) = known.map(|known| &known.kind) {
                    self.add(&key.parent, WHOLE, None);
                }
                (WHOLE, None)
            }
            Action::Attach { partition, bound } => {
                self.attached(table, partition, bound, scene);
                (Lock::ShareUpdateExclusive, None)
            }
            Action::Detach {
                concurrently: true, ..
            }
            | Action::Light => (Lock::ShareUpdateExclusive, None),
            Action::Detach { partition, .. } => {
                // Before 14 the partition itself was held less.
                let older = scene.pg_version < 14;
                let lock = if older {
                    Lock::ShareUpdateExclusive
                } else {
                    WHOLE
                };
                self.add(partition, lock, None);
                (WHOLE, None)
            }
            Action::Trigger { .. } => (Lock::ShareRowExclusive, None),
            Action::Store(_) => (WHOLE, Some(Work::Rewrites)),
            _ => (WHOLE, None),
        };
        self.add(table, lock, work);
    }

    fn constrained(&mut self, constraint: &Constraint<'_>) -> (Lock, Option<Work>) {
        let reads = (!constraint.not_valid).then_some(Work::Reads);
        match &constraint.kind {
            ConstraintKind::Foreign(_, reference) => {
                self.add(&reference.table, Lock::ShareRowExclusive, reads);
                (Lock::ShareRowExclusive, reads)
            }
            ConstraintKind::Unique(_, Some(_)) | ConstraintKind::Primary(_, Some(_)) => {
                (WHOLE, None)
            }
            ConstraintKind::Unique(..) | ConstraintKind::Primary(..) | ConstraintKind::Exclude => {
                (WHOLE, Some(Work::Indexes))
            }
            ConstraintKind::Check(_) | ConstraintKind::NotNull(_) => (WHOLE, reads),
        }
    }

    fn attached(&mut self, table: &Name, partition: &Name, bound: &[Word<'_>], scene: &Scene<'_>) {
        let reads = !partitions::is_proved(scene, partition, bound);
        self.add(partition, WHOLE, reads.then_some(Work::Reads));
        let known = scene.schema.table(table);
        if let Some(default) = known.and_then(|known| known.default_partition.as_ref()) {
            self.add(default, WHOLE, Some(Work::Reads));
        }
    }
}

/// What adding a column makes the server do.
fn added(column: &Column<'_>, scene: &Scene<'_>) -> Option<Work> {
    if let Some(rewrite) = Rewrite::of(column, scene.schema) {
        return Some(rewrite.work());
    }
    if column.unique.is_some() || column.primary_key.is_some() {
        return Some(Work::Indexes);
    }
    let reads = !column.checks.is_empty() || (column.references.is_some() && column.has_default());
    reads.then_some(Work::Reads)
}

/// What changing a column makes the server do.
fn changed(table: &Name, column: &Ident, change: &Change<'_>, scene: &Scene<'_>) -> Option<Work> {
    let known = scene.schema.table(table);
    match change {
        Change::SetNotNull => {
            let holds = known.is_some_and(|known| known.holds_no_null(&column.text));
            (!holds).then_some(Work::Reads)
        }
        Change::Type {
            kind,
            using,
            collate,
        } => cost::of_type(known, &column.text, kind, using.as_deref(), *collate),
        Change::SetExpression => Some(Work::Rewrites),
        _ => None,
    }
}
