//! What stands in the schema, or hangs on its tables, and is of a kind that nothing here reads.

macro_rules! unknown_objects {
    () => {
        concat!(
            "SELECT DISTINCT pg_catalog.jsonb_build_object('kind', i.type, 'name', i.identity) \
             FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_depend AS d ON (d.refclassid = ",
            class!("pg_namespace"),
            " AND d.refobjid = n.oid AND d.classid::pg_catalog.regclass::text NOT IN ('pg_class', 'pg_proc', 'pg_type', \
             'pg_operator', 'pg_opclass', 'pg_opfamily', 'pg_conversion', 'pg_collation', 'pg_ts_config', 'pg_ts_dict', \
             'pg_ts_parser', 'pg_ts_template', 'pg_statistic_ext', 'pg_default_acl', 'pg_extension', \
             'pg_publication_namespace')) OR (d.refclassid = ",
            class!("pg_class"),
            " AND d.refobjid IN (SELECT c.oid FROM pg_catalog.pg_class AS c WHERE c.relnamespace = n.oid \
             AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')) \
             AND d.classid::pg_catalog.regclass::text NOT IN ('pg_class', 'pg_proc', 'pg_type', 'pg_attrdef', \
             'pg_constraint', 'pg_rewrite', 'pg_trigger', 'pg_policy', 'pg_statistic_ext', 'pg_publication_rel', \
             'pg_cast', 'pg_operator', 'pg_extension', 'pg_transform')) \
             OR (d.refclassid = ",
            class!("pg_namespace"),
            " AND d.refobjid = n.oid AND d.classid = ",
            class!("pg_class"),
            " AND EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = d.objid \
             AND c.relkind NOT IN ('r', 'p', 'v', 'm', 'f', 'c', 'S', 'i', 'I', 't'))) \
             CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, 0) AS i \
             WHERE n.nspname = :schema::text AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e \
             WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e')"
        )
    };
}
