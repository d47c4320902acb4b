//! The tables that a file makes: what shows whether a database has it, beside what a runner noted.

use super::reader::Reader;
use raptor_db::{Engine, split};

/// The tables of CREATE TABLE, as the engine names them; temporary ones left out.
pub(super) fn made(text: &str, engine: Engine) -> Vec<String> {
    let statements = split(text).unwrap_or_default();
    let tables = statements.iter().filter_map(|it| table(it, engine));
    tables.collect()
}

/// The tables that a file drops or renames.
pub(super) fn gone(text: &str, engine: Engine) -> Vec<String> {
    let mut gone = Vec::new();
    for statement in split(text).unwrap_or_default() {
        let mut reader = Reader::new(statement);
        let is_drop = reader.word("drop") && reader.word("table");
        let mut other = Reader::new(statement);
        let is_rename = other.word("alter") && other.word("table") && other.rest_has("rename");
        let mut reader = match (is_drop, is_rename) {
            (true, _) => reader,
            (_, true) => other,
            _ => continue,
        };
        if reader.word("if") {
            reader.word("exists");
        }
        while let Some(name) = qualified(&mut reader, engine) {
            gone.push(name);
            if !reader.symbol(",") {
                break;
            }
        }
    }
    gone
}

fn table(statement: &str, engine: Engine) -> Option<String> {
    let mut reader = Reader::new(statement);
    reader.word("create").then_some(())?;
    reader.word("unlogged");
    reader.word("table").then_some(())?;
    if reader.word("if") {
        (reader.word("not") && reader.word("exists")).then_some(())?;
    }
    qualified(&mut reader, engine)
}

/// `table` or `schema.table`, folded as the engine folds it.
fn qualified(reader: &mut Reader<'_>, engine: Engine) -> Option<String> {
    let part = |reader: &mut Reader<'_>| {
        let name = reader.name()?;
        let is_folded = engine == Engine::Postgres && !name.is_quoted;
        Some(if is_folded {
            name.text.to_lowercase()
        } else {
            name.text
        })
    };
    let first = part(reader)?;
    if !reader.symbol(".") {
        return Some(first);
    }
    let second = part(reader)?;
    // SQLite's `main.t` is asked for as `t`.
    Some(match engine {
        Engine::Postgres => format!("{first}.{second}"),
        Engine::Sqlite => second,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_named_as_the_engine_names_them() {
        let text = "CREATE TABLE Users (a int); create table if not exists app.\"Or ders\" (a int);\
                    CREATE TEMP TABLE x (a int); CREATE INDEX i ON Users (a);";
        assert_eq!(made(text, Engine::Postgres), ["users", "app.Or ders"]);
        assert_eq!(made(text, Engine::Sqlite), ["Users", "Or ders"]);
        let text = "DROP TABLE IF EXISTS a, B; ALTER TABLE c RENAME TO d; ALTER TABLE e ADD f int;";
        assert_eq!(gone(text, Engine::Postgres), ["a", "b", "c"]);
    }
}
