use super::*;

fn statements(texts: &[&str], attached: &[(&str, &str)]) -> Vec<Statement> {
    let attached = attached
        .iter()
        .map(|(kind, name)| ((*kind).to_owned(), (*name).to_owned()));
    let attached: Vec<_> = attached.collect();
    let one = |text: &&str| Statement {
        text: (*text).to_owned(),
        attached: if text.trim_start().starts_with("DROP TABLE") {
            attached.clone()
        } else {
            Vec::new()
        },
        asked: false,
    };
    texts.iter().map(one).collect()
}

const CREATE: &str = "\nCREATE TABLE _alembic_tmp_user (\n\tid INTEGER NOT NULL, \n\tname VARCHAR(20) DEFAULT 'a,(b', \n\tnew INTEGER, \n\tCONSTRAINT pk PRIMARY KEY (id), FOREIGN KEY(up) REFERENCES \"user\" (id)\n)";
const DROP: &str = "\nDROP TABLE \"user\"";
const RENAME: &str = "ALTER TABLE _alembic_tmp_user RENAME TO \"user\"";
const OLD: [(&str, &str); 5] = [
    ("index", "ix_a"),
    ("index", "ix_b"),
    ("trigger", "tr"),
    ("column", "id"),
    ("column", "name"),
];

#[test]
fn a_copy_is_a_rebuild() {
    let copy = "INSERT INTO _alembic_tmp_user (id, name) SELECT \"user\".id, \"user\".name \nFROM \"user\"";
    let index = "CREATE UNIQUE INDEX ix_b ON \"user\" (name)";
    let all = [
        "SELECT 1",
        CREATE,
        copy,
        DROP,
        RENAME,
        index,
        "CREATE INDEX other ON t (a)",
    ];
    let (pieces, by_hand) = pieces(&statements(&all, &OLD));
    let sql = |text: &str| Piece::Sql(text.to_owned());
    let expected = [
        sql("SELECT 1"),
        sql("DROP INDEX IF EXISTS \"ix_a\""),
        sql("DROP TRIGGER IF EXISTS \"tr\""),
        Piece::Rebuild {
            table: "user".to_owned(),
            text: vec![
                CREATE.replace("_alembic_tmp_user", "\"user\""),
                index.to_owned(),
            ],
        },
        sql("CREATE INDEX other ON t (a)"),
    ];
    assert_eq!(pieces, expected);
    assert!(by_hand.is_empty());
}

#[test]
fn values_and_names_change_before_it() {
    let copy = "INSERT INTO _alembic_tmp_user (id, name) SELECT CAST(\"user\".id AS NUMERIC(10, 2)) AS id, \"user\".\"Old\" AS name FROM \"user\"";
    let (pieces, _) = pieces(&statements(&[CREATE, copy, DROP, RENAME], &OLD[3..4]));
    assert_eq!(
        pieces[..2],
        [
            Piece::Sql("UPDATE \"user\" SET \"id\" = CAST(\"id\" AS NUMERIC(10, 2))".to_owned()),
            Piece::Sql("ALTER TABLE \"user\" RENAME COLUMN \"Old\" TO \"name\"".to_owned()),
        ]
    );
    assert!(matches!(pieces[2], Piece::Rebuild { .. }));
}

#[test]
fn a_name_that_is_taken_over_is_made_free() {
    let copy = "INSERT INTO _alembic_tmp_user (id, name) SELECT \"user\".name AS id, \"user\".id AS name FROM \"user\"";
    let (pieces, _) = pieces(&statements(&[CREATE, copy, DROP, RENAME], &OLD[3..]));
    let texts = pieces.iter().filter_map(|it| match it {
        Piece::Sql(text) => text.strip_prefix("ALTER TABLE \"user\" RENAME COLUMN "),
        Piece::Rebuild { .. } => None,
    });
    assert_eq!(
        texts.collect::<Vec<_>>(),
        [
            "\"id\" TO \"raptor_old_id\"",
            "\"name\" TO \"raptor_old_name\"",
            "\"raptor_old_name\" TO \"id\"",
            "\"raptor_old_id\" TO \"name\"",
        ]
    );
}

#[test]
fn what_is_no_plain_copy_stays() {
    let plain =
        "INSERT INTO _alembic_tmp_user (id, name) SELECT \"user\".id, \"user\".name FROM \"user\"";
    let cases = [
        (
            "INSERT INTO _alembic_tmp_user (id, name) SELECT \"user\".id, upper(\"user\".name) AS name FROM \"user\"",
            &OLD[..],
        ),
        (
            "INSERT INTO _alembic_tmp_user (id) SELECT \"user\".id, \"user\".name FROM \"user\"",
            &OLD[..],
        ),
        (
            "INSERT INTO _alembic_tmp_user (id) SELECT \"user\".id FROM \"user\" WHERE id > 1",
            &OLD[..],
        ),
        (
            "INSERT INTO _alembic_tmp_user SELECT * FROM \"user\"",
            &OLD[..],
        ),
        // The old table's name would come over.
        (
            "INSERT INTO _alembic_tmp_user (id) SELECT \"user\".id FROM \"user\"",
            &OLD[..],
        ),
        // Nobody looked at what hangs on the table.
        (plain, &[][..]),
    ];
    for (copy, attached) in cases {
        let all = statements(&[CREATE, copy, DROP, RENAME], attached);
        let (pieces, by_hand) = pieces(&all);
        assert_eq!(pieces.len(), 4, "{copy}");
        assert!(pieces.iter().all(|it| matches!(it, Piece::Sql(_))));
        assert_eq!(by_hand.len(), 1);
    }
    let others = [
        &CREATE.replace("_alembic_tmp_", "x_"),
        plain,
        DROP,
        "SELECT 1",
    ];
    assert_eq!(pieces(&statements(&others, &OLD)).1, Vec::<String>::new());
}
