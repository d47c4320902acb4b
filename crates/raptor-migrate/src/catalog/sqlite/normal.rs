//! One way to write each text of SQLite, so that only what it says can differ.
//!
//! Blanks and comments are out, words are in lower case, `==` is `=` and `!=` is `<>`, and a quoted
//! name is bare where it surely is a name and reads the same bare. What can be told apart by SQLite
//! is never written alike.

use super::tokens::{Kind, Token, tokens, unquoted};
use std::collections::HashSet;
use std::sync::LazyLock;

/// Names, as they are written, that a quoted word may be. A word in double quotes that is none is a
/// string to old databases, and strings keep their case.
pub(super) type Names = HashSet<String>;

/// Keywords that are no names when they stand bare, or that are something else beside.
static KEYWORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "abort add after all alter always analyze and as attach autoincrement before begin between by \
     cascade case cast check collate commit conflict constraint create cross current current_date \
     current_time current_timestamp default deferrable deferred delete detach distinct do drop \
     each else end escape except exclude exclusive exists explain fail false filter following for \
     foreign from full generated glob group groups having if immediate in index indexed initially \
     inner insert instead intersect into is isnull join left like limit match materialized \
     natural not nothing notnull null nulls of on or order others outer over partition pragma \
     preceding primary raise range recursive references regexp reindex release rename restrict \
     returning right rollback rowid savepoint select set table temporary then ties to transaction \
     true unbounded union unique update using vacuum values virtual when where window with within \
     without"
        .split(' ')
        .collect()
});

/// A name as it is written in a normal text.
pub(super) fn ident(name: &str) -> String {
    let folded = name.to_ascii_lowercase();
    let mut bytes = folded.bytes();
    let is_plain = bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_' || first >= 0x80)
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80);
    if is_plain && !KEYWORDS.contains(folded.as_str()) {
        return folded;
    }
    format!("\"{}\"", folded.replace('"', "\"\""))
}

/// Tokens as normal text.
pub(super) fn normal(tokens: &[Token<'_>], names: &Names) -> String {
    let mut out = String::new();
    let mut before: Option<(&Token<'_>, String)> = None;
    for token in tokens {
        let text = written(token, names);
        if before
            .as_ref()
            .is_some_and(|(before, text)| is_apart(before, text, token))
        {
            out.push(' ');
        }
        out.push_str(&text);
        before = Some((token, text));
    }
    out
}

/// A text that SQLite gave, as normal text.
pub(super) fn of_text(text: &str, names: &Names) -> Option<String> {
    Some(normal(&tokens(text)?, names))
}

fn written(token: &Token<'_>, names: &Names) -> String {
    match token.kind {
        Kind::Word | Kind::Number | Kind::Blob => token.text.to_ascii_lowercase(),
        Kind::Text => token.text.to_owned(),
        Kind::Symbol => match token.text {
            "==" => "=".to_owned(),
            "!=" => "<>".to_owned(),
            other => other.to_owned(),
        },
        Kind::Quoted => {
            let name = unquoted(token.text);
            if names.contains(&name) || !token.text.starts_with('"') {
                ident(&name)
            } else {
                token.text.to_owned()
            }
        }
    }
}

/// Brackets, commas and dots stick to what they belong to; it changes no token.
fn is_apart(before: &Token<'_>, text: &str, token: &Token<'_>) -> bool {
    // As it is written now: a name that was quoted is called like one that was not.
    let is_name = matches!(before.kind, Kind::Word | Kind::Quoted)
        && !text.starts_with('"')
        && !KEYWORDS.contains(text);
    let sticks_back = token.kind == Kind::Symbol && matches!(token.text, ")" | "," | "." | ";");
    let sticks_on = before.kind == Kind::Symbol && matches!(before.text, "(" | ".");
    // `1.` and `.5` are numbers.
    let is_number = before.kind == Kind::Number || token.kind == Kind::Number;
    let is_dot = before.is_symbol(".") || token.is_symbol(".");
    !(sticks_back || sticks_on || token.is_symbol("(") && is_name) || (is_number && is_dot)
}

#[cfg(test)]
mod tests {
    use super::{Names, ident, of_text};

    #[test]
    fn only_the_writing_goes() {
        let names = Names::from(["A", "NULL", "key"].map(str::to_owned));
        let of = |text| of_text(text, &names).unwrap();
        assert_eq!(
            of("LENGTH ( \"A\" )>=1 AND -- why\n a != 'It''s' OR b IN( 1,2 )"),
            "length(a) >= 1 and a <> 'It''s' or b in (1, 2)"
        );
        assert_eq!(of("[A].[key] in (`a` (1))"), of("a.key in(a(1))"));
        assert_eq!(of("a==X'AB'"), "a = x'ab'");
        // A column of the name NULL is not NULL, and a string in double quotes keeps its case.
        assert_eq!(of("\"NULL\" is null"), "\"null\" is null");
        assert_eq!(of("\"Unknown\" || \"a\""), "\"Unknown\" || \"a\"");
        assert_ne!(of("'a'"), of("a"));
        assert_eq!(ident("Order"), "\"order\"");
        assert_eq!(ident("a b\"c"), "\"a b\"\"c\"");
    }
}
