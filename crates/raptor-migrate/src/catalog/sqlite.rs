//! Reads the catalog of SQLite: five queries, and the texts that its schema keeps.
//!
//! Much of a table stands in its text alone (checks, collations, AUTOINCREMENT, what a column is
//! computed from), so the text is taken apart. Pragmas tell some of the same, and where the two do
//! not agree, or the text has what is not known here, the table is compared by its whole text: a
//! difference may then be one of writing, but none is missed.

mod attached;
mod cursor;
mod normal;
mod rows;
mod table;
mod tokens;

use super::object::Other;
use super::relation::{Column, Generated, Relation, RelationKind};
use super::{Catalog, OURS, cannot_read};
use crate::error::Result;
use attached::{index, trigger, view, virtual_table};
use normal::{Names, of_text};
use raptor_db::{Engine, Session};
use rows::{Rows, SettingRow, TableRow, ToldColumn};
use std::collections::BTreeMap;
use table::{ForeignKey, TableText, table, told_default, told_type};

/// Reads all in one snapshot, inside the transaction that is open or in one of its own.
pub(super) async fn read(session: &Session) -> Result<Catalog> {
    let run = async |text| session.execute_raw(text).await.map_err(cannot_read);
    run("SAVEPOINT raptor_catalog").await?;
    let rows = Rows::read(session).await;
    run("RELEASE raptor_catalog").await?;
    Ok(catalog(&rows?))
}

fn catalog(rows: &Rows) -> Catalog {
    let everywhere = rows.names();
    let mut relations = BTreeMap::new();
    for row in &rows.tables {
        let name = row.name.to_ascii_lowercase();
        if name.starts_with("sqlite_") || OURS.contains(&name.as_str()) {
            continue;
        }
        relations.insert(name, relation(row, rows, &everywhere));
    }
    for row in &rows.attached {
        let Some(relation) = relations.get_mut(&row.relation.to_ascii_lowercase()) else {
            continue;
        };
        if row.kind == "index" {
            let names = names_of(&row.relation, rows.columns_of(&row.relation));
            relation.indexes.push(index(&row.name, &row.text, &names));
        } else {
            let trigger = trigger(&row.name, &row.text, &everywhere);
            relation.triggers.push(trigger);
        }
    }
    Catalog {
        relations: relations.into_values().collect(),
        others: rows.settings.iter().map(setting).collect(),
        ..Catalog::empty(Engine::Sqlite)
    }
}

fn setting(row: &SettingRow) -> Other {
    let mut setting = Other {
        kind: "setting".to_owned(),
        name: row.name.clone(),
        ..Other::default()
    };
    setting.properties.set("value", row.value.as_str());
    setting
}

fn relation(row: &TableRow, rows: &Rows, everywhere: &Names) -> Relation {
    let told = rows.columns_of(&row.name);
    let mut relation = Relation {
        name: row.name.clone(),
        text: row.text.clone(),
        columns: told.iter().map(column).collect(),
        ..Relation::default()
    };
    if let Some(error) = rows.broken.get(&row.name) {
        relation.properties.set("broken", error);
    }
    let text = row.text.as_deref().unwrap_or_default();
    match row.kind.as_str() {
        "view" => {
            relation.kind = RelationKind::View;
            relation.definition = Some(view(text, everywhere));
        }
        "virtual" => {
            relation.kind = RelationKind::VirtualTable;
            relation.definition = Some(virtual_table(text));
        }
        _ => {
            let names = names_of(&row.name, told);
            match table(text, &names).filter(|read| agrees(read, row, rows, &names)) {
                Some(read) => {
                    relation.columns = read.columns;
                    relation.constraints = read.constraints;
                }
                None => {
                    let text = of_text(text, &names).unwrap_or_else(|| text.to_owned());
                    relation.definition = Some(text);
                }
            }
        }
    }
    for (is, name) in [
        (row.kind == "shadow", "shadow"),
        (row.is_strict, "strict"),
        (row.is_without_rowid, "without rowid"),
    ] {
        if is {
            relation.properties.set(name, "yes");
        }
    }
    relation
}

/// What expressions over a table can name: its columns, itself, its row's number.
fn names_of(table: &str, columns: &[ToldColumn]) -> Names {
    let columns = columns.iter().map(|column| column.name.as_str());
    let all = columns.chain([table, "rowid", "oid", "_rowid_"]);
    all.map(str::to_owned).collect()
}

/// A column as the pragma tells it.
fn column(told: &ToldColumn) -> Column {
    let mut column = Column {
        name: told.name.clone(),
        type_name: told_type(&told.type_name).unwrap_or_else(|| told.type_name.clone()),
        not_null: told.not_null,
        default: told.default.clone(),
        ..Column::default()
    };
    match told.hidden {
        1 => column.properties.set("hidden", "yes"),
        2 | 3 => {
            column.generated = Some(Generated {
                expression: String::new(),
                stored: told.hidden == 3,
            });
        }
        _ => {}
    }
    column
}

/// Whether the text, as it was read, says what the pragmas say.
fn agrees(read: &TableText, row: &TableRow, rows: &Rows, names: &Names) -> bool {
    let told = rows.columns_of(&row.name);
    let mut key: Vec<_> = told.iter().filter(|column| column.key > 0).collect();
    key.sort_by_key(|column| column.key);
    let is_key = key.len() == read.primary_key.len()
        && key
            .iter()
            .zip(&read.primary_key)
            .all(|(told, read)| told.name.eq_ignore_ascii_case(read));
    let is_column = |(read, told): (&Column, &ToldColumn)| {
        let kept = read.generated.as_ref().map(|it| it.stored);
        let default = told.default.as_deref();
        read.name == told.name
            && told_type(&told.type_name).as_ref() == Some(&read.type_name)
            && default.is_some() == read.default.is_some()
            && default.and_then(|it| told_default(it, names)) == read.default
            // Columns of a key may refuse NULL without saying so.
            && (read.not_null == told.not_null || told.not_null && told.key > 0)
            && told.hidden == kept.map_or(0, |is_stored| if is_stored { 3 } else { 2 })
    };
    read.is_strict == row.is_strict
        && read.is_without_rowid == row.is_without_rowid
        && is_key
        && read.columns.len() == told.len()
        && read.columns.iter().zip(told).all(is_column)
        && sorted(&read.foreign_keys) == sorted(rows.foreign_keys_of(&row.name))
}

fn sorted(keys: &[ForeignKey]) -> Vec<&ForeignKey> {
    let mut keys: Vec<_> = keys.iter().collect();
    keys.sort();
    keys
}
