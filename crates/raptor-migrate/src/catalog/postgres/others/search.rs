//! What text search is made of.

macro_rules! search_objects {
    () => {
        concat!(
            "SELECT pg_catalog.jsonb_build_object('kind', 'text search parser', 'name', o.prsname, 'comment', ",
            comment!("o.oid", "pg_ts_parser"),
            ", 'properties', pg_catalog.to_jsonb(o) - '{oid,prsname,prsnamespace}'::text[]) \
             FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_ts_parser AS o ON o.prsnamespace = n.oid \
             WHERE n.nspname = :schema::text AND ",
            not_extensions!("o.oid", "pg_ts_parser"),
            " UNION ALL SELECT pg_catalog.jsonb_build_object('kind', 'text search template', 'name', o.tmplname, 'comment', ",
            comment!("o.oid", "pg_ts_template"),
            ", 'properties', pg_catalog.to_jsonb(o) - '{oid,tmplname,tmplnamespace}'::text[]) \
             FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_ts_template AS o ON o.tmplnamespace = n.oid \
             WHERE n.nspname = :schema::text AND ",
            not_extensions!("o.oid", "pg_ts_template"),
            " UNION ALL SELECT pg_catalog.jsonb_build_object('kind', 'text search dictionary', 'name', o.dictname, 'owner', ",
            role!("o.dictowner"),
            ", 'comment', ",
            comment!("o.oid", "pg_ts_dict"),
            ", 'properties', pg_catalog.jsonb_build_object('template', (SELECT t.tmplname \
             FROM pg_catalog.pg_ts_template AS t WHERE t.oid = o.dicttemplate), 'options', o.dictinitoption)) \
             FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_ts_dict AS o ON o.dictnamespace = n.oid \
             WHERE n.nspname = :schema::text AND ",
            not_extensions!("o.oid", "pg_ts_dict"),
            " UNION ALL SELECT pg_catalog.jsonb_build_object('kind', 'text search configuration', 'name', o.cfgname, 'owner', ",
            role!("o.cfgowner"),
            ", 'comment', ",
            comment!("o.oid", "pg_ts_config"),
            ", 'properties', pg_catalog.jsonb_build_object('parser', (SELECT t.prsname \
             FROM pg_catalog.pg_ts_parser AS t WHERE t.oid = o.cfgparser), \
             'mappings', (SELECT pg_catalog.string_agg(x.maptokentype::text || ' ' \
             || x.mapdict::pg_catalog.regdictionary::text, ', ' ORDER BY x.maptokentype, x.mapseqno) \
             FROM pg_catalog.pg_ts_config_map AS x WHERE x.mapcfg = o.oid))) \
             FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_ts_config AS o ON o.cfgnamespace = n.oid \
             WHERE n.nspname = :schema::text AND ",
            not_extensions!("o.oid", "pg_ts_config")
        )
    };
}
