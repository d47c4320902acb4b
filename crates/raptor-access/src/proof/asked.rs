//! What the server itself says that a login may, by whatever way it came to it.

use super::attempt::Hand;
use crate::declaration::{Name, Verb};
use crate::error::{Error, Result};
use crate::facts::{Facts, Object};
use raptor_db::Row;
use std::collections::BTreeSet;

/// What makes an object of a name.
type OfName = fn(String) -> Object;

/// Objects and verbs that are held.
pub(super) type Held = BTreeSet<(Object, Verb)>;

const RELATIONS: &str = "\
SELECT n.nspname::text AS schema, c.relname::text AS name, v.verb FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS v (verb)
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND has_table_privilege(c.oid, v.verb)";

const MAINTAIN: &str = "\
SELECT n.nspname::text AS schema, c.relname::text AS name, 'MAINTAIN' AS verb FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND has_table_privilege(c.oid, 'MAINTAIN')";

const COLUMNS: &str = "\
SELECT n.nspname::text AS schema, c.relname::text AS name, a.attname::text AS part, v.verb FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS v (verb)
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
AND has_column_privilege(c.oid, a.attnum, v.verb)";

const SEQUENCES: &str = "\
SELECT n.nspname::text AS schema, c.relname::text AS name, v.verb FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN unnest(ARRAY['SELECT', 'USAGE', 'UPDATE']) AS v (verb)
WHERE CASE WHEN c.relkind = 'S' AND n.nspname NOT LIKE 'pg\\_%' THEN has_sequence_privilege(c.oid, v.verb) ELSE false END";

const SCHEMAS: &str = "\
SELECT n.nspname::text AS name, v.verb FROM pg_namespace AS n CROSS JOIN unnest(ARRAY['USAGE', 'CREATE']) AS v (verb)
WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND has_schema_privilege(n.oid, v.verb)";

const FUNCTIONS: &str = "\
SELECT p.oid::regprocedure::text AS name, 'EXECUTE' AS verb FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND has_function_privilege(p.oid, 'EXECUTE')
AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')";

const DATABASE: &str = "\
SELECT current_database()::text AS name, v.verb FROM unnest(ARRAY['CREATE', 'CONNECT', 'TEMPORARY']) AS v (verb)
WHERE has_database_privilege(current_database(), v.verb)";

const TYPES: &str = "\
SELECT n.nspname::text AS schema, t.typname::text AS name, 'USAGE' AS verb FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_class AS c ON c.oid = t.typrelid WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
AND t.typcategory <> 'A' AND (t.typrelid = 0 OR c.relkind = 'c') AND has_type_privilege(t.oid, 'USAGE')
AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')";

const SERVERS: &str = "\
SELECT s.srvname::text AS name, 'USAGE' AS verb FROM pg_foreign_server AS s WHERE has_server_privilege(s.oid, 'USAGE')";

const WRAPPERS: &str = "\
SELECT w.fdwname::text AS name, 'USAGE' AS verb FROM pg_foreign_data_wrapper AS w WHERE has_foreign_data_wrapper_privilege(w.oid, 'USAGE')";

const TABLESPACES: &str = "\
SELECT t.spcname::text AS name, 'CREATE' AS verb FROM pg_tablespace AS t WHERE has_tablespace_privilege(t.oid, 'CREATE') AND t.spcname <> 'pg_default'";

const PARAMETERS: &str = "\
SELECT s.name, v.verb FROM pg_settings AS s CROSS JOIN unnest(ARRAY['SET', 'ALTER SYSTEM']) AS v (verb)
WHERE (v.verb = 'ALTER SYSTEM' OR s.context IN ('superuser', 'superuser-backend')) AND has_parameter_privilege(s.name, v.verb)";

/// Asks for all of it.
pub(super) async fn held(hand: &Hand, there: &Facts) -> Result<Held> {
    let mut held = Held::new();
    let named: [fn(Name) -> Object; 3] = [Object::Relation, Object::Sequence, Object::Type];
    for (text, object) in [RELATIONS, SEQUENCES, TYPES].into_iter().zip(named) {
        add(hand, text, &mut held, |row| Ok(object(full(row)?))).await?;
    }
    let plain: [(&str, OfName); 6] = [
        (SCHEMAS, Object::Schema),
        (FUNCTIONS, Object::Function),
        (DATABASE, Object::Database),
        (SERVERS, Object::Server),
        (WRAPPERS, Object::Wrapper),
        (TABLESPACES, Object::Tablespace),
    ];
    for (text, object) in plain {
        add(hand, text, &mut held, |row| Ok(object(row.get("name")?))).await?;
    }
    add(hand, COLUMNS, &mut held, |row| {
        Ok(Object::Column(full(row)?, row.get("part")?))
    })
    .await?;
    if there.here.version >= 150_000 {
        add(hand, PARAMETERS, &mut held, |row| {
            Ok(Object::Parameter(row.get("name")?))
        })
        .await?;
    }
    if there.here.version >= 170_000 {
        add(hand, MAINTAIN, &mut held, |row| {
            Ok(Object::Relation(full(row)?))
        })
        .await?;
    }
    Ok(held)
}

fn full(row: &Row) -> raptor_db::Result<Name> {
    Ok(Name {
        schema: row.get("schema")?,
        name: row.get("name")?,
    })
}

async fn add(
    hand: &Hand,
    text: &str,
    held: &mut Held,
    object: impl Fn(&Row) -> raptor_db::Result<Object>,
) -> Result<()> {
    let cannot = |error| Error::database("the server's answer cannot be read", error);
    for row in hand.ask(&[], text).await.map_err(cannot)? {
        let verb: String = row.get("verb").map_err(cannot)?;
        let verb = Verb::ALL.into_iter().find(|it| it.sql() == verb);
        if let Some(verb) = verb {
            held.insert((object(&row).map_err(cannot)?, verb));
        }
    }
    Ok(())
}
