//! What an application does everywhere decides what a column leaves open.

use crate::file;
use crate::runs::{ask, plan_of};
use raptor_db::{Config, Db};
use raptor_port::{Asked, Begin, Mode, Plan, Source, Target};
use raptor_testkit::{Options, Server};

/// As Knex writes: times are the milliseconds of a JavaScript Date, or the text of the default.
const OF_KNEX: &str = "
CREATE TABLE `knex_migrations` (`id` integer not null primary key autoincrement, `name` varchar(255));
CREATE TABLE `people` (`id` integer not null primary key autoincrement, `born` datetime, `day` date, `odd` date,
  `seen` datetime not null default CURRENT_TIMESTAMP, `data` json, `total` bigint, `count` integer);
INSERT INTO people (born, day, odd, seen, data, total, count) VALUES
  (-631152000000, 0, 1709164800001, 1709210096123, '{\"b\": 1, \"a\": 2}', 1, 2147483647),
  (1709210096123, 1709164800000, NULL, '2024-02-29 12:34:56', '12', NULL, NULL),
  (NULL, '2024-02-29', NULL, 1709210096123, '1.5', NULL, NULL);
";

fn types(plan: &Plan) -> Vec<String> {
    let columns = plan.table("people").unwrap().columns.iter();
    columns.map(|it| plan.conversion(it).to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_of_knex() {
    let (_folder, path) = file(OF_KNEX).await;
    let plan = plan_of(&path);
    assert_eq!(
        types(&plan),
        [
            "integer",
            "timestamp with time zone from milliseconds",
            "date from milliseconds",
            "timestamp with time zone from milliseconds",
            "timestamp with time zone from milliseconds",
            "json",
            "bigint",
            "integer",
        ]
    );
    assert!(
        plan.to_string()
            .contains("times_without_zone = \"timestamptz\"")
    );
    let server = Server::start(Options::default()).unwrap();
    let urls = server.create_database("port").unwrap();
    let db = Db::open(Config::new(urls.owner_url()).unwrap())
        .await
        .unwrap();
    let done = plan
        .clone()
        .run(&path, &db, Begin::default(), &|_| {})
        .await
        .unwrap();
    assert!(done.is_whole() && done.notes.is_empty(), "{done:?}");
    let rows = "SELECT concat_ws('|', id, born AT TIME ZONE 'UTC', day, odd AT TIME ZONE 'UTC', seen AT TIME ZONE 'UTC', data) FROM public.people ORDER BY id";
    assert_eq!(
        ask(&db, rows).await,
        [
            "1|1950-01-01 00:00:00|1970-01-01|2024-02-29 00:00:00.001|2024-02-29 12:34:56.123|{\"b\": 1, \"a\": 2}",
            "2|2024-02-29 12:34:56.123|2024-02-29|2024-02-29 12:34:56|12",
            "3|2024-02-29|2024-02-29 12:34:56.123|1.5",
        ]
    );
    let verified = plan.verify(&path, &db, 2, false).await.unwrap();
    assert!(verified.holds(), "{verified:?}");
    let new = "INSERT INTO public.people (data) VALUES ('{}') RETURNING (id, now() - seen < interval '1 minute')::text";
    assert_eq!(ask(&db, new).await, ["(4,t)"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_of_directus_that_show_a_clock() {
    let (_folder, path) = file(
        "CREATE TABLE directus_fields (id INTEGER PRIMARY KEY, collection TEXT, field TEXT, special TEXT);
         INSERT INTO directus_fields (collection, field, special) VALUES
           ('people', 'meeting', NULL), ('people', 'seen', 'date-created,cast-timestamp'), ('people', 'never', NULL);
         CREATE TABLE directus_migrations (version VARCHAR(255) PRIMARY KEY);
         CREATE TABLE people (id INTEGER PRIMARY KEY, meeting DATETIME, seen DATETIME, never DATETIME);
         INSERT INTO people VALUES (1, 1709210096123, 1709210096123, NULL);",
    )
    .await;
    assert_eq!(
        types(&plan_of(&path)),
        [
            "integer",
            "timestamp without time zone from milliseconds",
            "timestamp with time zone from milliseconds",
            "timestamp without time zone",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_keeps_what_it_can() {
    let (_folder, path) = file(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, size FLOAT);
         INSERT INTO people VALUES (1, 0.1), (2, 0.3333333333333333), (3, 1e300), (4, -3), (5, NULL);",
    )
    .await;
    let server = Server::start(Options::default()).unwrap();
    let urls = server.create_database("port").unwrap();
    let db = Db::open(Config::new(urls.owner_url()).unwrap())
        .await
        .unwrap();
    let make = "CREATE TABLE public.people (id int PRIMARY KEY, size real)";
    db.session().await.unwrap().execute_raw(make).await.unwrap();
    let snapshot = raptor_db::Snapshot::open(&path, 1).unwrap().take().unwrap();
    let mut asked = Asked::new("app.db");
    asked.mode = Mode::Existing;
    asked.target = Some(Target::read(&db, "public").await.unwrap());
    let plan = Plan::make(&snapshot, &Source::read(&snapshot).unwrap(), &asked).unwrap();
    assert_eq!(plan.tables[0].rejects, 1);
    assert!(plan.notes[0].text.contains("is real there"), "{plan}");
    let done = plan
        .clone()
        .run(&path, &db, Begin::default(), &|_| {})
        .await
        .unwrap();
    assert!(done.is_whole(), "{done:?}");
    let sizes = "SELECT concat(id, ' ', size) FROM public.people ORDER BY id";
    assert_eq!(
        ask(&db, sizes).await,
        ["1 0.1", "2 0.33333334", "4 -3", "5 "]
    );
    let kept = "SELECT place || ': ' || reason FROM raptor_port.rejected ORDER BY place";
    assert_eq!(
        ask(&db, kept).await,
        [
            "rowid 2: a real keeps 0.33333334 of it",
            "rowid 3: it is out of the range of the type real",
        ]
    );
    let verified = plan.clone().verify(&path, &db, 2, false).await.unwrap();
    assert!(verified.holds(), "{verified:?}");
    let change = "UPDATE public.people SET size = 0.33333337 WHERE id = 2";
    db.session()
        .await
        .unwrap()
        .execute_raw(change)
        .await
        .unwrap();
    let verified = plan.verify(&path, &db, 2, false).await.unwrap();
    assert!(!verified.holds(), "{verified:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_of_strapi() {
    let key = "CONSTRAINT `up_fk` FOREIGN KEY (`up`) REFERENCES `people` (`id`) ON DELETE SET NULL";
    let (_folder, path) = file(&format!(
        "CREATE TABLE strapi_migrations (id integer primary key autoincrement, name varchar(255), time datetime);
         CREATE TABLE people (id integer primary key autoincrement, up integer, at datetime, gone datetime, data json, {key}, {key});
         INSERT INTO people (up, at, data) VALUES (NULL, 1709210096123, '[1]'), (1, -1, NULL);"
    ))
    .await;
    let plan = plan_of(&path);
    assert_eq!(
        types(&plan),
        [
            "integer",
            "integer",
            "timestamp without time zone from milliseconds",
            "timestamp without time zone",
            "jsonb",
        ]
    );
    let server = Server::start(Options::default()).unwrap();
    let urls = server.create_database("port").unwrap();
    let db = Db::open(Config::new(urls.owner_url()).unwrap())
        .await
        .unwrap();
    let done = plan.run(&path, &db, Begin::default(), &|_| {}).await;
    assert!(done.unwrap().is_whole());
    let keys = "SELECT conname::text FROM pg_constraint WHERE contype = 'f' AND conrelid = 'public.people'::regclass";
    assert_eq!(
        ask(&db, keys).await,
        ["up_fk"],
        "declared twice, and made once"
    );
}
