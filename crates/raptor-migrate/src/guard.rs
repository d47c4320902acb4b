//! Stops a DROP TABLE on SQLite that would silently take other tables' rows along.
//!
//! With foreign keys on, SQLite empties a table before it drops it, and ON DELETE CASCADE, SET NULL
//! and SET DEFAULT act on the rows that point at it (<https://sqlite.org/foreignkeys.html>, section
//! 5). Postgres refuses such a DROP; so does this.

use crate::error::{Error, ErrorKind, Result};
use crate::version::quoted;
use raptor_db::lexer::{self, Token, TokenKind};
use raptor_db::{Session, Sql, params};

static CHILDREN: Sql = Sql::new(
    "SELECT DISTINCT m.name AS child, f.on_delete AS action, f.\"from\" AS source \
     FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS f \
     WHERE m.type = 'table' AND lower(f.\"table\") = lower(:parent) AND lower(m.name) <> lower(:parent) \
     AND f.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT') ORDER BY m.name",
);

/// Refuses `statement` when it is such a DROP TABLE.
pub(crate) async fn drop_table(session: &Session, statement: &str) -> Result<()> {
    let Some(parent) = dropped(statement) else {
        return Ok(());
    };
    let cannot = |error| Error::database("the tables that point at it cannot be read", error);
    let children = session
        .query(&CHILDREN, params! { parent: parent.as_str() })
        .await
        .map_err(cannot)?;
    for row in &children {
        let child: String = row.get("child").map_err(cannot)?;
        let action: String = row.get("action").map_err(cannot)?;
        let source: String = row.get("source").map_err(cannot)?;
        let hit = Sql::dynamic(format!(
            "SELECT 1 AS hit FROM {} WHERE {} IS NOT NULL LIMIT 1",
            quoted(&child),
            quoted(&source)
        ));
        if !session
            .query(&hit, params! {})
            .await
            .map_err(cannot)?
            .is_empty()
        {
            let message = format!(
                "refused, as dropping {parent} would act on rows of {child}, which point at it \
                 with ON DELETE {action}; drop or empty {child} first"
            );
            return Err(Error::new(ErrorKind::Statement, message));
        }
    }
    Ok(())
}

/// The table that a statement drops.
fn dropped(statement: &str) -> Option<String> {
    let tokens = lexer::tokens(statement).ok()?;
    let mut code = tokens.iter().filter(|token| token.is_code()).peekable();
    let mut word = |word: &str| {
        code.next_if(|token| token.is_word(statement, word))
            .is_some()
    };
    if !(word("drop") && word("table")) {
        return None;
    }
    if word("if") {
        word("exists");
    }
    let mut name = code.next()?;
    // `main.t`: what follows the dot.
    if code
        .next_if(|token| token.is_symbol(statement, "."))
        .is_some()
    {
        name = code.next()?;
    }
    // SQLite also takes [t] and `t`.
    if name.is_symbol(statement, "[") || name.is_symbol(statement, "`") {
        name = code.next()?;
    }
    Some(plain(name, statement))
}

fn plain(name: &Token, statement: &str) -> String {
    let text = name.text(statement);
    match name.kind {
        TokenKind::QuotedIdent => text.trim_matches('"').replace("\"\"", "\""),
        TokenKind::String => text.trim_matches('\'').replace("''", "'"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::dropped;

    #[test]
    fn the_dropped_table_is_found() {
        let cases = [
            ("DROP TABLE t", Some("t")),
            (
                "-- why\ndrop table if exists main.\"T \"\"x\"",
                Some("T \"x"),
            ),
            ("DROP TABLE [t]", Some("t")),
            ("DROP TABLE `t`", Some("t")),
            ("DROP VIEW v", None),
            ("ALTER TABLE t DROP COLUMN a", None),
        ];
        for (statement, table) in cases {
            assert_eq!(dropped(statement).as_deref(), table, "{statement}");
        }
    }
}
