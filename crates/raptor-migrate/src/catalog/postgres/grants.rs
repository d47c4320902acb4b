//! Grants in one form, whoever owns what.

use crate::catalog::cannot_read;
use crate::catalog::object::Grant;
use crate::error::Result;
use raptor_db::{Session, Sql, params};
use std::collections::BTreeMap;

/// What an owner has by default, by kind of object: servers of different versions know different
/// privileges.
pub(super) struct OwnersOwn(BTreeMap<String, Vec<String>>);

static OWNERS: Sql = Sql::new(
    "SELECT k.kind, pg_catalog.array_agg(x.privilege_type ORDER BY x.privilege_type) AS privileges \
     FROM (VALUES ('r'), ('s'), ('f'), ('n'), ('T'), ('S')) AS k (kind), \
     pg_catalog.aclexplode(pg_catalog.acldefault(k.kind::\"char\", 10::pg_catalog.oid)) AS x \
     WHERE x.grantee = 10::pg_catalog.oid GROUP BY k.kind",
);

impl OwnersOwn {
    pub(super) async fn read(session: &Session) -> Result<Self> {
        let rows = session.query(&OWNERS, params! {}).await;
        let mut all = BTreeMap::new();
        for row in rows.map_err(cannot_read)? {
            let kind = row.get("kind").map_err(cannot_read)?;
            all.insert(kind, row.get("privileges").map_err(cannot_read)?);
        }
        Ok(Self(all))
    }

    /// Sorts, and leaves out what the owner of such an object has by default. An owner who gave some
    /// of it up is listed with the rest.
    pub(super) fn settle(&self, grants: &mut Vec<Grant>, kind: &str) {
        grants.sort();
        let is_plain = |grant: &Grant| {
            let Grant {
                to,
                privilege: _,
                grantable,
                by,
            } = grant;
            to == "OWNER" && !grantable && by.is_none()
        };
        let plain: Vec<&str> = grants
            .iter()
            .filter(|grant| is_plain(grant))
            .map(|grant| grant.privilege.as_str())
            .collect();
        let all = self.0.get(kind).map(Vec::as_slice).unwrap_or_default();
        if plain == all {
            grants.retain(|grant| !is_plain(grant));
        } else if !grants.iter().any(|grant| grant.to == "OWNER") {
            grants.push(Grant {
                to: "OWNER".to_owned(),
                privilege: "NONE".to_owned(),
                grantable: false,
                by: None,
            });
        }
    }
}
