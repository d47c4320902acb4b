//! How a server comes about: its cache, and what is said when it cannot.

use crate::child::{Stage, said};
use raptor_testkit::{ErrorKind, Options, Server};

#[test]
fn processes_that_start_at_once_share_one_cache() {
    for stage in Stage::for_every_user() {
        let mut children: Vec<_> = (0..3)
            .map(|_| stage.command("child::holds").spawn().unwrap())
            .collect();
        for child in &mut children {
            said(child);
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let user = &stage.left("cache")[0];
        let mut entries = stage.left(&format!("cache/{user}/raptor-testkit"));
        entries.sort();
        assert_eq!(entries.len(), 2, "one directory and its lock: {entries:?}");
        assert_eq!(entries[1], format!("{}.lock", entries[0]));
    }
}

#[test]
fn a_gnawed_cache_is_made_anew() {
    let cache = tempfile::tempdir().unwrap();
    let start = || {
        Server::start(Options {
            cache_dir: Some(cache.path().to_owned()),
            ..Options::default()
        })
    };
    drop(start().unwrap());
    let entry = std::fs::read_dir(cache.path().join("raptor-testkit"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.is_dir())
        .unwrap();
    std::fs::remove_file(entry.join("data/global/pg_control")).unwrap();
    drop(start().unwrap());
    assert!(entry.join("data/global/pg_control").exists());
}

#[test]
fn a_missing_server_is_an_error_that_says_where_it_looked() {
    let nothing = tempfile::tempdir().unwrap();
    let error = Server::start(Options {
        bin_dir: Some(nothing.path().to_owned()),
        ..Options::default()
    })
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoServer);
    let words = error.to_string();
    assert!(
        words.contains(&*nothing.path().to_string_lossy()),
        "{words}"
    );
    assert!(words.contains("initdb"), "{words}");
}

#[test]
fn a_setting_that_the_server_refuses_is_told_in_its_words() {
    let error = Server::start(Options {
        settings: vec![("no_such_setting".to_owned(), "it's".to_owned())],
        ..Options::default()
    })
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(error.to_string().contains("no_such_setting"), "{error}");
}
