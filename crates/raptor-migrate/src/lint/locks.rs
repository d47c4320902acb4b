//! The locks that a statement takes on Postgres's tables.

mod actions;

use super::claim::{Lock, Work};
use super::scene::Scene;
use super::sql::{ConstraintKind, Drop, Name, Object, Rename, Statement, Table};
use super::step::Step;

/// A lock on one table, and the work under it.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) table: Name,
    pub(super) lock: Lock,
    pub(super) work: Option<Work>,
}

/// The locks on tables that others may be using, from SHARE UPDATE EXCLUSIVE on.
pub(super) fn taken(step: &Step<'_>, scene: &Scene<'_>) -> Vec<Taken> {
    let mut taken = Takes(Vec::new());
    if scene.is_postgres() {
        taken.statement(&step.statement, scene);
    }
    let used = |taken: &Taken| !scene.is_ours(&taken.table);
    let mut strongest: Vec<Taken> = Vec::new();
    for one in taken.0.into_iter().filter(used) {
        match strongest.iter_mut().find(|it| it.table.may_be(&one.table)) {
            Some(it) => {
                it.lock = it.lock.max(one.lock);
                it.work = it.work.or(one.work);
            }
            None => strongest.push(one),
        }
    }
    strongest
}

struct Takes(Vec<Taken>);

impl Takes {
    fn add(&mut self, table: &Name, lock: Lock, work: Option<Work>) {
        self.0.push(Taken {
            table: table.clone(),
            lock,
            work,
        });
    }

    fn statement(&mut self, statement: &Statement<'_>, scene: &Scene<'_>) {
        match statement {
            Statement::CreateTable(table) => self.create(table, scene),
            Statement::AlterTable(alter) => {
                for (_, action) in &alter.actions {
                    self.action(&alter.table, action, scene);
                }
            }
            Statement::CreateIndex(index) => {
                let lock = if index.is_concurrent {
                    Lock::ShareUpdateExclusive
                } else {
                    Lock::Share
                };
                let work = (!index.only).then_some(Work::Indexes);
                self.add(&index.table, lock, work);
            }
            Statement::Drop(drop) => self.drop(drop, scene),
            Statement::Truncate { tables, .. } => {
                for table in tables {
                    self.add(table, Lock::AccessExclusive, None);
                }
            }
            Statement::Reindex(reindex) if !reindex.is_concurrent => {
                let Some(name) = &reindex.name else { return };
                match (reindex.what.as_str(), scene.schema.index(&name.name)) {
                    ("table", _) => self.add(name, Lock::Share, Some(Work::Indexes)),
                    ("index", Some((table, _))) => {
                        self.add(&table.name, Lock::Share, Some(Work::Indexes));
                    }
                    _ => {}
                }
            }
            Statement::CreateTrigger { table, .. } => {
                self.add(table, Lock::ShareRowExclusive, None);
            }
            Statement::CreateRule { table } => self.add(table, Lock::AccessExclusive, None),
            Statement::Policy(policy) => self.add(&policy.table, Lock::AccessExclusive, None),
            Statement::Rename { object, name, to } => self.rename(*object, name, to),
            Statement::Create {
                object: Object::View,
                name,
                or_replace: true,
                ..
            } => self.add(name, Lock::AccessExclusive, None),
            Statement::Writes(writes) => {
                for write in writes {
                    self.add(&write.table, Lock::RowExclusive, None);
                }
            }
            _ => self.upkeep(statement),
        }
    }

    fn upkeep(&mut self, statement: &Statement<'_>) {
        match statement {
            Statement::Vacuum { full: true, tables } => {
                for table in tables {
                    self.add(table, Lock::AccessExclusive, Some(Work::Rewrites));
                }
            }
            Statement::Cluster(Some(table)) => {
                self.add(table, Lock::AccessExclusive, Some(Work::Rewrites));
            }
            Statement::Lock { tables, mode } => {
                for table in tables {
                    if let Some(lock) = mode_of(mode) {
                        self.add(table, lock, None);
                    }
                }
            }
            Statement::Refresh { view, concurrently } => {
                let (lock, work) = if *concurrently {
                    (Lock::Exclusive, Work::Reads)
                } else {
                    (Lock::AccessExclusive, Work::Rewrites)
                };
                self.add(view, lock, Some(work));
            }
            _ => {}
        }
    }

    fn create(&mut self, table: &Table<'_>, scene: &Scene<'_>) {
        if let Some((parent, is_default)) = &table.partition_of {
            self.add(parent, Lock::AccessExclusive, None);
            let known = scene.schema.table(parent);
            let default = known.and_then(|known| known.default_partition.as_ref());
            if let Some(default) = default.filter(|_| !is_default) {
                self.add(default, Lock::AccessExclusive, Some(Work::Reads));
            }
        }
        for parent in &table.inherits {
            self.add(parent, Lock::ShareUpdateExclusive, None);
        }
        let columns = table.columns.iter().filter_map(|it| it.references.as_ref());
        let listed = table.constraints.iter().filter_map(|it| match &it.kind {
            ConstraintKind::Foreign(_, reference) => Some(reference),
            _ => None,
        });
        for reference in columns.chain(listed) {
            if !reference.table.may_be(&table.name) {
                self.add(&reference.table, Lock::ShareRowExclusive, None);
            }
        }
    }

    fn drop(&mut self, drop: &Drop, scene: &Scene<'_>) {
        let of = |name: &Name| match drop.object {
            Object::Table | Object::ForeignTable | Object::View | Object::MaterializedView => {
                Some(name.clone())
            }
            Object::Index if !drop.is_concurrent => scene
                .schema
                .index(&name.name)
                .map(|(table, _)| table.name.clone()),
            Object::Trigger | Object::Rule | Object::Policy => drop.on.clone(),
            _ => None,
        };
        for table in drop.names.iter().filter_map(of) {
            self.add(&table, Lock::AccessExclusive, None);
        }
        if drop.object != Object::Table {
            return;
        }
        // With a table go its foreign keys, and their triggers on the tables they point at.
        for name in &drop.names {
            let Some(table) = scene.schema.table(name) else {
                continue;
            };
            for key in table.foreign_keys() {
                self.add(&key.parent, Lock::AccessExclusive, None);
            }
            if let Some(parent) = &table.part_of {
                self.add(parent, Lock::AccessExclusive, None);
            }
        }
    }

    fn rename(&mut self, object: Object, name: &Name, to: &Rename) {
        let is_relation = matches!(object, Object::View | Object::MaterializedView);
        if is_relation && !matches!(to, Rename::Other) {
            self.add(name, Lock::AccessExclusive, None);
        }
    }
}

fn mode_of(mode: &str) -> Option<Lock> {
    let all = [
        Lock::RowExclusive,
        Lock::ShareUpdateExclusive,
        Lock::Share,
        Lock::ShareRowExclusive,
        Lock::Exclusive,
        Lock::AccessExclusive,
    ];
    all.into_iter().find(|lock| lock.as_str() == mode)
}
