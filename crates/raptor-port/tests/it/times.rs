//! Times: zones whose clocks are set, and types that keep fewer digits than the file has.

use crate::runs::{ask, plan_of};
use crate::{differences, file};
use raptor_db::{Config, Db};
use raptor_port::{Begin, Plan};
use raptor_testkit::{Options, Server};

/// The plan with other words in its text, as a person changes it.
pub(crate) fn changed(plan: &Plan, changes: &[(&str, &str)]) -> Plan {
    let mut text = plan.to_string();
    for (from, to) in changes {
        assert!(text.contains(from), "{text}");
        text = text.replace(from, to);
    }
    Plan::read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_forward_and_back() {
    let (_folder, path) = file(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME);
         INSERT INTO t VALUES (1, '2024-01-15 12:00:00'), (2, '2024-07-15 12:00:00'), (3, '2024-03-31 02:30:00'), (4, '2024-10-27 02:30:00');",
    )
    .await;
    let server = Server::start(Options::default()).unwrap();
    let urls = server.create_database("port").unwrap();
    let db = Db::open(Config::new(urls.owner_url()).unwrap())
        .await
        .unwrap();
    let answers = [
        (
            "times_without_zone = \"timestamp\"",
            "times_without_zone = \"timestamptz\"",
        ),
        ("zone = \"UTC\"", "zone = \"Europe/Berlin\""),
    ];
    let plan = changed(&plan_of(&path), &answers);
    let done = plan
        .clone()
        .run(&path, &db, Begin::default(), &|_| {})
        .await
        .unwrap();
    let of_it = done.tables["t"];
    assert_eq!((of_it.rows, of_it.rejected), (3, 1), "{done:?}");
    let at = "SELECT (at AT TIME ZONE 'UTC')::text FROM public.t ORDER BY id";
    let wanted = [
        "2024-01-15 11:00:00",
        "2024-07-15 10:00:00",
        "2024-10-27 00:30:00",
    ];
    assert_eq!(ask(&db, at).await, wanted);
    let why = "SELECT place || ': ' || reason FROM raptor_port.rejected ORDER BY place";
    let why = ask(&db, why).await;
    assert_eq!(
        why,
        [
            "rowid 3: the clocks of Europe/Berlin were set forward over it",
            "rowid 4: the clocks of its zone showed it twice, and it was taken for the first",
        ]
    );
    let verified = plan.verify(&path, &db, 2, false).await.unwrap();
    assert!(differences(&verified).is_empty(), "{verified:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn digits_that_a_type_does_not_keep_are_refused() {
    let (_folder, path) = file(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME, day TIME);
         INSERT INTO t VALUES (1, '2024-01-15 12:00:00.123', '10:00:00.5'), (2, '2024-07-15 12:00:00.1234', '10:00:00.5');",
    )
    .await;
    let server = Server::start(Options::default()).unwrap();
    let urls = server.create_database("port").unwrap();
    let db = Db::open(Config::new(urls.owner_url()).unwrap())
        .await
        .unwrap();
    let plan = plan_of(&path);
    let own = [("type = \"times_without_zone\"", "type = \"timestamp(3)\"")];
    let plan = changed(&plan, &own);
    let done = plan
        .clone()
        .run(&path, &db, Begin::default(), &|_| {})
        .await
        .unwrap();
    assert_eq!(done.tables["t"].rejected, 1, "{done:?}");
    let types = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'public.t'::regclass AND attnum = 2";
    assert_eq!(ask(&db, types).await, ["timestamp(3) without time zone"]);
    let verified = plan.verify(&path, &db, 2, false).await.unwrap();
    assert!(differences(&verified).is_empty(), "{verified:?}");
}

/// Some mappers keep a duration as a time since 1970: of more than a year, and of less than none.
#[tokio::test(flavor = "multi_thread")]
async fn durations_beyond_a_year() {
    let (_folder, path) = file(
        "CREATE TABLE t (id CHAR(36) DEFAULT (GEN_RANDOM_UUID()) NOT NULL PRIMARY KEY, grace DATETIME, early DATETIME, born DATETIME, seen DATETIME);
         INSERT INTO t VALUES ('6f1c2c0a-52a4-4c6b-9d55-0a9a3f6f1e01', '1971-05-17 00:00:00', '1969-12-31 23:55:00', '1971-05-17 00:00:00', '1970-01-01 00:00:00'),
             ('6f1c2c0a-52a4-4c6b-9d55-0a9a3f6f1e02', '1970-01-02 00:00:00', '1970-01-02 00:00:00', '1979-01-02 00:00:00', '2024-02-29 12:30:00');",
    )
    .await;
    let plan = plan_of(&path);
    let line = |name: &str| {
        let column = plan.tables[0].column(name).unwrap();
        let others = column.alternatives.iter().map(ToString::to_string);
        let others: Vec<String> = others.collect();
        let is_asked = column.question.is_some();
        (
            plan.conversion(column).to_string(),
            is_asked,
            others.contains(&"interval".to_owned()),
        )
    };
    assert_eq!(line("grace"), ("interval".to_owned(), true, false));
    assert_eq!(line("early"), ("interval".to_owned(), true, false));
    assert_eq!(
        line("born"),
        ("timestamp without time zone".to_owned(), false, false)
    );
    assert_eq!(
        line("seen"),
        ("timestamp without time zone".to_owned(), false, true)
    );
    let server = Server::start(Options::default()).unwrap();
    let urls = server.create_database("port").unwrap();
    let db = Db::open(Config::new(urls.owner_url()).unwrap());
    let db = db.await.unwrap();
    let run = plan.clone().run(&path, &db, Begin::default(), &|_| {});
    assert!(run.await.unwrap().is_whole());
    let days = "SELECT extract(epoch from grace)::int / 86400 || ' ' || extract(epoch from early)::int FROM public.t ORDER BY id";
    assert_eq!(ask(&db, days).await, ["501 -300", "1 86400"]);
    let id = "INSERT INTO public.t DEFAULT VALUES RETURNING length(id::text)::text";
    assert_eq!(ask(&db, id).await, ["36"]);
}
