//! Whether two texts that name their own schemas say the same.
//!
//! A live schema and the throw-away one that it is held against have different names. What Postgres
//! writes about a schema leaves its name out, but not where an object of the schema has the name of
//! one of Postgres's own, nor in a function's `SET search_path`, nor in texts that people wrote.

use raptor_db::lexer::{self, TokenKind};

/// Where the name of a schema stood. No text of SQL can hold it.
const MARK: &str = "\u{0}";

/// Whether both texts are the same when each one's own schema has no name.
pub(super) fn is_same_elsewhere(
    fact: &str,
    (here, here_schema): (&str, &str),
    (there, there_schema): (&str, &str),
) -> bool {
    let is_path = fact == "settings";
    match (
        nameless(here, here_schema, is_path),
        nameless(there, there_schema, is_path),
    ) {
        (Some(here), Some(there)) => here == there,
        _ => false,
    }
}

/// The text with a mark for each name of the schema before a dot, and in a search path for each
/// name; `None` where the text cannot be cut.
fn nameless(text: &str, schema: &str, is_path: bool) -> Option<String> {
    let tokens = lexer::tokens(text).ok()?;
    let mut out = String::with_capacity(text.len());
    for (at, token) in tokens.iter().enumerate() {
        let written = token.text(text);
        let name = match token.kind {
            TokenKind::Word => Some(written.to_lowercase()),
            TokenKind::QuotedIdent => written
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'))
                .map(|inside| inside.replace("\"\"", "\"")),
            _ => None,
        };
        let next = tokens.get(at + 1);
        let is_before_dot = next.is_some_and(|next| next.is_symbol(text, "."));
        if name.as_deref() == Some(schema) && (is_path || is_before_dot) {
            out.push_str(MARK);
        } else {
            out.push_str(written);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::is_same_elsewhere;

    #[test]
    fn each_names_its_own() {
        let same = |fact, here, there| is_same_elsewhere(fact, (here, "live"), (there, "Dry run"));
        assert!(same("body", "SELECT live.t.a", "SELECT \"Dry run\".t.a"));
        assert!(same(
            "settings",
            "search_path=live, x",
            "search_path=\"Dry run\", x"
        ));
        for (here, there) in [
            ("SELECT live.t", "SELECT t"),
            ("SELECT 'live.t'", "SELECT '\"Dry run\".t'"),
            ("SELECT live", "SELECT \"Dry run\""),
            ("SELECT live.t", "SELECT live.t, \"Dry run\".t"),
            ("SELECT 'open", "SELECT 'open"),
        ] {
            assert!(!same("body", here, there), "{here}");
        }
    }
}
