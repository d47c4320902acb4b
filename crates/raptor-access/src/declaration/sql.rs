//! SQL that stands in a file: it becomes a part of a function, and must be a part and nothing more.

use raptor_db::lexer::{self, Token, TokenKind};

/// What is said between these is a function's.
const QUOTE: &str = "$raptor$";

/// Why a text cannot be a part of a statement.
pub(super) fn fault_of_part(text: &str) -> Option<String> {
    let tokens = match lexer::tokens(text) {
        Ok(tokens) => tokens,
        Err(it) => {
            return Some(format!(
                "{} begins at byte {} and has no end",
                it.what, it.at
            ));
        }
    };
    let code: Vec<&Token> = tokens.iter().filter(|it| it.is_code()).collect();
    if code.is_empty() {
        return Some("it says nothing".to_owned());
    }
    if let Some(token) = code.iter().find(|it| is_composed(it, text)) {
        return Some(format!(
            "{} may be read by what the owner of a type has made: write ARRAY[…], ROW(…), jsonb_build_object(…) or a range's \
             function, and no E'\\…' nor U&'…'",
            token.text(text)
        ));
    }
    if text.contains(QUOTE) {
        return Some(format!("{QUOTE} ends the function that it stands in"));
    }
    let mut depth = 0_i64;
    for token in code.iter().filter(|it| it.kind == TokenKind::Punct) {
        depth += match token.text(text) {
            "(" => 1,
            ")" => -1,
            ";" => return Some("it is one statement, without a semicolon".to_owned()),
            _ => 0,
        };
        if depth < 0 {
            break;
        }
    }
    (depth != 0).then(|| "its parentheses do not pair up".to_owned())
}

/// Whether it may be the text of an array, a row or a range, of which the server reads each part as soon as it sees it, and
/// for that asks what its type asks.
fn is_composed(token: &Token, text: &str) -> bool {
    let written = token.text(text);
    let inner = match token.kind {
        TokenKind::String => {
            let begin = written.find('\'').map_or(0, |it| it + 1);
            if written.starts_with(['u', 'U']) {
                return true;
            }
            &written[begin..]
        }
        TokenKind::DollarString => {
            let tag = written[1..].find('$').map_or(0, |it| it + 2);
            &written[tag..]
        }
        _ => return false,
    };
    let is_escaped = written.starts_with(['e', 'E']) && inner.contains('\\');
    is_escaped || inner.trim_start().starts_with(['{', '(', '['])
}

/// Why a text cannot be what is true of a row of one table.
pub(super) fn fault_of_condition(text: &str) -> Option<String> {
    let tokens = lexer::tokens(text).unwrap_or_default();
    let asks =
        |it: &Token| it.is_code() && (it.is_word(text, "select") || it.is_word(text, "table"));
    let asks = tokens.iter().any(asks);
    let why = "it is of the session's own row: a scope that asks other tables has a `query`";
    fault_of_part(text).or_else(|| asks.then(|| why.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{fault_of_condition, fault_of_part};

    #[test]
    fn a_part_is_no_more_than_that() {
        for text in ["note = 'a{b' AND note <> E'{'''", "note = $$ a $$"] {
            let fault = fault_of_part(text).unwrap_or_default();
            assert_eq!(fault.contains("E'{'"), text.contains("E'"), "{fault}");
        }
        for text in ["ended_at IS NULL", "(a OR b) AND c = ')' -- (", "a = $$;$$"] {
            assert_eq!(fault_of_condition(text), None, "{text}");
        }
        assert_eq!(
            fault_of_part("SELECT a FROM b WHERE c IN (SELECT d FROM e)"),
            None
        );
        for (text, why) in [
            ("", "says nothing"),
            ("-- nothing", "says nothing"),
            ("true) OR (true", "parentheses"),
            ("(true", "parentheses"),
            ("true; DROP TABLE a", "semicolon"),
            ("a = $raptor$b$raptor$", "ends the function"),
            ("a = 'b", "has no end"),
            ("id IN (SELECT id FROM others)", "`query`"),
            ("tags && '{web}'", "ARRAY[…]"),
            ("tags && ' \n [1:1]={web}'", "ARRAY[…]"),
            ("row = $a$(1)$a$", "ROW(…)"),
            ("tags && ''\n'{web}'", "ARRAY[…]"),
            ("tags && E'\\x7bweb}'", "ARRAY[…]"),
            ("tags && U&'\\007bweb}'", "ARRAY[…]"),
        ] {
            let fault = fault_of_condition(text).unwrap_or_default();
            assert!(fault.contains(why), "{text}: {fault}");
        }
    }
}
