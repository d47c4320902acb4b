//! Ports of real SQLite files.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod existing;
mod habits;
mod odd;
mod random;
mod runs;
mod sources;
mod sync;
mod times;
mod traps;
mod views;

use raptor_db::{Config, Db};
use std::path::PathBuf;

/// A file made by a text, in a folder that goes with it.
async fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let config = Config::new(&format!("sqlite:{}", path.display())).unwrap();
    let db = Db::open(config).await.unwrap();
    db.session().await.unwrap().execute_raw(text).await.unwrap();
    db.close().await;
    (folder, path)
}

/// What of a proof is no row that was rejected beyond what its plan allows.
fn differences(verified: &raptor_port::Verified) -> Vec<&raptor_port::Note> {
    let all = verified.differences.iter();
    all.filter(|it| !it.text.contains(" rejected, and the plan allows"))
        .collect()
}
