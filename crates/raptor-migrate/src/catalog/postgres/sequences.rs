//! Sequences that are no identity column's.

use super::Reading;
use crate::catalog::object::Sequence;
use crate::error::Result;
use raptor_db::Sql;

static SEQUENCES: Sql = Sql::new(concat!(
    "SELECT pg_catalog.jsonb_build_object('name', i.relname, 'options', ",
    sequence_options!(),
    ", 'owned_by', (SELECT o.oid::pg_catalog.regclass::text || '.' || pg_catalog.quote_ident(a.attname::text) \
     FROM pg_catalog.pg_depend AS p JOIN pg_catalog.pg_class AS o ON o.oid = p.refobjid \
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid \
     WHERE p.classid = ",
    class!("pg_class"),
    " AND p.objid = i.oid AND p.refclassid = ",
    class!("pg_class"),
    " AND p.deptype = 'a'), 'owner', ",
    role!("i.relowner"),
    ", 'comment', ",
    comment!("i.oid", "pg_class"),
    ", 'grants', ",
    grants!(
        "coalesce(i.relacl, pg_catalog.acldefault('s', i.relowner))",
        "i.relowner"
    ),
    ", 'properties', pg_catalog.jsonb_build_object(\
     'persistence', CASE i.relpersistence WHEN 'u' THEN 'unlogged' WHEN 't' THEN 'temporary' END)) AS doc \
     FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_class AS i ON i.relnamespace = n.oid \
     JOIN pg_catalog.pg_sequence AS q ON q.seqrelid = i.oid \
     WHERE n.nspname = :schema::text AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS p WHERE p.classid = ",
    class!("pg_class"),
    " AND p.objid = i.oid AND p.refclassid = ",
    class!("pg_class"),
    " AND p.deptype = 'i') AND ",
    not_extensions!("i.oid", "pg_class")
));

impl Reading<'_> {
    pub(super) async fn sequences(&self) -> Result<Vec<Sequence>> {
        let mut all: Vec<Sequence> = self.list(&SEQUENCES).await?;
        for sequence in &mut all {
            self.owners.settle(&mut sequence.grants, "s");
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }
}
