//! What uses a value that an enum gets on the way: Postgres lets nothing do so within the transaction
//! that makes it. Such parts are left as they were, and are noted: the next revision has them.

use super::tables::{parent, pointed_at};
use super::view::is_view;
use crate::catalog::{Catalog, Column, Constraint, Relation, Routine, Type};
use crate::generate::words::{Words, plain};
use raptor_db::lexer::{self, Token, TokenKind};
use std::collections::BTreeSet;

/// The schema without what has to wait, and what that is; none where nothing has to.
pub(in crate::generate) fn without(from: &Catalog, to: &Catalog) -> Option<(Catalog, Vec<String>)> {
    let values = values(from, to);
    if values.is_empty() {
        return None;
    }
    let mut waiting = Waiting {
        from,
        values,
        columns: BTreeSet::new(),
        names: BTreeSet::new(),
        notes: Vec::new(),
    };
    let mut held = to.clone();
    waiting.types(&mut held.types);
    waiting.tables(&mut held.relations);
    waiting.parts(&mut held.relations);
    waiting.routines(&mut held.routines);
    while waiting.views(&mut held.relations) {}
    (!waiting.notes.is_empty()).then_some((held, waiting.notes))
}

/// Types, and the values that come to them.
fn values(from: &Catalog, to: &Catalog) -> Vec<(String, String)> {
    let mut values = Vec::new();
    for new in to.types.iter().filter(|it| it.kind == "enum") {
        let Some(old) = from.types.iter().find(|it| it.name == new.name) else {
            continue;
        };
        let came = new.labels.iter().filter(|it| !old.labels.contains(it));
        values.extend(came.map(|it| (new.name.clone(), it.clone())));
    }
    values
}

struct Waiting<'c> {
    from: &'c Catalog,
    values: Vec<(String, String)>,
    /// Columns that wait, with their tables.
    columns: BTreeSet<(String, String)>,
    /// Tables, views and routines that wait.
    names: BTreeSet<String>,
    notes: Vec<String>,
}

impl Waiting<'_> {
    /// Whether an expression has one of the values, as `'value'::type` or in `'{value}'::type[]`.
    fn uses(&self, text: &str) -> bool {
        let tokens = lexer::tokens(text).unwrap_or_default();
        let code: Vec<&Token> = tokens.iter().filter(|it| it.is_code()).collect();
        code.windows(3).enumerate().any(|(place, three)| {
            let is_array = code
                .get(place + 3)
                .is_some_and(|it| it.is_symbol(text, "["));
            let [value, cast, name] = three else {
                return false;
            };
            if value.kind != TokenKind::String || cast.kind != TokenKind::Cast {
                return false;
            }
            let (value, name) = (unquoted(value.text(text)), plain(name.text(text)));
            self.values.iter().any(|(of, label)| {
                *of == name && (value == *label || (is_array && value.contains(label.as_str())))
            })
        })
    }

    /// Whether a partition's bound has one of them, which stand there without their type.
    fn bounds(&self, bound: &str) -> bool {
        let tokens = lexer::tokens(bound).unwrap_or_default();
        let mut strings = tokens.iter().filter(|it| it.kind == TokenKind::String);
        strings.any(|it| {
            let value = unquoted(it.text(bound));
            self.values.iter().any(|(_, label)| value == *label)
        })
    }

    /// Whether a definition that hangs on `own`, or names its tables, has to wait.
    fn waits(&self, text: &str, own: Option<&str>) -> bool {
        if self.uses(text) {
            return true;
        }
        let words = Words::of(text);
        let has = |(table, column): &(String, String)| {
            words.has(column) && (own == Some(table.as_str()) || words.has(table))
        };
        self.columns.iter().any(has)
            || self
                .names
                .iter()
                .any(|name| own != Some(name.as_str()) && words.has(name))
    }

    fn note(&mut self, what: &str) {
        self.notes.push(format!(
            "{what}: it uses a new value of an enum, which this revision cannot, and is left for the next revision; draft that when this one has run"
        ));
    }

    fn types(&mut self, types: &mut [Type]) {
        for new in types.iter_mut().filter(|it| it.kind == "domain") {
            let old = self.from.types.iter().find(|it| it.name == new.name);
            if new.default.as_deref().is_some_and(|it| self.uses(it)) {
                self.note(&format!("type {}: its default", new.name));
                new.default = old.and_then(|it| it.default.clone());
            }
            let olds = old.map(|it| it.constraints.as_slice()).unwrap_or_default();
            let owner = format!("type {}", new.name);
            self.constraints(&owner, None, olds, &mut new.constraints);
        }
    }

    /// Parts of other tables, and columns.
    fn tables(&mut self, relations: &mut Vec<Relation>) {
        let from = self.from;
        relations.retain(|new| {
            let bound = new.properties.get("partition bound");
            let waits =
                bound.is_some_and(|it| self.bounds(it)) && from.relation(&new.name).is_none();
            if waits {
                self.note(&format!("table {}", new.name));
                self.names.insert(new.name.clone());
            }
            !waits
        });
        for new in relations.iter_mut().filter(|it| !is_view(it)) {
            let old = from.relation(&new.name);
            let name = new.name.clone();
            new.columns
                .retain_mut(|column| self.column(&name, old, column));
        }
    }

    /// Whether a column comes or stays, perhaps with another default.
    fn column(&mut self, table: &str, old: Option<&Relation>, column: &mut Column) -> bool {
        let computed = column.generated.as_ref().map(|it| it.expression.as_str());
        let default = column.default.as_deref();
        let is_computed = computed.is_some_and(|it| self.uses(it));
        if !is_computed && !default.is_some_and(|it| self.uses(it)) {
            return true;
        }
        let what = format!("table {table}, column {}", column.name);
        let was = old.and_then(|it| it.column(&column.name));
        match (old, was) {
            (_, Some(was)) if is_computed => {
                self.note(&what);
                *column = was.clone();
            }
            (_, Some(was)) => {
                self.note(&format!("{what}: its default"));
                let fits = was.type_name == column.type_name;
                column.default = was.default.clone().filter(|_| fits);
            }
            (None, None) if !is_computed => {
                self.note(&format!("{what}: its default"));
                column.default = None;
            }
            // With it the rows that there are get its value.
            (_, None) => {
                self.note(&what);
                self.columns.insert((table.to_owned(), column.name.clone()));
                return false;
            }
        }
        true
    }

    /// What hangs on tables and views.
    fn parts(&mut self, relations: &mut [Relation]) {
        let from = self.from;
        for new in relations {
            let nothing = Relation::default();
            let old = from.relation(&new.name).unwrap_or(&nothing);
            let (owner, own) = (format!("{} {}", new.kind, new.name), new.name.clone());
            let own = Some(own.as_str());
            self.constraints(&owner, own, &old.constraints, &mut new.constraints);
            self.hold(
                &mut new.indexes,
                &old.indexes,
                own,
                |it| (format!("{owner}, index {}", it.name), it.name.clone()),
                |it| it.definition.clone(),
            );
            self.hold(
                &mut new.triggers,
                &old.triggers,
                own,
                |it| (format!("{owner}, trigger {}", it.name), it.name.clone()),
                |it| it.definition.clone(),
            );
            self.hold(
                &mut new.rules,
                &old.rules,
                own,
                |it| (format!("{owner}, rule {}", it.name), it.name.clone()),
                |it| it.definition.clone(),
            );
            self.hold(
                &mut new.policies,
                &old.policies,
                own,
                |it| (format!("{owner}, policy {}", it.name), it.name.clone()),
                |it| {
                    [&it.using, &it.check]
                        .map(|it| it.clone().unwrap_or_default())
                        .join(" ")
                },
            );
        }
    }

    fn constraints(
        &mut self,
        owner: &str,
        own: Option<&str>,
        olds: &[Constraint],
        news: &mut Vec<Constraint>,
    ) {
        let columns = self.columns.clone();
        // The other side of a foreign key is its own.
        let points_at_one = |it: &Constraint| {
            let parent = parent(it).unwrap_or_default();
            let mut there = pointed_at(&it.definition).into_iter();
            it.kind == "foreign key" && there.any(|name| columns.contains(&(parent.clone(), name)))
        };
        let name = |it: &Constraint| it.name.clone().unwrap_or_default();
        self.hold(
            news,
            olds,
            own,
            |it| (format!("{owner}, constraint {}", name(it)), name(it)),
            |it| {
                let more = if points_at_one(it) { "this" } else { "" };
                format!("{} {} {more}", it.definition, it.columns.join(" "))
            },
        );
    }

    /// Puts what was in the place of what waits, or nothing.
    fn hold<T: Clone>(
        &mut self,
        news: &mut Vec<T>,
        olds: &[T],
        own: Option<&str>,
        called: impl Fn(&T) -> (String, String),
        text: impl Fn(&T) -> String,
    ) {
        let mut kept = Vec::new();
        for new in news.drain(..) {
            if !self.waits(&text(&new), own) {
                kept.push(new);
                continue;
            }
            let (what, name) = called(&new);
            self.note(&what);
            let old = olds.iter().find(|it| called(it).1 == name);
            kept.extend(old.cloned());
        }
        *news = kept;
    }

    fn routines(&mut self, routines: &mut Vec<Routine>) {
        let mut kept = Vec::new();
        for new in routines.drain(..) {
            let needs = [&new.arguments, &new.body];
            let is_parsed = new
                .definition
                .as_deref()
                .is_some_and(|it| it.contains("BEGIN ATOMIC") || it.contains("\nRETURN "));
            let count = if is_parsed { 2 } else { 1 };
            if !needs[..count].iter().any(|it| self.waits(it, None)) {
                kept.push(new);
                continue;
            }
            self.note(&format!("routine {}", new.name));
            let old = self.from.routines.iter().find(|it| it.name == new.name);
            if old.is_none() {
                self.names.insert(super::loose::base(&new.name));
            }
            kept.extend(old.cloned());
        }
        *routines = kept;
    }

    /// One round; whether it found more.
    fn views(&mut self, relations: &mut Vec<Relation>) -> bool {
        let (from, before) = (self.from, self.notes.len());
        let mut kept = Vec::new();
        for new in relations.drain(..) {
            let old = from.relation(&new.name).filter(|old| old.kind == new.kind);
            let is_as_before = old.is_some_and(|it| it.definition == new.definition);
            let definition = new.definition.as_deref().filter(|_| !is_as_before);
            if !definition.is_some_and(|it| self.waits(it, Some(&new.name))) {
                kept.push(new);
                continue;
            }
            self.note(&format!("{} {}", new.kind, new.name));
            if old.is_none() {
                self.names.insert(new.name);
            }
            kept.extend(old.cloned());
        }
        *relations = kept;
        self.notes.len() > before
    }
}

fn unquoted(string: &str) -> String {
    let inside = string.trim_start_matches(['E', 'e']);
    let inside = inside.strip_prefix('\'').unwrap_or(inside);
    let inside = inside.strip_suffix('\'').unwrap_or(inside);
    inside.replace("''", "'")
}
