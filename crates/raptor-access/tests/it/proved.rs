//! A correctly applied database has no hole, and every hole that is put into one is found.

use crate::bed::{Bed, bed};
use crate::holes;
use raptor_access::{ContextKey, Means, Proof, Verdict};
use raptor_db::Config;

async fn means(bed: &Bed) -> Means {
    let key = ContextKey::new([9; 32]);
    key.keep(&bed.admin, "first").await.unwrap();
    let mut means = Means::default();
    means.key = Some(key);
    for login in bed.logins() {
        let config = Config::new(&bed.url(&login)).unwrap();
        means.logins.insert(login, config);
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

/// Each hole by itself; then it is closed, and the next one is made.
#[tokio::test(flavor = "multi_thread")]
async fn every_hole_is_found() {
    let bed = bed().await;
    let means = means(&bed).await;
    let session = bed.admin.session().await.unwrap();
    let others =
        "CREATE ROLE intern; CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w";
    session.execute_raw(others).await.unwrap();
    bed.declared.apply(&bed.admin).await.unwrap();
    let holes = holes::all();
    assert!(holes.len() >= 100, "{}", holes.len());
    let mut missed = Vec::new();
    for hole in &holes {
        session.execute_raw(&hole.text).await.unwrap();
        let proof = bed.declared.prove(&bed.admin, &means).await.unwrap();
        if proof.holds() {
            missed.push(&hole.text);
        }
        session.execute_raw(hole.undo).await.unwrap();
        bed.declared.apply(&bed.admin).await.unwrap();
        let again = bed.declared.plan(&bed.admin).await.unwrap();
        assert!(again.is_empty(), "{}: {again:#?}", hole.text);
    }
    println!(
        "{} of {} holes were found",
        holes.len() - missed.len(),
        holes.len()
    );
    assert!(missed.is_empty(), "{missed:#?}");
    let proof = bed.declared.prove(&bed.admin, &means).await.unwrap();
    assert!(proof.holds(), "{}", told(&proof));
}
