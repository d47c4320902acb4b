//! Statements sent from outside, as a test would.

use std::time::{Duration, Instant};
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// Runs a script on a connection of its own and returns its rows, one per line, as psql does.
pub(crate) fn ask(url: &str, script: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let answer = runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        let connection = tokio::spawn(connection);
        let answer = client.simple_query(script).await?;
        drop(client);
        connection.await.expect("it does not panic")?;
        Ok::<_, tokio_postgres::Error>(answer)
    });
    let messages = answer.unwrap_or_else(|error| panic!("{script}: {error:?}"));
    let line = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => Some(
            (0..row.len())
                .map(|at| row.get(at).unwrap_or("NULL"))
                .collect::<Vec<_>>()
                .join("|"),
        ),
        _ => None,
    };
    messages
        .iter()
        .filter_map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Waits until a condition holds. Half a minute is far more than anything here takes; a condition
/// that never holds is the failure.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
