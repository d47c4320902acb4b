//! `raptor port`, as somebody at a terminal has it.

mod baseline;
mod folders;
mod shown;
mod sync;
mod terminal;

use raptor_testkit::{Options, Server, Urls};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// A folder with an SQLite file, and a database to carry it to.
struct Bed {
    folder: tempfile::TempDir,
    server: Server,
    urls: Urls,
}

impl Bed {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(Options::default()).unwrap();
        let urls = server.create_database("port").unwrap();
        let bed = Self {
            folder,
            server,
            urls,
        };
        bed.on(
            &format!("sqlite:{}", bed.path().join("app.db").display()),
            text,
        );
        bed
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a text on a database.
    #[expect(clippy::unused_self, reason = "reads as what it is done to")]
    fn on(&self, url: &str, text: &str) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let db = raptor_db::Db::open(raptor_db::Config::new(url).unwrap())
                .await
                .unwrap();
            db.session().await.unwrap().execute_raw(text).await.unwrap();
            db.close().await;
        });
    }

    fn command(&self, words: &str) -> Command {
        self.raptor(&format!("port {words}"))
    }

    fn raptor(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_raptor"));
        command.args(words.split(' ')).current_dir(self.path());
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("DATABASE_OWNER_URL", self.urls.owner_url());
        command
    }

    /// What it prints; it must exit with that code.
    fn says(&self, words: &str, code: i32) -> String {
        said(self.command(words), code)
    }

    /// What `raptor migrate` prints; it must exit with that code.
    fn migrate(&self, words: &str, code: i32) -> String {
        said(self.raptor(&format!("migrate {words}")), code)
    }

    /// The files in a folder.
    fn files(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path().join(folder)) else {
            return Vec::new();
        };
        let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

/// What a command prints; it must exit with that code.
fn said(mut command: Command, code: i32) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let (out, err) = (
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap(),
    );
    assert_eq!(status.code(), Some(code), "{command:?}: {out}{err}");
    if code == 2 { err } else { out }
}

const SMALL: &str = "CREATE TABLE notes (id INTEGER PRIMARY KEY, done BOOLEAN, at DATETIME);
INSERT INTO notes VALUES (1, 1, '2024-02-29 12:30:00'), (2, 0, NULL);";

#[test]
fn planned_run_and_proved() {
    let bed = Bed::new(SMALL);
    let said = bed.says("plan app.db", 0);
    assert!(
        said.starts_with("app.db: 1 table with 3 columns and 2 rows; 1 question."),
        "{said}"
    );
    let said = bed.says("run --report report.html", 0);
    assert!(
        said.contains("2 rows of 1 table") && said.contains("0 things missing"),
        "{said}"
    );
    assert!(
        bed.says("verify", 0)
            .starts_with("Equal: 2 rows of 1 table")
    );
    let page = std::fs::read_to_string(bed.path().join("report.html")).unwrap();
    assert!(
        page.contains("Nothing is missing without a decision") && !page.contains("http"),
        "{page}"
    );
    // Damage is named.
    bed.on(
        bed.urls.owner_url(),
        "UPDATE public.notes SET done = NOT done WHERE id = 2",
    );
    let said = bed.says("verify", 1);
    assert!(
        said.contains("column notes.done is not the same on Postgres in the row with rowid 2"),
        "{said}"
    );
    // What a person wrote stays.
    let path = bed.path().join("port.toml");
    let plan = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        &path,
        plan.replace(
            "done = { type = \"boolean\"",
            "done = { type = \"smallint\"",
        ),
    )
    .unwrap();
    bed.says("plan app.db", 0);
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .contains("done = { type = \"smallint\"")
    );
    // What the application has written since is not taken from it unasked.
    assert!(bed.says("run", 2).contains("`--again` replaces"));
    bed.says("run --again", 0);
    bed.says("verify", 0);
    assert!(bed.says("run", 0).contains("2 rows of 1 table"));
    // On a server that is gone afterwards, with a check of one's own.
    bed.says("rehearse -- test -n DATABASE_URL", 0);
    bed.says("rehearse -- false", 1);
}

#[test]
fn what_cannot_be_is_said() {
    let bed = Bed::new(SMALL);
    assert!(
        bed.says("run", 2)
            .contains("`raptor port plan APP.db` writes one")
    );
    assert!(
        bed.says("plan nothing.db", 2)
            .contains("there is no SQLite file nothing.db")
    );
    std::fs::write(
        bed.path().join("text.db"),
        "no database, and long enough to be looked at as one by SQLite",
    )
    .unwrap();
    assert!(bed.says("plan text.db", 2).contains("text.db"));
    bed.says("plan app.db", 0);
    assert!(
        bed.says("run --to sqlite:other.db", 2)
            .contains("rows are carried to Postgres")
    );
    let path = bed.path().join("port.toml");
    let plan = std::fs::read_to_string(&path).unwrap();
    for (from, to, said) in [
        (
            "type = \"boolean\"",
            "type = \"bolean\"",
            "column done of table notes: \"bolean\" is no type",
        ),
        ("zone = \"UTC\"", "zone = \"Mars\"", "\"Mars\" is no zone"),
        ("version = 1", "version = 9", "version 9"),
        ("rows = 2", "rowz = 2", "rowz"),
        (
            "[tables.notes]",
            "[tables.nodes]",
            "a table nodes, which is not in the file",
        ),
        (
            "done = { type",
            "done = { to = \"at\", type",
            "table notes has a column called at there twice",
        ),
    ] {
        std::fs::write(&path, plan.replace(from, to)).unwrap();
        let error = bed.says("run", 2);
        assert!(error.contains(said), "{to}: {error}");
    }
    // The table is there, and is not ours.
    std::fs::write(&path, plan).unwrap();
    bed.on(
        bed.urls.owner_url(),
        "CREATE TABLE public.notes (mine text)",
    );
    assert!(bed.says("run", 2).contains("already exists"));
}

/// What was missing at the end of a run is missing when it is asked for again.
#[test]
fn a_loss_is_not_forgotten() {
    let bed = Bed::new(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, day DATE);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
         INSERT INTO notes SELECT i, '2024-02-29' FROM n;
         UPDATE notes SET day = 'soon' WHERE id = 7;",
    );
    let said = bed.says("plan app.db", 0);
    assert!(
        said.contains("1 row has a cell that is no value of its type"),
        "{said}"
    );
    let path = bed.path().join("port.toml");
    let plan = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, plan.replace("rejects = 1", "rejects = 0")).unwrap();
    for _ in 0..2 {
        let said = bed.says("run", 1);
        assert!(
            said.contains("1 row was rejected, and the plan allows 0"),
            "{said}"
        );
        assert!(said.contains("1 rejected, 1 thing missing"), "{said}");
    }
}

/// Two at once are one: the second is told, and changes nothing.
#[test]
fn two_at_once() {
    let bed = Bed::new(
        "CREATE TABLE many (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
         INSERT INTO many SELECT i * 5000, 'row ' || i FROM n;",
    );
    bed.says("plan app.db", 0);
    let both: Vec<_> = (0..2)
        .map(|_| {
            bed.command("run --offline")
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let both: Vec<Output> = both
        .into_iter()
        .map(|it| it.wait_with_output().unwrap())
        .collect();
    let codes: Vec<Option<i32>> = both.iter().map(|it| it.status.code()).collect();
    assert!(codes.contains(&Some(0)), "{both:?}");
    if codes.contains(&Some(2)) {
        let said: String = both
            .iter()
            .map(|it| String::from_utf8_lossy(&it.stderr))
            .collect();
        assert!(said.contains("another run"), "{said}");
    }
    assert!(
        bed.says("verify --offline", 0)
            .starts_with("Equal: 40000 rows of 1 table")
    );
}

/// However often it is killed, each row comes over once.
#[test]
fn killed_again_and_again() {
    let bed = Bed::new(
        "CREATE TABLE many (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
         INSERT INTO many SELECT i * 5000, 'row ' || i || hex(zeroblob(20)) FROM n;",
    );
    bed.says("plan app.db", 0);
    let mut kills = 0;
    for wait in (0..).map(|turn| 120 + 35 * turn) {
        let mut run = bed
            .command("run --offline")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        if let Some(status) = run.try_wait().unwrap() {
            assert!(status.success());
            break;
        }
        run.kill().unwrap();
        run.wait().unwrap();
        kills += 1;
    }
    assert!(kills > 1, "it was never killed on the way");
    assert!(
        bed.says("verify --offline", 0)
            .starts_with("Equal: 40000 rows of 1 table")
    );
}

/// A strict run stops at the first row that cannot come along, whoever finds it, and at the first thing.
#[test]
fn strict_stops_at_the_first() {
    let bed = Bed::new(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, day DATE);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
         INSERT INTO notes SELECT i, '2024-02-29' FROM n;
         UPDATE notes SET day = 'soon' WHERE id = 2;",
    );
    bed.says("plan app.db", 0);
    let said = bed.says("run --strict", 2);
    assert!(
        said.contains("table notes, rowid 2, column day: it is no date")
            && said.contains("--strict has it stop here"),
        "{said}"
    );
    let said = bed.says("run", 0);
    assert!(
        said.contains("299 rows of 1 table") && said.contains("1 rejected"),
        "{said}"
    );
    // What only Postgres refuses.
    bed.on(
        bed.urls.owner_url(),
        "CREATE SCHEMA there;
         CREATE TABLE there.notes (id integer PRIMARY KEY CHECK (id <> 3), day text)",
    );
    bed.says("plan app.db --anew --mode existing --schema there", 0);
    let said = bed.says("run --strict", 2);
    assert!(
        said.contains("table notes, rowid 3: Postgres does not take it")
            && said.contains("--strict"),
        "{said}"
    );
    assert!(
        bed.says("run", 1)
            .contains("1 row was rejected, and the plan allows 0")
    );
}

#[test]
fn integers_as_wide_as_is_asked_for() {
    let bed = Bed::new("CREATE TABLE notes (id INTEGER PRIMARY KEY, size INT, small SMALLINT);");
    for (asked, types) in [
        ("fit", ["integer", "integer", "smallint"]),
        ("bigint", ["bigint"; 3]),
    ] {
        bed.says(&format!("plan app.db --anew --ints {asked}"), 0);
        let plan = std::fs::read_to_string(bed.path().join("port.toml")).unwrap();
        for (column, kind) in ["id", "size", "small"].into_iter().zip(types) {
            let line = format!("{column} = {{ type = \"{kind}\"");
            assert!(plan.contains(&line), "{line}: {plan}");
        }
    }
}

/// What was asked of a plan once stays asked.
#[test]
fn a_second_plan_is_of_the_same_schema() {
    let bed = Bed::new(SMALL);
    bed.says("plan app.db --schema shop", 0);
    bed.says("plan app.db", 0);
    let plan = || std::fs::read_to_string(bed.path().join("port.toml")).unwrap();
    assert!(plan().contains("schema = \"shop\""), "{}", plan());
    // A rehearsal's check finds the schema as an application would; a check that fails is in the report.
    let mut check = bed.command("rehearse --");
    check.args([
        "sh",
        "-c",
        "psql \"$DATABASE_URL\" -c 'SELECT * FROM notes'",
    ]);
    assert!(super::port::said(check, 0).contains("The rehearsal holds."));
    bed.says("rehearse --report bad.html -- false", 1);
    let page = std::fs::read_to_string(bed.path().join("bad.html")).unwrap();
    assert!(
        page.contains("The rehearsal does not hold: the check `false` ended with 1."),
        "{page}"
    );
    bed.on(
        bed.urls.owner_url(),
        "CREATE SCHEMA there; CREATE TABLE there.notes (id integer PRIMARY KEY, done boolean, at timestamptz)",
    );
    // Types that were decided for a schema to be made are not kept for one that is there.
    bed.says("plan app.db --mode existing --schema there", 0);
    assert!(
        plan().contains("at = { type = \"timestamp with time zone\""),
        "{}",
        plan()
    );
    bed.says("plan app.db", 0);
    assert!(
        plan().contains("mode = \"existing\"") && plan().contains("schema = \"there\""),
        "{}",
        plan()
    );
    // The zone of its times is asked for.
    assert!(
        plan().contains("columns of timestamptz. Asked of notes.at."),
        "{}",
        plan()
    );
    assert!(
        bed.says("plan app.db --mode create --to postgres://nobody@/x", 2)
            .contains("--to is for --mode existing")
    );
}

/// Ended by a signal, it brings back what it set aside.
#[test]
fn a_signal_leaves_the_schema_as_it_was() {
    let bed = Bed::new(
        "CREATE TABLE p (id INTEGER PRIMARY KEY);
         CREATE TABLE t (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id), body TEXT);
         INSERT INTO p VALUES (1);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000) INSERT INTO t SELECT i, 1, 'row ' || i FROM n;",
    );
    bed.on(
        bed.urls.owner_url(),
        "CREATE SCHEMA there; CREATE TABLE there.p (id int PRIMARY KEY);
         CREATE FUNCTION there.slow(int) RETURNS bool LANGUAGE plpgsql AS
             'BEGIN IF $1 % 5000 = 0 THEN PERFORM pg_sleep(0.2); END IF; RETURN true; END';
         CREATE TABLE there.t (id int PRIMARY KEY CONSTRAINT slow CHECK (there.slow(id)), p int REFERENCES there.p (id), body text)",
    );
    bed.says("plan app.db --mode existing --schema there", 0);
    let run = bed
        .command("run")
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(1_500));
    let pid = rustix::process::Pid::from_child(&run);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let ended = run.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(
        said.contains("SIGTERM: stopped; the same command goes on"),
        "{said}"
    );
    bed.on(
        bed.urls.owner_url(),
        "DO $$ BEGIN ASSERT (SELECT count(*) FROM pg_constraint WHERE conrelid = 'there.t'::regclass AND contype = 'f') = 1; END $$",
    );
    bed.on(
        bed.urls.owner_url(),
        "ALTER TABLE there.t DROP CONSTRAINT slow",
    );
    bed.says("run", 0);
    bed.says("verify", 0);
}
