//! What hangs on tables and views: constraints, indexes, triggers, rules, policies.

use super::Reading;
use super::qualified::without_schema;
use crate::catalog::part::{Constraint, Index, Policy, Rule, Trigger};
use crate::catalog::relation::Relation;
use crate::error::Result;
use raptor_db::Sql;
use std::collections::BTreeMap;

/// What a constraint trigger says, the trigger says, but for a comment. The foreign keys that a partitioned parent gives its children are their own, but those that it
/// makes on the side that points have names by chance. From Postgres 18 on NOT NULL is a constraint,
/// too; one that says no more than its column does, under the name that it has by itself, is not
/// told.
static CONSTRAINTS: Sql = Sql::new(concat!(
    "SELECT c.relname::text AS relation, ",
    constraint!(),
    " AS doc",
    of_relations!(
        "JOIN pg_catalog.pg_constraint AS k ON k.conrelid = c.oid \
         LEFT JOIN pg_catalog.pg_constraint AS o ON o.oid = k.conparentid \
         LEFT JOIN pg_catalog.pg_attribute AS a ON k.contype = 'n' AND a.attrelid = c.oid AND a.attnum = k.conkey[1]"
    ),
    " AND (k.contype <> 't' OR ",
    comment!("k.oid", "pg_constraint"),
    " IS NOT NULL) AND (k.contype <> 'f' OR o.oid IS NULL OR o.conrelid <> k.conrelid) \
     AND (k.contype <> 'n' OR NOT k.convalidated OR k.connoinherit OR ",
    comment!("k.oid", "pg_constraint"),
    " IS NOT NULL OR (k.conislocal AND (k.coninhcount > 0 \
     OR k.conname::text <> c.relname::text || '_' || a.attname::text || '_not_null')))"
));

static INDEXES: Sql = Sql::new(concat!(
    "SELECT c.relname::text AS relation, pg_catalog.jsonb_build_object('name', i.relname, \
     'definition', pg_catalog.pg_get_indexdef(i.oid), 'unique', x.indisunique, \
     'partial', x.indpred IS NOT NULL, 'valid', x.indisvalid, \
     'of_constraint', EXISTS (SELECT FROM pg_catalog.pg_constraint AS k \
     WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x')), 'comment', ",
    comment!("i.oid", "pg_class"),
    ", 'properties', pg_catalog.jsonb_build_object(\
     'tablespace', (SELECT s.spcname FROM pg_catalog.pg_tablespace AS s WHERE s.oid = i.reltablespace), \
     'clustered', CASE WHEN x.indisclustered THEN 'yes' END, \
     'replica identity', CASE WHEN x.indisreplident THEN 'yes' END, \
     'statistics', (SELECT pg_catalog.string_agg(a.attnum::text || ': ' || a.attstattarget::text, ', ' ORDER BY a.attnum) \
     FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = i.oid AND a.attstattarget >= 0), \
     'part of', (SELECT pg_catalog.string_agg(h.inhparent::pg_catalog.regclass::text, ', ') \
     FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = i.oid))) AS doc",
    of_relations!(
        "JOIN pg_catalog.pg_index AS x ON x.indrelid = c.oid JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid"
    )
));

/// Before Postgres 15 the triggers that a partition has from its parent count as internal.
static TRIGGERS: Sql = Sql::new(concat!(
    "SELECT c.relname::text AS relation, pg_catalog.jsonb_build_object('name', g.tgname, \
     'definition', pg_catalog.pg_get_triggerdef(g.oid), 'enabled', ",
    enabled!("g.tgenabled"),
    ", 'comment', ",
    comment!("g.oid", "pg_trigger"),
    ", 'properties', pg_catalog.jsonb_build_object(\
     'cloned', CASE WHEN g.tgparentid <> 0::pg_catalog.oid THEN 'yes' END)) AS doc",
    of_relations!("JOIN pg_catalog.pg_trigger AS g ON g.tgrelid = c.oid"),
    " AND (NOT g.tgisinternal OR (g.tgparentid <> 0::pg_catalog.oid AND g.tgconstraint = 0::pg_catalog.oid))"
));

static RULES: Sql = Sql::new(concat!(
    "SELECT c.relname::text AS relation, pg_catalog.jsonb_build_object('name', r.rulename, \
     'definition', pg_catalog.pg_get_ruledef(r.oid), 'enabled', ",
    enabled!("r.ev_enabled"),
    ", 'comment', ",
    comment!("r.oid", "pg_rewrite"),
    ") AS doc",
    of_relations!("JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = c.oid"),
    " AND r.rulename <> '_RETURN'"
));

static POLICIES: Sql = Sql::new(concat!(
    "SELECT c.relname::text AS relation, pg_catalog.jsonb_build_object('name', p.polname, \
     'command', CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' \
     WHEN 'd' THEN 'DELETE' ELSE 'ALL' END, 'permissive', p.polpermissive, \
     'roles', (SELECT pg_catalog.jsonb_agg(u.name ORDER BY u.name) FROM (SELECT CASE o.role \
     WHEN 0::pg_catalog.oid THEN 'PUBLIC' ELSE ",
    role!("o.role"),
    " END COLLATE \"C\" AS name FROM pg_catalog.unnest(p.polroles) AS o (role)) AS u), \
     'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid), \
     'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), 'comment', ",
    comment!("p.oid", "pg_policy"),
    ") AS doc",
    of_relations!("JOIN pg_catalog.pg_policy AS p ON p.polrelid = c.oid")
));

/// What is recognised by its name.
trait Part {
    fn name(&self) -> &str;
}

macro_rules! parts {
    ($($part:ty),+) => {$(
        impl Part for $part {
            fn name(&self) -> &str {
                &self.name
            }
        }
    )+};
}

parts!(Index, Trigger, Rule, Policy);

impl Part for Constraint {
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }
}

impl Reading<'_> {
    /// Adds them to their relations.
    pub(super) async fn add_parts(&self, relations: &mut [Relation]) -> Result<()> {
        let places: BTreeMap<String, usize> = relations
            .iter()
            .enumerate()
            .map(|(place, relation)| (relation.name.clone(), place))
            .collect();
        let constraints = self.of_relations(&CONSTRAINTS).await?;
        add(relations, &places, constraints, |it| &mut it.constraints);
        let mut indexes: Vec<(String, Index)> = self.of_relations(&INDEXES).await?;
        for (_, index) in &mut indexes {
            index.definition = without_schema(&index.definition, "on", &self.quoted);
        }
        add(relations, &places, indexes, |it| &mut it.indexes);
        let mut triggers: Vec<(String, Trigger)> = self.of_relations(&TRIGGERS).await?;
        for (_, trigger) in &mut triggers {
            trigger.definition = without_schema(&trigger.definition, "on", &self.quoted);
        }
        add(relations, &places, triggers, |it| &mut it.triggers);
        let mut rules: Vec<(String, Rule)> = self.of_relations(&RULES).await?;
        for (_, rule) in &mut rules {
            rule.definition = without_schema(&rule.definition, "to", &self.quoted);
        }
        add(relations, &places, rules, |it| &mut it.rules);
        let policies = self.of_relations(&POLICIES).await?;
        add(relations, &places, policies, |it| &mut it.policies);
        Ok(())
    }
}

fn add<T: Part>(
    relations: &mut [Relation],
    places: &BTreeMap<String, usize>,
    mut parts: Vec<(String, T)>,
    list: impl Fn(&mut Relation) -> &mut Vec<T>,
) {
    parts.sort_by(|(_, a), (_, b)| a.name().cmp(b.name()));
    for (relation, part) in parts {
        if let Some(place) = places.get(&relation) {
            list(&mut relations[*place]).push(part);
        }
    }
}
