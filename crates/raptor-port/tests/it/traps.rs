//! Everything that is known to go wrong on the way from SQLite to Postgres, in one file: nothing is lost,
//! and whatever does not come over is named.

use crate::file;
use crate::runs::{ask, plan_of};
use raptor_db::{Config, Db};
use raptor_port::Begin;
use raptor_testkit::{Options, Server};

const TRAPS: &str = include_str!("traps.sql");

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost() {
    let (_folder, path) = file(TRAPS).await;
    let server = Server::start(Options::default()).unwrap();
    let urls = server.create_database("port").unwrap();
    let db = Db::open(Config::new(urls.admin_url()).unwrap())
        .await
        .unwrap();
    let plan = plan_of(&path);
    let done = plan
        .clone()
        .run(&path, &db, Begin::default(), &|_| {})
        .await
        .unwrap_or_else(|error| panic!("{error:?}"));
    // Every reject is named.
    assert_eq!(
        ask(&db, "SELECT source_table || ' ' || place || ' ' || coalesce(source_column, '') || ': ' || reason FROM raptor_port.rejected ORDER BY 1").await,
        [
            "strict_ rowid 3 a: it is a blob, and no text",
            "texts rowid 1 body: it has a NUL in it, which Postgres cannot hold in a text",
            "texts rowid 2 body: it is not UTF-8 (byte 0, counted from 0)",
            "texts rowid 3 body: it is a blob, and no text",
        ]
    );
    // So is what has no counterpart; nothing is missing that the plan did not know of.
    let noted: Vec<&str> = done.notes.iter().map(|it| it.of.as_str()).collect();
    for of in [
        "table boxes",
        "table found",
        "foreign key of dangling",
        "view odd_view",
        "trigger odd",
        "children_parent_fkey of children",
        "children_code_fkey of children",
    ] {
        assert!(noted.contains(&of), "{of}: {noted:?}");
    }
    assert!(done.is_whole(), "{done:#?}");
    // Every row of the file is there, or is named.
    for table in &plan.tables {
        if table.skip.is_none() {
            let of_it = done.tables[&table.name];
            assert_eq!(of_it.rows + of_it.rejected, table.rows, "{}", table.name);
        }
    }
    let verified = plan.verify(&path, &db, 2, false).await.unwrap();
    assert!(verified.holds(), "{verified:#?}");
}
