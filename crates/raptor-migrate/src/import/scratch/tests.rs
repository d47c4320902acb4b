use super::*;
use std::process::Command;

/// What another process does with the file, as Alembic's does.
fn elsewhere(scratch: &Scratch, text: &str) {
    let (_, file) = scratch.kept().unwrap();
    let program = "import sqlite3, sys\nit = sqlite3.connect(sys.argv[1])\nit.executescript(sys.argv[2])\nit.close()\n";
    let ran = Command::new("python3")
        .args(["-c", program])
        .arg(file)
        .arg(text)
        .status();
    assert!(ran.unwrap().success());
}

/// A copy that took away the locks of the connections that are open here would let the other process
/// remove the log under them.
#[tokio::test]
async fn what_is_kept_takes_no_locks_away() {
    let mut scratch = Scratch::open(&Source::sqlite(), None).await.unwrap();
    let (kept, file) = scratch.kept().unwrap();
    let log = file.with_file_name("scratch.db-wal");
    elsewhere(&scratch, "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    let before = scratch.state("alembic_version").await.unwrap();
    for round in 0..3 {
        assert!(scratch.keep().await.unwrap());
        elsewhere(&scratch, "INSERT INTO t VALUES (2)");
        assert!(
            log.exists(),
            "in round {round} the other process took itself for the last one"
        );
    }
    let query = Sql::new("SELECT count(*)::text FROM t");
    assert_eq!(column(&scratch.db, &query).await.unwrap(), ["4"]);
    elsewhere(&scratch, "DELETE FROM t WHERE a = 2");
    assert!(scratch.keep().await.unwrap());
    elsewhere(&scratch, "DROP TABLE t");
    assert!(kept.exists());
    scratch.back().await.unwrap();
    assert_eq!(scratch.state("alembic_version").await.unwrap(), before);
}
