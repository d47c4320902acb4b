//! What `raptor port` asks and shows at a terminal, a real one.

use super::Bed;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::Command;

/// What a command shows at a terminal where these lines are typed; it must end well.
fn typed(mut command: Command, lines: &str) -> String {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let slave = OpenOptions::new()
        .read(true)
        .write(true)
        .open(name.to_str().unwrap())
        .unwrap();
    command.env("TERM", "xterm");
    command
        .stdin(slave.try_clone().unwrap())
        .stdout(slave.try_clone().unwrap())
        .stderr(slave);
    let mut child = command.spawn().unwrap();
    // It holds the other end, which is to be closed when the program ends.
    drop(command);
    let mut master = File::from(master);
    master.write_all(lines.as_bytes()).unwrap();
    let mut shown = Vec::new();
    let mut some = [0; 4096];
    // Linux ends with an error, others with nothing.
    while let Ok(count @ 1..) = master.read(&mut some) {
        shown.extend_from_slice(&some[..count]);
    }
    let shown = String::from_utf8_lossy(&shown).into_owned();
    assert!(child.wait().unwrap().success(), "{shown}");
    shown
}

const OPEN: &str = "CREATE TABLE notes (
    id INTEGER PRIMARY KEY, written DATETIME, seen TIMESTAMP, sent TIMESTAMP, name TEXT COLLATE NOCASE);
INSERT INTO notes VALUES (1, '2024-02-29 12:30:00', 1709209800, 1709209801, 'One');";

#[test]
fn what_is_open_is_asked_once() {
    let bed = Bed::new(OPEN);
    // A choice by its number, a zone that there is none of and one that there is, the first choice,
    // another one by its words.
    let shown = typed(
        bed.command("plan app.db"),
        "1\nMars\nEurope/Berlin\n\nbigint\n",
    );
    for said in [
        "4 questions that the file does not answer",
        "notes.written (declared DATETIME; 1 text",
        "\"Mars\" is no zone",
        "  2) lower",
        "notes.seen (declared TIMESTAMP",
        "0 questions.",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    let path = bed.path().join("port.toml");
    let plan = std::fs::read_to_string(&path).unwrap();
    for line in [
        "times_without_zone = \"timestamptz\"",
        "zone = \"Europe/Berlin\"",
        "nocase = \"citext\"",
        "seen = { type = \"bigint\"",
        "sent = { type = \"bigint\"",
    ] {
        assert!(plan.contains(line), "{line}: {plan}");
    }
    // It is not asked again, and nothing is lost.
    let shown = typed(bed.command("plan app.db"), "");
    assert!(!shown.contains("does not answer"), "{shown}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), plan);
}

#[test]
fn nobody_is_asked_who_said_yes_or_has_gone() {
    let bed = Bed::new(OPEN);
    let shown = typed(bed.command("plan app.db --yes"), "");
    assert!(shown.contains("5 questions."), "{shown}");
    let path = bed.path().join("port.toml");
    let likely = std::fs::read_to_string(&path).unwrap();
    assert!(likely.contains("ask = "), "{likely}");
    std::fs::remove_file(&path).unwrap();
    // The sign for the end of what is typed.
    typed(bed.command("plan app.db"), "\u{4}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), likely);
    // What is open is asked the next time: the first of all, then nobody is there any more, then the rest.
    typed(bed.command("plan app.db"), "timestamptz\n\u{4}");
    let shown = typed(bed.command("plan app.db"), "+02:00\n\u{4}");
    assert!(shown.contains("3 questions that"), "{shown}");
    assert!(!shown.contains("these times name no zone"), "{shown}");
    let plan = std::fs::read_to_string(&path).unwrap();
    for line in [
        "times_without_zone = \"timestamptz\"",
        "zone = \"+02:00\"",
        "ask = [\"nocase\"]",
    ] {
        assert!(plan.contains(line), "{line}: {plan}");
    }
}

#[test]
fn a_bar_for_each_table() {
    let bed = Bed::new(
        "CREATE TABLE many (id INTEGER PRIMARY KEY);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 260000)
         INSERT INTO many SELECT i FROM n;",
    );
    bed.says("plan app.db", 0);
    let shown = typed(bed.command("run"), "");
    assert!(shown.contains("260,000 of     260,000 rows, "), "{shown}");
    assert!(shown.contains("many: 260000 rows"), "{shown}");
    // In the first moments nobody knows how fast it is.
    let is_drawn = |line: &&str| line.contains("many") && line.contains("/s, ");
    let drawn = shown.split('\r').filter(is_drawn);
    let (done, begun): (Vec<&str>, Vec<&str>) = drawn.partition(|it| it.contains("260,000 of"));
    assert!(!done.is_empty(), "{shown}");
    for line in begun {
        let is_nonsense = line.contains(" 0/s") || line.contains(" 0s left");
        assert!(!is_nonsense, "{line}");
    }
}
