//! A correctly applied database has no hole, and every hole that is put into one is found.

use crate::bed::{Bed, FILE, bed, hosted};
use crate::holes;
use raptor_access::{ContextKey, Declaration, Line, Means, Proof, Verdict};
use raptor_db::{Config, Scope, params, sql};

async fn means(bed: &Bed) -> Means {
    let key = ContextKey::new([9; 32]);
    key.keep(&bed.owner, "first").await.unwrap();
    let mut means = Means::default();
    means.key = Some(key);
    for login in bed.declared.logins() {
        let config = Config::new(&bed.url(login)).unwrap();
        means.logins.insert(login.to_owned(), config);
    }
    means
}

fn told(proof: &Proof) -> String {
    let bad = [Verdict::Hole, Verdict::Broken, Verdict::Untried];
    let lines = bad.into_iter().flat_map(|it| proof.of(it));
    let lines = lines.map(|it| {
        format!(
            "{}: {} {}: {}",
            it.verdict.as_str(),
            it.who,
            it.what,
            it.why
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_applied_holds() {
    let bed = bed().await;
    let means = means(&bed).await;
    let proof = bed.declared.prove(&bed.admin, &means).await.unwrap();
    println!("{:?}", proof.counts());
    assert!(proof.holds(), "{}", told(&proof));
    // It leaves nothing behind.
    let again = bed.declared.plan(&bed.admin).await.unwrap();
    assert!(again.is_empty(), "{again:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_applied_holds_where_nobody_is_superuser() {
    let bed = hosted().await;
    let again = bed.declared.plan(&bed.owner).await.unwrap();
    assert!(again.is_empty(), "{again:#?}");
    let means = means(&bed).await;
    let proof = bed.declared.prove(&bed.owner, &means).await.unwrap();
    println!("{:?}", proof.counts());
    assert!(proof.holds(), "{}", told(&proof));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_tell_of_others_are_named() {
    let bed = bed().await;
    let session = bed.admin.session().await.unwrap();
    let replies = "CREATE TABLE app.replies (id uuid PRIMARY KEY, customer_id uuid NOT NULL, note_id bigint REFERENCES app.notes, slug text UNIQUE)";
    session.execute_raw(replies).await.unwrap();
    let more = "[tables.replies]\ntenant = \"customer_id\"\nrows.web = \"customer\"\ngrant.web = \"select, insert\"\n";
    let declared = Declaration::read(&format!("{FILE}{more}")).unwrap();
    declared.apply(&bed.admin).await.unwrap();
    let proof = declared
        .prove(&bed.admin, &means(&bed).await)
        .await
        .unwrap();
    assert!(proof.holds(), "{}", told(&proof));
    let is_of_keys =
        |it: &&Line| it.what.contains("somebody else has") || it.what.starts_with("point");
    let keys = proof.of(Verdict::Residual).filter(is_of_keys);
    let keys: Vec<String> = keys
        .map(|it| format!("{}: {}: {}", it.who, it.what, it.why))
        .collect();
    assert_eq!(
        keys,
        [
            "web: learn whether somebody else has a value: app.customers has UNIQUE (email): where it need not be unique for all: ALTER TABLE \"app\".\"customers\" ADD UNIQUE (\"id\", \"email\"), and drop the other",
            "web: learn whether somebody else has a value: app.replies has UNIQUE (slug): where it need not be unique for all: ALTER TABLE \"app\".\"replies\" ADD UNIQUE (\"customer_id\", \"slug\"), and drop the other",
            "web: point at somebody else's row: app.replies (note_id) REFERENCES app.notes: ALTER TABLE \"app\".\"notes\" ADD UNIQUE (\"customer_id\", \"id\"); ALTER TABLE \"app\".\"replies\" ADD FOREIGN KEY (\"customer_id\", \"note_id\") REFERENCES \"app\".\"notes\" (\"customer_id\", \"id\"), in the place of replies_note_id_fkey",
        ]
    );
    // What is proposed can be done.
    for line in proof.of(Verdict::Residual).filter(is_of_keys) {
        let sql = line
            .why
            .split(", and drop")
            .next()
            .unwrap()
            .split(", in the place")
            .next()
            .unwrap();
        let sql = sql.rsplit_once("for all: ").map_or(sql, |(_, sql)| sql);
        session.execute_raw(sql).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_hole_is_found() {
    found(bed().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_hole_is_found_where_nobody_is_superuser() {
    found(hosted().await).await;
}

async fn version(bed: &Bed) -> i64 {
    let asked = sql!("SELECT current_setting('server_version_num')::bigint AS it");
    let row = bed
        .admin
        .query_one(&Scope::system(), asked, params! {})
        .await;
    row.unwrap().get("it").unwrap()
}

/// A line of the logins that leads elsewhere proves nothing of this database.
#[tokio::test(flavor = "multi_thread")]
async fn another_database_is_no_proof() {
    let bed = bed().await;
    let mut means = means(&bed).await;
    let elsewhere = bed.url("web_a").replacen("/rows", "/postgres", 1);
    let session = bed.admin.session().await.unwrap();
    session
        .execute_raw("GRANT CONNECT ON DATABASE postgres TO web_a")
        .await
        .unwrap();
    means
        .logins
        .insert("web_a".to_owned(), Config::new(&elsewhere).unwrap());
    let proof = bed.declared.prove(&bed.admin, &means).await.unwrap();
    let lines: Vec<&Line> = proof.lines.iter().filter(|it| it.who == "web_a").collect();
    assert!(
        lines.len() == 1
            && lines[0]
                .why
                .contains("leads to another database: postgres, on a server"),
        "{lines:?}"
    );
}

/// What a scope says in SQL is held against the database when it is applied.
#[tokio::test(flavor = "multi_thread")]
async fn a_scope_asks_what_is_there() {
    let bed = bed().await;
    let query = "SELECT customer_id FROM support_grants WHERE staff = raptor_access.staff()";
    for (from, to, wanted) in [
        (
            "ended_at IS NULL",
            "endd_at IS NULL",
            "the scope customer: column \"endd_at\" does not exist",
        ),
        (
            "gives = \"customer_id\"",
            "gives = \"token_hash\"",
            "the scope customer: it gives bytea, and not uuid",
        ),
        (
            query,
            "SELECT staff FROM support_grants",
            "the scope supported: it gives text, and not uuid",
        ),
        (
            query,
            "SELECT ARRAY[customer_id] FROM support_grants",
            "the scope supported: it gives uuid[], and not uuid",
        ),
        (
            query,
            "TABLE support_grants",
            "the scope supported: it gives 2 columns, and not one",
        ),
        (
            "[scopes.staff]",
            "[scopes.all]\ntype = \"text\"\n[scopes.staff]",
            "the scope all: its name is a word of SQL's own",
        ),
    ] {
        let wrong = Declaration::read(&FILE.replace(from, to)).unwrap();
        let error = wrong.apply(&bed.admin).await.unwrap_err();
        assert_eq!(error.kind(), raptor_access::ErrorKind::Declaration);
        let said = error.to_string();
        assert!(said.contains(wanted), "{to}: {said}");
    }
    for name in ["A", "a;b", "\\\"", "1a", ""] {
        let text = FILE.replace("[scopes.staff]", &format!("[scopes.\"{name}\"]"));
        let said = Declaration::read(&text).unwrap_err().to_string();
        assert!(said.contains("is no name of a scope"), "{said}");
    }
    assert!(bed.declared.plan(&bed.admin).await.unwrap().is_empty());
}

/// What is lacking is told as that, and a key that the database does not know once.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_lacking_is_no_hole() {
    let bed = bed().await;
    let mut means = means(&bed).await;
    let session = bed.admin.session().await.unwrap();
    let less = "REVOKE SELECT ON app.notes FROM web; REVOKE web FROM web_a; DROP POLICY raptor_help ON app.notes";
    session.execute_raw(less).await.unwrap();
    let proof = bed.declared.prove(&bed.admin, &means).await.unwrap();
    assert_eq!(proof.of(Verdict::Hole).count(), 0, "{}", told(&proof));
    for what in [
        "web lacks select on table app.notes",
        "web_a is no member of web",
        "app.notes has no policy raptor_help",
    ] {
        let is_told = |it: &Line| it.who == "catalogs" && it.what == what;
        assert!(proof.of(Verdict::Broken).any(is_told), "{}", told(&proof));
    }
    bed.declared.apply(&bed.admin).await.unwrap();
    means.key = Some(ContextKey::new([5; 32]));
    let proof = bed.declared.prove(&bed.admin, &means).await.unwrap();
    assert_eq!(proof.of(Verdict::Broken).count(), 0, "{}", told(&proof));
    let is_told = |it: &Line| {
        it.why
            .starts_with("the database does not know RAPTOR_CONTEXT_KEY")
    };
    assert_eq!(
        proof.of(Verdict::Untried).filter(|it| is_told(it)).count(),
        1
    );
}

/// Each hole by itself; then it is closed, and the next one is made.
async fn found(bed: Bed) {
    let means = means(&bed).await;
    let session = bed.admin.session().await.unwrap();
    let others =
        "CREATE ROLE intern; CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w";
    session.execute_raw(others).await.unwrap();
    bed.declared.apply(&bed.admin).await.unwrap();
    let version = version(&bed).await;
    let mut holes = holes::all();
    assert!(holes.len() >= 100, "{}", holes.len());
    holes.extend(holes::since(version));
    let mut missed = Vec::new();
    for hole in &holes {
        let text = hole.text.replace("app_owner", bed.declared.owner());
        // What the owner is already is none.
        let is_hosted = bed.declared.owner() == "raptor_owner";
        if is_hosted && text == "ALTER ROLE raptor_owner LOGIN" {
            continue;
        }
        // What somebody else gave less of takes nothing from what the owner gave.
        if is_hosted && text == "GRANT web TO web_a WITH INHERIT FALSE" {
            continue;
        }
        let made = session.execute_raw(&text).await;
        // Since Postgres 16 nobody is a member of whom they made.
        if version >= 160_000 && made.as_ref().is_err_and(|it| it.code() == Some("0LP01")) {
            continue;
        }
        made.unwrap();
        // Of a database that is somebody else's the owner may be shut out: that is told, too.
        let proof = bed.declared.prove(&bed.owner, &means).await;
        if proof.is_ok_and(|it| it.holds()) {
            missed.push(text.clone());
        }
        session.execute_raw(hole.undo).await.unwrap();
        bed.declared.apply(&bed.admin).await.unwrap();
        let again = bed.declared.plan(&bed.admin).await.unwrap();
        assert!(again.is_empty(), "{text}: {again:#?}");
    }
    assert!(
        missed.is_empty(),
        "{} of {}: {missed:#?}",
        missed.len(),
        holes.len()
    );
    let proof = bed.declared.prove(&bed.owner, &means).await.unwrap();
    assert!(proof.holds(), "{}", told(&proof));
}
