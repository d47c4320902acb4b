//! The measured process: raptor-testkit used as a test program uses it.
//!
//! `kit cold FOLDER` prints a line after its first SELECT. `kit tests N FOLDER SCHEMA` runs N tests
//! and prints the milliseconds of each; `kit warm-tests …` the same with warm connections. `kit hold FOLDER` waits to be killed.

use raptor_testkit::{Options, SqliteFile, Template};
use std::time::Instant;
use tokio_postgres::{Client, NoTls};

/// Tables of the schema.
const TABLES: usize = 50;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["cold", folder] => cold(folder),
        ["tests", count, folder, schema] => tests(count, folder, schema, false),
        ["warm-tests", count, folder, schema] => tests(count, folder, schema, true),
        ["hold", folder] => hold(folder),
        _ => panic!("kit cold FOLDER | [warm-]tests N FOLDER SCHEMA | hold FOLDER"),
    }
}

fn options(folder: &str) -> Options {
    Options {
        run_dir: Some(folder.into()),
        ..Options::default()
    }
}

/// One test's connection.
fn with_client<T>(url: &str, work: impl AsyncFnOnce(&Client) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls)
            .await
            .expect("it answers");
        let connection = tokio::spawn(connection);
        let answer = work(&client).await;
        drop(client);
        connection.await.expect("no panic").expect("a good end");
        answer
    })
}

fn cold(folder: &str) {
    let template = Template::with_options(options(folder), |_| Ok(()));
    let database = template.database();
    let answer: i32 = with_client(database.url(), async |client| {
        client
            .query_one("SELECT 1", &[])
            .await
            .expect("an answer")
            .get(0)
    });
    println!("selected {answer}");
}

fn tests(count: &str, folder: &str, schema: &str, warm: bool) {
    let count: usize = count.parse().expect("a number");
    let schema = std::fs::read_to_string(schema).expect("the schema");
    let template = Template::with_options(options(folder), move |urls| {
        with_client(urls.owner_url(), async |client| {
            client.batch_execute(&schema).await
        })?;
        Ok(())
    });
    let template = if warm { template.warm() } else { template };
    // The peer's session fixture does the same before its first test.
    drop(template.database());
    let whole = Instant::now();
    let mut each = Vec::with_capacity(count);
    for number in 0..count {
        let begun = Instant::now();
        let database = template.database();
        with_client(database.owner_url(), async |client| {
            test(client, number).await
        });
        drop(database);
        each.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let whole = whole.elapsed().as_secs_f64() * 1e3;
    println!("{{\"each\": {each:?}, \"whole\": {whole}}}");
}

/// Writes three tables, and sees that nobody else has.
async fn test(client: &Client, number: usize) {
    let mut script = "BEGIN;".to_owned();
    for at in 0..3 {
        let table = (number * 7 + at * 11) % TABLES;
        script.push_str(&format!(
            "INSERT INTO t{table} (name, body) VALUES ('a', '{{}}'), ('b', '{{}}');"
        ));
    }
    script.push_str("COMMIT");
    client
        .batch_execute(&script)
        .await
        .expect("the rows are new");
    let table = (number * 7) % TABLES;
    let query = format!("SELECT count(*), max(id) FROM t{table}");
    let row = client.query_one(&query, &[]).await.expect("an answer");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (2, 2));
}

fn hold(folder: &str) {
    let template = Template::with_options(options(folder), |_| Ok(()));
    let _database = template.database();
    let file = SqliteFile::new();
    println!("ready {}", file.path().display());
    std::thread::sleep(std::time::Duration::from_secs(3600));
}
