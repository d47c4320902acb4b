//! Snapshots of SQLite files: one state for all readers, and nobody is in the way.

use raptor_db::{ErrorKind, Go, RawValue, Snapshot, SnapshotReader};
use rusqlite::Connection;
use std::path::PathBuf;

fn file(mode: &str) -> (tempfile::TempDir, PathBuf, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(&format!(
        "PRAGMA journal_mode = {mode}; CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)"
    ))
    .unwrap();
    (folder, path, conn)
}

fn sum(reader: &SnapshotReader) -> i64 {
    let mut sum = 0;
    let add = |row: &raptor_db::RawRow<'_>| {
        sum += row.get(0).as_integer().unwrap();
        Ok(Go::On)
    };
    reader.each("SELECT a FROM t", &[], add).unwrap();
    sum
}

/// In WAL mode in place, in rollback mode as a copy; the writer waits in neither.
#[test]
fn all_readers_see_one_state_and_the_writer_goes_on() {
    for (mode, is_copy) in [("WAL", false), ("DELETE", true)] {
        let (_folder, path, writer) = file(mode);
        let mut snapshot = Snapshot::open(&path, 3).unwrap();
        assert_eq!(snapshot.is_copy(), is_copy, "{mode}");
        writer.execute("INSERT INTO t VALUES (10)", []).unwrap();
        let readers: Vec<_> = std::iter::from_fn(|| snapshot.take()).collect();
        let sums: Vec<_> = readers.iter().map(sum).collect();
        assert_eq!(sums, [3, 3, 3], "{mode}");
        let mut snapshot = Snapshot::open(&path, 1).unwrap();
        assert_eq!(sum(&snapshot.take().unwrap()), 13);
    }
}

/// Many commits while the readers are opened: still one state for all of them.
#[test]
fn readers_agree_under_writes() {
    let (_folder, path, writer) = file("WAL");
    let stop = std::sync::atomic::AtomicBool::new(false);
    let stop = &stop;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                writer.execute("INSERT INTO t VALUES (1)", []).unwrap();
                std::thread::sleep(std::time::Duration::from_micros(300));
            }
        });
        for _ in 0..20 {
            let mut snapshot = Snapshot::open(&path, 4).unwrap();
            let sums: Vec<_> = std::iter::from_fn(|| snapshot.take())
                .map(|reader| sum(&reader))
                .collect();
            assert!(sums.iter().all(|it| *it == sums[0]), "{sums:?}");
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn values_are_what_is_there() {
    let (_folder, path, conn) = file("WAL");
    conn.execute_batch(
        "CREATE TABLE v (a INTEGER, b TEXT); INSERT INTO v VALUES ('x', CAST(x'ff00' AS TEXT)), (1.5, x'ff')",
    )
    .unwrap();
    let mut snapshot = Snapshot::open_offline(&path, 1).unwrap();
    let reader = snapshot.take().unwrap();
    let mut seen = Vec::new();
    let look = |row: &raptor_db::RawRow<'_>| {
        let text = |value| match value {
            RawValue::Text(bytes) => format!("text {bytes:?}"),
            other => format!("{other:?}"),
        };
        seen.push([text(row.get(0)), text(row.get(1))].join(", "));
        Ok(Go::On)
    };
    reader
        .each("SELECT a, b FROM v WHERE rowid >= ?1", &[1], look)
        .unwrap();
    assert_eq!(
        seen,
        ["text [120], text [255, 0]", "Real(1.5), Blob([255])"]
    );
    assert_eq!(
        reader.columns("SELECT a, b AS c FROM v").unwrap(),
        ["a", "c"]
    );
    let written = reader
        .each("DELETE FROM v", &[], |_| Ok(Go::On))
        .unwrap_err();
    assert_eq!(written.kind(), ErrorKind::Permission, "{written}");
}

/// Rows are kept beside the file, which itself is not written to.
#[test]
fn a_snapshot_keeps_rows_in_temporary_tables() {
    let (_folder, path, writer) = file("WAL");
    let mut snapshot = Snapshot::open(&path, 1).unwrap();
    let reader = snapshot.take().unwrap();
    writer.execute("DELETE FROM t", []).unwrap();
    reader
        .execute("CREATE TEMP TABLE kept AS SELECT a FROM main.t; COMMIT")
        .unwrap();
    let mut kept = 0;
    reader
        .each("SELECT a FROM temp.kept", &[], |_| {
            kept += 1;
            Ok(Go::On)
        })
        .unwrap();
    assert_eq!(kept, 2);
    let written = reader.execute("DELETE FROM main.t").unwrap_err();
    assert_eq!(written.kind(), ErrorKind::Permission, "{written}");
}

/// Nothing of the file is set otherwise than it was.
#[test]
fn a_live_file_is_written_to() {
    for mode in ["WAL", "DELETE"] {
        let (_folder, path, writer) = file(mode);
        let live = Snapshot::live(&path, std::time::Duration::from_millis(50)).unwrap();
        live.execute("INSERT INTO t VALUES (3)").unwrap();
        assert_eq!(sum(&live), 6);
        writer.execute("UPDATE t SET a = 10", []).unwrap();
        assert_eq!(sum(&live), 30);
        let is = writer.query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0));
        assert_eq!(is.unwrap().to_uppercase(), mode);
        // Whoever holds it is waited for, and not for ever.
        writer.execute_batch("BEGIN IMMEDIATE").unwrap();
        let busy = live.execute("INSERT INTO t VALUES (4)").unwrap_err();
        assert_eq!(busy.kind(), ErrorKind::Busy, "{busy}");
        writer.execute_batch("ROLLBACK").unwrap();
        live.execute("INSERT INTO t VALUES (4)").unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.db");
    let missing = Snapshot::live(&path, std::time::Duration::ZERO).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    assert!(!path.exists());
}

#[test]
fn what_is_no_database_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let missing = Snapshot::open(&path, 1).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    assert!(!path.exists());
    std::fs::write(
        &path,
        "some text that is no database, and long enough to be looked at",
    )
    .unwrap();
    let error = Snapshot::open(&path, 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("x.db"), "{error}");
}
