//! What keys tell: policies hide rows, but a unique key and a foreign key look at all of them. Where a role that sees
//! only its own rows may write the columns of a key without the tenant in it, it learns whether somebody else has
//! a value. The key with the tenant in it is proposed.

use super::line::{Line, Proof, Verdict};
use crate::declaration::{Declaration, Name, Rows, Table, Verb};
use crate::error::{Error, Result};
use crate::text::{full, quoted};
use raptor_db::{Db, Row, Scope, Sql, params};
use std::collections::BTreeSet;

static UNIQUE: Sql = Sql::new(
    "SELECT n.nspname::text AS schema, c.relname::text AS name, i.indisprimary AS is_primary, \
     ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place) \
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number WHERE k.place <= i.indnkeyatts ORDER BY k.place) AS columns, \
     ARRAY(SELECT format_type(a.atttypid, NULL) FROM unnest(i.indkey::int2[]) AS k (number) \
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number) AS types \
     FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid \
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE i.indisunique AND i.indexprs IS NULL ORDER BY 1, 2, i.indexrelid",
);

static FOREIGN: Sql = Sql::new(
    "SELECT n.nspname::text AS schema, c.relname::text AS name, f.conname::text AS key, \
     pn.nspname::text AS parent_schema, p.relname::text AS parent, \
     ARRAY(SELECT a.attname::text FROM unnest(f.conkey) WITH ORDINALITY AS k (number, place) \
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number ORDER BY k.place) AS columns, \
     ARRAY(SELECT a.attname::text FROM unnest(f.confkey) WITH ORDINALITY AS k (number, place) \
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = p.oid AND a.attnum = k.number ORDER BY k.place) AS referenced \
     FROM pg_catalog.pg_constraint AS f JOIN pg_catalog.pg_class AS c ON c.oid = f.conrelid \
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_catalog.pg_class AS p ON p.oid = f.confrelid \
     JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace WHERE f.contype = 'f' ORDER BY 1, 2, 3",
);

/// Looks at the keys of all tables whose rows are somebody's.
pub(super) async fn look(declared: &Declaration, db: &Db, proof: &mut Proof) -> Result<()> {
    let cannot = |error| Error::database("the keys cannot be listed", error);
    let scope = Scope::system();
    for row in db
        .query(&scope, &UNIQUE, params! {})
        .await
        .map_err(cannot)?
    {
        unique(declared, &row, proof).map_err(cannot)?;
    }
    for row in db
        .query(&scope, &FOREIGN, params! {})
        .await
        .map_err(cannot)?
    {
        foreign(declared, &row, proof).map_err(cannot)?;
    }
    Ok(())
}

fn unique(declared: &Declaration, row: &Row, proof: &mut Proof) -> raptor_db::Result<()> {
    let (name, columns) = (
        named(row, "schema", "name")?,
        row.get::<Vec<String>>("columns")?,
    );
    let types: Vec<String> = row.get("types")?;
    let Some((table, tenant)) = guarded(declared, &name) else {
        return Ok(());
    };
    // Nobody guesses a UUID.
    let is_guessed = types.iter().any(|it| it != "uuid");
    let writers = writers(table, &columns);
    if columns.contains(tenant) || !is_guessed || writers.is_empty() {
        return Ok(());
    }
    let what = format!(
        "learn whether somebody else has a value: {name} has UNIQUE ({})",
        columns.join(", ")
    );
    let why = match row.get("is_primary")? {
        true => {
            "name the columns of INSERT, so that the database or the service gives it".to_owned()
        }
        false => format!(
            "where it need not be unique for all: ALTER TABLE {} ADD UNIQUE ({}), and drop the other",
            full(&name),
            with(tenant, &columns)
        ),
    };
    add(&writers, what, why, table, proof);
    Ok(())
}

fn foreign(declared: &Declaration, row: &Row, proof: &mut Proof) -> raptor_db::Result<()> {
    let (name, parent) = (
        named(row, "schema", "name")?,
        named(row, "parent_schema", "parent")?,
    );
    let (columns, referenced) = (
        row.get::<Vec<String>>("columns")?,
        row.get::<Vec<String>>("referenced")?,
    );
    let Some((_, of_parent)) = guarded(declared, &parent) else {
        return Ok(());
    };
    let Some((table, tenant)) = guarded(declared, &name) else {
        return Ok(());
    };
    // What is compared with the policy's own column points at nobody else's.
    let writers = writers(table, &columns);
    if columns.contains(tenant) || referenced.contains(of_parent) || writers.is_empty() {
        return Ok(());
    }
    let what = format!(
        "point at somebody else's row: {name} ({}) REFERENCES {parent}",
        columns.join(", ")
    );
    let why = format!(
        "ALTER TABLE {0} ADD UNIQUE ({1}); ALTER TABLE {2} ADD FOREIGN KEY ({3}) REFERENCES {0} ({1}), in the place of {4}",
        full(&parent),
        with(of_parent, &referenced),
        full(&name),
        with(tenant, &columns),
        row.get::<String>("key")?
    );
    add(&writers, what, why, table, proof);
    Ok(())
}

/// The columns of a key with the tenant before them.
fn with(tenant: &str, columns: &[String]) -> String {
    let all = std::iter::once(tenant).chain(columns.iter().map(String::as_str));
    all.map(quoted).collect::<Vec<_>>().join(", ")
}

fn add(roles: &BTreeSet<&str>, what: String, why: String, table: &Table, proof: &mut Proof) {
    for role in roles {
        let mut line = Line::new(role, &what, Verdict::Residual).why(&why);
        line.place = Some(table.place);
        proof.add(line);
    }
}

fn named(row: &Row, schema: &str, name: &str) -> raptor_db::Result<Name> {
    Ok(Name {
        schema: row.get(schema)?,
        name: row.get(name)?,
    })
}

/// A table whose rows belong to somebody, and the column that says to whom.
fn guarded<'d>(declared: &'d Declaration, name: &Name) -> Option<(&'d Table, &'d String)> {
    let table = declared.tables.get(name)?;
    Some((table, table.tenant.as_ref()?))
}

/// The roles that see some rows alone and write all of these columns.
fn writers<'d>(table: &'d Table, columns: &[String]) -> BTreeSet<&'d str> {
    let roles = table.rows.iter();
    let some = roles.filter(|(_, rows)| matches!(rows.it, Rows::Of(_)));
    let writes = some.filter(|(role, _)| {
        let Some(grant) = table.grants.get(*role) else {
            return false;
        };
        [Verb::Insert, Verb::Update].into_iter().any(|verb| {
            let granted = grant.it.of(verb);
            granted
                .is_some_and(|it| it.is_empty() || columns.iter().all(|column| it.contains(column)))
        })
    });
    writes.map(|(role, _)| role.as_str()).collect()
}
