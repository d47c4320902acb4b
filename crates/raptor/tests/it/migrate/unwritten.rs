//! What is printed cannot be written: what runs goes on.
#![cfg(target_os = "linux")]

use super::with_two;
use std::process::Command;

/// Runs it with what a shell's line adds, and answers its exit code.
fn code(folder: &super::Folder, words: &str) -> i32 {
    let line = format!("\"$RAPTOR\" migrate {words}");
    let status = Command::new("sh")
        .args(["-c", &line])
        .env_clear()
        .env("RAPTOR", env!("CARGO_BIN_EXE_raptor"))
        .env("DATABASE_URL", "sqlite:x.db")
        .current_dir(folder.path())
        .stdin(std::process::Stdio::null())
        .status()
        .unwrap();
    status.code().unwrap()
}

#[test]
fn a_full_disk_stops_no_migration() {
    let folder = with_two();
    assert_eq!(
        code(
            &folder,
            "upgrade a1 --dir migrations >/dev/full 2>/dev/full"
        ),
        0
    );
    assert_eq!(code(&folder, "upgrade --dir migrations >&- 2>&-"), 0);
    folder.says("current --check-heads --dir migrations", 0);
    assert_eq!(
        code(&folder, "downgrade base --dir migrations >/dev/full"),
        0
    );
}

/// An answer that is half there is none.
#[test]
fn an_answer_that_cannot_be_written_is_an_error() {
    let folder = with_two();
    for words in ["history --dir migrations", "upgrade --sql --dir migrations"] {
        assert_eq!(
            code(&folder, &format!("{words} >/dev/full 2>/dev/null")),
            2,
            "{words}"
        );
    }
}
