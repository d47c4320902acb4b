//! What the catalogs say of what has rows: columns, row-level security, policies, views that ask with the rights of who asks,
//! and functions that run with the rights of their owner.

use super::full;
use crate::declaration::Name;
use crate::facts::{Column, Guard, Policy, Relation, Routine};
use crate::text::plain_value;
use raptor_db::{Result, Row, Sql, Transaction, params};
use std::collections::BTreeMap;

/// Relations of the application, but not those of extensions.
static RELATIONS: Sql = Sql::new(
    "SELECT n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind, c.relrowsecurity AS enabled, \
     c.relforcerowsecurity AS forced, coalesce(c.reloptions @> '{security_invoker=true}' OR c.reloptions @> '{security_invoker=on}', false) AS invoker, \
     pn.nspname::text AS parent_schema, p.relname::text AS parent \
     FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
     LEFT JOIN LATERAL ( \
      SELECT i.inhparent AS oid FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid AND c.relispartition \
      UNION ALL SELECT d.refobjid FROM pg_catalog.pg_depend AS d WHERE c.relkind = 'S' AND d.classid = 'pg_class'::regclass \
      AND d.objid = c.oid AND d.deptype = 'a' AND d.refclassid = 'pg_class'::regclass LIMIT 1) AS of ON true \
     LEFT JOIN pg_catalog.pg_class AS p ON p.oid = of.oid LEFT JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace \
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' \
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')",
);

static PARENTS: Sql = Sql::new(
    "SELECT n.nspname::text AS schema, c.relname::text AS name, pn.nspname::text AS parent_schema, p.relname::text AS parent \
     FROM pg_catalog.pg_inherits AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid \
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent \
     JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace WHERE p.relkind IN ('r', 'p', 'f')",
);

static COLUMNS: Sql = Sql::new(
    "SELECT n.nspname::text AS schema, c.relname::text AS name, a.attname::text AS column, format_type(a.atttypid, NULL) AS type, \
     a.attidentity = 'a' AS identity, a.attgenerated <> '' AS computed, \
     EXISTS (SELECT FROM pg_catalog.pg_collation AS o WHERE o.oid = a.attcollation AND NOT o.collisdeterministic) AS loose \
     FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid \
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
     WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
     AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'",
);

static POLICIES: Sql = Sql::new(
    "SELECT n.nspname::text AS schema, c.relname::text AS name, p.polname::text AS policy, p.polcmd::text AS command, \
     p.polpermissive AS permissive, pg_get_expr(p.polqual, p.polrelid) AS shown, pg_get_expr(p.polwithcheck, p.polrelid) AS written, \
     ARRAY(SELECT coalesce(r.rolname::text, 'public') FROM unnest(p.polroles) AS u (oid) \
     LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = u.oid ORDER BY 1) AS roles \
     FROM pg_catalog.pg_policy AS p JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid \
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace",
);

static ROUTINES: Sql = Sql::new(
    "SELECT p.oid::regprocedure::text AS signature, n.nspname::text AS schema, p.prosecdef AS definer, p.provolatile::text AS volatility, \
     p.proparallel::text AS parallel, format_type(p.prorettype, NULL) AS returns, p.prosrc AS source, l.lanname::text AS language, \
     coalesce(p.proconfig, '{}') AS settings, p.prokind::text AS kind \
     FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace \
     JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang \
     WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' \
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')",
);

/// Each relation with its columns, policies and what guards it.
pub(super) async fn relations(tx: &Transaction) -> Result<BTreeMap<Name, Relation>> {
    let mut relations = BTreeMap::new();
    for row in tx.query(&RELATIONS, params! {}).await? {
        let parent: Option<(String, String)> = row
            .get::<Option<String>>("parent_schema")?
            .zip(row.get("parent")?);
        let relation = Relation {
            kind: row
                .get::<String>("kind")?
                .chars()
                .next()
                .unwrap_or_default(),
            guard: Guard {
                enabled: row.get("enabled")?,
                forced: row.get("forced")?,
            },
            invoker: row.get("invoker")?,
            part_of: parent.map(|(schema, name)| Name { schema, name }),
            ..Relation::default()
        };
        relations.insert(full(&row)?, relation);
    }
    for row in tx.query(&COLUMNS, params! {}).await? {
        if let Some(relation) = relations.get_mut(&full(&row)?) {
            let column = Column {
                type_name: row.get("type")?,
                identity: row.get("identity")?,
                computed: row.get("computed")?,
                loose: row.get("loose")?,
            };
            relation.columns.insert(row.get("column")?, column);
        }
    }
    for row in tx.query(&PARENTS, params! {}).await? {
        if let Some(relation) = relations.get_mut(&full(&row)?) {
            relation.parents.insert(Name {
                schema: row.get("parent_schema")?,
                name: row.get("parent")?,
            });
        }
    }
    for row in tx.query(&POLICIES, params! {}).await? {
        if let Some(relation) = relations.get_mut(&full(&row)?) {
            relation.policies.insert(row.get("policy")?, policy(&row)?);
        }
    }
    Ok(relations)
}

fn policy(row: &Row) -> Result<Policy> {
    Ok(Policy {
        command: match row.get::<String>("command")?.as_str() {
            "r" => "SELECT",
            "a" => "INSERT",
            "w" => "UPDATE",
            "d" => "DELETE",
            _ => "ALL",
        },
        permissive: row.get("permissive")?,
        roles: row.get::<Vec<String>>("roles")?.into_iter().collect(),
        shown: row.get("shown")?,
        written: row.get("written")?,
    })
}

fn plain(setting: &str) -> String {
    match setting.split_once('=') {
        Some((name, value)) => format!("{name}={}", plain_value(name, value)),
        None => setting.to_owned(),
    }
}

/// Functions and procedures by signature.
pub(super) async fn routines(tx: &Transaction) -> Result<BTreeMap<String, Routine>> {
    let mut routines = BTreeMap::new();
    for row in tx.query(&ROUTINES, params! {}).await? {
        let routine = Routine {
            schema: row.get("schema")?,
            definer: row.get("definer")?,
            volatility: row.get("volatility")?,
            parallel: row.get("parallel")?,
            returns: row.get("returns")?,
            language: row.get("language")?,
            source: row.get("source")?,
            settings: row
                .get::<Vec<String>>("settings")?
                .iter()
                .map(|it| plain(it))
                .collect(),
        };
        routines.insert(row.get("signature")?, routine);
    }
    Ok(routines)
}
