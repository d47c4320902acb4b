//! What SQLite answers about its schema.

use super::normal::Names;
use super::table::ForeignKey;
use crate::catalog::cannot_read;
use crate::error::Result;
use raptor_db::{FromRow, Params, Row, Session, Sql, from_row, params};
use std::collections::BTreeMap;

static TABLES: Sql = Sql::new(
    "SELECT l.name AS name, l.type AS kind, l.strict AS is_strict, l.wr AS is_without_rowid, m.sql AS text \
     FROM pragma_table_list AS l \
     LEFT JOIN sqlite_schema AS m ON m.name = l.name AND m.type IN ('table', 'view') \
     WHERE l.schema = 'main' ORDER BY l.name",
);

static COLUMNS: Sql = Sql::new(
    "SELECT m.name AS relation, x.name AS name, x.type AS type_name, x.\"notnull\" AS not_null, \
     x.dflt_value AS value, x.pk AS key, x.hidden AS hidden \
     FROM sqlite_schema AS m JOIN pragma_table_xinfo(m.name, 'main') AS x \
     WHERE m.type IN ('table', 'view') AND m.name = coalesce(:name, m.name) ORDER BY m.name, x.cid",
);

static FOREIGN_KEYS: Sql = Sql::new(
    "SELECT m.name AS relation, f.id AS number, f.\"table\" AS parent, f.\"from\" AS source, \
     f.\"to\" AS target, f.on_delete AS on_delete, f.on_update AS on_update \
     FROM sqlite_schema AS m JOIN pragma_foreign_key_list(m.name, 'main') AS f \
     WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq",
);

/// What the file's header keeps for its users, and how texts are kept, where it is not as in a new
/// file.
static SETTINGS: Sql = Sql::new(
    "SELECT 'application_id' AS name, application_id::text AS value FROM pragma_application_id WHERE application_id <> 0 \
     UNION ALL SELECT 'encoding', encoding FROM pragma_encoding WHERE encoding <> 'UTF-8' \
     UNION ALL SELECT 'user_version', user_version::text FROM pragma_user_version WHERE user_version <> 0 ORDER BY 1",
);

/// Indexes that constraints make have no text.
static ATTACHED: Sql = Sql::new(
    "SELECT type AS kind, name, tbl_name AS relation, sql AS text FROM sqlite_schema \
     WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY type, name",
);

from_row! {
    /// A table or view.
    pub(super) struct TableRow {
        pub(super) name: String,
        pub(super) kind: String,
        pub(super) is_strict: bool,
        pub(super) is_without_rowid: bool,
        pub(super) text: Option<String>,
    }
}

from_row! {
    /// An index or a trigger.
    pub(super) struct AttachedRow {
        pub(super) kind: String,
        pub(super) name: String,
        pub(super) relation: String,
        pub(super) text: String,
    }
}

from_row! {
    /// A setting of the file.
    pub(super) struct SettingRow {
        pub(super) name: String,
        pub(super) value: String,
    }
}

/// A column as `PRAGMA table_xinfo` tells it.
pub(super) struct ToldColumn {
    pub(super) name: String,
    pub(super) type_name: String,
    pub(super) not_null: bool,
    pub(super) default: Option<String>,
    /// Its place in the primary key, from 1.
    pub(super) key: i64,
    pub(super) hidden: i64,
}

/// All of it, by the tables' names as they are written.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) tables: Vec<TableRow>,
    pub(super) attached: Vec<AttachedRow>,
    pub(super) settings: Vec<SettingRow>,
    /// Views that cannot be asked for their columns, and why.
    pub(super) broken: BTreeMap<String, String>,
    columns: BTreeMap<String, Vec<ToldColumn>>,
    foreign_keys: BTreeMap<String, Vec<ForeignKey>>,
}

impl Rows {
    pub(super) async fn read(session: &Session) -> Result<Self> {
        let mut all = Self {
            tables: rows(session, &TABLES, params! {}).await?,
            attached: rows(session, &ATTACHED, params! {}).await?,
            settings: rows(session, &SETTINGS, params! {}).await?,
            ..Self::default()
        };
        let columns = session
            .query(&COLUMNS, params! { name: None::<&str> })
            .await;
        match columns {
            Ok(columns) => all.add_columns(&columns)?,
            Err(_) => all.ask_one_by_one(session).await?,
        }
        let query = session.query(&FOREIGN_KEYS, params! {}).await;
        all.add_foreign_keys(&query.map_err(cannot_read)?)
            .map_err(cannot_read)?;
        Ok(all)
    }

    /// One view that names what is gone, or a table of a module that is not there, fails the query for
    /// all.
    async fn ask_one_by_one(&mut self, session: &Session) -> Result<()> {
        let names: Vec<String> = self.tables.iter().map(|it| it.name.clone()).collect();
        for name in names {
            match session
                .query(&COLUMNS, params! { name: name.as_str() })
                .await
            {
                Ok(rows) => self.add_columns(&rows)?,
                Err(error) => {
                    self.broken.insert(name, error.message().to_owned());
                }
            }
        }
        Ok(())
    }

    fn add_columns(&mut self, rows: &[Row]) -> Result<()> {
        let mut add = |row: &Row| {
            let column = ToldColumn {
                name: row.get("name")?,
                type_name: row.get::<Option<String>>("type_name")?.unwrap_or_default(),
                not_null: row.get("not_null")?,
                default: row.get("value")?,
                key: row.get("key")?,
                hidden: row.get("hidden")?,
            };
            let relation = row.get("relation")?;
            self.columns.entry(relation).or_default().push(column);
            Ok(())
        };
        rows.iter().try_for_each(&mut add).map_err(cannot_read)
    }

    fn add_foreign_keys(&mut self, rows: &[Row]) -> raptor_db::Result<()> {
        let mut last = None;
        for row in rows {
            let (relation, number): (String, i64) = (row.get("relation")?, row.get("number")?);
            let lower = |name: String| name.to_ascii_lowercase();
            let keys = self.foreign_keys.entry(relation.clone()).or_default();
            let this = Some((relation, number));
            if last != this {
                keys.push(ForeignKey {
                    columns: Vec::new(),
                    parent: row.get("parent").map(lower)?,
                    parent_columns: Vec::new(),
                    on_delete: row.get("on_delete")?,
                    on_update: row.get("on_update")?,
                });
                last = this;
            }
            if let Some(key) = keys.last_mut() {
                key.columns.push(row.get("source").map(lower)?);
                let target: Option<String> = row.get("target")?;
                key.parent_columns.extend(target.map(lower));
            }
        }
        Ok(())
    }

    pub(super) fn columns_of(&self, relation: &str) -> &[ToldColumn] {
        self.columns.get(relation).map_or(&[], Vec::as_slice)
    }

    pub(super) fn foreign_keys_of(&self, relation: &str) -> &[ForeignKey] {
        self.foreign_keys.get(relation).map_or(&[], Vec::as_slice)
    }

    /// All names that are in the schema.
    pub(super) fn names(&self) -> Names {
        let tables = self.tables.iter().map(|row| row.name.as_str());
        let attached = self.attached.iter().map(|row| row.name.as_str());
        let columns = self.columns.values().flatten().map(|it| it.name.as_str());
        let all = tables.chain(attached).chain(columns);
        let mut names: Names = all.map(str::to_owned).collect();
        names.extend(
            ["rowid", "oid", "_rowid_", "old", "new", "excluded", "main"].map(str::to_owned),
        );
        names
    }
}

async fn rows<T: FromRow>(session: &Session, sql: &Sql, params: Params<'_>) -> Result<Vec<T>> {
    let rows = session.query(sql, params).await.map_err(cannot_read)?;
    let read: raptor_db::Result<Vec<T>> = rows.iter().map(T::from_row).collect();
    read.map_err(cannot_read)
}
