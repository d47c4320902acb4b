//! A schema that is there, made by the application's own migrations: its types decide how cells are read.

pub(crate) mod aside;
pub(crate) mod heads;
mod keys;
mod met;
pub(crate) mod numbers;
pub(crate) mod place;

use crate::error::{Error, ErrorKind, Result};
use crate::kind::{Conversion, Kind};
use crate::patience::patient;
use crate::plan::{Mode, Plan, TablePlan};
use crate::source::{Source, quoted};
use raptor_db::{Db, Row, Scope, Sql, params};
use std::collections::{BTreeMap, BTreeSet};

/// What a schema on Postgres has.
#[derive(Debug, Clone, Default)]
pub struct Target {
    pub(crate) tables: Vec<TargetTable>,
    pub(crate) keys: Vec<keys::TargetKey>,
}

/// A table that is there.
#[derive(Debug, Clone)]
pub(crate) struct TargetTable {
    pub(crate) name: String,
    pub(crate) columns: Vec<TargetColumn>,
    /// How many rows it has, where they were counted.
    pub(crate) rows: u64,
    /// Whether its rows are in partitions.
    is_parted: bool,
}

/// A column that is there.
#[derive(Debug, Clone)]
pub(crate) struct TargetColumn {
    pub(crate) name: String,
    /// The type as Postgres writes it.
    pub(crate) type_name: String,
    pub(crate) kind: Kind,
    /// How many digits of a second it keeps.
    pub(crate) digits: u8,
    pub(crate) not_null: bool,
    pub(crate) has_default: bool,
    pub(crate) is_generated: bool,
}

/// Domains are read as the types below them; Postgres looks at their checks.
static COLUMNS: Sql = Sql::new(
    "WITH RECURSIVE below AS ( \
     SELECT oid AS top, oid AS type, -1 AS modifier FROM pg_catalog.pg_type \
     UNION ALL SELECT b.top, d.typbasetype, d.typtypmod FROM below AS b JOIN pg_catalog.pg_type AS d ON d.oid = b.type AND d.typtype = 'd') \
     SELECT c.relname::text AS of, a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS shown, \
     CASE WHEN t.typtype = 'b' AND (t.typnamespace = 'pg_catalog'::regnamespace OR t.typname = 'citext') THEN t.typname::text ELSE '' END AS type, \
     t.typtype::text AS class, greatest(a.atttypmod, b.modifier)::bigint AS modifier, a.attnotnull AS needed, \
     c.relkind = 'p' AS parted, a.atthasdef OR a.attidentity <> '' OR EXISTS (SELECT FROM below AS d JOIN pg_catalog.pg_type AS t ON t.oid = d.type \
     WHERE d.top = a.atttypid AND t.typtype = 'd' AND t.typdefault IS NOT NULL) AS given, a.attgenerated <> '' AS generated \
     FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
     JOIN below AS b ON b.top = a.atttypid JOIN pg_catalog.pg_type AS t ON t.oid = b.type AND t.typtype <> 'd' \
     WHERE c.relnamespace = to_regnamespace(:schema) AND strpos(:kinds, c.relkind::text) > 0 ORDER BY c.relname, a.attnum",
);

impl Target {
    /// Looks at a schema.
    ///
    /// # Errors
    /// [`ErrorKind::Database`]; [`ErrorKind::Plan`] when it has no table.
    pub async fn read(db: &Db, schema: &str) -> Result<Self> {
        let session = patient(db).await?;
        let mut target = Self::columns(db, schema).await?;
        target.keys = keys::read(db, schema).await?;
        if target.tables.is_empty() {
            let message = format!(
                "the schema {schema} has no table: run the application's own migrations first, or plan with --mode create"
            );
            return Err(Error::new(ErrorKind::Plan, message));
        }
        for table in &mut target.tables {
            let name = format!("{}.{}", quoted(schema), quoted(&table.name));
            let from = own_rows(&name, table.is_parted);
            let count = format!("SELECT count(*) AS rows FROM {from}");
            let counted = session.query(&Sql::dynamic(count), params! {}).await;
            let counted = counted.map_err(cannot)?;
            if let Some(row) = counted.first() {
                table.rows = row.get::<i64>("rows").map_err(cannot)?.unsigned_abs();
            }
        }
        Ok(target)
    }

    /// The tables of a schema, whose rows are not counted.
    pub(crate) async fn columns(db: &Db, schema: &str) -> Result<Self> {
        Self::of_kinds(db, schema, "rp").await
    }

    /// The views of a schema, as tables whose rows are not counted.
    pub(crate) async fn views(db: &Db, schema: &str) -> Result<Self> {
        Self::of_kinds(db, schema, "vm").await
    }

    /// The relations of some kinds, by name.
    async fn of_kinds(db: &Db, schema: &str, kinds: &str) -> Result<Self> {
        let schema = quoted(schema);
        let params = params! { schema, kinds };
        let rows = db.query(&Scope::system(), &COLUMNS, params).await;
        let mut all: BTreeMap<String, TargetTable> = BTreeMap::new();
        for row in &rows.map_err(cannot)? {
            let (name, is_parted, column) = column(row).map_err(cannot)?;
            let new = || TargetTable {
                name: name.clone(),
                columns: Vec::new(),
                rows: 0,
                is_parted,
            };
            let table = all.entry(name.clone()).or_insert_with(new);
            table.columns.push(column);
        }
        Ok(Self {
            tables: all.into_values().collect(),
            keys: Vec::new(),
        })
    }

    /// Whether all that a plan carries over has a place here.
    ///
    /// # Errors
    /// [`ErrorKind::Plan`], naming what has none, and the way out.
    pub fn fit(&self, plan: &Plan) -> Result<()> {
        place::fit(self, plan)
    }

    /// The file with the foreign keys that only the schema has.
    pub(crate) fn point(&self, mut source: Source, plan: &Plan) -> Source {
        keys::add(&self.keys, &mut source, plan);
        source
    }

    /// The table of exactly that name.
    pub(crate) fn named(&self, name: &str) -> Option<&TargetTable> {
        self.tables.iter().find(|it| it.name == name)
    }

    /// The table of that name; in another case, where no other is meant.
    pub(crate) fn table(&self, name: &str) -> Option<&TargetTable> {
        self.named(name).or_else(|| {
            self.tables
                .iter()
                .find(|it| it.name.eq_ignore_ascii_case(name))
        })
    }
}

impl TargetTable {
    /// The column of exactly that name.
    pub(crate) fn named(&self, name: &str) -> Option<&TargetColumn> {
        self.columns.iter().find(|it| it.name == name)
    }

    /// The column of that name; in another case, where no other is meant.
    pub(crate) fn column(&self, name: &str) -> Option<&TargetColumn> {
        self.named(name).or_else(|| {
            self.columns
                .iter()
                .find(|it| it.name.eq_ignore_ascii_case(name))
        })
    }
}

/// The file with the foreign keys that only the schema of the plan has, where that is there.
pub(crate) async fn pointed(db: &Db, mut source: Source, plan: &Plan) -> Result<Source> {
    if plan.mode == Mode::Existing {
        keys::add(&keys::read(db, &plan.schema).await?, &mut source, plan);
    }
    Ok(source)
}

/// The tables of a schema whose rows are in partitions.
pub(crate) struct Parted(BTreeSet<String>);

impl Parted {
    pub(crate) fn of(target: &Target) -> Self {
        let parted = target.tables.iter().filter(|it| it.is_parted);
        Self(parted.map(|it| it.name.clone()).collect())
    }

    /// A table's own rows, as SQL names them.
    pub(crate) fn rows_of(&self, plan: &Plan, table: &TablePlan) -> String {
        own_rows(&plan.name_of(table), self.0.contains(&table.to))
    }
}

/// A table's own rows: tables that inherit from it are others, partitions are itself.
fn own_rows(name: &str, is_parted: bool) -> String {
    match is_parted {
        true => name.to_owned(),
        false => format!("ONLY {name}"),
    }
}

fn cannot(error: raptor_db::Error) -> Error {
    Error::database("the schema cannot be looked at", error)
}

fn column(row: &Row) -> raptor_db::Result<(String, bool, TargetColumn)> {
    let (name, class): (String, String) = (row.get("type")?, row.get("class")?);
    let modifier: i64 = row.get("modifier")?;
    let column = TargetColumn {
        name: row.get("name")?,
        type_name: row.get("shown")?,
        kind: kind(&name, &class, modifier),
        digits: digits(&name, modifier),
        not_null: row.get("needed")?,
        has_default: row.get("given")?,
        is_generated: row.get("generated")?,
    };
    Ok((row.get("of")?, row.get("parted")?, column))
}

/// How cells are read for a type; what has no way of its own is cast from text by Postgres.
fn kind(name: &str, class: &str, modifier: i64) -> Kind {
    // Of character types the modifier is the length and 4, of numeric the precision and scale and 4.
    let length = u32::try_from(modifier - 4).ok().filter(|_| modifier >= 4);
    match name {
        _ if class == "e" => Kind::Enum,
        "bool" => Kind::Boolean,
        "int2" => Kind::Smallint,
        "int4" => Kind::Integer,
        "int8" => Kind::Bigint,
        "float4" => Kind::Real,
        "float8" => Kind::Double,
        "numeric" => match length {
            None => Kind::Numeric(None),
            Some(both) => {
                // The scale has eleven bits, of which the first is the sign.
                let scale = i16::try_from(both & 0x7ff).unwrap_or_default();
                let scale = (scale ^ 0x400) - 0x400;
                let precision = u16::try_from(both >> 16).unwrap_or_default();
                Kind::Numeric(Some((precision, scale)))
            }
        },
        "text" => Kind::Text,
        "citext" => Kind::Citext,
        "varchar" => length.map_or(Kind::Text, Kind::Varchar),
        "bpchar" => length.map_or(Kind::Cast, Kind::Char),
        "bytea" => Kind::Bytea,
        "uuid" => Kind::Uuid,
        "date" => Kind::Date,
        "time" => Kind::Time,
        "timestamp" => Kind::Timestamp,
        "timestamptz" => Kind::Timestamptz,
        // Some fields alone are what Postgres itself knows.
        "interval" if modifier < 0 || modifier >> 16 == 0x7fff => Kind::Interval,
        "json" => Kind::Json,
        "jsonb" => Kind::Jsonb,
        _ => Kind::Cast,
    }
}

/// How many digits of a second a type of times keeps.
fn digits(name: &str, modifier: i64) -> u8 {
    let all = Conversion::plain(Kind::Time).digits;
    match name {
        "time" | "timestamp" | "timestamptz" | "interval" if modifier >= 0 => {
            u8::try_from(modifier & 0xffff).map_or(all, |it| it.min(all))
        }
        _ => all,
    }
}
