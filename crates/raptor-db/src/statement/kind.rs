//! What a statement does, told from its words; and which ones may not stand in a text.

use super::lexer::Token;

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatementKind {
    /// Only reads: runs on a reader and in read-only transactions.
    Read,
    /// Writes rows (also a SELECT that locks them).
    Write,
    /// Changes the schema, privileges or storage.
    Definition,
    /// `COPY`, which has calls of its own.
    Copy,
}

/// Statements that would change the transaction or the session behind the layer's back.
const CONTROL: &[(&str, &str)] = &[
    ("BEGIN", TRANSACTION),
    ("START", TRANSACTION),
    ("COMMIT", TRANSACTION),
    ("END", TRANSACTION),
    ("ROLLBACK", TRANSACTION),
    ("ABORT", TRANSACTION),
    ("SAVEPOINT", SAVEPOINT),
    ("RELEASE", SAVEPOINT),
    ("SET", SESSION),
    ("RESET", SESSION),
    ("DISCARD", SESSION),
    (
        "PREPARE",
        "statements are prepared by the layer itself; write the statement alone",
    ),
    (
        "EXECUTE",
        "statements are prepared by the layer itself; write the statement alone",
    ),
    ("DEALLOCATE", "statements are prepared by the layer itself"),
    ("DECLARE", "use `Transaction::stream` instead of a cursor"),
    ("FETCH", "use `Transaction::stream` instead of a cursor"),
    ("MOVE", "use `Transaction::stream` instead of a cursor"),
    ("CLOSE", "use `Transaction::stream` instead of a cursor"),
    ("LISTEN", "use `Db::listen`"),
    ("UNLISTEN", "use `Db::listen`"),
    ("NOTIFY", "use `SELECT pg_notify(:channel, :payload)`"),
    ("ATTACH", "one database is one file"),
    ("DETACH", "one database is one file"),
    ("PRAGMA", "SQLite is configured by the layer itself"),
];

const TRANSACTION: &str = "use `Db::tx`, which owns BEGIN, COMMIT and ROLLBACK";
const SAVEPOINT: &str = "use `Transaction::savepoint`";
const SESSION: &str = "a session setting would leak to the connection's next user; use a `Scope` or set_config(…, true)";

/// The kind of the one statement in `text`.
///
/// # Errors
/// A sentence saying what is refused and what to write instead.
pub(super) fn of(text: &str, tokens: &[Token]) -> Result<StatementKind, String> {
    let mut code: Vec<&Token> = tokens.iter().filter(|token| token.is_code()).collect();
    while code.last().is_some_and(|token| token.is_symbol(text, ";")) {
        code.pop();
    }
    let first = code.iter().find(|token| !token.is_symbol(text, "("));
    let Some(first) = first else {
        return Err("the text holds no statement".to_owned());
    };
    let word = first.text(text).to_ascii_uppercase();
    // It ends with its transaction.
    let is_of_constraints = word == "SET"
        && code
            .get(1)
            .is_some_and(|it| it.is_word(text, "constraints"));
    let control = CONTROL.iter().find(|(name, _)| *name == word);
    if let Some((_, instead)) = control.filter(|_| !is_of_constraints) {
        return Err(format!("{word} may not stand in statement text: {instead}"));
    }
    let definition = matches!(
        word.as_str(),
        "CREATE"
            | "ALTER"
            | "DROP"
            | "GRANT"
            | "REVOKE"
            | "COMMENT"
            | "TRUNCATE"
            | "REINDEX"
            | "VACUUM"
            | "ANALYZE"
            | "CLUSTER"
            | "REFRESH"
            | "SECURITY"
            | "REASSIGN"
            | "IMPORT"
            | "DO"
            | "CALL"
            | "LOCK"
            | "CHECKPOINT"
    );
    // A function's or trigger's body holds semicolons of its own.
    if !definition && code.iter().any(|token| token.is_symbol(text, ";")) {
        return Err("the text holds more than one statement; run them one by one".to_owned());
    }
    Ok(match word.as_str() {
        "COPY" => StatementKind::Copy,
        "SELECT" | "VALUES" | "TABLE" | "SHOW" | "WITH" | "EXPLAIN" if !writes(text, &code) => {
            StatementKind::Read
        }
        _ if definition => StatementKind::Definition,
        _ => StatementKind::Write,
    })
}

/// Whether a query writes or locks: a data-modifying WITH, `FOR UPDATE`, `SELECT … INTO`, or a
/// call of a function that is known to write.
fn writes(text: &str, code: &[&Token]) -> bool {
    const WRITERS: &[&str] = &[
        "nextval",
        "setval",
        "pg_notify",
        "lo_create",
        "pg_advisory_lock",
        "pg_advisory_xact_lock",
        "set_config",
    ];
    code.iter().enumerate().any(|(at, token)| {
        let word = token.text(text);
        let is = |name: &str| token.is_word(text, name);
        let before = |name: &str| at > 0 && code[at - 1].is_word(text, name);
        let call = code
            .get(at + 1)
            .is_some_and(|next| next.is_symbol(text, "("));
        is("insert") && !call
            || is("delete")
            || is("merge")
            || is("update")
            || is("into")
            || is("share") && (before("for") || before("key"))
            || call
                && WRITERS
                    .iter()
                    .any(|writer| word.eq_ignore_ascii_case(writer))
    })
}
