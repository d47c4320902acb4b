//! What the catalogs of a database say, with the rights that nobody wrote down: an ACL that is NULL means the
//! built-in one, in which everybody may call functions and use types.
//!
//! It only reads, and any login may.

mod given;
mod rows;

use crate::declaration::{Name, Verb};
use crate::error::{Error, Result};
use crate::facts::{Acl, Attributes, Facts, Here, Member, Membership, Object};
use crate::text::plain_value;
use raptor_db::{Db, Row, Scope, Sql, Transaction, params};
use std::collections::{BTreeMap, BTreeSet};

/// What is in the schemas of the application, with who owns it and what may be done with it; `goes` is true of what
/// goes with something else, as the sequence of a column with its table, and what an extension made.
macro_rules! objects {
    () => {
        "own AS ( \
         SELECT n.oid, n.nspname::text AS name, n.nspowner, n.nspacl FROM pg_catalog.pg_namespace AS n \
         WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'), \
         of_extension AS (SELECT d.classid, d.objid FROM pg_catalog.pg_depend AS d WHERE d.deptype = 'e'), \
         objects AS ( \
         SELECT 'schema' AS kind, '' AS schema, o.name, o.nspowner AS owner, coalesce(o.nspacl, acldefault('n', o.nspowner)) AS acl, false AS goes \
         FROM own AS o \
         UNION ALL SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'relation' END, o.name, c.relname::text, c.relowner, \
         coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", c.relowner)), \
         EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid \
         AND (d.deptype = 'e' OR c.relkind = 'S' AND d.deptype IN ('i', 'a') AND d.refclassid = 'pg_class'::regclass)) \
         FROM own AS o JOIN pg_catalog.pg_class AS c ON c.relnamespace = o.oid WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') \
         UNION ALL SELECT 'function', o.name, p.oid::regprocedure::text, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner)), false \
         FROM own AS o JOIN pg_catalog.pg_proc AS p ON p.pronamespace = o.oid \
         WHERE NOT EXISTS (SELECT FROM of_extension AS e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid) \
         UNION ALL SELECT 'type', o.name, t.typname::text, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner)), false \
         FROM own AS o JOIN pg_catalog.pg_type AS t ON t.typnamespace = o.oid \
         LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid \
         WHERE t.typcategory <> 'A' AND (t.typrelid = 0 OR c.relkind = 'c') \
         AND NOT EXISTS (SELECT FROM of_extension AS e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid))"
    };
}

/// Who may do what: all objects of the database but those that Postgres or an extension made, whose ACLs are
/// what they are as long as nobody changed them.
///
/// A role has every right on what it owns, which stands in no list here.
static ACLS: Sql = Sql::new(concat!(
    "WITH ",
    objects!(),
    ", listed AS ( \
     SELECT kind, schema, name, '' AS part, owner, acl FROM objects \
     UNION ALL SELECT 'database', '', d.datname::text, '', d.datdba, coalesce(d.datacl, acldefault('d', d.datdba)) \
     FROM pg_catalog.pg_database AS d WHERE d.datname = current_database() \
     UNION ALL SELECT 'column', o.name, c.relname::text, a.attname::text, c.relowner, a.attacl \
     FROM own AS o JOIN pg_catalog.pg_class AS c ON c.relnamespace = o.oid \
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND NOT a.attisdropped WHERE a.attacl IS NOT NULL \
     UNION ALL SELECT 'wrapper', '', w.fdwname::text, '', w.fdwowner, coalesce(w.fdwacl, acldefault('F', w.fdwowner)) \
     FROM pg_catalog.pg_foreign_data_wrapper AS w \
     UNION ALL SELECT 'server', '', s.srvname::text, '', s.srvowner, coalesce(s.srvacl, acldefault('S', s.srvowner)) \
     FROM pg_catalog.pg_foreign_server AS s \
     UNION ALL SELECT 'large object', '', m.oid::text, '', m.lomowner, coalesce(m.lomacl, acldefault('L', m.lomowner)) \
     FROM pg_catalog.pg_largeobject_metadata AS m \
     UNION ALL SELECT 'tablespace', '', t.spcname::text, '', t.spcowner, t.spcacl FROM pg_catalog.pg_tablespace AS t WHERE t.spcacl IS NOT NULL) \
     SELECT l.kind, l.schema, l.name, l.part, coalesce(g.rolname::text, 'public') AS grantee, a.privilege_type AS verb, a.is_grantable AS grantable \
     FROM listed AS l CROSS JOIN LATERAL aclexplode(l.acl) AS a LEFT JOIN pg_catalog.pg_roles AS g ON g.oid = a.grantee \
     WHERE a.grantee <> l.owner"
));

/// Who owns what in schemas of the application.
static OWNERS: Sql = Sql::new(concat!(
    "WITH ",
    objects!(),
    " SELECT o.kind, o.schema, o.name, '' AS part, coalesce(r.rolname::text, '') AS owner \
     FROM objects AS o LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = o.owner WHERE NOT o.goes \
     UNION ALL SELECT 'database', '', d.datname::text, '', r.rolname::text FROM pg_catalog.pg_database AS d \
     JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba WHERE d.datname = current_database()"
));

/// What somebody may do with what Postgres made, beyond what it gave them when it was made; of the information schema
/// that is not written down.
static BEYOND: Sql = Sql::new(
    "WITH own AS (SELECT n.oid, n.nspname::text AS name, n.nspowner, n.nspacl FROM pg_catalog.pg_namespace AS n \
     WHERE n.nspname IN ('pg_catalog', 'information_schema')), \
     first AS (SELECT i.classoid, i.objoid, i.objsubid, i.initprivs FROM pg_catalog.pg_init_privs AS i), \
     listed AS ( \
     SELECT 'schema' AS kind, '' AS schema, o.name, '' AS part, o.nspowner AS owner, o.nspacl AS acl, \
     coalesce(f.initprivs, acldefault('n', o.nspowner)) AS given FROM own AS o \
     LEFT JOIN first AS f ON f.classoid = 'pg_namespace'::regclass AND f.objoid = o.oid WHERE o.nspacl IS NOT NULL \
     UNION ALL SELECT 'relation', o.name, c.relname::text, '', c.relowner, c.relacl, coalesce(f.initprivs, acldefault('r', c.relowner)) \
     FROM own AS o JOIN pg_catalog.pg_class AS c ON c.relnamespace = o.oid \
     LEFT JOIN first AS f ON f.classoid = 'pg_class'::regclass AND f.objoid = c.oid AND f.objsubid = 0 WHERE c.relacl IS NOT NULL \
     UNION ALL SELECT 'column', o.name, c.relname::text, a.attname::text, c.relowner, a.attacl, f.initprivs \
     FROM own AS o JOIN pg_catalog.pg_class AS c ON c.relnamespace = o.oid JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid \
     LEFT JOIN first AS f ON f.classoid = 'pg_class'::regclass AND f.objoid = c.oid AND f.objsubid = a.attnum WHERE a.attacl IS NOT NULL \
     UNION ALL SELECT 'function', o.name, 'pg_catalog.' || p.oid::regprocedure::text, '', p.proowner, p.proacl, \
     coalesce(f.initprivs, acldefault('f', p.proowner)) FROM own AS o JOIN pg_catalog.pg_proc AS p ON p.pronamespace = o.oid \
     LEFT JOIN first AS f ON f.classoid = 'pg_proc'::regclass AND f.objoid = p.oid WHERE p.proacl IS NOT NULL AND o.name = 'pg_catalog') \
     SELECT l.kind, l.schema, l.name, l.part, coalesce(g.rolname::text, 'public') AS grantee, a.privilege_type AS verb, a.is_grantable AS grantable \
     FROM listed AS l CROSS JOIN LATERAL (SELECT e.grantee, e.privilege_type, e.is_grantable FROM aclexplode(l.acl) AS e \
     EXCEPT SELECT e.grantee, e.privilege_type, e.is_grantable FROM aclexplode(l.given) AS e) AS a \
     LEFT JOIN pg_catalog.pg_roles AS g ON g.oid = a.grantee WHERE a.grantee <> l.owner \
     AND NOT (a.grantee = 0 AND (l.schema = 'information_schema' AND a.privilege_type = 'SELECT' \
     OR l.kind = 'schema' AND l.name = 'information_schema' AND a.privilege_type = 'USAGE'))",
);

/// Who may set what (Postgres 15).
static PARAMETERS: Sql = Sql::new(
    "SELECT 'parameter' AS kind, '' AS schema, p.parname AS name, '' AS part, coalesce(g.rolname::text, 'public') AS grantee, \
     a.privilege_type AS verb, a.is_grantable AS grantable FROM pg_catalog.pg_parameter_acl AS p CROSS JOIN LATERAL aclexplode(p.paracl) AS a \
     LEFT JOIN pg_catalog.pg_roles AS g ON g.oid = a.grantee WHERE a.grantee <> 10",
);

/// Names without a schema are Postgres's own from here on, and others come with theirs.
pub(crate) static ALONE: Sql =
    Sql::new("SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)");

static HERE: Sql = Sql::new(
    "SELECT current_database()::text AS database, current_user::text AS login, \
     (SELECT r.rolsuper FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user) AS superuser, \
     current_setting('server_version_num')::bigint AS version",
);

/// What objects get that are yet to be made, by who makes them: what is written down for any schema takes the
/// place of the built-in rights, what is for one schema is added.
static FUTURES: Sql = Sql::new(
    "WITH makers AS (SELECT r.oid, r.rolname::text AS name FROM pg_catalog.pg_roles AS r WHERE r.rolname = ANY(:makers::text[])), \
     whats AS (SELECT * FROM (VALUES ('r', 'TABLES'), ('S', 'SEQUENCES'), ('f', 'FUNCTIONS'), ('T', 'TYPES'), ('n', 'SCHEMAS')) AS w (code, name)), \
     listed AS ( \
     SELECT m.name AS maker, NULL::text AS schema, w.name AS what, m.oid AS owner, \
     coalesce(d.defaclacl, acldefault(CASE w.code WHEN 'S' THEN 's' ELSE w.code END::\"char\", m.oid)) AS acl \
     FROM makers AS m CROSS JOIN whats AS w \
     LEFT JOIN pg_catalog.pg_default_acl AS d ON d.defaclrole = m.oid AND d.defaclnamespace = 0 AND d.defaclobjtype = w.code::\"char\" \
     UNION ALL SELECT r.rolname::text, n.nspname::text, w.name, d.defaclrole, d.defaclacl \
     FROM pg_catalog.pg_default_acl AS d JOIN pg_catalog.pg_roles AS r ON r.oid = d.defaclrole \
     JOIN whats AS w ON w.code::\"char\" = d.defaclobjtype LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = d.defaclnamespace \
     WHERE d.defaclnamespace <> 0 OR r.rolname <> ALL(:makers::text[])) \
     SELECT l.maker, l.schema, l.what, coalesce(g.rolname::text, 'public') AS grantee, a.privilege_type AS verb, a.is_grantable AS grantable \
     FROM listed AS l CROSS JOIN LATERAL aclexplode(l.acl) AS a LEFT JOIN pg_catalog.pg_roles AS g ON g.oid = a.grantee \
     WHERE a.grantee <> l.owner",
);

static ROLES: Sql = Sql::new(
    "SELECT rolname::text AS name, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolinherit, \
     rolconnlimit::bigint AS connections FROM pg_catalog.pg_roles WHERE rolname NOT LIKE 'pg\\_%'",
);

/// Before Postgres 16 a membership is given once, and has no options but one.
static MEMBERS: Sql = Sql::new(
    "SELECT r.rolname::text AS role, m.rolname::text AS member, g.rolname::text AS by, a.admin_option AS admin, \
     a.grantor = 10 AS of_server, coalesce((to_jsonb(a) ->> 'inherit_option')::boolean, true) AS inherit, \
     coalesce((to_jsonb(a) ->> 'set_option')::boolean, true) AS becomes \
     FROM pg_catalog.pg_auth_members AS a JOIN pg_catalog.pg_roles AS r ON r.oid = a.roleid \
     JOIN pg_catalog.pg_roles AS m ON m.oid = a.member LEFT JOIN pg_catalog.pg_roles AS g ON g.oid = a.grantor",
);

/// Settings of roles, and of this database for everybody, which are of no role.
static SETTINGS: Sql = Sql::new(
    "SELECT coalesce(r.rolname::text, '') AS role, lower(split_part(c.item, '=', 1)) AS name, substr(c.item, strpos(c.item, '=') + 1) AS value, \
     s.setrole <> 0 AND s.setdatabase <> 0 AS here_alone \
     FROM pg_catalog.pg_db_role_setting AS s LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole \
     CROSS JOIN LATERAL unnest(s.setconfig) AS c (item) \
     WHERE s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))",
);

/// The view has two of them for nobody, and two for superusers alone.
static KNOWN_SETTINGS: Sql = Sql::new(
    "SELECT lower(name) AS name FROM pg_catalog.pg_settings UNION VALUES ('role'), ('session_authorization'), \
     ('session_preload_libraries'), ('dynamic_library_path')",
);

/// A definition is read under its table's lock: what others hold is not waited for without end.
static PATIENCE: Sql = Sql::new("SELECT pg_catalog.set_config('lock_timeout', '10s', true)");

/// Settings by role and name.
type Settings = BTreeMap<(String, String), String>;

impl Facts {
    /// Reads what is so, of the objects that Postgres and extensions did not make; `makers` are the roles whose
    /// future objects matter. Any login may.
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database).
    pub async fn read(db: &Db, makers: &[String]) -> Result<Self> {
        let scope = Scope::system();
        let read = |tx: Transaction| async move {
            tx.query(&PATIENCE, params! {}).await?;
            Self::within(&tx, makers).await
        };
        let facts: raptor_db::Result<Self> = db.read(&scope, read).await;
        facts.map_err(|error| Error::database("the catalogs cannot be read", error))
    }

    /// The same, in a transaction.
    pub(crate) async fn within(tx: &Transaction, makers: &[String]) -> raptor_db::Result<Self> {
        // So that all names come with their schemas.
        tx.query(&ALONE, params! {}).await?;
        let here = tx.query_one(&HERE, params! {}).await?;
        let (settings, here_alone) = settings(tx).await?;
        Ok(Self {
            here: Here {
                database: here.get("database")?,
                login: here.get("login")?,
                superuser: here.get("superuser")?,
                version: here.get("version")?,
            },
            roles: roles(tx).await?,
            members: members(tx).await?,
            settings,
            known_settings: known_settings(tx).await?,
            here_alone,
            owners: owners(tx).await?,
            acls: acls(tx, makers, here.get("version")?).await?,
            relations: rows::relations(tx).await?,
            routines: rows::routines(tx).await?,
            catalog: given::groups(tx).await?,
        })
    }
}

async fn acls(
    tx: &Transaction,
    makers: &[String],
    version: i64,
) -> raptor_db::Result<BTreeSet<Acl>> {
    let mut acls = BTreeSet::new();
    for row in tx.query(&ACLS, params! {}).await? {
        acls.extend(acl(&row, object(&row)?)?);
    }
    for row in tx.query(&BEYOND, params! {}).await? {
        acls.extend(acl(&row, object(&row)?)?);
    }
    if version >= 150_000 {
        for row in tx.query(&PARAMETERS, params! {}).await? {
            acls.extend(acl(&row, object(&row)?)?);
        }
    }
    let makers = makers.to_vec();
    let futures = tx.query(&FUTURES, params! { makers }).await?;
    for row in futures {
        let future = Object::Future {
            owner: row.get("maker")?,
            schema: row.get("schema")?,
            what: row.get("what")?,
        };
        acls.extend(acl(&row, Some(future))?);
    }
    Ok(acls)
}

/// A right of the list; none where the privilege is one that this release does not know.
fn acl(row: &Row, object: Option<Object>) -> raptor_db::Result<Option<Acl>> {
    let (grantee, privilege): (String, String) = (row.get("grantee")?, row.get("verb")?);
    let verb = Verb::ALL.into_iter().find(|it| it.sql() == privilege);
    let grantable = row.get("grantable")?;
    Ok(object.zip(verb).map(|(object, verb)| Acl {
        object,
        grantee,
        verb,
        grantable,
    }))
}

/// The name of a row of the catalogs.
fn full(row: &Row) -> raptor_db::Result<Name> {
    Ok(Name {
        schema: row.get("schema")?,
        name: row.get("name")?,
    })
}

fn object(row: &Row) -> raptor_db::Result<Option<Object>> {
    let (kind, name): (String, String) = (row.get("kind")?, row.get("name")?);
    let part: String = row.get("part")?;
    Ok(Some(match kind.as_str() {
        "database" => Object::Database(name),
        "schema" => Object::Schema(name),
        "relation" => Object::Relation(full(row)?),
        "column" => Object::Column(full(row)?, part),
        "sequence" => Object::Sequence(full(row)?),
        "function" => Object::Function(name),
        "type" => Object::Type(full(row)?),
        "language" => Object::Language(name),
        "wrapper" => Object::Wrapper(name),
        "server" => Object::Server(name),
        "large object" => Object::LargeObject(name.parse().unwrap_or_default()),
        "tablespace" => Object::Tablespace(name),
        "parameter" => Object::Parameter(name),
        _ => return Ok(None),
    }))
}

async fn owners(tx: &Transaction) -> raptor_db::Result<BTreeMap<Object, String>> {
    let mut owners = BTreeMap::new();
    for row in tx.query(&OWNERS, params! {}).await? {
        if let Some(object) = object(&row)? {
            owners.insert(object, row.get("owner")?);
        }
    }
    Ok(owners)
}

async fn roles(tx: &Transaction) -> raptor_db::Result<BTreeMap<String, Attributes>> {
    let rows = tx.query(&ROLES, params! {}).await?;
    let one = |row: &Row| {
        let attributes = Attributes {
            login: row.get("rolcanlogin")?,
            superuser: row.get("rolsuper")?,
            bypass_rls: row.get("rolbypassrls")?,
            create_role: row.get("rolcreaterole")?,
            create_db: row.get("rolcreatedb")?,
            replication: row.get("rolreplication")?,
            inherit: row.get("rolinherit")?,
            connections: row.get("connections")?,
        };
        Ok((row.get("name")?, attributes))
    };
    rows.iter().map(one).collect()
}

async fn members(tx: &Transaction) -> raptor_db::Result<BTreeMap<Member, Vec<Membership>>> {
    let mut members: BTreeMap<Member, Vec<Membership>> = BTreeMap::new();
    for row in tx.query(&MEMBERS, params! {}).await? {
        let member = Member {
            role: row.get("role")?,
            member: row.get("member")?,
        };
        let (admin, inherit) = (row.get("admin")?, row.get("inherit")?);
        let becomes: bool = row.get("becomes")?;
        members.entry(member).or_default().push(Membership {
            by: row.get::<Option<String>>("by")?.unwrap_or_default(),
            admin,
            inherit,
            of_maker: row.get("of_server")? && admin && !inherit && !becomes,
        });
    }
    Ok(members)
}

/// Settings, and those that are for this database alone.
async fn settings(tx: &Transaction) -> raptor_db::Result<(Settings, BTreeSet<(String, String)>)> {
    let (mut settings, mut here_alone) = (Settings::new(), BTreeSet::new());
    for row in tx.query(&SETTINGS, params! {}).await? {
        let (role, name): (String, String) = (row.get("role")?, row.get("name")?);
        let value = plain_value(&name, row.get("value")?);
        match row.get("here_alone")? {
            true => drop(here_alone.insert((role, name))),
            false => drop(settings.insert((role, name), value)),
        }
    }
    Ok((settings, here_alone))
}

async fn known_settings(tx: &Transaction) -> raptor_db::Result<BTreeSet<String>> {
    let rows = tx.query(&KNOWN_SETTINGS, params! {}).await?;
    rows.iter().map(|row| row.get("name")).collect()
}
