//! A plan read from TOML. What is not understood is an error that names its line.

use super::{Answers, Choice, ColumnPlan, DirtyCells, KeyPlan, Mode, Note, Plan, TablePlan};
use crate::error::{Error, ErrorKind, Result};
use crate::kind::Conversion;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    source: String,
    #[serde(default)]
    mode: Mode,
    schema: String,
    #[serde(default)]
    answers: Answers,
    #[serde(default)]
    tables: InOrder<TableFile>,
    #[serde(default)]
    views: InOrder<ViewFile>,
    #[serde(default)]
    notes: Vec<Note>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    to: Option<String>,
    #[serde(default)]
    rows: u64,
    #[serde(default)]
    rejects: u64,
    #[serde(default)]
    replaces: u64,
    #[serde(default)]
    primary_key: KeyPlan,
    skip: Option<String>,
    #[serde(default)]
    columns: InOrder<ColumnFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ViewFile {
    differs: String,
}

/// What is known of a column; a type alone is one with that.
struct ColumnFile(Whole);

impl<'de> Deserialize<'de> for ColumnFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Line;
        impl<'de> Visitor<'de> for Line {
            type Value = Whole;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a type, or { type = \"…\" }")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Whole, E> {
                Ok(Whole {
                    r#type: text.to_owned(),
                    ..Whole::default()
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Whole, A::Error> {
                Whole::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_any(Line).map(Self)
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    r#type: String,
    to: Option<String>,
    #[serde(default)]
    why: String,
    #[serde(default)]
    or: Vec<String>,
    ask: Option<String>,
    dirty: Option<u64>,
    #[serde(default)]
    first_dirty: String,
}

impl Plan {
    /// Reads the text of a `port.toml`.
    ///
    /// # Errors
    /// [`ErrorKind::Plan`], with the line.
    pub fn read(text: &str) -> Result<Self> {
        let file: File = toml::from_str(text).map_err(|error| {
            Error::new(ErrorKind::Plan, error.to_string().trim_end().to_owned())
        })?;
        if file.version != 1 {
            let message = format!(
                "version {} of the file is not known here; 1 is",
                file.version
            );
            return Err(Error::new(ErrorKind::Plan, message));
        }
        let tables = file
            .tables
            .0
            .into_iter()
            .map(|(name, table)| table.plan(name));
        Ok(Self {
            source: file.source,
            mode: file.mode,
            schema: file.schema,
            answers: file.answers,
            tables: tables.collect::<Result<_>>()?,
            views: {
                let views = file.views.0.into_iter();
                views.map(|(name, it)| (name, it.differs)).collect()
            },
            notes: file.notes,
        })
    }
}

impl TableFile {
    fn plan(self, name: String) -> Result<TablePlan> {
        let columns = self
            .columns
            .0
            .into_iter()
            .map(|(column, it)| it.plan(&name, column));
        Ok(TablePlan {
            columns: columns.collect::<Result<_>>()?,
            to: self.to.unwrap_or_else(|| name.clone()),
            name,
            skip: self.skip,
            key: self.primary_key,
            rows: self.rows,
            rejects: self.rejects,
            replaces: self.replaces,
        })
    }
}

impl ColumnFile {
    fn plan(self, table: &str, name: String) -> Result<ColumnPlan> {
        let Self(it) = self;
        let read = |text: &str| -> Result<Conversion> {
            text.parse().map_err(|why: String| {
                Error::new(
                    ErrorKind::Plan,
                    format!("column {name} of table {table}: {why}"),
                )
            })
        };
        let chosen = match it.r#type.as_str() {
            "times_without_zone" => Choice::TimesWithoutZone,
            "nocase" => Choice::Nocase,
            "skip" => Choice::Skip,
            own => Choice::Own(read(own)?),
        };
        let alternatives = it.or.iter().map(|it| read(it)).collect::<Result<_>>()?;
        Ok(ColumnPlan {
            to: it.to.unwrap_or_else(|| name.clone()),
            chosen,
            evidence: it.why,
            alternatives,
            question: it.ask,
            dirty: it.dirty.map(|count| DirtyCells {
                count,
                first: it.first_dirty,
            }),
            name,
        })
    }
}

/// A table of TOML in the order of its lines.
struct InOrder<T>(Vec<(String, T)>);

impl<T> Default for InOrder<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for InOrder<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rows<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Rows<T> {
            type Value = Vec<(String, T)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut rows = Vec::new();
                while let Some(row) = map.next_entry()? {
                    rows.push(row);
                }
                Ok(rows)
            }
        }
        deserializer.deserialize_map(Rows(PhantomData)).map(Self)
    }
}
