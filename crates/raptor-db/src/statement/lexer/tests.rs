//! The lexer's law and the places where a colon is not a parameter.

use super::{TokenKind, tokens};
use proptest::prelude::*;

fn params(sql: &str) -> Vec<&str> {
    let found = tokens(sql).expect("the text is terminated");
    found
        .iter()
        .filter(|t| t.kind == TokenKind::Param)
        .map(|t| t.text(sql))
        .collect()
}

#[test]
fn a_colon_in_quotes_comments_casts_and_slices_is_no_parameter() {
    for sql in [
        "select ':a'",
        "select 'it''s :a'",
        r"select E'\':a'",
        r#"select ":a" from t"#,
        "select 1 -- :a\n",
        "select 1 /* :a /* :b */ :c */",
        "select $$ :a $$",
        "select $tag$ :a $$ :b $tag$",
        "select x::text",
        "select x :: text",
        "select a[1:2]",
        "select a[lo:hi]",
        "select a[1 : hi]",
        "select f(x := 1)",
        "select '12:30'::time",
        "select U&':a'",
    ] {
        assert_eq!(params(sql), Vec::<&str>::new(), "{sql}");
    }
}

#[test]
fn parameters_are_found_beside_them() {
    assert_eq!(params("select :a::text"), [":a"]);
    assert_eq!(params("select ':x', :a, \":y\", :b2"), [":a", ":b2"]);
    assert_eq!(params("select a[:i]"), [":i"]);
    assert_eq!(params("select a[:lo : :hi]"), [":lo", ":hi"]);
    assert_eq!(
        params("select array[:a, case when true then :b end]"),
        [":a", ":b"]
    );
    assert_eq!(params("select a[f(x, :i)]"), [":i"]);
    assert_eq!(params("select j ? 'k' and j ?| :keys"), [":keys"]);
    assert_eq!(params("select -:a, 1-:b, x=:c"), [":a", ":b", ":c"]);
    assert_eq!(params("select :größe"), [":größe"]);
}

#[test]
fn operators_end_as_the_manual_says() {
    let sql = "a*-1";
    let ops: Vec<_> = tokens(sql)
        .unwrap()
        .into_iter()
        .filter(|t| t.kind == TokenKind::Operator)
        .map(|t| t.text(sql))
        .collect();
    assert_eq!(ops, ["*", "-"]);
    let sql = "a->>-1";
    let ops: Vec<_> = tokens(sql)
        .unwrap()
        .into_iter()
        .filter(|t| t.kind == TokenKind::Operator)
        .map(|t| t.text(sql))
        .collect();
    assert_eq!(ops, ["->>", "-"]);
}

#[test]
fn what_never_ends_is_named() {
    for (sql, what) in [
        ("select 'a", "a string"),
        ("select \"a", "a quoted identifier"),
        ("/* a /* b */", "a comment"),
        ("$x$ a $$", "a dollar-quoted string"),
    ] {
        assert_eq!(tokens(sql).unwrap_err().what, what, "{sql}");
    }
}

proptest! {
    #[test]
    fn tokens_cover_any_text_without_a_gap(sql in "[a-zé:$'\"\\-/*\\[\\]().,;0-9 \n?|<>=E&U\\\\]{0,60}") {
        if let Ok(found) = tokens(&sql) {
            let joined: String = found.iter().map(|t| t.text(&sql)).collect();
            prop_assert_eq!(joined, sql);
        }
    }
}
