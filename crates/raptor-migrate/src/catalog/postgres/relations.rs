//! Tables and views themselves, and their columns.

use super::Reading;
use crate::catalog::relation::{Column, Relation, RelationKind};
use crate::error::{Error, ErrorKind, Result};
use raptor_db::Sql;
use std::collections::BTreeMap;

static RELATIONS: Sql = Sql::new(concat!(
    "SELECT pg_catalog.jsonb_build_object('name', c.relname, 'kind', CASE c.relkind WHEN 'p' THEN 'partitioned_table' \
     WHEN 'f' THEN 'foreign_table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' ELSE 'table' END, \
     'owner', ",
    role!("c.relowner"),
    ", 'comment', ",
    comment!("c.oid", "pg_class"),
    ", 'definition', CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END, \
     'row_security', c.relrowsecurity, 'force_row_security', c.relforcerowsecurity, 'grants', ",
    grants!(
        "coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))",
        "c.relowner"
    ),
    ", 'properties', pg_catalog.jsonb_build_object(\
     'persistence', CASE c.relpersistence WHEN 'u' THEN 'unlogged' WHEN 't' THEN 'temporary' END, \
     'options', ",
    sorted!("c.reloptions"),
    ", 'toast options', (SELECT ",
    sorted!("t.reloptions"),
    " FROM pg_catalog.pg_class AS t WHERE t.oid = c.reltoastrelid), \
     'tablespace', (SELECT s.spcname FROM pg_catalog.pg_tablespace AS s WHERE s.oid = c.reltablespace), \
     'access method', (SELECT m.amname FROM pg_catalog.pg_am AS m WHERE m.oid = c.relam AND m.amname <> 'heap'), \
     'replica identity', CASE WHEN c.relkind IN ('r', 'p', 'm') THEN \
     CASE c.relreplident WHEN 'f' THEN 'full' WHEN 'n' THEN 'nothing' WHEN 'i' THEN 'index' END END, \
     'of type', CASE WHEN c.reloftype <> 0::pg_catalog.oid THEN pg_catalog.format_type(c.reloftype, NULL) END, \
     'inherits', (SELECT pg_catalog.string_agg(h.inhparent::pg_catalog.regclass::text \
     || CASE WHEN pg_catalog.to_jsonb(h) ->> 'inhdetachpending' = 'true' THEN ' (detach pending)' ELSE '' END, \
     ', ' ORDER BY h.inhseqno) FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = c.oid), \
     'partition key', pg_catalog.pg_get_partkeydef(c.oid), \
     'partition bound', pg_catalog.pg_get_expr(c.relpartbound, c.oid), \
     'server', (SELECT s.srvname FROM pg_catalog.pg_foreign_table AS f \
     JOIN pg_catalog.pg_foreign_server AS s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid), \
     'server options', (SELECT ",
    sorted!("f.ftoptions"),
    " FROM pg_catalog.pg_foreign_table AS f WHERE f.ftrelid = c.oid))) AS doc",
    of_relations!("")
));

/// What tells a column's compression, which Postgres 13 does not have, is put in.
macro_rules! columns {
    ($compression:literal) => {
        concat!(
            "SELECT c.relname::text AS relation, pg_catalog.jsonb_build_object('name', a.attname, \
             'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull, \
             'default', CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END, \
             'generated', CASE WHEN a.attgenerated <> '' THEN pg_catalog.jsonb_build_object(\
             'expression', pg_catalog.pg_get_expr(d.adbin, d.adrelid), 'stored', a.attgenerated = 's') END, \
             'identity', CASE WHEN a.attidentity <> '' THEN pg_catalog.jsonb_build_object('always', a.attidentity = 'a') \
             || coalesce((SELECT pg_catalog.jsonb_build_object('sequence', i.relname, 'options', ",
            sequence_options!(),
            " || CASE WHEN i.relpersistence = c.relpersistence \
             OR pg_catalog.current_setting('server_version_num')::int < 150000 THEN '' \
             ELSE ' not as lasting as its table' END, 'comment', ",
            comment!("i.oid", "pg_class"),
            ", 'grants', ",
            grants!(
                "coalesce(i.relacl, pg_catalog.acldefault('s', i.relowner))",
                "i.relowner"
            ),
            ") FROM pg_catalog.pg_depend AS p JOIN pg_catalog.pg_class AS i ON i.oid = p.objid AND i.relkind = 'S' \
             JOIN pg_catalog.pg_sequence AS q ON q.seqrelid = i.oid \
             WHERE p.classid = ",
            class!("pg_class"),
            " AND p.refclassid = ",
            class!("pg_class"),
            " AND p.refobjid = c.oid AND p.refobjsubid = a.attnum AND p.deptype = 'i' LIMIT 1), '{}'::jsonb) END, \
             'collation', CASE WHEN a.attcollation <> t.typcollation AND a.attcollation <> 0::pg_catalog.oid \
             THEN a.attcollation::pg_catalog.regcollation::text END, 'comment', ",
            comment!("c.oid", "pg_class", "a.attnum"),
            ", 'grants', ",
            grants!("a.attacl", "c.relowner"),
            ", 'properties', pg_catalog.jsonb_build_object(\
             'storage', CASE WHEN a.attstorage <> t.typstorage THEN \
             CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END END, \
             'compression', ",
            $compression,
            ", 'statistics', CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END, \
             'options', ",
            sorted!("a.attoptions"),
            ", 'server options', ",
            sorted!("a.attfdwoptions"),
            ", 'inherited', CASE WHEN a.attinhcount > 0 THEN CASE WHEN a.attislocal THEN 'and here too' ELSE 'yes' END END\
             )) AS doc",
            of_relations!(
                "JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
                 JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid \
                 LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum",
                "'r', 'p', 'v', 'm', 'f', 'c'"
            ),
            " ORDER BY c.relname, a.attnum"
        )
    };
}

static COLUMNS: Sql = Sql::new(columns!(
    "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END"
));

static COLUMNS_OF_13: Sql = Sql::new(columns!("NULL"));

impl Reading<'_> {
    pub(super) async fn relations(
        &self,
        mut columns: BTreeMap<String, Vec<Column>>,
    ) -> Result<Vec<Relation>> {
        let mut all: Vec<Relation> = self.list(&RELATIONS).await?;
        all.sort_by(|a, b| a.name.cmp(&b.name));
        for relation in &mut all {
            let is_view = matches!(
                relation.kind,
                RelationKind::View | RelationKind::MaterializedView
            );
            if is_view && relation.definition.is_none() {
                let name = &relation.name;
                let message = format!(
                    "the schema cannot be read: view {name} was dropped meanwhile; try again"
                );
                return Err(Error::new(ErrorKind::Database, message));
            }
            self.owners.settle(&mut relation.grants, "r");
            relation.columns = columns.remove(&relation.name).unwrap_or_default();
        }
        self.add_parts(&mut all).await?;
        Ok(all)
    }

    /// The columns of tables, views and composite types, by its name.
    pub(super) async fn columns(&self) -> Result<BTreeMap<String, Vec<Column>>> {
        let sql = if self.version >= 140_000 {
            &COLUMNS
        } else {
            &COLUMNS_OF_13
        };
        let mut all = BTreeMap::<String, Vec<Column>>::new();
        for (relation, mut column) in self.of_relations::<Column>(sql).await? {
            column.grants.sort();
            if let Some(identity) = &mut column.identity {
                self.owners.settle(&mut identity.grants, "s");
            }
            all.entry(relation).or_default().push(column);
        }
        Ok(all)
    }
}
