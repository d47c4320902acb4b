//! Files and commands; a platform's API is tested with `raptor access rotate`.

use super::*;
use std::os::unix::fs::PermissionsExt;

fn at(text: &str) -> Secret {
    Secret::at(text, None).unwrap()
}

#[tokio::test]
async fn a_file_is_replaced_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("url"), folder.path().join("link"));
    std::fs::write(&path, "postgres://a:b@h/d\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let secret = at(&format!("file:{}", link.display()));
    assert_eq!(secret.read().await.unwrap(), "postgres://a:b@h/d");
    secret.publish("postgres://c:d@h/d").await.unwrap();
    assert_eq!(secret.read().await.unwrap(), "postgres://c:d@h/d");
    assert!(link.is_symlink());
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    // What a process has left that was killed is gone with the next one.
    std::fs::write(folder.path().join(".url.new"), "postgres://e:f@h/d").unwrap();
    secret.publish("postgres://g:h@h/d").await.unwrap();
    assert_eq!(secret.read().await.unwrap(), "postgres://g:h@h/d");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[tokio::test]
async fn a_line_of_an_environment_file_changes_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".env");
    let text = "# ours\nPORT=80\nexport DATABASE_URL=\"postgres://a:b@h/d?x=1&y=2\" # \"ours\"\r\nBARE=postgres://a:b@h/d#x # theirs\nOTHER_DATABASE_URL=x\n\nLAST='1'";
    std::fs::write(&path, text).unwrap();
    let secret = at(&format!("env-file:{}#DATABASE_URL", path.display()));
    assert_eq!(secret.read().await.unwrap(), "postgres://a:b@h/d?x=1&y=2");
    secret.publish("postgres://c:d@h/d").await.unwrap();
    let now = std::fs::read_to_string(&path).unwrap();
    let wanted = "# ours\nPORT=80\nexport DATABASE_URL=\"postgres://c:d@h/d\" # \"ours\"\r\nBARE=postgres://a:b@h/d#x # theirs\nOTHER_DATABASE_URL=x\n\nLAST='1'";
    assert_eq!(now, wanted);
    let bare = at(&format!("env-file:{}#BARE", path.display()));
    assert_eq!(bare.read().await.unwrap(), "postgres://a:b@h/d#x");
    let none = at(&format!("env-file:{}#NONE", path.display()));
    let error = none.publish("x").await.unwrap_err().to_string();
    assert!(error.contains("it has no line NONE=…"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), wanted);
}

#[tokio::test]
async fn a_command_reads_and_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault");
    std::fs::write(&path, "postgres://a:b@h/d").unwrap();
    let vault = folder.path().join("vault.sh");
    let script = "case $1 in read) cat \"$0.kept\" ;; write) cat > \"$0.kept\" ;; esac\n";
    std::fs::write(&vault, script).unwrap();
    std::fs::rename(&path, folder.path().join("vault.sh.kept")).unwrap();
    let secret = at(&format!("command:sh '{}'", vault.display()));
    assert_eq!(secret.read().await.unwrap(), "postgres://a:b@h/d");
    secret.publish("postgres://c:d@h/d").await.unwrap();
    assert_eq!(secret.read().await.unwrap(), "postgres://c:d@h/d");
    let failing = at("command:echo secret; echo no vault >&2; exit 3 #");
    let error = failing.read().await.unwrap_err().to_string();
    assert!(
        error.contains("it ended with exit status: 3: no vault"),
        "{error}"
    );
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn what_names_no_place_is_refused() {
    for text in [
        "",
        "file:",
        "env-file:x",
        "env-file:x#",
        "command:",
        "https://h/x",
        "vault:x",
        "postgres://a:b@h/d",
        "http://h/x#A",
        "https://h/x#A",
    ] {
        let error = Secret::at(text, None).unwrap_err().to_string();
        assert!(
            !error.is_empty() && !error.contains("a:b"),
            "{text}: {error}"
        );
    }
}
