//! Views answer the same on both sides, and it is seen when they do not.

use crate::file;
use crate::runs::plan_of;
use raptor_db::{Config, Db};
use raptor_port::{Begin, Plan};
use raptor_testkit::{Options, Server};

const SOURCE: &str = "
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, score REAL, points INTEGER, is_on BOOLEAN, born DATE);
INSERT INTO people VALUES (1, 'ann', 0.1, 3, 1, '1999-12-31'), (2, 'bob', 0.2, 4, 0, NULL), (3, NULL, 1e300, NULL, 1, '2001-01-01'), (4, 'eve', 0.3, 4, 0, NULL);
CREATE VIEW on_now AS SELECT id, name, is_on, born FROM people WHERE is_on;
CREATE VIEW sums AS SELECT is_on, count(*) AS n, sum(points) AS points, avg(points) AS mean, max(name) AS last FROM people GROUP BY is_on;
CREATE VIEW \"a View\" AS SELECT upper(name) AS \"Up\", score * 3 FROM people;
";

#[tokio::test(flavor = "multi_thread")]
async fn views_are_compared() {
    let (_folder, path) = file(SOURCE).await;
    let server = Server::start(Options::default()).unwrap();
    let urls = server.create_database("port").unwrap();
    let db = Db::open(Config::new(urls.owner_url()).unwrap())
        .await
        .unwrap();
    let plan = plan_of(&path);
    let done = plan
        .clone()
        .run(&path, &db, Begin::default(), &|_| {})
        .await
        .unwrap();
    assert!(done.is_whole() && done.notes.is_empty(), "{done:?}");
    let verified = plan.clone().verify(&path, &db, 2, false).await.unwrap();
    assert!(
        verified.holds() && verified.notes.is_empty(),
        "{verified:?}"
    );
    for (view, query, text) in [
        (
            "on_now",
            "SELECT id, name, is_on, born FROM people WHERE id = 1",
            "returns 2 rows in the file, 1 on Postgres",
        ),
        (
            "on_now",
            "SELECT id, name, is_on, CASE WHEN id = 1 THEN born END AS born FROM people WHERE is_on",
            "returns other values in its column born",
        ),
        (
            "on_now",
            "SELECT 4 - id AS id, name, is_on, born FROM people WHERE is_on",
            "returns the same values in other rows",
        ),
        (
            "sums",
            "SELECT is_on, count(*) AS n, sum(points) AS points, avg(points) + 0.0001 AS mean, max(name) AS last FROM people GROUP BY is_on",
            "returns other values in its column mean",
        ),
    ] {
        let change = format!("DROP VIEW public.{view}; CREATE VIEW public.{view} AS {query}");
        let session = db.session().await.unwrap();
        let change = format!("SET search_path = public; {change}; RESET search_path");
        session.execute_raw(&change).await.unwrap();
        drop(session);
        let verified = plan.clone().verify(&path, &db, 2, false).await.unwrap();
        let found = verified.differences.iter().find(|it| it.text == text);
        assert_eq!(
            found.map(|it| it.of.clone()),
            Some(format!("view {view}")),
            "{verified:?}"
        );
    }
}

/// A view that answers otherwise by itself is told, and the plan can let it be.
#[tokio::test(flavor = "multi_thread")]
async fn views_that_may_differ() {
    let (_folder, path) = file(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b');
         CREATE VIEW v AS SELECT group_concat(s) AS s FROM t;",
    )
    .await;
    let server = Server::start(Options::default()).unwrap();
    let urls = server.create_database("port").unwrap();
    let db = Db::open(Config::new(urls.owner_url()).unwrap());
    let db = db.await.unwrap();
    let plan = plan_of(&path);
    let is_told = |it: &raptor_port::Note| {
        it.of == "view v" && it.text.contains("the order in which rows are joined")
    };
    assert!(plan.notes.iter().any(is_told), "{:?}", plan.notes);
    let run = plan.clone().run(&path, &db, Begin::default(), &|_| {});
    assert!(run.await.unwrap().is_whole());
    let session = db.session().await.unwrap();
    session.execute_raw("CREATE OR REPLACE VIEW public.v AS SELECT string_agg(s, ',' ORDER BY id DESC) AS s FROM public.t").await.unwrap();
    let verified = plan.clone().verify(&path, &db, 2, false).await.unwrap();
    let of_rows = |it: &&raptor_port::Note| it.text.contains("returns other values");
    assert_eq!(
        verified.differences.iter().filter(of_rows).count(),
        1,
        "{verified:?}"
    );
    let text = plan.to_string().replace(
        "\n[[notes]]",
        "\n[views.v]\ndiffers = \"in any order\"\n\n[[notes]]",
    );
    let plan = Plan::read(&text).unwrap();
    assert_eq!(Plan::read(&plan.to_string()).unwrap(), plan);
    let verified = plan.verify(&path, &db, 2, false).await.unwrap();
    assert_eq!(
        verified.differences.iter().filter(of_rows).count(),
        0,
        "{verified:?}"
    );
    assert!(
        verified
            .notes
            .iter()
            .any(|it| it.text.contains("as the plan has it: in any order")),
        "{verified:?}"
    );
}
