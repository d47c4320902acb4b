//! Which scopes the text of a query asks: `raptor_access.staff()`.

use super::rows::SCHEMA;
use raptor_db::lexer::{self, Token, TokenKind};
use std::ops::Range;

/// A scope that is asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Where, in bytes.
    pub(crate) at: Range<usize>,
    /// Which.
    pub(crate) scope: String,
    /// Whether it stands right after a `=`, where nothing but one value can be meant.
    pub(crate) is_compared: bool,
}

/// All that are asked, in their order; none where the text cannot be cut.
pub(crate) fn scopes(text: &str) -> Vec<Asked> {
    let tokens = lexer::tokens(text).unwrap_or_default();
    let code: Vec<Token> = tokens.into_iter().filter(Token::is_code).collect();
    let calls = code.windows(5).enumerate().filter_map(|(place, call)| {
        let [schema, dot, scope, open, close] = call else {
            return None;
        };
        let is_call = [(dot, "."), (open, "("), (close, ")")];
        let is_ours = is_call
            .iter()
            .all(|(it, symbol)| it.is_symbol(text, symbol))
            && name(text, schema)? == SCHEMA;
        let scope = name(text, scope)?;
        let before = place.checked_sub(1).and_then(|it| code.get(it));
        is_ours.then(|| Asked {
            at: schema.start..close.end,
            scope,
            is_compared: before.is_some_and(|it| it.is_symbol(text, "=")),
        })
    });
    calls.collect()
}

/// All names of a text, as the catalog has them.
pub(super) fn names(text: &str) -> impl Iterator<Item = String> {
    let tokens = lexer::tokens(text).unwrap_or_default();
    tokens.into_iter().filter_map(|it| name(text, &it))
}

/// A name as the catalog has it; none where the token is no name.
pub(super) fn name(text: &str, token: &Token) -> Option<String> {
    let written = token.text(text);
    match token.kind {
        TokenKind::Word => Some(written.to_ascii_lowercase()),
        TokenKind::QuotedIdent => {
            let inner = written.strip_prefix('"')?.strip_suffix('"')?;
            Some(inner.replace("\"\"", "\""))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::scopes;

    #[test]
    fn what_is_asked_is_a_call_and_not_its_name() {
        let text = "SELECT 'raptor_access.a()' /* raptor_access.b() */ WHERE c = Raptor_Access . \"D\"\"d\" ( ) \
            AND e IN (raptor_access.e()) AND other.f() AND raptor_access.g(1) AND raptor_access.h -- raptor_access.i()";
        let found: Vec<(&str, String, bool)> = scopes(text)
            .into_iter()
            .map(|it| (&text[it.at], it.scope, it.is_compared))
            .collect();
        let wanted = [
            ("Raptor_Access . \"D\"\"d\" ( )", "D\"d".to_owned(), true),
            ("raptor_access.e()", "e".to_owned(), false),
        ];
        assert_eq!(found, wanted);
        assert_eq!(scopes("SELECT 'raptor_access.a()"), []);
    }
}
