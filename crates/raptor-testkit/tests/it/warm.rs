//! Sessions that are handed on from test to test, and come as good as new.

use crate::client::{ask, eventually};
use crate::shop::{again, contents, gone, template};
use raptor_testkit::Template;
use tokio_postgres::{Client, NoTls};

const PID: &str = "SELECT pg_backend_pid()";

fn connected<T>(url: &str, work: impl AsyncFnOnce(Client) -> T) -> T {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls)
            .await
            .expect("it answers");
        tokio::spawn(connection);
        work(client).await
    })
}

#[test]
fn a_session_serves_one_client_after_another_and_is_empty_each_time() {
    let template = template().warm();
    let database = template.database();
    let url = database.owner_url();
    let traces = "SET search_path = nowhere; SET ROLE raptor_owner; LISTEN letters;
                  PREPARE one AS SELECT 1; SELECT pg_advisory_lock(7);
                  DECLARE held CURSOR WITH HOLD FOR SELECT 1; SET application_name = 'me'";
    let seen =
        "SELECT current_setting('search_path'), (SELECT count(*) FROM pg_listening_channels()),
                (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors),
                (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),
                current_setting('application_name'), pg_backend_pid()";
    // Under load a session may come too late for the next client, which then gets another one.
    let clean = |pid: String| format!("raptor, pg_catalog|0|0|0|0||{pid}");
    eventually("the session is kept", || {
        let pid = ask(url, PID);
        ask(url, seen) == clean(pid)
    });
    eventually("the session is kept, and empty", || {
        let pid = ask(url, PID);
        ask(url, traces);
        ask(url, seen) == clean(pid)
    });
}

#[test]
fn clones_are_reset_and_thrown_away_as_with_new_sessions() {
    let template = template().warm();
    let database = template.database();
    let (name, server) = (
        database.urls().database().to_owned(),
        database.server().admin_url("postgres"),
    );
    let clean = contents(&database);
    let write = "DELETE FROM countries WHERE code = 'xx'; INSERT INTO orders (customer) VALUES (1);
                 SELECT nextval('tickets')";
    ask(database.owner_url(), write);
    drop(database);
    for _ in 0..10 {
        let database = again(&template, &name);
        assert_eq!(contents(&database), clean);
        ask(database.owner_url(), write);
    }
    let database = again(&template, &name);
    ask(database.owner_url(), "CREATE TABLE more ()");
    drop(database);
    gone(&server, &name, "DDL in a warm session");
    assert_eq!(contents(&template.database()), clean);
}

#[test]
fn a_session_in_the_middle_of_something_is_not_handed_on() {
    let template = Template::empty().warm();
    let database = template.database();
    let url = database.owner_url();
    let left: [&str; 2] = ["BEGIN; SELECT 1", "SELECT pg_sleep(0.2)"];
    for script in left {
        let pid = connected(url, async |client| {
            let pid: i32 = client.query_one(PID, &[]).await.unwrap().get(0);
            let asking = client.batch_execute(script);
            // Given up in the middle, as a cancelled future is.
            tokio::time::timeout(std::time::Duration::from_millis(50), asking)
                .await
                .ok();
            pid
        });
        assert_ne!(ask(url, PID), pid.to_string(), "{script}");
    }
}

#[test]
fn large_answers_copy_and_cancel_go_through() {
    use futures_util::{SinkExt, TryStreamExt};
    let template = Template::empty().warm();
    let database = template.database();
    for round in 0..3 {
        connected(database.owner_url(), async |client| {
            let rows = client
                .query(
                    "SELECT repeat('x', 1000) FROM generate_series(1, 5000)",
                    &[],
                )
                .await
                .unwrap();
            assert_eq!(rows.len(), 5000);
            client
                .batch_execute("CREATE TEMP TABLE t (a text)")
                .await
                .unwrap();
            let mut sink = Box::pin(client.copy_in("COPY t FROM STDIN").await.unwrap());
            for _ in 0..100 {
                let piece = std::io::Cursor::new(
                    vec![b'y'; 9_999]
                        .into_iter()
                        .chain([b'\n'])
                        .collect::<Vec<_>>(),
                );
                sink.send(piece).await.unwrap();
            }
            assert_eq!(sink.as_mut().finish().await.unwrap(), 100);
            let out = Box::pin(client.copy_out("COPY t TO STDOUT").await.unwrap());
            let bytes: usize = out
                .map_ok(|piece| piece.len())
                .try_fold(0, async |a, b| Ok(a + b))
                .await
                .unwrap();
            assert_eq!(bytes, 1_000_000, "{round}");
            let cancel = client.cancel_token();
            let (slept, ()) = tokio::join!(client.batch_execute("SELECT pg_sleep(60)"), async {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                cancel.cancel_query(NoTls).await.unwrap();
            });
            assert_eq!(slept.unwrap_err().code().unwrap().code(), "57014");
        });
    }
}

#[test]
fn a_wrong_password_and_a_late_client_are_turned_away() {
    let template = Template::empty().warm();
    let database = template.database();
    let url = database.url().to_owned();
    let wrong = url.replacen("raptor_app:", "raptor_app:no", 1);
    let refusal = |url: &str| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let error = runtime.block_on(tokio_postgres::connect(url, NoTls)).err();
        error
            .expect("it is turned away")
            .code()
            .unwrap()
            .code()
            .to_owned()
    };
    assert_eq!(refusal(&wrong), "28P01", "by the server");
    let kept = || {
        let mut last = String::new();
        eventually("a session is kept", || {
            let pid = ask(&url, PID);
            std::mem::replace(&mut last, pid.clone()) == pid
        });
    };
    kept();
    assert_eq!(refusal(&wrong), "28P01", "before a kept session");
    kept();
    drop(database);
    assert_eq!(refusal(&url), "3D000");
}
