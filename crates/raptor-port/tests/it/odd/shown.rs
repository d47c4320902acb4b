//! What the page for the person who signs off says, and the ledger behind it.

use super::{Bed, said};
use raptor_port::{
    Begin, Choice, Dirty, Done, Follow, Nul, Orphans, Plan, Report, Source, Verified,
};

/// The page, of a run, a proof, or both.
async fn page(bed: &Bed, plan: &Plan, done: Option<&Done>, verified: Option<&Verified>) -> String {
    let mut snapshot = raptor_db::Snapshot::open(&bed.path, 1).unwrap();
    let source = Source::read(&snapshot.take().unwrap()).unwrap();
    let kept = plan.kept(&bed.db).await.unwrap();
    let mut report = Report::new(&source, plan).with_kept(&kept);
    if let Some(done) = done {
        report = report.with_run(done);
    }
    if let Some(verified) = verified {
        report = report.with_proof(verified);
    }
    report.to_string()
}

fn has(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part}:\n{page}");
    }
}

const NOTHING: &str = "Nothing: all of it has a counterpart";

/// What was rejected is on every page: as a number, as a note, beside the view, and itself.
#[tokio::test(flavor = "multi_thread")]
async fn rejected_rows_are_shown() {
    let bed = Bed::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, d DATE);
         WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO t SELECT i, '2024-01-01' FROM n;
         INSERT INTO t VALUES (500, 'never <b>');
         CREATE VIEW v AS SELECT d, count(*) AS n FROM t GROUP BY d;",
    )
    .await;
    let plan = bed.plan();
    let done = bed.run(&plan).await;
    let verified = bed.verify(&plan).await;
    assert!(verified.holds(), "{verified:?}");
    let fate = verified.carried["t"];
    assert_eq!((fate.rows, fate.rejected, fate.changed), (200, 1, 0));
    let of_proof = page(&bed, &plan, None, Some(&verified)).await;
    for page in [
        &of_proof,
        &page(&bed, &plan, Some(&done), Some(&verified)).await,
    ] {
        has(
            page,
            &[
                "200 rows of 1 table came over, 1 row was rejected, as the plan allows. ",
                "Both sides are proved equal.",
                "<td>equal, 1 rejected</td>",
                "<td>1 row was rejected, as the plan allows: see raptor_port.rejected</td>",
                "<td>view v</td><td>returns 2 rows in the file, 1 on Postgres",
                "<p>returns 2 rows in the file, 1 on Postgres",
                "<td>rowid 500</td><td>d</td><td><code>never &lt;b&gt;</code></td><td>the row did not come</td>",
            ],
        );
        assert!(!page.contains(NOTHING), "{page}");
    }
    has(&of_proof, &["proved equal.</p>", "Start the application"]);
    assert!(!of_proof.contains("Stop the application"), "{of_proof}");
    let of_run = page(&bed, &plan, Some(&done), None).await;
    has(
        &of_run,
        &[
            "Not proved yet.",
            "Next is the proof",
            "1 row was rejected, as the plan allows: see",
            "<td>rowid 500</td>",
        ],
    );
    assert!(!of_run.contains(NOTHING) && !of_run.contains("raptor port run port.toml"));
    // More than the plan allows is no good verdict.
    let mut strict = plan.clone();
    strict.tables[0].rejects = 0;
    let verified = bed.verify(&strict).await;
    let page = page(&bed, &strict, None, Some(&verified)).await;
    has(
        &page,
        &[
            "1 row was rejected, more than the plan allows. Both sides are NOT equal: 1 difference.",
            "do not start the application on Postgres yet",
        ],
    );
}

/// The first hundred stand on the page, and how many more there are.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_are_enough() {
    let bed = Bed::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, d DATE, note TEXT NOT NULL);
         WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO t SELECT i, '2024-01-01', '' FROM n;
         UPDATE t SET d = 'soon' || hex(zeroblob(200)) WHERE id % 160 = 0;",
    )
    .await;
    let plan = bed.plan();
    let done = bed.run(&plan).await;
    assert_eq!(done.tables["t"].rejected, 125);
    let kept = plan.kept(&bed.db).await.unwrap();
    assert_eq!((kept.cells.len(), kept.more), (100, 25));
    assert!(
        kept.cells[0].value.chars().count() < 100,
        "{:?}",
        kept.cells[0]
    );
    let page = page(&bed, &plan, Some(&done), None).await;
    has(&page, &["And 25 cells more"]);
}

/// A column that is left out is nowhere shown as one that came over.
#[tokio::test(flavor = "multi_thread")]
async fn columns_that_are_left_out_are_named() {
    let bed = Bed::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, iban TEXT, twice INTEGER AS (id * 2));
         INSERT INTO t (id, iban) VALUES (1, 'DE1');
         CREATE TABLE gone (a INTEGER); INSERT INTO gone VALUES (1);",
    )
    .await;
    let left_out = |mut plan: Plan| {
        for table in &mut plan.tables {
            if table.name == "gone" {
                table.skip = Some("nobody reads it".to_owned());
            }
            for column in table.columns.iter_mut().filter(|it| it.name == "iban") {
                column.chosen = Choice::Skip;
                column.evidence = "not any more".to_owned();
            }
        }
        plan
    };
    let plan = left_out(bed.plan());
    let done = bed.run(&plan).await;
    let verified = bed.verify(&plan).await;
    assert!(verified.holds(), "{verified:?}");
    assert_eq!(
        (&done.left_out, &verified.left_out),
        (&vec!["t.iban".to_owned()], &vec!["t.iban".to_owned()])
    );
    bed.on_postgres("DROP TABLE t; CREATE TABLE t (id integer PRIMARY KEY, iban text, twice integer GENERATED ALWAYS AS (id * 2) STORED); DROP SCHEMA raptor_port CASCADE")
        .await;
    let existing = left_out(bed.existing().await);
    let filled = bed.run(&existing).await;
    assert_eq!(filled.left_out, ["t.iban"]);
    for (plan, done) in [(&plan, &done), (&existing, &filled)] {
        for page in [
            page(&bed, plan, Some(done), None).await,
            page(&bed, plan, None, Some(&verified)).await,
        ] {
            has(
                &page,
                &[
                    "<code>TEXT</code> → <em>left out: not any more</em>",
                    "<td>column t.iban</td><td>is left out, as the plan has it: not any more</td>",
                    "<td>table gone</td><td>is left out: nobody reads it</td>",
                ],
            );
            assert!(
                !page.contains(NOTHING) && !page.contains("<td>column t.twice</td>"),
                "{page}"
            );
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one file's story from begin to end")]
/// A cell that a decision changed is none that was rejected, and is counted, told and shown as it is.
#[tokio::test(flavor = "multi_thread")]
async fn cells_that_were_changed_are_told() {
    let bed = Bed::new(
        "PRAGMA foreign_keys = OFF; CREATE TABLE t (id INTEGER PRIMARY KEY, d DATE, s TEXT, p INTEGER REFERENCES t (id));
         WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO t (id, d) SELECT i, '2024-01-01' FROM n;
         INSERT INTO t VALUES (500, '2024-02-30', 'a' || char(0) || 'b', NULL), (501, '2024-01-01', 'x', 99999);
         CREATE TABLE u (id INTEGER PRIMARY KEY, s TEXT UNIQUE, d DATE NOT NULL, e DATE NOT NULL);
         WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO u SELECT i, i, '2024-01-01', '2024-01-01' FROM n;
         INSERT INTO u VALUES (400, '7' || char(0), '2024-01-01', '2024-01-01'), (401, 'z', 'soon', 'later');",
    )
    .await;
    let mut plan = bed.plan();
    (plan.answers.dirty, plan.answers.nul) = (Dirty::Null, Nul::Strip);
    plan.answers.orphans = Orphans::Null;
    plan.tables[1].rejects = 2;
    let done = bed.run(&plan).await;
    assert!(done.is_whole(), "{done:?}");
    let fate = |name: &str| {
        let it = done.tables[name];
        (it.rows, it.rejected, it.changed)
    };
    assert_eq!((fate("t"), fate("u")), ((302, 0, 3), (300, 2, 0)));
    assert_eq!(
        bed.ask("SELECT place || ' ' || coalesce(source_column, 'row') || ' ' || outcome FROM raptor_port.rejected ORDER BY 1").await,
        [
            "rowid 400 row rejected",
            // It was changed before Postgres refused its row.
            "rowid 400 s part",
            "rowid 401 d rejected",
            "rowid 401 e part",
            "rowid 500 d changed",
            "rowid 500 s changed",
            "rowid 501 p changed",
        ]
    );
    let why = bed.ask("SELECT reason FROM raptor_port.rejected WHERE source_column = 'd' AND outcome = 'rejected'").await;
    assert_eq!(
        why,
        ["it is no date or time, and NULL, as `dirty` has it, cannot stand there"]
    );
    let verified = bed.verify(&plan).await;
    assert!(verified.holds(), "{verified:?}");
    let notes = said(&verified.notes);
    assert!(
        notes.contains(
            &"table t 3 cells were changed, as the plan has it: see raptor_port.rejected"
                .to_owned()
        ),
        "{notes:?}"
    );
    for page in [
        page(&bed, &plan, Some(&done), None).await,
        page(&bed, &plan, None, Some(&verified)).await,
    ] {
        has(
            &page,
            &[
                "2 rows were rejected, as the plan allows, 3 cells were changed, as the plan has it.",
                "<td>3 cells were changed, as the plan has it: see raptor_port.rejected</td>",
                "<td>the row came, this cell was changed</td><td>its NULs were left out</td>",
                "<td>the row came, this cell was changed</td><td>it points at no row, and became NULL</td>",
                "<td>of such a row, too</td>",
                "<td>1 row points at no row of t: what points so comes along, and points with NULL</td>",
                "Nobody has answered <code>orphans</code>, <code>dirty</code>: what is likely was taken.",
            ],
        );
    }
    // A ledger of an earlier release says the same.
    bed.on_postgres("ALTER TABLE raptor_port.rejected DROP COLUMN outcome")
        .await;
    assert_eq!(bed.run(&plan).await.tables, done.tables);
}

/// After a cut-over the page does not send anybody to a file that takes no more writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_cut_over() {
    let bed = Bed::new(
        "PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2);",
    )
    .await;
    let plan = bed.plan();
    let mut begin = Begin::default();
    begin.sync = Some(Follow::default());
    let done = plan.clone().run(&bed.path, &bed.db, begin, &|_| {});
    let done = done.await.unwrap();
    let pause = done.sync.unwrap().pause_ms.unwrap();
    let verified = bed.verify(&plan).await;
    assert!(done.is_closed && verified.is_closed && verified.sync == done.sync);
    let of_run = page(&bed, &plan, Some(&done), None).await;
    has(
        &of_run,
        &["Both sides were proved equal before the cut-over."],
    );
    for page in [&of_run, &page(&bed, &plan, None, Some(&verified)).await] {
        has(
            page,
            &[
                "it takes no more writes until <code>raptor port release</code>",
                "Both sides were proved equal before that",
                &format!("Writers waited {pause} ms"),
                "<pre>raptor port release port.toml</pre>",
            ],
        );
        for wrong in [
            "Stop the application",
            "which was only read",
            "Not proved yet",
            "port run port.toml",
        ] {
            assert!(!page.contains(wrong), "{wrong}: {page}");
        }
    }
    raptor_port::release(&bed.path).unwrap();
    assert!(!bed.verify(&plan).await.is_closed);
}

/// What hangs on a table is named, and the row that a foreign key does not hold for.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_the_way_is_named() {
    let bed = Bed::new(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, d DATE);
         WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO p SELECT i, '2024-01-01' FROM n;
         INSERT INTO p VALUES (900, 'bad');
         CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INTEGER NOT NULL REFERENCES p (id)); INSERT INTO c VALUES (1, 900);",
    )
    .await;
    let plan = bed.plan();
    let done = bed.run(&plan).await;
    let missing = said(&done.missing);
    assert!(
        missing[0].contains("Key (p_id)=(900) is not present in table \"p\""),
        "{missing:?}"
    );
    bed.on_postgres("CREATE VIEW hang AS SELECT * FROM c; CREATE VIEW second AS SELECT * FROM p")
        .await;
    let mut begin = Begin::default();
    begin.again = true;
    let again = plan.run(&bed.path, &bed.db, begin, &|_| {}).await;
    let error = again.unwrap_err().to_string();
    for part in [
        "view hang depends on table c",
        "view second depends on table p",
        "nothing was touched",
    ] {
        assert!(error.contains(part), "{error}");
    }
    assert!(!error.contains("CASCADE"), "{error}");
}

/// A default of now is no question of its form, but of the zone.
#[tokio::test(flavor = "multi_thread")]
async fn a_default_that_writes_another_zone() {
    let bed = Bed::new(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP);
         INSERT INTO t (id) VALUES (1);",
    )
    .await;
    let text = bed.plan().to_string();
    for (zone, has_default) in [("UTC", true), ("Europe/Berlin", false)] {
        let text = text
            .replace(
                "times_without_zone = \"timestamp\"",
                "times_without_zone = \"timestamptz\"",
            )
            .replace("zone = \"UTC\"", &format!("zone = \"{zone}\""));
        let plan = Plan::read(&text).unwrap();
        let mut snapshot = raptor_db::Snapshot::open(&bed.path, 1).unwrap();
        let source = Source::read(&snapshot.take().unwrap()).unwrap();
        let notes = said(&raptor_port::Ddl::make(&source, &plan).notes);
        assert_eq!(notes.is_empty(), has_default, "{notes:?}");
        if !has_default {
            assert!(
                notes[0].contains("SQLite writes it in UTC, and `zone` in the plan says that such times are of Europe/Berlin"),
                "{notes:?}"
            );
        }
    }
}

/// Tables that SQLite's modules keep are one line, and no type is offered that was chosen.
#[tokio::test(flavor = "multi_thread")]
async fn what_everybody_has_is_one_line() {
    let bed = Bed::new(
        "CREATE VIRTUAL TABLE docs USING fts5(body); INSERT INTO docs VALUES ('some words');
         CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1); INSERT INTO boxes VALUES (1, 0, 1);
         CREATE TABLE t (at DATETIME); INSERT INTO t VALUES ('2024-02-29 12:30:00');",
    )
    .await;
    let mut plan = bed.plan();
    for table in &mut plan.tables {
        for column in table.columns.iter_mut().filter(|it| it.name == "at") {
            column.alternatives = ["timestamp without time zone", "text"]
                .map(|it| it.parse().unwrap())
                .to_vec();
        }
    }
    let done = bed.run(&plan).await;
    let inner: Vec<String> = said(&done.notes)
        .into_iter()
        .filter(|it| it.contains("inner"))
        .collect();
    assert_eq!(
        inner,
        [
            "8 inner tables of SQLite's modules, left out: boxes_node, boxes_parent, boxes_rowid, docs_config and 4 more"
        ]
    );
    let page = page(&bed, &plan, Some(&done), None).await;
    has(
        &page,
        &[
            "<td>8 inner tables</td><td><em>left out: SQLite's modules keep them</em></td>",
            "<code>timestamp without time zone</code></td>",
            "<td>text</td>",
        ],
    );
    assert!(!page.contains("<td>docs_data</td>"), "{page}");
    assert!(
        !page.contains("timestamp without time zone, text"),
        "{page}"
    );
}
