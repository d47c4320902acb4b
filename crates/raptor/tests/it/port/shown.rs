//! What `raptor port` says at the end, and what it writes for whoever signs off or reads it as JSON.

use super::{Bed, SMALL, said};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

const FLAWED: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, d DATE, s TEXT, iban TEXT);
WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO t SELECT i, '2024-01-01', 'x', 'DE' FROM n;
INSERT INTO t VALUES (500, 'never', 'x', 'DE'), (501, '2024-01-01', 'a' || char(0), 'DE');
CREATE VIEW v AS SELECT d, count(*) AS n FROM t GROUP BY d;";

/// Plans it with a column that is left out, and NULs that are stripped.
fn planned(bed: &Bed) {
    bed.says("plan app.db", 0);
    let path = bed.path().join("port.toml");
    let plan = std::fs::read_to_string(&path).unwrap();
    let line = plan.lines().find(|it| it.starts_with("iban")).unwrap();
    let plan = plan
        .replace(line, "iban = { type = \"skip\", why = \"not any more\" }")
        .replace("nul = \"reject\"", "nul = \"strip\"");
    std::fs::write(&path, plan).unwrap();
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

impl Bed {
    fn page(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }
}

#[test]
fn what_did_not_come_is_said_everywhere() {
    let bed = Bed::new(FLAWED);
    planned(&bed);
    let run = bed.says("run --report run.html", 0);
    let verify = bed.says("verify --report verify.html", 0);
    let rehearse = bed.says("rehearse --report rehearse.html -- true", 0);
    for said in [&run, &rehearse] {
        for part in [
            "t: 301 rows, 1 rejected, 1 cell changed, kept in raptor_port.rejected\n",
            "columns left out by the plan: t.iban\n",
            "301 rows of 1 table in ",
            " s, 1 rejected, 0 things missing.\n",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    for said in [&verify, &rehearse] {
        for part in [
            "columns left out by the plan: t.iban\n",
            "table t 1 row was rejected, as the plan allows",
            "table t 1 cell was changed, as the plan has it",
            "view v returns 2 rows in the file, 1 on Postgres",
            "Equal: 301 rows of 1 table, in ",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    assert!(rehearse.ends_with("The rehearsal holds.\n"), "{rehearse}");
    for name in ["run.html", "verify.html", "rehearse.html"] {
        let page = bed.page(name);
        for part in [
            "1 row was rejected, as the plan allows, 1 cell was changed, as the plan has it.",
            "<em>left out: not any more</em>",
            "<td>column t.iban</td>",
            "<td>rowid 500</td><td>d</td><td><code>never</code></td><td>the row did not come</td>",
            "<td>rowid 501</td><td>s</td>",
        ] {
            assert!(page.contains(part), "{name}: {part}: {page}");
        }
        assert!(!page.contains("all of it has a counterpart"), "{page}");
    }
    assert!(bed.page("rehearse.html").contains("This was a rehearsal"));
    for part in [
        "equal, 1 rejected, 1 cell changed",
        "<p>returns 2 rows in the file, 1 on Postgres",
    ] {
        assert!(bed.page("verify.html").contains(part), "{part}");
        assert!(bed.page("rehearse.html").contains(part), "{part}");
    }
    let run = json(&bed.says("run --again --json", 0));
    assert_eq!(
        run["tables"]["t"],
        serde_json::json!({ "rows": 301, "rejected": 1, "changed": 1 })
    );
    let verify = json(&bed.says("verify --json", 0));
    assert_eq!(verify["carried"]["t"], run["tables"]["t"]);
    for it in [&run, &verify] {
        assert_eq!(it["left_out"], serde_json::json!(["t.iban"]));
    }
}

/// The last line says what is so, and JSON is one document, whatever the check prints.
#[test]
fn a_rehearsal_that_does_not_hold() {
    let bed = Bed::new(FLAWED);
    planned(&bed);
    let path = bed.path().join("port.toml");
    let plan = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, plan.replace("rejects = 2", "rejects = 0")).unwrap();
    let lines = |check: &[&str], words: &str, code| {
        let mut command = bed.command(words);
        command.args(check);
        said(command, code)
    };
    let fault = "The rehearsal does not hold: 1 thing is missing; the sides are not equal; the check `sh -c echo out; exit 7` ended with 7.";
    let check = ["sh", "-c", "echo out; exit 7"];
    let text = lines(&check, "rehearse --report report.html --", 1);
    assert!(text.ends_with(&format!("{fault}\n")), "{text}");
    let page = bed.page("report.html");
    for part in [
        &fault.replace('\'', "&#39;"),
        "<td>nothing is missing</td><td>NOT so: 1 thing is missing</td>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let told = json(&lines(&check, "rehearse --json --", 1));
    assert_eq!(told["holds"], false);
    assert_eq!(
        told["check"],
        serde_json::json!({ "command": "sh -c echo out; exit 7", "code": 7 })
    );
    assert_eq!(told["revision"], serde_json::json!({ "differences": [] }));
    assert_eq!(told["run"]["tables"]["t"]["rejected"], 1);
    assert!(!told["verify"]["differences"].as_array().unwrap().is_empty());
    std::fs::write(&path, plan).unwrap();
    let told = json(&bed.says("rehearse --json", 0));
    assert_eq!(
        (&told["holds"], &told["check"]),
        (&true.into(), &serde_json::Value::Null)
    );
}

/// The application's commands find the database, whatever they read.
#[test]
fn a_check_finds_the_database() {
    let bed = Bed::new(SMALL);
    bed.says("plan app.db", 0);
    let check = "set -e
        case \"$DATABASE_URL\" in postgresql://raptor_owner:*@127.0.0.1:$PGPORT/rehearsal) ;; *) echo \"$DATABASE_URL\"; exit 3 ;; esac
        test \"$DATABASE_URL\" = \"$DATABASE_OWNER_URL\"
        test \"$PGHOST $PGUSER $PGDATABASE\" = '127.0.0.1 raptor_owner rehearsal'
        test -n \"$PGPASSWORD\"
        psql \"$DATABASE_URL\" -c 'SELECT 1 FROM notes'
        psql -c 'SELECT 1 FROM notes'";
    let mut command = bed.command("rehearse --");
    command.args(["sh", "-c", check]);
    assert!(said(command, 0).contains("The rehearsal holds."));
    // What makes the schema finds it, too.
    let mut plan = bed.command("rehearse");
    plan.args([
        "--prepare",
        "psql -c 'SELECT 1' && test $PGHOST = 127.0.0.1",
    ]);
    assert!(said(plan, 0).contains("The rehearsal holds."));
}

#[test]
fn what_cannot_be_held_with_is_refused_at_once() {
    let bed = Bed::new(SMALL);
    bed.says("plan app.db", 0);
    for hold in ["nowhere/hold", "."] {
        let said = bed.says(&format!("run --sync --hold {hold}"), 2);
        assert!(
            said.contains("the file of --hold cannot be written"),
            "{said}"
        );
    }
    // Nothing was begun: the file has no triggers, and no table was made.
    assert!(bed.says("release", 0).contains("nothing of --sync"));
    bed.on(
        bed.urls.owner_url(),
        "DO $$ BEGIN ASSERT to_regclass('public.notes') IS NULL; END $$",
    );
}

/// What is said after a failure that another run does not go on from does not say that it does.
#[test]
fn after_a_change_of_the_schema() {
    let bed = Bed::new(SMALL);
    let file = format!("sqlite:{}", bed.path().join("app.db").display());
    bed.says("plan app.db", 0);
    let mut run = bed
        .command("run --sync --hold hold")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The plan was held against the file long before this is said, and nothing is cut over while it is held.
    let mut lines = BufReader::new(run.stderr.take().unwrap()).lines();
    let mut said = String::new();
    while !said.contains("both sides hold the same, while the application writes") {
        said.push_str(&lines.next().expect(&said).unwrap());
        said.push('\n');
    }
    bed.on(&file, "ALTER TABLE notes ADD COLUMN more TEXT");
    for line in lines {
        said.push_str(&line.unwrap());
        said.push('\n');
    }
    assert_eq!(run.wait().unwrap().code(), Some(2), "{said}");
    assert!(
        said.contains("keeps the triggers of --sync until another run begins")
            && said.contains("plan again, then run again")
            && !said.contains("the same command goes on"),
        "{said}"
    );
}
