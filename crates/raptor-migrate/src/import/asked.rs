//! Types that are made and dropped only after a look whether they are there, as `SQLAlchemy` does with
//! enums: a table's downgrade leaves its enum behind, and the next upgrade makes it no second time.

use super::body::Statement;
use raptor_db::lexer::{self, Token};

/// The statement as it runs on Postgres.
pub(super) fn text(statement: &Statement) -> String {
    let text = &statement.text;
    let Some(named) = Named::of(text).filter(|_| statement.asked) else {
        return text.clone();
    };
    if named.creates {
        let name = text[named.start..named.end].replace('\'', "''");
        return format!(
            "DO $raptor$ BEGIN IF to_regtype('{name}') IS NULL THEN\n{text};\nEND IF; END $raptor$"
        );
    }
    if named.is_conditional {
        return text.clone();
    }
    format!("{}IF EXISTS {}", &text[..named.start], &text[named.start..])
}

/// The type that a CREATE TYPE or DROP TYPE names, without its schema and quotes.
pub(super) fn name(text: &str) -> Option<&str> {
    let named = Named::of(text)?;
    Some(text[named.last..named.end].trim_matches('"'))
}

struct Named {
    creates: bool,
    is_conditional: bool,
    /// Where the name begins, where its last part does, and where it ends.
    start: usize,
    last: usize,
    end: usize,
}

impl Named {
    fn of(text: &str) -> Option<Self> {
        let tokens = lexer::tokens(text).ok()?;
        let code: Vec<&Token> = tokens.iter().filter(|token| token.is_code()).collect();
        let is = |at: usize, word: &str| code.get(at).is_some_and(|it| it.is_word(text, word));
        let creates = is(0, "create");
        if !(creates || is(0, "drop")) || !is(1, "type") {
            return None;
        }
        let is_conditional = is(2, "if") && is(3, "exists");
        let first = if is_conditional { 4 } else { 2 };
        let is_qualified = code
            .get(first + 1)
            .is_some_and(|it| it.is_symbol(text, "."));
        let last = code.get(first + if is_qualified { 2 } else { 0 })?;
        Some(Self {
            creates,
            is_conditional,
            start: code.get(first)?.start,
            last: last.start,
            end: last.end,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(text: &str) -> Statement {
        Statement {
            text: text.to_owned(),
            attached: Vec::new(),
            asked: true,
        }
    }

    #[test]
    fn it_looks_again_when_it_runs() {
        let made = text(&statement("CREATE TYPE \"Kind's\" AS ENUM ('a')"));
        assert_eq!(
            made,
            "DO $raptor$ BEGIN IF to_regtype('\"Kind''s\"') IS NULL THEN\nCREATE TYPE \"Kind's\" AS ENUM ('a');\nEND IF; END $raptor$"
        );
        assert_eq!(
            text(&statement("DROP TYPE a.kind")),
            "DROP TYPE IF EXISTS a.kind"
        );
        assert_eq!(
            text(&statement("DROP TYPE if exists kind")),
            "DROP TYPE if exists kind"
        );
        assert_eq!(text(&statement("CREATE TABLE t ()")), "CREATE TABLE t ()");
        assert_eq!(name("CREATE TYPE a.\"Kind\" AS ENUM ()"), Some("Kind"));
        assert_eq!((name("DROP TYPE"), name("ALTER TYPE x")), (None, None));
    }
}
