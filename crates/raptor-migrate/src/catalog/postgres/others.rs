//! Objects of rarer kinds, extensions, default privileges; and whatever a schema holds that nothing
//! here knows, so that a newer server's kinds of objects are not passed over.

#[macro_use]
mod hanging;
#[macro_use]
mod search;
#[macro_use]
mod standing;
#[macro_use]
mod unknown;

use super::Reading;
use super::qualified::without_schema;
use crate::catalog::object::Other;
use crate::error::Result;
use raptor_db::Sql;

pub(super) static EXTENSIONS: Sql = Sql::new(
    "SELECT pg_catalog.jsonb_build_object('name', x.extname, 'version', x.extversion, \
     'schema', CASE WHEN s.nspname <> :schema::text THEN s.nspname END) AS doc \
     FROM pg_catalog.pg_extension AS x JOIN pg_catalog.pg_namespace AS s ON s.oid = x.extnamespace \
     ORDER BY x.extname",
);

/// Those of the schema, and those of no schema, which hold in it too.
pub(super) static DEFAULT_PRIVILEGES: Sql = Sql::new(concat!(
    "SELECT pg_catalog.jsonb_build_object('name', CASE d.defaclobjtype WHEN 'r' THEN 'tables' \
     WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' \
     ELSE d.defaclobjtype::text END || ' that ' || CASE d.defaclrole WHEN n.nspowner THEN 'OWNER' ELSE ",
    role!("d.defaclrole"),
    " END || CASE d.defaclnamespace WHEN 0::pg_catalog.oid THEN ' makes anywhere' ELSE ' makes here' END, 'grants', ",
    grants!("d.defaclacl", "d.defaclrole"),
    ") AS doc FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_default_acl AS d \
     ON d.defaclnamespace = n.oid OR d.defaclnamespace = 0::pg_catalog.oid WHERE n.nspname = :schema::text"
));

static OTHERS: Sql = Sql::new(concat!(
    standing_objects!(),
    " UNION ALL ",
    search_objects!(),
    " UNION ALL ",
    hanging_objects!(),
    " UNION ALL ",
    unknown_objects!()
));

impl Reading<'_> {
    pub(super) async fn others(&self) -> Result<Vec<Other>> {
        let mut all: Vec<Other> = self.list(&OTHERS).await?;
        for other in &mut all {
            match other.kind.as_str() {
                "foreign server" => self.owners.settle(&mut other.grants, "S"),
                "statistics" => {
                    let definition = other.definition.take();
                    other.definition =
                        definition.map(|text| without_schema(&text, "statistics", &self.quoted));
                }
                _ => {}
            }
            let prefix = format!("{}.", self.quoted);
            if let Some(name) = other.name.strip_prefix(&prefix) {
                other.name = name.to_owned();
            }
        }
        all.sort_by(|a, b| (&a.kind, &a.name).cmp(&(&b.kind, &b.name)));
        Ok(all)
    }
}
