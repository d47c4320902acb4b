//! What stands in no schema, and hangs on something in this one: casts, transforms, event triggers,
//! publications, foreign servers, security labels.

macro_rules! hanging_objects {
    () => {
        concat!(
            "SELECT pg_catalog.jsonb_build_object('kind', 'cast', 'name', pg_catalog.format_type(o.castsource, NULL) \
             || ' AS ' || pg_catalog.format_type(o.casttarget, NULL), 'comment', ",
            comment!("o.oid", "pg_cast"),
            ", 'properties', pg_catalog.jsonb_build_object('context', o.castcontext, 'method', o.castmethod, \
             'function', nullif(o.castfunc, 0::pg_catalog.oid)::pg_catalog.regprocedure::text)) \
             FROM pg_catalog.pg_namespace AS n CROSS JOIN pg_catalog.pg_cast AS o \
             WHERE n.nspname = :schema::text AND (EXISTS (SELECT FROM pg_catalog.pg_type AS t \
             WHERE t.oid IN (o.castsource, o.casttarget) AND t.typnamespace = n.oid) \
             OR EXISTS (SELECT FROM pg_catalog.pg_proc AS p WHERE p.oid = o.castfunc AND p.pronamespace = n.oid)) \
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e WHERE e.classid = ",
            class!("pg_cast"),
            " AND e.objid = o.oid AND (e.deptype = 'e' OR e.deptype = 'i')) \
             UNION ALL SELECT pg_catalog.jsonb_build_object('kind', 'transform', 'name', \
             pg_catalog.format_type(o.trftype, NULL) || ' in ' || l.lanname::text, \
             'properties', pg_catalog.jsonb_build_object('from', o.trffromsql, 'to', o.trftosql)) \
             FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_type AS t ON t.typnamespace = n.oid \
             JOIN pg_catalog.pg_transform AS o ON o.trftype = t.oid JOIN pg_catalog.pg_language AS l ON l.oid = o.trflang \
             WHERE n.nspname = :schema::text AND ",
            not_extensions!("o.oid", "pg_transform"),
            " UNION ALL SELECT pg_catalog.jsonb_build_object('kind', 'event trigger', 'name', o.evtname, 'owner', ",
            role!("o.evtowner"),
            ", 'comment', ",
            comment!("o.oid", "pg_event_trigger"),
            ", 'properties', pg_catalog.jsonb_build_object('event', o.evtevent, 'function', \
             o.evtfoid::pg_catalog.regprocedure::text, 'enabled', ",
            enabled!("o.evtenabled"),
            ", 'tags', ",
            sorted!("o.evttags"),
            ")) FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_proc AS p ON p.pronamespace = n.oid \
             JOIN pg_catalog.pg_event_trigger AS o ON o.evtfoid = p.oid WHERE n.nspname = :schema::text AND ",
            not_extensions!("o.oid", "pg_event_trigger"),
            " UNION ALL ",
            publications!(),
            " UNION ALL SELECT pg_catalog.jsonb_build_object('kind', 'foreign server', 'name', o.srvname, 'owner', ",
            role!("o.srvowner"),
            ", 'comment', ",
            comment!("o.oid", "pg_foreign_server"),
            ", 'grants', ",
            grants!(
                "coalesce(o.srvacl, pg_catalog.acldefault('S', o.srvowner))",
                "o.srvowner"
            ),
            ", 'properties', pg_catalog.jsonb_build_object('wrapper', w.fdwname, 'type', o.srvtype, \
             'version', o.srvversion, 'options', ",
            sorted!("o.srvoptions"),
            ", 'wrapper options', ",
            sorted!("w.fdwoptions"),
            ", 'handler', nullif(w.fdwhandler, 0::pg_catalog.oid)::pg_catalog.regproc::text, \
             'validator', nullif(w.fdwvalidator, 0::pg_catalog.oid)::pg_catalog.regproc::text)) \
             FROM pg_catalog.pg_foreign_server AS o JOIN pg_catalog.pg_foreign_data_wrapper AS w ON w.oid = o.srvfdw \
             WHERE EXISTS (SELECT FROM pg_catalog.pg_namespace AS n \
             JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid \
             JOIN pg_catalog.pg_foreign_table AS f ON f.ftrelid = c.oid \
             WHERE n.nspname = :schema::text AND f.ftserver = o.oid) \
             UNION ALL SELECT pg_catalog.jsonb_build_object('kind', 'security label of ' || o.provider || ' on ' || i.type, \
             'name', CASE WHEN i.type <> 'schema' THEN i.identity ELSE '' END, \
             'properties', pg_catalog.jsonb_build_object('label', o.label)) \
             FROM pg_catalog.pg_seclabel AS o \
             CROSS JOIN LATERAL pg_catalog.pg_identify_object(o.classoid, o.objoid, o.objsubid) AS i \
             WHERE i.schema = :schema::text OR (i.type = 'schema' AND i.name = :schema::text)"
        )
    };
}

/// A publication with what it publishes of this schema. Rows and columns are chosen by name from
/// Postgres 15 on; the view tells them where there is a choice.
macro_rules! publications {
    () => {
        concat!(
            "SELECT pg_catalog.jsonb_build_object('kind', 'publication', 'name', o.pubname, 'owner', ",
            role!("o.pubowner"),
            ", 'comment', ",
            comment!("o.oid", "pg_publication"),
            ", 'properties', (pg_catalog.to_jsonb(o) - '{oid,pubname,pubowner}'::text[]) \
             || pg_catalog.jsonb_build_object('tables', u.tables, 'whole schema', \
             (SELECT 'yes'::text FROM pg_catalog.pg_depend AS a JOIN pg_catalog.pg_depend AS b \
             ON b.classid = a.classid AND b.objid = a.objid AND b.refclassid = ",
            class!("pg_publication"),
            " AND b.refobjid = o.oid WHERE a.refclassid = ",
            class!("pg_namespace"),
            " AND a.refobjid = u.namespace \
             AND a.classid = pg_catalog.to_regclass('pg_catalog.pg_publication_namespace')::pg_catalog.oid LIMIT 1))) \
             FROM pg_catalog.pg_publication AS o JOIN (SELECT v.pubname, n.oid AS namespace, \
             pg_catalog.string_agg(pg_catalog.quote_ident(v.tablename::text) \
             || coalesce(' columns ' || (SELECT (pg_catalog.to_jsonb(v) -> 'attnames')::text \
             WHERE pg_catalog.jsonb_array_length(pg_catalog.to_jsonb(v) -> 'attnames') < (\
             SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 \
             AND NOT a.attisdropped AND a.attgenerated = '')), '') \
             || coalesce(' where ' || (pg_catalog.to_jsonb(v) ->> 'rowfilter'), ''), \
             ', ' ORDER BY v.tablename) AS tables \
             FROM pg_catalog.pg_publication_tables AS v JOIN pg_catalog.pg_namespace AS n ON n.nspname = v.schemaname \
             JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = v.tablename \
             WHERE n.nspname = :schema::text AND v.tablename NOT IN ('alembic_version', 'raptor_migration_log') \
             GROUP BY v.pubname, n.oid) AS u ON u.pubname = o.pubname"
        )
    };
}
