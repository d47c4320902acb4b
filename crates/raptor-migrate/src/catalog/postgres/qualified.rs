//! Takes the schema's name out of the few places where Postgres writes it whatever the search path.

use raptor_db::lexer::{self, TokenKind};

/// The statement without the schema's name before the name that follows the first bare `word`:
/// `CREATE INDEX i ON [ONLY] schema.t …` and the like. It stays as it is where the name is another.
pub(super) fn without_schema(statement: &str, word: &str, schema: &str) -> String {
    cut(statement, word, schema).unwrap_or_else(|| statement.to_owned())
}

fn cut(statement: &str, word: &str, schema: &str) -> Option<String> {
    let tokens = lexer::tokens(statement).ok()?;
    let mut code = tokens
        .iter()
        .filter(|token| token.kind != TokenKind::Whitespace);
    code.find(|token| token.is_word(statement, word))?;
    let mut name = code.next()?;
    if name.is_word(statement, "only") {
        name = code.next()?;
    }
    let dot = code.next()?;
    let is_schemas = name.text(statement) == schema && dot.is_symbol(statement, ".");
    is_schemas.then(|| format!("{}{}", &statement[..name.start], &statement[dot.end..]))
}

#[cfg(test)]
mod tests {
    use super::without_schema;

    #[test]
    fn only_the_schemas_name_goes() {
        for (statement, word, expected) in [
            (
                "CREATE INDEX i ON live.t USING btree (a)",
                "on",
                "CREATE INDEX i ON t USING btree (a)",
            ),
            (
                "CREATE INDEX \"i ON live.x\" ON ONLY live.t USING btree (a)",
                "on",
                "CREATE INDEX \"i ON live.x\" ON ONLY t USING btree (a)",
            ),
            (
                "CREATE TRIGGER g BEFORE UPDATE OF \"on\" ON live.t FOR EACH ROW WHEN ((new.a = 'on live.t'::text))",
                "on",
                "CREATE TRIGGER g BEFORE UPDATE OF \"on\" ON t FOR EACH ROW WHEN ((new.a = 'on live.t'::text))",
            ),
            (
                "CREATE INDEX i ON other.live USING btree (a)",
                "on",
                "CREATE INDEX i ON other.live USING btree (a)",
            ),
        ] {
            assert_eq!(without_schema(statement, word, "live"), expected);
        }
    }
}
