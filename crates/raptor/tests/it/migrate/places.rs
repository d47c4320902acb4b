//! Where a chain and a database are looked for, and what is wrong with a place.

use super::with_two;

/// Whoever has a folder of their own here does not get the binary's revisions unasked.
#[test]
fn a_folder_of_others_is_not_passed_over() {
    let folder = with_two();
    for words in ["upgrade", "heads", "stamp head", "check --no-database"] {
        let said = folder.says(words, 2);
        assert!(said.contains("--dir migrations"), "{words}: {said}");
        assert!(said.contains("--built-in"), "{words}: {said}");
    }
    assert!(!folder.path().join("x.db").exists());
    let said = folder.says("heads --built-in", 0);
    assert!(!said.contains("b2"), "{said}");
    folder.says("heads --built-in --dir migrations", 2);
}

/// What is wrong with the place of a database is said, and no source file of ours.
#[test]
fn a_place_for_no_database_is_named() {
    let folder = with_two();
    let at = folder.path().display().to_string();
    for (url, said) in [
        (format!("sqlite:{at}"), "it is a folder".to_owned()),
        (
            format!("sqlite:{at}/none/x.db"),
            format!("there is no folder {at}/none"),
        ),
        (
            "postgres://a:b@127.0.0.1:1/c".to_owned(),
            "127.0.0.1:1: Connection refused".to_owned(),
        ),
    ] {
        let error = folder.says(&format!("upgrade --dir migrations --url {url}"), 2);
        assert!(error.contains(&said), "{error}");
        assert!(!error.contains(".rs:"), "{error}");
    }
}
