//! Functions, procedures and aggregates.

use super::Reading;
use super::qualified::without_schema;
use crate::catalog::object::Routine;
use crate::error::Result;
use raptor_db::Sql;

/// What tells a routine's text is put in: Postgres 13 keeps none parsed. What a type or a language
/// brought along is theirs.
macro_rules! routines {
    ($body:literal) => {
        concat!(
            "SELECT pg_catalog.jsonb_build_object('name', \
             pg_catalog.quote_ident(p.proname::text) || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')', \
             'kind', CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' \
             WHEN 'w' THEN 'window function' ELSE 'function' END, 'language', l.lanname, \
             'arguments', pg_catalog.pg_get_function_arguments(p.oid), \
             'result', pg_catalog.pg_get_function_result(p.oid), 'body', ",
            $body,
            ", 'definition', CASE WHEN p.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid) END, 'owner', ",
            role!("p.proowner"),
            ", 'comment', ",
            comment!("p.oid", "pg_proc"),
            ", 'grants', ",
            grants!(
                "coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))",
                "p.proowner"
            ),
            ", 'properties', pg_catalog.jsonb_build_object(\
             'volatility', CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' END, \
             'strict', CASE WHEN p.proisstrict THEN 'yes' END, \
             'security definer', CASE WHEN p.prosecdef THEN 'yes' END, \
             'leakproof', CASE WHEN p.proleakproof THEN 'yes' END, \
             'parallel', CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END, \
             'cost', p.procost, 'rows', CASE WHEN p.proretset THEN p.prorows END, \
             'support', nullif(p.prosupport::text, '-'), 'library', p.probin, \
             'transforms', (SELECT pg_catalog.string_agg(pg_catalog.format_type(u.item, NULL), ', ' ORDER BY u.place) \
             FROM pg_catalog.unnest(p.protrftypes) WITH ORDINALITY AS u (item, place)), \
             'settings', ",
            sorted!("p.proconfig"),
            ") || coalesce((SELECT (pg_catalog.to_jsonb(g) - '{aggfnoid,aggtranstype,aggmtranstype,aggsortop}'::text[]) \
             || pg_catalog.jsonb_build_object('aggtranstype', pg_catalog.format_type(g.aggtranstype, NULL), \
             'aggmtranstype', pg_catalog.format_type(nullif(g.aggmtranstype, 0::pg_catalog.oid), NULL), \
             'aggsortop', nullif(g.aggsortop, 0::pg_catalog.oid)::pg_catalog.regoperator::text) \
             FROM pg_catalog.pg_aggregate AS g WHERE g.aggfnoid::pg_catalog.oid = p.oid), '{}'::jsonb)) AS doc \
             FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_proc AS p ON p.pronamespace = n.oid \
             JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang \
             WHERE n.nspname = :schema::text AND p.proname <> 'raptor_migration_log_stays' \
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e WHERE e.classid = ",
            class!("pg_proc"),
            " AND e.objid = p.oid AND (e.deptype = 'e' OR e.deptype = 'i'))"
        )
    };
}

static ROUTINES: Sql = Sql::new(routines!(
    "coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc)"
));

static ROUTINES_OF_13: Sql = Sql::new(routines!("p.prosrc"));

impl Reading<'_> {
    pub(super) async fn routines(&self) -> Result<Vec<Routine>> {
        let sql = if self.version >= 140_000 {
            &ROUTINES
        } else {
            &ROUTINES_OF_13
        };
        let mut all: Vec<Routine> = self.list(sql).await?;
        for routine in &mut all {
            self.owners.settle(&mut routine.grants, "f");
            if let Some(definition) = &mut routine.definition {
                let word = if routine.kind == "procedure" {
                    "procedure"
                } else {
                    "function"
                };
                *definition = without_schema(definition, word, &self.quoted);
            }
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }
}
