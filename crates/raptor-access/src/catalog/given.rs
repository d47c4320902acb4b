//! What Postgres itself gives everybody.

use super::{acl, object};
use crate::declaration::Group;
use crate::facts::Given;
use raptor_db::{Result, Sql, Transaction, params};
use std::collections::BTreeMap;

static FUNCTIONS: Sql = Sql::new(
    "SELECT 'function' AS kind, '' AS schema, 'pg_catalog.' || p.oid::regprocedure::text AS name, '' AS part, \
     coalesce(g.rolname::text, 'public') AS grantee, a.privilege_type AS verb, a.is_grantable AS grantable \
     FROM pg_catalog.pg_proc AS p LEFT JOIN LATERAL (SELECT e.grantee, e.privilege_type, e.is_grantable \
     FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS e WHERE e.grantee <> p.proowner) AS a ON true \
     LEFT JOIN pg_catalog.pg_roles AS g ON g.oid = a.grantee \
     WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname::text ~ :names ORDER BY 3",
);

static LANGUAGES: Sql = Sql::new(
    "SELECT 'language' AS kind, '' AS schema, l.lanname::text AS name, '' AS part, \
     coalesce(g.rolname::text, 'public') AS grantee, a.privilege_type AS verb, a.is_grantable AS grantable \
     FROM pg_catalog.pg_language AS l LEFT JOIN LATERAL (SELECT e.grantee, e.privilege_type, e.is_grantable \
     FROM aclexplode(coalesce(l.lanacl, acldefault('l', l.lanowner))) AS e WHERE e.grantee <> l.lanowner) AS a ON true \
     LEFT JOIN pg_catalog.pg_roles AS g ON g.oid = a.grantee WHERE l.lanpltrusted ORDER BY 3",
);

/// All groups.
pub(super) async fn groups(tx: &Transaction) -> Result<BTreeMap<Group, Given>> {
    let mut groups = BTreeMap::new();
    for group in Group::ALL {
        let rows = match group {
            Group::Languages => tx.query(&LANGUAGES, params! {}).await?,
            _ => {
                tx.query(&FUNCTIONS, params! { names: group.names() })
                    .await?
            }
        };
        let mut given = Given::default();
        for row in rows {
            let Some(object) = object(&row)? else {
                continue;
            };
            if given.objects.last() != Some(&object) {
                given.objects.push(object.clone());
            }
            // Nobody may: there is no right to read.
            if row.get::<Option<String>>("verb")?.is_some() {
                given.acls.extend(acl(&row, Some(object))?);
            }
        }
        groups.insert(group, given);
    }
    Ok(groups)
}
