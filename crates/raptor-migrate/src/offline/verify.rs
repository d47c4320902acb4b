//! A `verify` query as SQL that fails where the query does not hold, so that a tool which stops at
//! errors stops there.

use crate::error::Result;
use crate::plan::{self, Planned};
use raptor_db::Engine;
use raptor_db::lexer::{self, Token};

/// The statements of each query, with their semicolons.
pub(super) fn of(planned: &Planned<'_>, engine: Engine) -> Result<Vec<String>> {
    let id = planned.revision.id();
    let queries = planned.verify.iter();
    let proved = queries.map(|(place, query)| match engine {
        Engine::Postgres => Ok(on_postgres(id, query.text())),
        Engine::Sqlite => {
            let text = plan::for_sqlite(query.text(), true, *place);
            let text = text.map_err(|error| error.in_file(planned.revision.file()).in_revision(id));
            text.map(|text| on_sqlite(id, &text))
        }
    });
    proved.collect()
}

/// NULL is not true, and no row makes no answer.
fn on_postgres(id: &str, query: &str) -> String {
    format!(
        "DO $raptor$ BEGIN IF (SELECT bool_and(answer IS TRUE) FROM ({query}\n) AS verify (answer)) IS NOT TRUE \
         THEN RAISE EXCEPTION 'revision {id}: a verify query does not hold'; END IF; END $raptor$;"
    )
}

/// SQLite raises errors of one's own nowhere but in triggers; a CHECK says its name when it fails.
fn on_sqlite(id: &str, query: &str) -> String {
    let more: String = (1..columns(query))
        .map(|number| format!(", column{}", number + 1))
        .collect();
    format!(
        "-- This must answer true in every row, and at least one row:\n\
         CREATE TEMP TABLE raptor_verify (answer CONSTRAINT \"revision {id}: a verify query does not hold\" CHECK (answer IS 1));\n\
         WITH verify (answer{more}) AS ({query}\n)\n\
         INSERT INTO temp.raptor_verify SELECT min(answer IS 1) FROM verify;\n\
         DROP TABLE temp.raptor_verify;"
    )
}

/// How many columns a query answers, as far as its text says; all that SQLite names by a list of the
/// wrong length is an error too.
fn columns(query: &str) -> usize {
    let tokens = lexer::tokens(query).unwrap_or_default();
    let code = tokens.iter().filter(|token| token.is_code());
    let (mut depth, mut count) = (0_usize, 0);
    for token in code {
        let is = |word: &str| token.is_word(query, word);
        depth += usize::from(token.is_symbol(query, "("));
        depth = depth.saturating_sub(usize::from(token.is_symbol(query, ")")));
        match (depth, count) {
            (0, 0) if is("select") => count = 1,
            (0, 1..) if ends(query, token) => break,
            (0, 1..) if token.is_symbol(query, ",") => count += 1,
            _ => {}
        }
    }
    count.max(1)
}

/// Whether the list of a SELECT ends there.
fn ends(query: &str, token: &Token) -> bool {
    let words = [
        "from",
        "where",
        "group",
        "having",
        "window",
        "order",
        "limit",
        "union",
        "intersect",
        "except",
    ];
    words.iter().any(|word| token.is_word(query, word))
}

#[cfg(test)]
mod tests {
    use super::columns;

    #[test]
    fn columns_are_counted() {
        for (query, count) in [
            ("SELECT count(*) = 0 FROM t", 1),
            ("SELECT a, coalesce(b, c), 'x, y' FROM t ORDER BY a, b", 3),
            (
                "WITH a AS (SELECT 1, 2) SELECT true, (SELECT 1) FROM a, b",
                2,
            ),
            ("SELECT a IN (1, 2) UNION SELECT b, c", 1),
            ("VALUES (true)", 1),
        ] {
            assert_eq!(columns(query), count, "{query}");
        }
    }
}
