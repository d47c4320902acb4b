//! Pairs that need a certain order, or a word about rows, each with rows that have to stay.

use super::pairs::{made, run_and};
use raptor_db::Engine::{self, Postgres, Sqlite};
use raptor_migrate::generate;

/// A schema, another, and what is expected of the way between them.
struct Case {
    engine: Engine,
    a: &'static str,
    b: &'static str,
    /// Runs at `a`.
    data: &'static str,
    /// Runs at `b`, and has to.
    then: &'static str,
    /// What the way, or a note, says.
    says: &'static [&'static str],
    /// What none of it says.
    says_not: &'static [&'static str],
}

const CASE: Case = Case {
    engine: Postgres,
    a: "",
    b: "",
    data: "",
    then: "",
    says: &[],
    says_not: &[],
};

async fn wrong(case: &Case) -> Vec<String> {
    let (from, to) = (
        made(case.engine, case.a).await,
        made(case.engine, case.b).await,
    );
    let way = generate(&from, &to);
    let texts = way.up.iter().chain(&way.down).map(ToString::to_string);
    let text = texts
        .chain(way.notes.clone())
        .collect::<Vec<_>>()
        .join("\n");
    let some = |text: &'static str| (!text.is_empty()).then_some(text);
    let (data, then) = (some(case.data), some(case.then));
    let ran = run_and(case.engine, (case.a, &from), &to, data, then).await;
    let mut wrong = ran.unwrap_or_else(|error| vec![error]);
    let missing = case.says.iter().filter(|it| !text.contains(**it));
    wrong.extend(missing.map(|it| format!("it does not say {it}\n{text}")));
    let said = case.says_not.iter().filter(|it| text.contains(**it));
    wrong.extend(said.map(|it| format!("it says {it}\n{text}")));
    wrong
}

async fn all_right(cases: &[Case]) {
    let mut all = Vec::new();
    for case in cases {
        let wrong = wrong(case).await;
        if !wrong.is_empty() {
            all.push(format!("{}\nTO\n{}\n{}", case.a, case.b, wrong.join("\n")));
        }
    }
    assert!(all.is_empty(), "{} wrong:\n{}", all.len(), all.join("\n\n"));
}

#[tokio::test]
async fn computed_columns() {
    all_right(&[
        Case {
            a: "CREATE TABLE gen (id int PRIMARY KEY, x int, y int GENERATED ALWAYS AS (x * 2) STORED)",
            b: "CREATE TABLE gen (id int PRIMARY KEY)",
            data: "INSERT INTO gen VALUES (1, 2)",
            ..CASE
        },
        Case {
            a: "CREATE TABLE gen (id int PRIMARY KEY, x int, y int GENERATED ALWAYS AS (x * 2) STORED)",
            b: "CREATE TABLE gen (id int PRIMARY KEY, z int, y int GENERATED ALWAYS AS (z * 2) STORED)",
            data: "INSERT INTO gen VALUES (1, 2)",
            ..CASE
        },
        Case {
            a: "CREATE TABLE gen (x int, y int GENERATED ALWAYS AS (x * 2) STORED); GRANT SELECT (y) ON gen TO raptor_app",
            b: "CREATE TABLE gen (x int, y int GENERATED ALWAYS AS (x * 3) STORED); GRANT SELECT (y) ON gen TO raptor_app",
            data: "INSERT INTO gen VALUES (1)",
            says: &["GRANT SELECT (y)"],
            ..CASE
        },
    ])
    .await;
}

#[tokio::test]
async fn what_children_have_of_their_own() {
    const PARTS: &str = "CREATE TABLE pt (id int, n text) PARTITION BY LIST (id); CREATE TABLE pt1 PARTITION OF pt FOR VALUES IN (1); \
         CREATE TABLE par (a int, b int); CREATE TABLE chi () INHERITS (par);";
    all_right(&[
        Case {
            a: "CREATE TABLE pt (id int, n text) PARTITION BY LIST (id); CREATE TABLE pt1 PARTITION OF pt FOR VALUES IN (1); \
                CREATE TABLE par (a int, b int); CREATE TABLE chi () INHERITS (par); \
                ALTER TABLE pt1 ALTER id SET DEFAULT 5; ALTER TABLE pt1 ALTER n SET NOT NULL; \
                ALTER TABLE chi ALTER a SET DEFAULT 5; ALTER TABLE chi ALTER b SET NOT NULL",
            b: PARTS,
            data: "INSERT INTO pt VALUES (1, 'x'); INSERT INTO chi VALUES (1, 1)",
            ..CASE
        },
        // The parent changes too, and with it the child.
        Case {
            a: "CREATE TABLE par (a int, b int DEFAULT 2, c int DEFAULT 7); CREATE TABLE chi () INHERITS (par); \
                ALTER TABLE chi ALTER a SET DEFAULT 5; ALTER TABLE chi ALTER b DROP DEFAULT",
            b: "CREATE TABLE par (a bigint, b int DEFAULT 3, c int DEFAULT 8); CREATE TABLE chi () INHERITS (par); \
                ALTER TABLE chi ALTER b SET DEFAULT 4",
            data: "INSERT INTO chi VALUES (1, 1)",
            ..CASE
        },
        // A child with a column of its own that joins another parent.
        Case {
            a: "CREATE TABLE par2 (y int CHECK (y > 0)); CREATE TABLE chi (a int)",
            b: "CREATE TABLE par2 (y int CHECK (y > 0)); CREATE TABLE chi (a int, y int CONSTRAINT par2_y_check CHECK (y > 0)); ALTER TABLE chi INHERIT par2",
            data: "INSERT INTO chi VALUES (1)",
            ..CASE
        },
        Case {
            a: "CREATE TABLE pt (id int, n text NOT NULL) PARTITION BY LIST (id); CREATE TABLE pt1 (id int)",
            b: "CREATE TABLE pt (id int, n text NOT NULL) PARTITION BY LIST (id); CREATE TABLE pt1 PARTITION OF pt DEFAULT",
            ..CASE
        },
    ])
    .await;
}

#[tokio::test]
async fn what_numbers_rows() {
    const PLAIN: &str = "CREATE TABLE c (id bigint PRIMARY KEY, n text)";
    const SERIAL: &str = "CREATE TABLE c (id bigserial PRIMARY KEY, n text)";
    const IDENTITY: &str =
        "CREATE TABLE c (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, n text)";
    const ROWS: &str = "INSERT INTO c VALUES (1), (2), (3)";
    const NEXT: &str = "INSERT INTO c (n) VALUES ('next')";
    let pair = |a, b| Case {
        a,
        b,
        data: ROWS,
        then: NEXT,
        ..CASE
    };
    all_right(&[
        pair(IDENTITY, SERIAL),
        Case {
            says_not: &["RENAME"],
            ..pair(SERIAL, IDENTITY)
        },
        pair(PLAIN, SERIAL),
        pair(PLAIN, IDENTITY),
        pair(
            PLAIN,
            "CREATE SEQUENCE \"My numbers\" INCREMENT -1; CREATE TABLE c (id bigint PRIMARY KEY DEFAULT nextval('\"My numbers\"'), n text)",
        ),
        Case {
            a: "CREATE SEQUENCE s; CREATE TABLE c (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY)",
            b: "CREATE SEQUENCE s INCREMENT -1; CREATE TABLE c (id bigint GENERATED BY DEFAULT AS IDENTITY (INCREMENT -1) PRIMARY KEY)",
            data: "SELECT nextval('s'); INSERT INTO c DEFAULT VALUES; INSERT INTO c DEFAULT VALUES",
            then: "SELECT nextval('s'); INSERT INTO c DEFAULT VALUES",
            says: &["sequence s: it begins anew", "column id: it begins anew"],
            ..CASE
        },
        // Rows that a policy hides from their owner are counted too.
        Case {
            a: "CREATE TABLE c (id bigint PRIMARY KEY); ALTER TABLE c ENABLE ROW LEVEL SECURITY; ALTER TABLE c FORCE ROW LEVEL SECURITY; CREATE POLICY p ON c USING (true)",
            b: "CREATE TABLE c (id bigserial PRIMARY KEY); ALTER TABLE c ENABLE ROW LEVEL SECURITY; ALTER TABLE c FORCE ROW LEVEL SECURITY; CREATE POLICY p ON c USING (true)",
            data: "INSERT INTO c VALUES (1)",
            then: "INSERT INTO c DEFAULT VALUES",
            ..CASE
        },
    ])
    .await;
}

#[tokio::test]
async fn forced_policies_and_keys() {
    const FORCED: &str = "ALTER TABLE a ENABLE ROW LEVEL SECURITY; ALTER TABLE a FORCE ROW LEVEL SECURITY; CREATE POLICY p ON a USING (true);";
    const ROWS: &str = "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)";
    let plain = "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a int);";
    let keyed = "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a int REFERENCES a);";
    let forced = |text: &str| -> &'static str { format!("{text}{FORCED}").leak() };
    let pair = |a, b| Case {
        a,
        b,
        data: ROWS,
        ..CASE
    };
    all_right(&[
        pair(forced(plain), forced(keyed)),
        pair(plain, forced(keyed)),
        pair(forced(plain), keyed),
    ])
    .await;
}

#[tokio::test]
async fn keys_that_stay() {
    all_right(&[
        Case {
            a: "CREATE TABLE t (id int PRIMARY KEY, email text UNIQUE, n int UNIQUE); CREATE TABLE c (t int REFERENCES t (id), e text REFERENCES t (email))",
            b: "CREATE TABLE t (id int PRIMARY KEY, email text UNIQUE, n int); CREATE TABLE c (t int REFERENCES t (id), e text REFERENCES t (email))",
            data: "INSERT INTO t VALUES (1, 'x', 1); INSERT INTO c VALUES (1, 'x')",
            says_not: &["FOREIGN KEY", "c_t_fkey"],
            ..CASE
        },
        Case {
            a: "CREATE TABLE t (id int PRIMARY KEY, email text CONSTRAINT one UNIQUE); CREATE TABLE c (t int REFERENCES t (id), e text REFERENCES t (email))",
            b: "CREATE TABLE t (id int PRIMARY KEY, email text CONSTRAINT two UNIQUE); CREATE TABLE c (t int REFERENCES t (id), e text REFERENCES t (email))",
            data: "INSERT INTO t VALUES (1, 'x'); INSERT INTO c VALUES (1, 'x')",
            says: &["c_e_fkey"],
            says_not: &["c_t_fkey"],
            ..CASE
        },
    ])
    .await;
}

#[tokio::test]
async fn what_rows_may_not_fit() {
    all_right(&[
        Case {
            a: "CREATE TABLE t (id int, n int, p int); CREATE TABLE u (id int PRIMARY KEY); CREATE DOMAIN few AS int",
            b: "CREATE TABLE u (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, n int CONSTRAINT big CHECK (n > 5), p int REFERENCES u, UNIQUE (n)); \
                CREATE UNIQUE INDEX one ON t (p); CREATE DOMAIN few AS int CONSTRAINT low CHECK (VALUE < 9)",
            data: "INSERT INTO u VALUES (1); INSERT INTO t VALUES (1, 6, 1)",
            says: &[
                "table t, constraint big: ",
                "table t, constraint t_n_key: ",
                "table t, constraint t_pkey: ",
                "table t, constraint t_p_fkey: ",
                "table t, index one: ",
                "type few, constraint low: ",
            ],
            ..CASE
        },
        Case {
            a: "CREATE TABLE e (id int) PARTITION BY LIST (id); CREATE TABLE rest PARTITION OF e DEFAULT",
            b: "CREATE TABLE e (id int) PARTITION BY LIST (id); CREATE TABLE rest PARTITION OF e DEFAULT; CREATE TABLE e1 PARTITION OF e FOR VALUES IN (1)",
            data: "INSERT INTO e VALUES (2)",
            says: &["table e1: rows of rest"],
            ..CASE
        },
        Case {
            engine: Sqlite,
            a: "CREATE TABLE t (id INTEGER, n INTEGER)",
            b: "CREATE TABLE t (id INTEGER UNIQUE, n INTEGER, CONSTRAINT big CHECK (n > 5)); CREATE UNIQUE INDEX one ON t (n)",
            data: "INSERT INTO t VALUES (1, 6)",
            says: &["constraint big: ", "UNIQUE (id): ", "table t, index one: "],
            ..CASE
        },
    ])
    .await;
}

#[tokio::test]
async fn sqlite_tables() {
    all_right(&[
        Case {
            engine: Sqlite,
            a: "CREATE TABLE t (id INTEGER)",
            b: "CREATE TABLE t (id INTEGER, x INT, y INT, CHECK (x <> y))",
            data: "INSERT INTO t VALUES (1)",
            ..CASE
        },
        // One over a new column and one that is there.
        Case {
            engine: Sqlite,
            a: "CREATE TABLE t (id INTEGER)",
            b: "CREATE TABLE t (id INTEGER, x INT, CHECK (x <> id))",
            data: "INSERT INTO t VALUES (1)",
            says: &["ADD COLUMN x"],
            ..CASE
        },
        Case {
            engine: Sqlite,
            a: "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b ON DELETE CASCADE); CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a ON DELETE CASCADE)",
            b: "CREATE TABLE c (id INTEGER)",
            says: &["table a: while rows of b point at it"],
            ..CASE
        },
        Case {
            engine: Sqlite,
            a: "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INTEGER REFERENCES p ON DELETE SET NULL)",
            b: "CREATE TABLE p (key TEXT PRIMARY KEY); CREATE TABLE c (p INTEGER REFERENCES p ON DELETE SET NULL)",
            says: &["table p: while rows of c point at it"],
            ..CASE
        },
        // The child goes before the parent, with its rows.
        Case {
            engine: Sqlite,
            a: "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INTEGER REFERENCES p ON DELETE CASCADE)",
            b: "CREATE TABLE q (id INTEGER)",
            data: "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)",
            says_not: &["point at it"],
            ..CASE
        },
    ])
    .await;
}
