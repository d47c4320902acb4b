//! What holds for every text: tokens cover it, and a colon inside something is no parameter.

use proptest::prelude::*;
use raptor_db::{Sql, lexer};

/// A piece of SQL in which `:inner` is no parameter.
fn opaque() -> impl Strategy<Value = String> {
    let body = "[a-z :;$?\\[\\]-]{0,8}";
    prop_oneof![
        body.prop_map(|b| format!("'{b}:inner''{b}'")),
        body.prop_map(|b| format!("E'{b}\\':inner{b}'")),
        body.prop_map(|b| format!("\"{b}:inner\"\"{b}\"")),
        body.prop_map(|b| format!(
            "/* {} :inner /* {} */ :inner */",
            b.replace('*', ""),
            b.replace('*', "")
        )),
        body.prop_map(|b| format!("-- {b} :inner\n")),
        body.prop_map(|b| format!("$t${}:inner$t$", b.replace('$', ""))),
        body.prop_map(|b| format!("$${}:inner$$", b.replace('$', ""))),
        Just("a::inner".to_owned()),
        Just("a :: inner".to_owned()),
        Just("x[1:inner]".to_owned()),
        Just("x[lo:inner]".to_owned()),
        Just("f(a := inner)".to_owned()),
        Just("j ? 'k' ?| ARRAY[':inner']".to_owned()),
        Just("U&'\\0061:inner'".to_owned()),
        Just("U&\":inner\"".to_owned()),
    ]
}

proptest! {
    #[test]
    fn tokens_cover_any_text(text in any::<String>()) {
        if let Ok(tokens) = lexer::tokens(&text) {
            let joined: String = tokens.iter().map(|token| token.text(&text)).collect();
            prop_assert_eq!(&joined, &text);
            prop_assert!(tokens.iter().all(|token| token.start < token.end));
        }
    }

    #[test]
    fn tokens_cover_sql_like_text(pieces in prop::collection::vec(prop_oneof![
        opaque(), "[-+*/<>=~!@#%^&|`?:;,.()\\[\\]$'\" a-z0-9_]{0,4}", "[ :][a-zé_][a-z0-9_]{0,3}",
    ], 0..12)) {
        let text = pieces.concat();
        if let Ok(tokens) = lexer::tokens(&text) {
            let joined: String = tokens.iter().map(|token| token.text(&text)).collect();
            prop_assert_eq!(joined, text);
        }
    }

    #[test]
    fn a_colon_inside_something_is_no_parameter(before in opaque(), between in opaque(), after in opaque()) {
        let text = format!("SELECT {before} , :outer , {between} , (:outer::text) , :other\n, {after}");
        let sql = Sql::dynamic(text);
        prop_assert_eq!(sql.parameters().unwrap(), ["outer", "other"]);
        let postgres = sql.postgres_text().unwrap();
        let back = postgres.replace("$1", ":outer").replace("$2", ":other");
        prop_assert_eq!(back, sql.text());
    }
}
