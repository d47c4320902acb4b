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
        ] {
            let fault = fault_of_condition(text).unwrap_or_default();
            assert!(fault.contains(why), "{text}: {fault}");
        }
    }
}
