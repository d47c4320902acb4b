//! `raptor access` as an operator meets it: planned, applied, proved, and a hole found; and what Raptor declares of its
//! own tables.

use crate::operator::{Operator, said};

const FILE: &str = r#"version = 1
schema = "raptor"
[roles.raptor_owner]
is = "owner"
logins = ["raptor_owner"]
[roles.raptor_app]
is = "app"
logins = ["raptor_app"]
settings = { search_path = "raptor, pg_catalog" }
[tables.notes]
grant.raptor_app = "select, insert (body)"
"#;

#[test]
fn declared_applied_and_proved() {
    let bed = Operator::with(FILE);
    let missing = bed.says(&["plan"], 2);
    assert!(
        missing.contains("access.toml: line 10, column 9: there is no raptor.notes"),
        "{missing}"
    );
    bed.on("CREATE TABLE raptor.notes (id bigint GENERATED ALWAYS AS IDENTITY, body text); GRANT ALL ON raptor.notes TO raptor_app");
    let plan = bed.says(&["plan"], 0);
    assert!(
        plan.contains("-- raptor_app has truncate on table raptor.notes, which is not declared\nREVOKE TRUNCATE ON TABLE \"raptor\".\"notes\" FROM \"raptor_app\";\n")
            && plan.contains("statements; `raptor access apply` runs them in one transaction."),
        "{plan}"
    );
    assert!(
        bed.says(&["drift"], 1)
            .contains("things are not as declared")
    );
    assert!(
        bed.says(&["apply"], 0)
            .contains(" statements done in one transaction.\n")
    );
    assert!(bed.says(&["plan"], 0).contains("nothing is to be done"));
    assert!(bed.says(&["drift"], 0).contains("No drift"));
    let proof = bed.says(&["prove"], 0);
    assert!(
        proof.contains("The declaration holds.")
            && proof
                .contains("residual risk       raptor_app, raptor_owner: change its own password"),
        "{proof}"
    );
    bed.on("GRANT DELETE ON raptor.notes TO PUBLIC");
    let proof = bed.says(&["prove"], 1);
    assert!(
        proof.contains("HOLE                raptor_app: delete on table raptor.notes: DELETE FROM"),
        "{proof}"
    );
    let told: serde_json::Value =
        serde_json::from_slice(&bed.run(&["prove", "--json"]).stdout).unwrap();
    assert_eq!(
        (&told["holds"], &told["counts"]["hole"]),
        (&false.into(), &3.into())
    );
    bed.says(&["apply"], 0);
    let why = bed.says(&["explain", "raptor_app", "DELETE FROM notes"], 1);
    assert!(why.contains("raptor_app may not: permission denied for table notes\nraptor.notes: raptor_app may select, insert (body) (line 11, column 20)"), "{why}");
}

#[test]
fn what_cannot_be_tried_is_not_green() {
    let bed = Operator::with(FILE);
    bed.on("CREATE TABLE raptor.notes (id bigint, body text)");
    let file = FILE.replace(
        "logins = [\"raptor_app\"]",
        "logins = [\"raptor_app\", \"raptor_app_b\"]",
    );
    std::fs::write(bed.path().join("access.toml"), file).unwrap();
    bed.says(&["apply"], 0);
    bed.on("ALTER ROLE raptor_app_b LOGIN");
    let proof = bed.says(&["prove"], 1);
    assert!(
        proof.contains(
            "NOT TRIED           raptor_app_b: everything: no credential was given for it"
        ),
        "{proof}"
    );
    std::fs::write(
        bed.path().join("logins.toml"),
        "raptor_app_b = \"postgres://raptor_app_b:hunter2@127.0.0.1:1/x\nand more",
    )
    .unwrap();
    let said = bed.says(&["prove", "--logins", "logins.toml"], 2);
    assert!(
        said.contains("logins.toml is no list of logins") && !said.contains("hunter2"),
        "{said}"
    );
    let schema: serde_json::Value = serde_json::from_str(&bed.says(&["schema"], 0)).unwrap();
    assert_eq!(schema["title"], "access.toml");
}

#[test]
fn what_raptor_declares_of_its_own_tables_holds() {
    let bed = Operator::new();
    let none = bed.says(&["plan"], 2);
    assert!(
        none.contains("there is no raptor.customers, which Raptor's own declaration is of: run `raptor migrate upgrade head` first"),
        "{none}"
    );
    bed.says_with("", &["migrate", "upgrade", "head"], 0);
    let own = bed.says(&["own"], 0);
    assert!(
        own.contains("rows.raptor_app = \"customer, email = login_email\"\n"),
        "{own}"
    );
    bed.says(&["apply"], 0);
    assert!(bed.says(&["plan"], 0).contains("nothing is to be done"));

    let key = bed.says(&["key", "new"], 0);
    let (key, other) = (key.trim(), bed.says(&["key", "new"], 0));
    let serve = ["serve"];
    let refused = bed.says_with("", &serve, 2);
    assert!(
        refused.contains("without RAPTOR_CONTEXT_KEY nobody could log in"),
        "{refused}"
    );
    assert!(
        bed.says(&["key", "keep"], 2)
            .contains("RAPTOR_CONTEXT_KEY is not set")
    );
    assert_eq!(
        bed.says(&["key", "list"], 0),
        "The database knows no key.\n"
    );
    let refused = bed.says_with(key, &serve, 2);
    assert!(
        refused.contains("the database does not know RAPTOR_CONTEXT_KEY"),
        "{refused}"
    );
    bed.says_with(other.trim(), &["access", "key", "keep"], 0);
    bed.says_with(key, &["access", "key", "keep"], 0);
    let listed = bed.says_with(key, &["access", "key", "list"], 0);
    let lines: Vec<&str> = listed.lines().collect();
    assert!(
        lines.len() == 2 && lines[1].ends_with("Z  RAPTOR_CONTEXT_KEY"),
        "{listed}"
    );
    let strange = bed.says(&["key", "new"], 0);
    let refused = bed.says_with(strange.trim(), &["access", "key", "forget-others"], 2);
    assert!(
        refused.contains("no service signs with it yet"),
        "{refused}"
    );
    bed.says_with(key, &["access", "key", "forget-others"], 0);
    let listed = bed.says_with(key, &["access", "key", "list"], 0);
    assert_eq!(listed.lines().count(), 1, "{listed}");
    it_is_proved(&bed, key);
}

fn it_is_proved(bed: &Operator, key: &str) {
    let proof = bed.says_with(key, &["access", "prove", "--verbose"], 0);
    assert!(
        proof.contains("The declaration holds.")
            && proof.contains(
                "allowed as declared raptor_app: add a row to raptor.customers that is its own"
            ),
        "{proof}"
    );
    is_ready_with_a_fresh_proof(bed, key);
    bed.on("ALTER TABLE raptor.sessions NO FORCE ROW LEVEL SECURITY; CREATE TABLE raptor.forgotten (id bigint)");
    let proof = bed.says_with(key, &["access", "prove"], 1);
    assert!(
        proof.contains("raptor.sessions") && proof.contains("raptor.forgotten"),
        "{proof}"
    );
}

/// A service that asks for a proof is not ready without, nor with an old one, nor with one that does not hold.
fn is_ready_with_a_fresh_proof(bed: &Operator, key: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let service = bed.serve(&[("RAPTOR_CONTEXT_KEY", key), ("RAPTOR_PROOF_AGE", "1h")]);
    let ready = |status: u16| {
        let answer = runtime.block_on(service.admin.get("/ready"));
        answer.expect(status).text("/proof")
    };
    assert_eq!(
        ready(503),
        "none is kept: `raptor access prove --keep` makes one"
    );
    let doctor = |code| {
        let mut command = bed.command(&["doctor"]);
        command
            .env("RAPTOR_CONTEXT_KEY", key)
            .env("RAPTOR_PROOF_AGE", "1h");
        said(&command.output().unwrap(), &["doctor"], code)
    };
    assert!(
        doctor(1).contains("NOT WELL  proof     none is kept"),
        "{}",
        doctor(1)
    );
    let kept = bed.says_with(key, &["access", "prove", "--keep"], 0);
    assert!(kept.contains("Kept, with the hash "), "{kept}");
    assert!(ready(200).starts_with("holds, made "));
    let well = doctor(0);
    assert!(
        well.contains("ok        policies  guard the rows of customers"),
        "{well}"
    );
    bed.on("UPDATE raptor_access.proofs SET made_at = made_at - interval '2 hours'");
    assert_eq!(
        ready(503),
        "held, but it is 2 h old, and may be 1 h: `raptor access prove --keep` makes another"
    );
    bed.on("UPDATE raptor_access.proofs SET made_at = now() + interval '2 hours'");
    assert!(ready(503).starts_with("held, but it is dated in the future: "));
    bed.on("UPDATE raptor_access.proofs SET made_at = now(), declaration = sha256('')");
    assert!(ready(503).starts_with(
        "held, but it is of another declaration than what Raptor's own declaration says now: "
    ));
    bed.on("GRANT DELETE ON raptor.customers TO raptor_app");
    bed.says_with(key, &["access", "prove", "--keep"], 1);
    assert!(ready(503).starts_with("does NOT hold, made "));
    bed.says(&["apply"], 0);
    // Whoever serves sees how it came out, and makes none.
    let forged = "INSERT INTO raptor_access.proofs (holds, declaration, hash, result) VALUES (true, '', sha256(''), '')";
    let denied = bed.says(&["explain", "raptor_app", forged], 1);
    assert!(
        denied.contains("permission denied for table proofs"),
        "{denied}"
    );
}

#[test]
fn what_holds_on_sqlite_is_said() {
    let bed = Operator::new();
    let on_sqlite = |words: &[&str], code| {
        let mut command = bed.command(words);
        command.env_remove("DATABASE_OWNER_URL");
        command.env("DATABASE_URL", "sqlite:own.db");
        said(&command.output().unwrap(), words, code)
    };
    on_sqlite(&["migrate", "upgrade", "head"], 0);
    let proof = on_sqlite(&["access", "prove", "--verbose"], 0);
    for line in [
        "denied as declared  raptor_app: select on column staff.password_hash (line ",
        "denied as declared  raptor_app: see rows of sessions for nobody (line ",
        "allowed as declared raptor_app: update on column staff_invitations.used_at (line ",
        "denied as declared  raptor_app: make a table: raptor_app may not change what the database is made of",
        "residual risk       raptor_app: open the file and read or write all of it",
        "The declaration holds.",
    ] {
        assert!(proof.contains(line), "{line}: {proof}");
    }
    assert!(
        on_sqlite(&["access", "apply"], 2).contains("only `prove` says what holds on SQLite"),
        "no roles"
    );
    let path = bed.path().join("own.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let url = format!("sqlite:{}", path.display());
        let db = raptor_db::Db::open(raptor_db::Config::new(&url).unwrap());
        let session = db.await.unwrap().session().await.unwrap();
        session
            .execute_raw("CREATE TABLE forgotten (id INTEGER) STRICT")
            .await
            .unwrap();
    });
    let proof = on_sqlite(&["access", "prove"], 1);
    assert!(
        proof.contains("HOLE                catalogs: forgotten is not in the file"),
        "{proof}"
    );
}
