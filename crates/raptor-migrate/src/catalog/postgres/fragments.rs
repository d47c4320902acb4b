//! Pieces that the queries have in common.

/// A role's name as SQL writes it.
macro_rules! role {
    ($oid:literal) => {
        concat!(
            "pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(",
            $oid,
            ")::text)"
        )
    };
}

/// The comment on an object, or on a column of one.
macro_rules! comment {
    ($oid:literal, $class:literal) => {
        comment!($oid, $class, "0")
    };
    ($oid:literal, $class:literal, $column:literal) => {
        concat!(
            "(SELECT remark.description FROM pg_catalog.pg_description AS remark WHERE remark.objoid = ",
            $oid,
            " AND remark.classoid = ",
            class!($class),
            " AND remark.objsubid = ",
            $column,
            ")"
        )
    };
}

/// The number of one of Postgres's own tables.
macro_rules! class {
    ($name:literal) => {
        concat!(
            "'pg_catalog.",
            $name,
            "'::pg_catalog.regclass::pg_catalog.oid"
        )
    };
}

/// What an access list says. The owner goes by another name, so that schemas of different owners can
/// be the same.
macro_rules! grants {
    ($acl:literal, $owner:literal) => {
        concat!(
            "coalesce((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(",
            "'to', CASE allowed.grantee WHEN 0::pg_catalog.oid THEN 'PUBLIC' WHEN ",
            $owner,
            " THEN 'OWNER' ELSE ",
            role!("allowed.grantee"),
            " END, 'privilege', allowed.privilege_type, 'grantable', allowed.is_grantable, ",
            "'by', CASE WHEN allowed.grantor <> ",
            $owner,
            " THEN ",
            role!("allowed.grantor"),
            " END)) FROM pg_catalog.aclexplode(",
            $acl,
            ") AS allowed), '[]'::jsonb)"
        )
    };
}

/// Whether an object is no extension's.
macro_rules! not_extensions {
    ($oid:literal, $class:literal) => {
        concat!(
            "NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS member WHERE member.classid = ",
            class!($class),
            " AND member.objid = ",
            $oid,
            " AND member.deptype = 'e')"
        )
    };
}

/// Items of an array of text, sorted, as one text; NULL where there is none.
macro_rules! sorted {
    ($array:literal) => {
        concat!(
            "(SELECT pg_catalog.string_agg(listed.item, ', ' ORDER BY listed.item COLLATE \"C\") FROM pg_catalog.unnest(",
            $array,
            ") AS listed (item))"
        )
    };
}

/// `FROM` and `WHERE` of what hangs on a table or view `c` of these kinds; more conditions may follow.
macro_rules! of_relations {
    ($joins:literal, $kinds:literal) => {
        concat!(
            " FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid ",
            $joins,
            " WHERE n.nspname = :schema::text AND c.relkind IN (",
            $kinds,
            ") AND c.relname NOT IN ('alembic_version', 'raptor_migration_log') AND ",
            not_extensions!("c.oid", "pg_class")
        )
    };
    ($joins:literal) => {
        of_relations!($joins, "'r', 'p', 'v', 'm', 'f'")
    };
}

/// How a sequence `q` counts.
macro_rules! sequence_options {
    () => {
        "'AS ' || pg_catalog.format_type(q.seqtypid, NULL) || ' START WITH ' || q.seqstart::text \
         || ' INCREMENT BY ' || q.seqincrement::text || ' MINVALUE ' || q.seqmin::text \
         || ' MAXVALUE ' || q.seqmax::text || ' CACHE ' || q.seqcache::text \
         || CASE WHEN q.seqcycle THEN ' CYCLE' ELSE '' END"
    };
}

/// When a trigger or rule is in force.
macro_rules! enabled {
    ($column:literal) => {
        concat!(
            "CASE ",
            $column,
            " WHEN 'O' THEN 'yes' WHEN 'D' THEN 'no' WHEN 'R' THEN 'replica' ELSE 'always' END"
        )
    };
}

/// A constraint `k` as a document. The triggers that make a foreign key hold can be disabled one by
/// one.
macro_rules! constraint {
    () => {
        concat!(
            "pg_catalog.jsonb_build_object('name', k.conname, 'kind', CASE k.contype WHEN 'p' THEN 'primary key' \
             WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign key' WHEN 'c' THEN 'check' WHEN 'x' THEN 'exclusion' \
             WHEN 'n' THEN 'not null' WHEN 't' THEN 'trigger' ELSE k.contype::text END, \
             'columns', coalesce((SELECT pg_catalog.jsonb_agg(a.attname ORDER BY w.place) \
             FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS w (number, place) \
             JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = w.number \
             WHERE k.contype <> 'c'), '[]'::jsonb), \
             'definition', pg_catalog.pg_get_constraintdef(k.oid), 'deferrable', k.condeferrable, \
             'deferred', k.condeferred, 'validated', k.convalidated, 'comment', ",
            comment!("k.oid", "pg_constraint"),
            ", 'properties', pg_catalog.jsonb_build_object(\
             'inherited', CASE WHEN k.coninhcount > 0 THEN CASE WHEN k.conislocal THEN 'and here too' ELSE 'yes' END END, \
             'triggers', (SELECT pg_catalog.string_agg(DISTINCT CASE WHEN g.tgrelid = k.conrelid THEN 'on this side: ' \
             ELSE 'on the other side: ' END || ",
            enabled!("g.tgenabled"),
            ", ', ') FROM pg_catalog.pg_trigger AS g \
             WHERE g.tgconstraint = k.oid AND g.tgisinternal AND g.tgenabled <> 'O')))"
        )
    };
}
