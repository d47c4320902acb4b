//! `apply` among others who hold locks: it waits a moment, and says who is in the way.

use crate::bed::bed;
use raptor_access::ErrorKind;

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_the_way_is_named() {
    let bed = bed().await;
    let admin = bed.admin.session().await.unwrap();
    let web = bed.at("web_a").await.session().await.unwrap();
    for (widened, held) in [
        (
            "ALTER TABLE app.notes NO FORCE ROW LEVEL SECURITY",
            "SELECT FROM app.notes",
        ),
        (
            "CREATE POLICY more ON app.customers TO web USING (true)",
            "SELECT FROM app.customers",
        ),
    ] {
        admin.execute_raw(widened).await.unwrap();
        // An advisory lock is anybody's, and so in nobody's way.
        let held = format!(
            "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('raptor access', 0)); {held}"
        );
        web.execute_raw(&held).await.unwrap();
        let error = bed.declared.apply(&bed.owner).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Database);
        let said = error.to_string();
        assert!(
            said.contains(
                " of web_a holds it; come again, or end it: SELECT pg_terminate_backend("
            ),
            "{said}"
        );
        assert!(said.starts_with("nothing was applied"), "{said}");
        web.execute_raw("ROLLBACK").await.unwrap();
        bed.declared.apply(&bed.owner).await.unwrap();
        assert!(bed.declared.plan(&bed.owner).await.unwrap().is_empty());
    }
}
