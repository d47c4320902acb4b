use super::*;

fn sql(text: &str) -> Event {
    Event::Sql {
        text: text.to_owned(),
        attached: Vec::new(),
    }
}

fn body(engine: Engine, events: &[Event]) -> Body {
    let take = Take {
        events: events.to_vec(),
        failure: None,
    };
    of(&take, engine)
}

fn texts(body: &Body) -> Vec<&str> {
    body.statements.iter().map(|it| it.text.as_str()).collect()
}

#[test]
fn transactions_are_the_runners() {
    let events = [
        sql("CREATE TABLE a (b int);"),
        sql("SAVEPOINT x"),
        sql("DROP TABLE a"),
        sql("ROLLBACK TO SAVEPOINT x"),
        sql("RELEASE SAVEPOINT x"),
        sql("SAVEPOINT y; INSERT INTO a VALUES (1)"),
        sql("RELEASE y"),
        Event::Commit,
        sql("INSERT INTO a VALUES (2)"),
        Event::Rollback,
        Event::Read("SELECT 1".to_owned()),
    ];
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let body = body(engine, &events);
        assert_eq!(
            texts(&body),
            ["CREATE TABLE a (b int)", "INSERT INTO a VALUES (1)"]
        );
        assert!(!body.alone);
        assert_eq!(body.reads, ["SELECT 1"]);
        assert_eq!(body.dropped.len(), 2, "{:?}", body.dropped);
    }
}

#[test]
fn what_is_outside_a_transaction_shows() {
    let alone: [&[Event]; 4] = [
        &[
            Event::Autocommit,
            sql("CREATE INDEX CONCURRENTLY i ON t (a)"),
        ],
        &[
            sql("COMMIT;"),
            sql("CREATE INDEX i ON t (a);"),
            sql("BEGIN;"),
        ],
        &[sql("VACUUM t")],
        &[
            sql("ALTER TYPE t ADD VALUE 'x'"),
            Event::Commit,
            sql("SELECT 1"),
        ],
    ];
    for events in alone {
        assert!(body(Engine::Postgres, events).alone, "{events:?}");
    }
    let inside: [&[Event]; 2] = [
        &[sql("ALTER TYPE t ADD VALUE 'x'")],
        &[sql("INSERT INTO t VALUES (1)"), Event::Commit],
    ];
    for events in inside {
        assert!(!body(Engine::Postgres, events).alone, "{events:?}");
    }
    let pragmas = [
        sql("COMMIT"),
        sql("PRAGMA foreign_keys=OFF"),
        sql("BEGIN IMMEDIATE"),
        sql("DROP TABLE t"),
    ];
    let body = body(Engine::Sqlite, &pragmas);
    assert!(!body.alone);
    assert_eq!(texts(&body), ["DROP TABLE t"]);
    assert_eq!(body.dropped, ["PRAGMA foreign_keys=OFF"]);
}

#[test]
fn blanks_and_comments_make_no_difference() {
    let one = body(
        Engine::Postgres,
        &[sql("CREATE TABLE a (\n\tb int\n)"), sql("DROP TABLE b")],
    );
    let other = body(
        Engine::Postgres,
        &[sql("-- why\nCREATE TABLE a (b int); DROP TABLE b")],
    );
    let more = body(
        Engine::Postgres,
        &[sql(
            "SELECT 1; CREATE TABLE a (b int); SELECT 2; DROP TABLE b",
        )],
    );
    assert!(same(&one, &other) && !same(&one, &more));
    assert!(within(&one, &more) && !within(&more, &one));
    assert_eq!(
        difference(&one, &more),
        (
            Some("CREATE TABLE a ( b int )".to_owned()),
            Some("SELECT 1".to_owned())
        )
    );
    let open = body(Engine::Postgres, &[sql("SELECT 'x")]);
    assert_eq!(open.lost, ["a string never ends in: SELECT 'x"]);
}
