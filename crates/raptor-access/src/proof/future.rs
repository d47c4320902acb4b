//! What comes with what is yet to be made: the owner makes a table, a sequence, a function and a type in every
//! schema, looks who may do something with them, and takes all back.

use super::line::{Line, Proof, Verdict};
use crate::declaration::Declaration;
use crate::error::{Error, Result};
use crate::text::quoted;
use raptor_db::{Db, Session, Sql, params};

static FOUND: Sql = Sql::new(
    "SELECT coalesce(r.rolname::text, 'public') AS grantee, lower(a.privilege_type) AS verb, l.what FROM ( \
     SELECT 'table' AS what, c.relowner AS owner, coalesce(c.relacl, acldefault('r', c.relowner)) AS acl FROM pg_class AS c WHERE c.relname = 'raptor_access_probe' AND c.relkind = 'r' \
     UNION ALL SELECT 'sequence', c.relowner, coalesce(c.relacl, acldefault('s', c.relowner)) FROM pg_class AS c WHERE c.relname = 'raptor_access_probe_s' \
     UNION ALL SELECT 'function', p.proowner, coalesce(p.proacl, acldefault('f', p.proowner)) FROM pg_proc AS p WHERE p.proname = 'raptor_access_probe' \
     UNION ALL SELECT 'type', t.typowner, coalesce(t.typacl, acldefault('T', t.typowner)) FROM pg_type AS t WHERE t.typname = 'raptor_access_probe_t') AS l \
     CROSS JOIN LATERAL aclexplode(l.acl) AS a LEFT JOIN pg_roles AS r ON r.oid = a.grantee WHERE a.grantee <> l.owner",
);

/// Tries it in every schema that is declared.
pub(super) async fn attempt(declared: &Declaration, db: &Db, proof: &mut Proof) -> Result<()> {
    let cannot = |error| Error::database("what is yet to be made cannot be looked at", error);
    let session = db.session().await.map_err(cannot)?;
    for schema in declared.schemas.keys() {
        let tried = made(&session, declared.owner(), schema).await;
        let rolled = session.execute_raw("ROLLBACK").await;
        rolled.map_err(cannot)?;
        let what = format!("what {} is yet to make in {schema}", declared.owner());
        match tried {
            Ok(found) if found.is_empty() => {
                let line = Line::new("everybody else", what, Verdict::Denied);
                proof.add(
                    line.why(
                        "a table, a sequence, a function and a type were made, and taken back",
                    ),
                );
            }
            Ok(found) => {
                for (grantee, verb, of) in found {
                    let what = format!("{verb} any {of} that is yet to be made in {schema}");
                    let line = Line::new(&grantee, what, Verdict::Hole);
                    proof.add(line.why("default privileges give it"));
                }
            }
            Err(error) => {
                let line = Line::new(declared.owner(), what, Verdict::Untried);
                proof.add(line.why(error.message()));
            }
        }
    }
    Ok(())
}

async fn made(
    session: &Session,
    owner: &str,
    schema: &str,
) -> raptor_db::Result<Vec<(String, String, String)>> {
    let (owner, schema) = (quoted(owner), quoted(schema));
    session
        .execute_raw(&format!(
            "BEGIN; SET LOCAL lock_timeout = '2s'; SET LOCAL ROLE {owner}; \
             CREATE TABLE {schema}.raptor_access_probe (); CREATE SEQUENCE {schema}.raptor_access_probe_s; \
             CREATE FUNCTION {schema}.raptor_access_probe() RETURNS int LANGUAGE sql AS 'SELECT 1'; \
             CREATE TYPE {schema}.raptor_access_probe_t AS ENUM ('a')"
        ))
        .await?;
    let rows = session.query(&FOUND, params! {}).await?;
    rows.iter()
        .map(|row| Ok((row.get("grantee")?, row.get("verb")?, row.get("what")?)))
        .collect()
}
