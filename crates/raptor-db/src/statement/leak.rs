//! What would outlive its transaction, and so reach the next user of a pooled connection.
//!
//! It sees what stands in the text. What a function or a `DO` block does inside is its author's.

use super::lexer::{Token, TokenKind};

/// A sentence saying what leaks and what to write instead, if something does.
pub(super) fn of(text: &str, tokens: &[Token]) -> Option<String> {
    let code: Vec<&Token> = tokens.iter().filter(|token| token.is_code()).collect();
    if is_temporary(text, &code) {
        return Some(
            "a temporary table would be the connection's next user's too; add ON COMMIT DROP"
                .to_owned(),
        );
    }
    code.windows(2).enumerate().find_map(|(at, pair)| {
        let [name, open] = pair else { return None };
        if name.kind != TokenKind::Word || !open.is_symbol(text, "(") {
            return None;
        }
        let word = name.text(text).to_ascii_lowercase();
        match word.as_str() {
            "set_config" if !is_local(text, &code[at + 2..]) => Some(
                "set_config may set for the transaction only: its third argument must be the word true"
                    .to_owned(),
            ),
            "pg_advisory_lock"
            | "pg_advisory_lock_shared"
            | "pg_try_advisory_lock"
            | "pg_try_advisory_lock_shared" => Some(format!(
                "{word} would keep its lock on a pooled connection; use {}",
                word.replace("advisory_lock", "advisory_xact_lock")
            )),
            _ => None,
        }
    })
}

/// `CREATE TEMP …` that does not go with its transaction.
fn is_temporary(text: &str, code: &[&Token]) -> bool {
    let word = |at: usize, word: &str| code.get(at).is_some_and(|token| token.is_word(text, word));
    let place = if word(1, "global") || word(1, "local") {
        2
    } else {
        1
    };
    let temporary = word(0, "create") && (word(place, "temp") || word(place, "temporary"));
    let dropped =
        (0..code.len()).any(|at| word(at, "on") && word(at + 1, "commit") && word(at + 2, "drop"));
    temporary && !dropped
}

/// Whether the third argument, of those that begin here, is `true`.
fn is_local(text: &str, arguments: &[&Token]) -> bool {
    let mut depth = 0;
    let mut commas = 0;
    for (at, token) in arguments.iter().enumerate() {
        match token.text(text) {
            "(" | "[" => depth += 1,
            ")" | "]" if depth == 0 => return false,
            ")" | "]" => depth -= 1,
            "," if depth == 0 => commas += 1,
            _ if commas == 2 => {
                let last = arguments.get(at + 1);
                return token.is_word(text, "true")
                    && last.is_some_and(|token| token.is_symbol(text, ")"));
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use crate::{ErrorKind, Sql, transaction::runnable};

    #[test]
    fn what_outlives_the_transaction_is_refused() {
        for text in [
            "SELECT set_config('raptor.tenant', :v, false)",
            "SELECT pg_catalog.SET_CONFIG('a.b', coalesce(:v, 'x,y'), :local)",
            "SELECT set_config('a.b', 'c', true AND false)",
            "SELECT pg_advisory_lock(1)",
            "WITH a AS (SELECT pg_try_advisory_lock_shared(1, 2)) SELECT * FROM a",
            "CREATE TEMP TABLE t (a int)",
            "CREATE LOCAL TEMPORARY TABLE t (a int) ON COMMIT DELETE ROWS",
        ] {
            let error = runnable(&Sql::dynamic(text)).map(|_| ()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused, "{text}");
        }
        for text in [
            "SELECT set_config('raptor.tenant', coalesce(:v, 'x'), TRUE)",
            "SELECT pg_advisory_xact_lock(1)",
            "SELECT 'set_config(1, 2, false)' AS pg_advisory_lock",
            "CREATE TEMP TABLE t (a int) ON COMMIT DROP",
            "CREATE TABLE temp (a int)",
        ] {
            assert!(runnable(&Sql::dynamic(text)).is_ok(), "{text}");
        }
    }
}
