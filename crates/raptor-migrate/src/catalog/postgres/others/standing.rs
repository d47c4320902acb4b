//! Statistics, collations, conversions, operators and their classes.

macro_rules! standing_objects {
    () => {
        concat!(
            "SELECT pg_catalog.jsonb_build_object('kind', 'statistics', 'name', o.stxname, \
             'definition', pg_catalog.pg_get_statisticsobjdef(o.oid), 'owner', ",
            role!("o.stxowner"),
            ", 'comment', ",
            comment!("o.oid", "pg_statistic_ext"),
            ", 'properties', pg_catalog.jsonb_build_object(\
             'target', CASE WHEN o.stxstattarget >= 0 THEN o.stxstattarget END)) AS doc \
             FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_statistic_ext AS o ON o.stxnamespace = n.oid \
             JOIN pg_catalog.pg_class AS c ON c.oid = o.stxrelid \
             WHERE n.nspname = :schema::text AND c.relname NOT IN ('alembic_version', 'raptor_migration_log') AND ",
            not_extensions!("o.oid", "pg_statistic_ext"),
            " UNION ALL SELECT pg_catalog.jsonb_build_object('kind', 'collation', 'name', \
             o.collname::text || CASE o.collencoding WHEN -1 THEN '' ELSE ' for ' || pg_catalog.pg_encoding_to_char(o.collencoding)::text END, \
             'owner', ",
            role!("o.collowner"),
            ", 'comment', ",
            comment!("o.oid", "pg_collation"),
            ", 'properties', pg_catalog.to_jsonb(o) - '{oid,collname,collnamespace,collowner,collversion}'::text[]) \
             FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_collation AS o ON o.collnamespace = n.oid \
             WHERE n.nspname = :schema::text AND ",
            not_extensions!("o.oid", "pg_collation"),
            " UNION ALL SELECT pg_catalog.jsonb_build_object('kind', 'conversion', 'name', o.conname, 'owner', ",
            role!("o.conowner"),
            ", 'comment', ",
            comment!("o.oid", "pg_conversion"),
            ", 'properties', pg_catalog.to_jsonb(o) - '{oid,conname,connamespace,conowner}'::text[]) \
             FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_conversion AS o ON o.connamespace = n.oid \
             WHERE n.nspname = :schema::text AND ",
            not_extensions!("o.oid", "pg_conversion"),
            " UNION ALL SELECT pg_catalog.jsonb_build_object('kind', 'operator', 'name', \
             o.oid::pg_catalog.regoperator::text, 'owner', ",
            role!("o.oprowner"),
            ", 'comment', ",
            comment!("o.oid", "pg_operator"),
            ", 'properties', (pg_catalog.to_jsonb(o) - \
             '{oid,oprname,oprnamespace,oprowner,oprleft,oprright,oprresult,oprcom,oprnegate}'::text[]) \
             || pg_catalog.jsonb_build_object('result', pg_catalog.format_type(o.oprresult, NULL), \
             'commutator', nullif(o.oprcom, 0::pg_catalog.oid)::pg_catalog.regoperator::text, \
             'negator', nullif(o.oprnegate, 0::pg_catalog.oid)::pg_catalog.regoperator::text)) \
             FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_operator AS o ON o.oprnamespace = n.oid \
             WHERE n.nspname = :schema::text AND ",
            not_extensions!("o.oid", "pg_operator"),
            " UNION ALL SELECT pg_catalog.jsonb_build_object('kind', 'operator class', 'name', \
             o.opcname::text || ' for ' || m.amname::text, 'owner', ",
            role!("o.opcowner"),
            ", 'comment', ",
            comment!("o.oid", "pg_opclass"),
            ", 'properties', pg_catalog.jsonb_build_object('family', f.opfname, \
             'type', pg_catalog.format_type(o.opcintype, NULL), 'default', o.opcdefault, \
             'key type', pg_catalog.format_type(nullif(o.opckeytype, 0::pg_catalog.oid), NULL))) \
             FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_opclass AS o ON o.opcnamespace = n.oid \
             JOIN pg_catalog.pg_am AS m ON m.oid = o.opcmethod \
             JOIN pg_catalog.pg_opfamily AS f ON f.oid = o.opcfamily WHERE n.nspname = :schema::text AND ",
            not_extensions!("o.oid", "pg_opclass"),
            " UNION ALL SELECT pg_catalog.jsonb_build_object('kind', 'operator family', 'name', \
             o.opfname::text || ' for ' || m.amname::text, 'owner', ",
            role!("o.opfowner"),
            ", 'comment', ",
            comment!("o.oid", "pg_opfamily"),
            ", 'properties', pg_catalog.jsonb_build_object('operators', \
             (SELECT pg_catalog.string_agg(u.item, ', ' ORDER BY u.item COLLATE \"C\") FROM (\
             SELECT x.amopstrategy::text || ' ' || x.amopopr::pg_catalog.regoperator::text || ' ' || x.amoppurpose::text \
             || coalesce(' ' || s.opfname::text, '') AS item FROM pg_catalog.pg_amop AS x \
             LEFT JOIN pg_catalog.pg_opfamily AS s ON s.oid = x.amopsortfamily WHERE x.amopfamily = o.oid) AS u), \
             'functions', (SELECT pg_catalog.string_agg(u.item, ', ' ORDER BY u.item COLLATE \"C\") FROM (\
             SELECT x.amprocnum::text || ' ' || x.amproc::pg_catalog.oid::pg_catalog.regprocedure::text || ' for ' \
             || pg_catalog.format_type(x.amproclefttype, NULL) || ', ' \
             || pg_catalog.format_type(x.amprocrighttype, NULL) AS item \
             FROM pg_catalog.pg_amproc AS x WHERE x.amprocfamily = o.oid) AS u))) \
             FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_opfamily AS o ON o.opfnamespace = n.oid \
             JOIN pg_catalog.pg_am AS m ON m.oid = o.opfmethod WHERE n.nspname = :schema::text AND ",
            not_extensions!("o.oid", "pg_opfamily")
        )
    };
}
