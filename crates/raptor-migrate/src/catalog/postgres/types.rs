//! Enums, domains, composites, ranges and base types.

use super::Reading;
use crate::catalog::object::Type;
use crate::catalog::relation::Column;
use crate::error::Result;
use raptor_db::Sql;
use std::collections::BTreeMap;

/// Not the types that come with a table, an array or a range.
static TYPES: Sql = Sql::new(concat!(
    "SELECT pg_catalog.jsonb_build_object('name', t.typname, 'kind', CASE WHEN NOT t.typisdefined THEN 'shell' ELSE \
     CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite' WHEN 'r' THEN 'range' \
     ELSE 'base' END END, \
     'labels', coalesce((SELECT pg_catalog.jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) \
     FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid), '[]'::jsonb), \
     'base', CASE t.typtype WHEN 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) \
     WHEN 'r' THEN pg_catalog.format_type(r.rngsubtype, NULL) END, 'not_null', t.typnotnull, \
     'default', CASE WHEN t.typtype = 'd' THEN pg_catalog.pg_get_expr(t.typdefaultbin, ",
    class!("pg_type"),
    ") ELSE t.typdefault END, 'collation', CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation \
     AND t.typcollation <> 0::pg_catalog.oid THEN t.typcollation::pg_catalog.regcollation::text END, \
     'constraints', coalesce((SELECT pg_catalog.jsonb_agg(",
    constraint!(),
    " ORDER BY k.conname) FROM pg_catalog.pg_constraint AS k WHERE k.contypid = t.oid \
     AND (k.contype <> 'n' OR k.conname::text <> t.typname::text || '_not_null')), '[]'::jsonb), \
     'owner', ",
    role!("t.typowner"),
    ", 'comment', coalesce(",
    comment!("t.oid", "pg_type"),
    ", ",
    comment!("t.typrelid", "pg_class"),
    "), 'grants', ",
    grants!(
        "coalesce(t.typacl, pg_catalog.acldefault('T', t.typowner))",
        "t.typowner"
    ),
    ", 'properties', CASE WHEN t.typtype = 'b' AND t.typisdefined THEN \
     pg_catalog.to_jsonb(t) - '{oid,typname,typnamespace,typowner,typtype,typisdefined,typrelid,typelem,typarray,\
     typnotnull,typbasetype,typdefaultbin,typdefault,typacl,typcollation}'::text[] \
     || pg_catalog.jsonb_build_object('element', pg_catalog.format_type(nullif(t.typelem, 0::pg_catalog.oid), NULL), \
     'collated', t.typcollation <> 0::pg_catalog.oid) \
     WHEN t.typtype = 'r' THEN pg_catalog.jsonb_build_object(\
     'range collation', nullif(r.rngcollation, 0::pg_catalog.oid)::pg_catalog.regcollation::text, \
     'operator class', (SELECT o.opcname FROM pg_catalog.pg_opclass AS o WHERE o.oid = r.rngsubopc), \
     'canonical', nullif(r.rngcanonical::text, '-'), 'difference', nullif(r.rngsubdiff::text, '-'), \
     'multirange', pg_catalog.format_type((pg_catalog.to_jsonb(r) ->> 'rngmultitypid')::pg_catalog.oid, NULL)) \
     ELSE '{}'::jsonb END) AS doc \
     FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_type AS t ON t.typnamespace = n.oid \
     LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid \
     LEFT JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype \
     LEFT JOIN pg_catalog.pg_range AS r ON r.rngtypid = t.oid \
     WHERE n.nspname = :schema::text AND (t.typrelid = 0::pg_catalog.oid OR c.relkind = 'c') \
     AND t.typtype <> 'm' AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS o WHERE o.typarray = t.oid) AND ",
    not_extensions!("t.oid", "pg_type")
));

impl Reading<'_> {
    /// Takes its attributes out of all columns.
    pub(super) async fn types(
        &self,
        columns: &mut BTreeMap<String, Vec<Column>>,
    ) -> Result<Vec<Type>> {
        let mut all: Vec<Type> = self.list(&TYPES).await?;
        for it in &mut all {
            self.owners.settle(&mut it.grants, "T");
            if it.kind == "composite" {
                it.attributes = columns.remove(&it.name).unwrap_or_default();
            }
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }
}
