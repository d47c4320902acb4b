//! What a declaration says in SQL means the same whatever a session has set.

use crate::bed::{FILE, bed, digits};
use raptor_access::{ContextKey, Declaration};
use raptor_db::{Db, Scope, Sql, params};

/// How many notes a login sees with these settings.
async fn seen(db: &Db, settings: &[(&str, &str)]) -> String {
    let mut text = "DO $$ DECLARE seen bigint; BEGIN ".to_owned();
    let set = |(name, value): &(&str, &str)| {
        format!("PERFORM pg_catalog.set_config('{name}', '{value}', false); ")
    };
    text.extend(settings.iter().map(set));
    // Another statement, so that it is read with what was set.
    text.push_str("EXECUTE 'SELECT count(*) FROM app.notes' INTO seen; RAISE EXCEPTION 'sees %', seen; END $$");
    let session = db.session().await.unwrap();
    let raised = session.execute_raw(&text).await.unwrap_err();
    session.execute_raw("DISCARD ALL").await.unwrap();
    raised.message().to_owned()
}

const COLUMNS: &str = "ALTER TABLE app.sessions ADD ends timestamp, ADD on_day text, ADD note text, \
    ADD zone text NOT NULL DEFAULT '2030-01-01 00:00 EST', ADD third float8 NOT NULL DEFAULT 0.1::float8 + 0.2::float8, \
    ADD word text NOT NULL DEFAULT 'runs'; \
    UPDATE app.sessions SET ends = now() AT TIME ZONE 'UTC' + CASE id WHEN 1 THEN interval '1 hour' ELSE interval '-1 hour' END, \
    on_day = CASE id WHEN 1 THEN '01/02/2030' ELSE '02/01/2030' END, note = CASE id WHEN 1 THEN '' ELSE 'revoked' END";

/// What is true of the first session and not of the second, and a setting with which it would be otherwise.
const CASES: [(&str, (&str, &str)); 11] = [
    ("ends > now()", ("TimeZone", "XXX+12")),
    ("ends > localtimestamp", ("TimeZone", "XXX+12")),
    (
        "on_day::date < '2030-01-15'::date AND ends > now()",
        ("DateStyle", "ISO, DMY"),
    ),
    (
        "note !~ '\\\\S' AND on_day IS NOT NULL",
        ("standard_conforming_strings", "off"),
    ),
    (
        "(zone::timestamptz = '2030-01-01 05:00+00') = (id = 1)",
        ("timezone_abbreviations", "Australia"),
    ),
    (
        "((note = NULL) IS NULL) = (id = 1)",
        ("transform_null_equals", "on"),
    ),
    (
        "((concat(chr(123), 'a,NULL', chr(125))::text[])[2] IS NULL) = (id = 1)",
        ("array_nulls", "off"),
    ),
    (
        "(third::text = '0.30000000000000004') = (id = 1)",
        ("extra_float_digits", "0"),
    ),
    (
        "(to_tsvector(word) = to_tsvector('simple', word)) = (id = 1)",
        ("default_text_search_config", "pg_catalog.english"),
    ),
    (
        "(substr(token_hash::text, 2, 1) = 'x') = (id = 1)",
        ("bytea_output", "escape"),
    ),
    (
        "(quote_ident(word) = word) = (id = 1)",
        ("quote_all_identifiers", "on"),
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_setting_of_a_session_changes_what_is_declared() {
    let bed = bed().await;
    let admin = bed.admin.session().await.unwrap();
    admin.execute_raw(COLUMNS).await.unwrap();
    let hour = "SELECT to_char(now() AT TIME ZONE 'UTC' - interval '1 hour', 'YYYY-MM-DD HH24:MI')";
    let hour = Sql::dynamic(hour);
    let row = bed
        .admin
        .query_one(&Scope::system(), &hour, params! {})
        .await
        .unwrap();
    let hour: String = row.get(0).unwrap();
    let since = format!("(now() > '{hour}') = (id = 1)");
    let token = [digits(1), digits(2)];
    let since = (since.as_str(), ("TimeZone", "XXX+12"));
    for (when, settings) in CASES.into_iter().chain([since]) {
        let text = FILE.replace("ended_at IS NULL", when);
        Declaration::read(&text)
            .unwrap()
            .apply(&bed.admin)
            .await
            .unwrap();
        let (good, ended) = (
            ("raptor.token", token[0].as_str()),
            ("raptor.token", token[1].as_str()),
        );
        let web = bed.at("web_a").await;
        for settings in [
            &[settings][..],
            &[("TimeZone", "XXX-12")],
            &[("DateStyle", "ISO, MDY")],
        ] {
            let of = |token| [settings, &[token]].concat();
            let is_right = (seen(&web, &of(good)).await, seen(&web, &of(ended)).await);
            let wanted = ("sees 100".to_owned(), "sees 0".to_owned());
            assert_eq!(is_right, wanted, "{when}: {settings:?}");
        }
    }
}

/// A scope that is asked is one value or NULL, wherever it stands.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_nobody_is_null() {
    let bed = bed().await;
    let key = ContextKey::new([9; 32]);
    key.keep(&bed.admin, "first").await.unwrap();
    let context = |staff: &str| key.sign("staff", staff, "help", 999_999_999_999).unwrap();
    let (ann, bob) = (context("ann"), context("bob"));
    for (condition, of_ann, of_bob) in [
        ("staff = raptor_access.staff()", 200, 0),
        ("raptor_access.staff() = staff", 200, 0),
        ("staff NOT IN (raptor_access.staff())", 0, 200),
        ("NOT (staff IN (raptor_access.staff(), NULL::text))", 0, 0),
        ("staff <> raptor_access.staff()", 0, 200),
        (
            "staff = raptor_access.staff() COLLATE \\\"C\\\" -- raptor_access.staff()",
            200,
            0,
        ),
        ("staff = /* = */ raptor_access . staff ( ) AND true", 200, 0),
    ] {
        let asked = "staff = raptor_access.staff()\"";
        let text = FILE.replace(asked, &format!("{condition}\""));
        assert!(condition == "staff = raptor_access.staff()" || text != FILE);
        let declared = Declaration::read(&text).unwrap();
        declared.apply(&bed.admin).await.unwrap();
        assert!(declared.plan(&bed.admin).await.unwrap().is_empty());
        let help = bed.at("help_a").await;
        for (context, wanted) in [("", 0), (ann.as_str(), of_ann), (bob.as_str(), of_bob)] {
            let is = seen(&help, &[("raptor.context", context)]).await;
            assert_eq!(is, format!("sees {wanted}"), "{condition}: {context}");
        }
    }
}
