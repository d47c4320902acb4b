//! Reads the catalog of Postgres, 13 to 18: one query for each kind of thing, none for a single table.
//!
//! The schema stands alone on the search path, which needs USAGE on it, while this reads, so that what Postgres writes of
//! definitions leaves its name out; `pg_catalog` stays before it, and every function here is called
//! by its full name, so that nothing of the schema can come between. All settings that show in
//! definitions (time zone, date style, …) are set for the reading.

#[macro_use]
mod fragments;

mod grants;
mod others;
mod parts;
mod qualified;
mod relations;
mod routines;
mod sequences;
mod types;

use super::object::{DefaultPrivileges, Extension, Schema};
use super::{Catalog, cannot_read};
use crate::error::{Error, ErrorKind, Result};
use crate::version::quoted;
use grants::OwnersOwn;
use raptor_db::{Engine, Session, Sql, params};
use serde::de::DeserializeOwned;

/// What is read, and how.
struct Reading<'s> {
    session: &'s Session,
    schema: String,
    /// The same as SQL writes it.
    quoted: String,
    /// `150018` is 15.18.
    version: i64,
    owners: OwnersOwn,
}

static WHERE: Sql = Sql::new(
    "SELECT coalesce(:schema, pg_catalog.current_schema()::text) AS schema, \
     pg_catalog.quote_ident(coalesce(:schema, pg_catalog.current_schema()::text)) AS quoted, \
     pg_catalog.current_setting('server_version_num')::int AS version",
);

/// A schema that the login may not use is passed over on the search path.
static IS_FOUND: Sql = Sql::new(
    "SELECT :schema::name = ANY (pg_catalog.current_schemas(false)) OR NOT EXISTS (\
     SELECT FROM pg_catalog.pg_namespace AS n WHERE n.nspname = :schema::name) AS found",
);

/// What shows in definitions; and no machine code is made for queries that run once, nor a new plan
/// where a connection reads again, as that takes longer than the reading. `pg_temp` would otherwise
/// come first.
const SETTINGS: &str = "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; \
    SET LOCAL IntervalStyle = 'postgres'; SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; \
    SET LOCAL quote_all_identifiers = off; SET LOCAL standard_conforming_strings = on; \
    SET LOCAL lc_monetary = 'C'; SET LOCAL xmlbinary = 'base64'; SET LOCAL jit = off; \
    SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL search_path = ";

/// Reads all in the transaction that is open, or in one of its own.
pub(super) async fn read(session: &Session, schema: Option<&str>) -> Result<Catalog> {
    let run = async |text: &str| session.execute_raw(text).await;
    let is_inside = match run("SAVEPOINT raptor_catalog").await {
        Ok(()) => true,
        Err(error) if error.code() == Some("25P01") => false,
        Err(error) => return Err(cannot_read(error)),
    };
    if !is_inside {
        run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await
            .map_err(cannot_read)?;
    }
    let read = inside(session, schema).await;
    // Settings go with it.
    let end = if is_inside {
        "ROLLBACK TO SAVEPOINT raptor_catalog; RELEASE SAVEPOINT raptor_catalog"
    } else {
        "ROLLBACK"
    };
    run(end).await.map_err(cannot_read)?;
    read
}

async fn inside(session: &Session, schema: Option<&str>) -> Result<Catalog> {
    let rows = session.query(&WHERE, params! { schema }).await;
    let row = &rows.map_err(cannot_read)?[0];
    let schema: Option<String> = row.get("schema").map_err(cannot_read)?;
    let Some(schema) = schema.filter(|it| it != "pg_catalog") else {
        let message =
            "no schema of the login's search_path is there; create it, or name one with --schema";
        return Err(Error::new(ErrorKind::Database, message));
    };
    let settings = format!("{SETTINGS}{}, pg_temp", quoted(&schema));
    session.execute_raw(&settings).await.map_err(cannot_read)?;
    let name = schema.as_str();
    let rows = session.query(&IS_FOUND, params! { schema: name }).await;
    let rows = rows.map_err(cannot_read)?;
    if !rows[0].get::<bool>("found").map_err(cannot_read)? {
        // Every definition would have its name in it.
        let message = format!("the schema {schema:?} cannot be read: the login needs USAGE on it");
        return Err(Error::new(ErrorKind::Database, message));
    }
    let reading = Reading {
        session,
        quoted: row.get("quoted").map_err(cannot_read)?,
        version: row.get("version").map_err(cannot_read)?,
        owners: OwnersOwn::read(session).await?,
        schema,
    };
    reading.all().await
}

impl Reading<'_> {
    async fn all(self) -> Result<Catalog> {
        let mut columns = self.columns().await?;
        Ok(Catalog {
            schema: self.schema().await?,
            extensions: self.list::<Extension>(&others::EXTENSIONS).await?,
            types: self.types(&mut columns).await?,
            sequences: self.sequences().await?,
            relations: self.relations(columns).await?,
            routines: self.routines().await?,
            others: self.others().await?,
            default_privileges: self.default_privileges().await?,
            schema_name: Some(self.schema),
            ..Catalog::empty(Engine::Postgres)
        })
    }

    async fn schema(&self) -> Result<Option<Schema>> {
        static SCHEMA: Sql = Sql::new(concat!(
            "SELECT pg_catalog.jsonb_build_object('owner', ",
            role!("n.nspowner"),
            ", 'comment', ",
            comment!("n.oid", "pg_namespace"),
            ", 'grants', ",
            grants!(
                "coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))",
                "n.nspowner"
            ),
            ") AS doc FROM pg_catalog.pg_namespace AS n WHERE n.nspname = :schema::text"
        ));
        let mut schema: Vec<Schema> = self.list(&SCHEMA).await?;
        for schema in &mut schema {
            self.owners.settle(&mut schema.grants, "n");
        }
        Ok(schema.pop())
    }

    async fn default_privileges(&self) -> Result<Vec<DefaultPrivileges>> {
        let mut all: Vec<DefaultPrivileges> = self.list(&others::DEFAULT_PRIVILEGES).await?;
        all.iter_mut().for_each(|it| it.grants.sort());
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// The documents that a query answers.
    async fn list<T: DeserializeOwned>(&self, sql: &Sql) -> Result<Vec<T>> {
        let schema = self.schema.as_str();
        let rows = self.session.query(sql, params! { schema }).await;
        let mut all = Vec::new();
        for row in rows.map_err(cannot_read)? {
            all.push(document(row.get("doc").map_err(cannot_read)?)?);
        }
        Ok(all)
    }

    /// The same, each with the name of the table that it belongs to.
    async fn of_relations<T: DeserializeOwned>(&self, sql: &Sql) -> Result<Vec<(String, T)>> {
        let schema = self.schema.as_str();
        let rows = self.session.query(sql, params! { schema }).await;
        let mut all = Vec::new();
        for row in rows.map_err(cannot_read)? {
            let relation = row.get("relation").map_err(cannot_read)?;
            let document = document(row.get("doc").map_err(cannot_read)?)?;
            all.push((relation, document));
        }
        Ok(all)
    }
}

fn document<T: DeserializeOwned>(value: serde_json::Value) -> Result<T> {
    serde_json::from_value(value).map_err(|error| {
        let message =
            format!("the schema cannot be read: the server's answer is not understood: {error}");
        Error::new(ErrorKind::Database, message).with_source(error)
    })
}
