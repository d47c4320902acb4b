//! Objects that stand where nobody looks for them: owned by a role that is to own nothing, or among Postgres's own.

use super::line::{Line, Proof, Verdict};
use crate::declaration::{Declaration, Kind};
use crate::error::{Error, Result};
use raptor_db::{Db, Scope, Sql, params};

/// What the plan compares the owners of is left to it.
static OWNED: Sql = Sql::new(
    "SELECT r.rolname::text AS role, pg_describe_object(d.classid, d.objid, 0) AS what \
     FROM pg_shdepend AS d JOIN pg_roles AS r ON r.oid = d.refobjid \
     WHERE d.deptype = 'o' AND d.refclassid = 'pg_authid'::regclass AND r.rolname = ANY (:roles::text[]) \
     AND d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) \
     AND d.classid <> ALL (ARRAY['pg_class', 'pg_proc', 'pg_namespace', 'pg_type', 'pg_database']::regclass[]) ORDER BY 1, 2",
);

/// Those that initdb made have lower numbers.
static AMONG: Sql = Sql::new(
    "SELECT pg_describe_object(o.class, o.oid, 0) AS what FROM ( \
     SELECT 'pg_class'::regclass AS class, oid, relnamespace AS place FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f') \
     UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace FROM pg_proc) AS o JOIN pg_namespace AS n ON n.oid = o.place \
     WHERE n.nspname IN ('pg_catalog', 'information_schema') AND o.oid >= 16384 AND NOT EXISTS ( \
     SELECT FROM pg_depend AS d WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype = 'e') ORDER BY 1",
);

/// Looks for them.
pub(super) async fn look(declared: &Declaration, db: &Db, proof: &mut Proof) -> Result<()> {
    let cannot = |error| Error::database("what stands where cannot be read", error);
    let owns = |kind: Kind| matches!(kind, Kind::Owner | Kind::Resolver);
    let roles = declared.roles.iter().filter(|(_, it)| !owns(it.kind));
    let roles: Vec<String> = roles
        .flat_map(|(name, it)| it.logins.iter().chain([name]))
        .cloned()
        .collect();
    let scope = Scope::system();
    let rows = db.query(&scope, &OWNED, params! { roles }).await;
    for row in rows.map_err(cannot)? {
        let (role, what): (String, String) = (row.get("role")?, row.get("what")?);
        let line = Line::new("catalogs", format!("{role} owns {what}"), Verdict::Hole);
        proof.add(line.why("an owner may do everything with it: REASSIGN OWNED, or drop it"));
    }
    let rows = db.query(&scope, &AMONG, params! {}).await;
    for row in rows.map_err(cannot)? {
        let what: String = row.get("what")?;
        let line = Line::new(
            "catalogs",
            format!("{what} is among Postgres's own"),
            Verdict::Hole,
        );
        proof.add(line.why("it is in no file, and everybody finds it: drop it"));
    }
    Ok(())
}
