//! What SQLite tells of its schema, joined with what the texts say.

use super::Affinity;
use super::table::{Column, ForeignKey, Generated, Index, Key, Table, TableKind};
use super::text::{self, TableText};
use crate::error::{Error, Result};
use raptor_db::{Go, RawRow, RawValue, SnapshotReader};

/// One row of the schema.
pub(super) struct Object {
    pub(super) kind: String,
    pub(super) name: String,
    /// The table that it is of.
    pub(super) of: String,
    pub(super) text: String,
}

/// Asks one file.
pub(super) struct Pragmas<'r> {
    reader: &'r SnapshotReader,
}

impl<'r> Pragmas<'r> {
    pub(super) fn new(reader: &'r SnapshotReader) -> Self {
        Self { reader }
    }

    /// All rows of the schema, by name.
    pub(super) fn objects(&self) -> Result<Vec<Object>> {
        let query =
            "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY name";
        self.rows(query, |row| Object {
            kind: text(row, 0),
            name: text(row, 1),
            of: text(row, 2),
            text: text(row, 3),
        })
    }

    /// The names of a view's columns; none when SQLite cannot read it.
    pub(super) fn view_columns(&self, name: &str) -> Vec<String> {
        let query = format!("SELECT * FROM {} LIMIT 0", quoted(name));
        self.reader.columns(&query).unwrap_or_default()
    }

    /// All that is declared of a table.
    pub(super) fn table(&self, object: Object) -> Result<Table> {
        let name = quoted_text(&object.name);
        let listed = format!(
            "SELECT type, wr, strict FROM pragma_table_list WHERE schema = 'main' AND name = {name}"
        );
        let listed = self.rows(&listed, |row| {
            (text(row, 0), integer(row, 1) == 1, integer(row, 2) == 1)
        })?;
        let (kind, without_rowid, strict) = listed.into_iter().next().unwrap_or_default();
        let kind = match kind.as_str() {
            "virtual" => TableKind::Virtual {
                module: text::module(&object.text).unwrap_or_default(),
            },
            "shadow" => TableKind::Shadow,
            _ => TableKind::Ordinary,
        };
        let (said, unread) = match kind {
            TableKind::Ordinary => match text::table(&object.text) {
                Ok(said) => (said, None),
                Err(why) => (TableText::default(), Some(why)),
            },
            _ => (TableText::default(), None),
        };
        let (columns, key) = self.columns(&object.name, &said)?;
        let is_alias = |name: &String| {
            let column = columns.iter().find(|column| column.name == *name);
            column.is_some_and(|column| column.declared.eq_ignore_ascii_case("integer"))
        };
        let rowid_alias = match &key[..] {
            [only] if !without_rowid && is_alias(only) && !is_desc_alias(&object.text, only) => {
                Some(only.clone())
            }
            _ => None,
        };
        let named = said.primary_key.as_ref().and_then(|key| key.name.clone());
        Ok(Table {
            kind,
            rowid_alias,
            primary_key: (!key.is_empty()).then_some(Key {
                name: named,
                columns: key,
            }),
            foreign_keys: self.foreign_keys(&object.name, &said)?,
            indexes: self.indexes(&object.name)?,
            columns,
            last_number: match said.autoincrement {
                true => self.last_number(&object.name)?,
                false => None,
            },
            autoincrement: said.autoincrement,
            unique: said.unique,
            checks: said.checks,
            strict,
            without_rowid,
            unread,
            name: object.name,
            text: object.text,
        })
    }

    /// What SQLite keeps of the numbers that it gave.
    fn last_number(&self, table: &str) -> Result<Option<i64>> {
        let query = format!(
            "SELECT max(seq) FROM sqlite_sequence WHERE name = {}",
            quoted_text(table)
        );
        let rows = self.rows(&query, |row| row.get(0).as_integer())?;
        Ok(rows.into_iter().flatten().next())
    }

    /// The columns, and which of them make the primary key.
    fn columns(&self, table: &str, said: &TableText) -> Result<(Vec<Column>, Vec<String>)> {
        let query = format!(
            "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo({}) WHERE hidden <> 1 ORDER BY cid",
            quoted_text(table)
        );
        let mut key = Vec::new();
        let columns = self.rows(&query, |row| {
            let name = text(row, 0);
            let of_it = said.columns.iter().find(|it| it.name == name);
            let hidden = integer(row, 5);
            let kept = hidden == 3;
            let generated = (hidden == 2 || kept).then(|| {
                let said = of_it.and_then(|it| it.generated.clone());
                said.unwrap_or(Generated {
                    expression: String::new(),
                    stored: kept,
                })
            });
            if integer(row, 4) > 0 {
                key.push((integer(row, 4), name.clone()));
            }
            let declared = text(row, 1);
            Column {
                affinity: Affinity::of(&declared),
                not_null: integer(row, 2) == 1,
                default: row.get(3).as_str().map(str::to_owned),
                collation: of_it.and_then(|it| it.collation.clone()),
                name,
                declared,
                generated,
            }
        })?;
        key.sort();
        Ok((columns, key.into_iter().map(|(_, name)| name).collect()))
    }

    /// The foreign keys: what the pragma tells, and what only the text says.
    fn foreign_keys(&self, table: &str, said: &TableText) -> Result<Vec<ForeignKey>> {
        let query = format!(
            "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete FROM pragma_foreign_key_list({}) ORDER BY id DESC, seq",
            quoted_text(table)
        );
        let mut keys: Vec<(i64, ForeignKey)> = Vec::new();
        self.rows(&query, |row| {
            let number = integer(row, 0);
            if keys.last().is_none_or(|(last, _)| *last != number) {
                keys.push((
                    number,
                    ForeignKey {
                        parent: text(row, 1),
                        on_update: text(row, 4),
                        on_delete: text(row, 5),
                        ..ForeignKey::default()
                    },
                ));
            }
            if let Some((_, key)) = keys.last_mut() {
                key.columns.push(text(row, 2));
                key.parent_columns
                    .extend(row.get(3).as_str().map(str::to_owned));
            }
        })?;
        let with_text = |(_, mut key): (i64, ForeignKey)| {
            let same = |it: &&ForeignKey| it.columns == key.columns && it.parent == key.parent;
            if let Some(said) = said.foreign_keys.iter().find(same) {
                key.name.clone_from(&said.name);
                (key.deferred, key.deferrable) = (said.deferred, said.deferrable);
            }
            key
        };
        Ok(keys.into_iter().map(with_text).collect())
    }

    /// The indexes that have a statement.
    fn indexes(&self, table: &str) -> Result<Vec<Index>> {
        let query = format!(
            "SELECT m.name, l.\"unique\", m.sql FROM pragma_index_list({0}) AS l JOIN sqlite_schema AS m \
             ON m.type = 'index' AND m.name = l.name WHERE m.sql IS NOT NULL ORDER BY m.name",
            quoted_text(table)
        );
        self.rows(&query, |row| {
            let statement = text(row, 2);
            let (columns, condition, unread) = match text::index(&statement) {
                Ok(said) => (said.columns, said.condition, None),
                Err(why) => (Vec::new(), None, Some(why)),
            };
            Index {
                name: text(row, 0),
                unique: integer(row, 1) == 1,
                columns,
                condition,
                text: statement,
                unread,
            }
        })
    }

    fn rows<T>(&self, query: &str, mut one: impl FnMut(&RawRow<'_>) -> T) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        let read = self.reader.each(query, &[], |row| {
            rows.push(one(row));
            Ok(Go::On)
        });
        read.map_err(Error::source_file)?;
        Ok(rows)
    }
}

/// `INTEGER PRIMARY KEY DESC`, written at the column, is no name of the row's number; SQLite keeps an
/// old mistake there.
fn is_desc_alias(text: &str, column: &str) -> bool {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let wanted = [
        column.to_ascii_lowercase(),
        "integer".into(),
        "primary".into(),
        "key".into(),
        "desc".into(),
    ];
    words.windows(wanted.len()).any(|it| it == wanted)
}

fn text(row: &RawRow<'_>, column: usize) -> String {
    match row.get(column) {
        RawValue::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    }
}

fn integer(row: &RawRow<'_>, column: usize) -> i64 {
    row.get(column).as_integer().unwrap_or_default()
}

/// A name as SQL writes it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQL writes it.
pub(crate) fn quoted_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
