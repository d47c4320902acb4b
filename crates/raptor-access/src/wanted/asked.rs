//! Which scopes the text of a query asks: `raptor_access.staff()`.

use super::rows::SCHEMA;
use raptor_db::lexer::{self, Token, TokenKind};
use std::ops::Range;

/// Where each is asked, in bytes, and which; none where the text cannot be cut.
pub(crate) fn scopes(text: &str) -> Vec<(Range<usize>, String)> {
    let tokens = lexer::tokens(text).unwrap_or_default();
    let code: Vec<Token> = tokens.into_iter().filter(Token::is_code).collect();
    let calls = code.windows(5).filter_map(|call| {
        let [schema, dot, name, open, close] = call else {
            return None;
        };
        let is_call = [(dot, "."), (open, "("), (close, ")")];
        let is_ours = is_call
            .iter()
            .all(|(it, symbol)| it.is_symbol(text, symbol))
            && bare(schema.text(text), schema.kind)? == SCHEMA;
        let scope = bare(name.text(text), name.kind)?;
        is_ours.then_some((schema.start..close.end, scope))
    });
    calls.collect()
}

/// A name as the catalog has it.
fn bare(name: &str, kind: TokenKind) -> Option<String> {
    match kind {
        TokenKind::Word => Some(name.to_ascii_lowercase()),
        TokenKind::QuotedIdent => Some(
            name.strip_prefix('"')?
                .strip_suffix('"')?
                .replace("\"\"", "\""),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::scopes;

    #[test]
    fn what_is_asked_is_a_call_and_not_its_name() {
        let text = "SELECT 'raptor_access.a()' /* raptor_access.b() */ WHERE c = Raptor_Access . \"D\"\"d\" ( ) \
            AND e = raptor_access.e() AND other.f() AND raptor_access.g(1) AND raptor_access.h -- raptor_access.i()";
        let found: Vec<(&str, String)> = scopes(text)
            .into_iter()
            .map(|(at, scope)| (&text[at], scope))
            .collect();
        let wanted = [
            ("Raptor_Access . \"D\"\"d\" ( )", "D\"d".to_owned()),
            ("raptor_access.e()", "e".to_owned()),
        ];
        assert_eq!(found, wanted);
        assert_eq!(scopes("SELECT 'raptor_access.a()"), []);
    }
}
