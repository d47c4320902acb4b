//! Builds a table of SQLite anew and loses no row: neither of the table nor of those that point at it.
//!
//! The way is SQLite's own (<https://sqlite.org/lang_altertable.html>, section 7): foreign keys off
//! before BEGIN, the new table beside the old one, the rows copied column by column, the old one
//! dropped, the new one renamed, indexes and triggers made again. Then every row is counted, and at
//! the end of the revision every foreign key checked, or nothing of it stays.

mod foreign;
mod schema;

pub(super) use foreign::Before;

use crate::error::{Error, ErrorKind, Result};
use crate::place::Place;
use crate::revision::{Rebuild, Statement};
use crate::version::quoted;
use raptor_db::lexer::{self, TokenKind};
use raptor_db::{Session, Sql, params};
use schema::{Attached, Table};

/// Switches the enforcement of foreign keys; it does nothing while a transaction is open.
pub(super) async fn foreign_keys(session: &Session, on: bool) -> Result<()> {
    let text = format!("PRAGMA foreign_keys = {}", if on { "ON" } else { "OFF" });
    let cannot = |error| Error::database("foreign keys cannot be switched", error);
    session.execute_raw(&text).await.map_err(cannot)?;
    static IS: Sql = Sql::new("SELECT foreign_keys AS answer FROM pragma_foreign_keys");
    let rows = session.query(&IS, params! {}).await.map_err(cannot)?;
    let is: i64 = rows[0].get("answer").map_err(cannot)?;
    if (is == 1) == on {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Database,
        "foreign keys cannot be switched: a transaction is open",
    ))
}

/// Builds the table anew, in the transaction that is open.
pub(super) async fn rebuild(session: &Session, rebuild: &Rebuild) -> Result<()> {
    let place = Place {
        line: rebuild.line,
        column: 1,
    };
    work(session, rebuild)
        .await
        .map_err(|error| error.at(place))
}

async fn work(session: &Session, rebuild: &Rebuild) -> Result<()> {
    let name = rebuild.table.as_str();
    let Some((create, more)) = rebuild.section.statements.split_first() else {
        return Err(lost("the new table is missing"));
    };
    let before = schema::counts(session, name).await?;
    let attached = schema::attached(session, name).await?;
    let sequence = schema::sequence(session, name).await?;

    // Otherwise the renaming looks into views that name the table which is just not there.
    run(session, "PRAGMA legacy_alter_table = ON").await?;
    let replaced = replace(session, name, create).await;
    run(session, "PRAGMA legacy_alter_table = OFF").await?;
    replaced?;

    schema::set_sequence(session, name, sequence).await?;
    for statement in more {
        run_written(session, &statement.text, statement).await?;
    }
    again(session, name, attached).await?;
    for (table, rows) in &before {
        let now = schema::count(session, table).await?;
        if now != *rows {
            return Err(lost(&format!(
                "{table} had {rows} rows and would have {now}"
            )));
        }
    }
    Ok(())
}

fn lost(why: &str) -> Error {
    Error::new(ErrorKind::Statement, format!("nothing of it stays: {why}"))
}

/// Puts the new table with the old one's rows in its place.
async fn replace(session: &Session, name: &str, create: &Statement) -> Result<()> {
    let Some(old) = Table::read(session, name).await? else {
        return Err(lost(&format!("there is no table {name} to build anew")));
    };
    let fresh = format!("raptor_rebuild_{name}");
    let Some(text) = renamed(&create.text, name, &fresh) else {
        let why = format!("the first statement below `rebuild` is to be CREATE TABLE {name} (…)");
        return Err(lost(&why).at(at(create)));
    };
    run_written(session, &text, create).await?;
    let Some(new) = Table::read(session, &fresh).await? else {
        return Err(lost("the new table is not there"));
    };
    copy(session, name, &fresh, &old, &new).await?;
    run(session, &format!("DROP TABLE {}", quoted(name))).await?;
    let rename = format!("ALTER TABLE {} RENAME TO {}", quoted(&fresh), quoted(name));
    run(session, &rename).await
}

/// Copies the columns that both have, and the numbers of the rows where nothing else keeps them:
/// what points at rows by them, such as a full-text index, goes on to find them.
async fn copy(session: &Session, name: &str, fresh: &str, old: &Table, new: &Table) -> Result<()> {
    let mut both: Vec<(String, String)> = new
        .columns
        .iter()
        .filter_map(|column| Some((quoted(column), quoted(old.column(column)?))))
        .collect();
    if both.is_empty() {
        let message = format!(
            "nothing of it stays: the new {name} has no column of the old one, so its rows would be lost"
        );
        return Err(Error::new(ErrorKind::Statement, message));
    }
    let is_kept = new
        .number
        .as_deref()
        .is_some_and(|column| old.column(column).is_some());
    if let (Some(from), Some(to), false) = (old.rowid, new.rowid, is_kept) {
        both.push((to.to_owned(), from.to_owned()));
    }
    let (into, from): (Vec<String>, Vec<String>) = both.into_iter().unzip();
    let text = format!(
        "INSERT INTO {} ({}) SELECT {} FROM {}",
        quoted(fresh),
        into.join(", "),
        from.join(", "),
        quoted(name)
    );
    session.execute_raw(&text).await.map_err(|error| {
        Error::failed(
            &format!("nothing of it stays, as the rows of {name} do not fit the new table"),
            error,
        )
    })
}

/// Makes the indexes and triggers of the old table again, but for those that are there already.
async fn again(session: &Session, name: &str, attached: Vec<Attached>) -> Result<()> {
    let there = schema::attached(session, name).await?;
    for one in attached {
        if there
            .iter()
            .any(|it| it.name.eq_ignore_ascii_case(&one.name))
        {
            continue;
        }
        session.execute_raw(&one.text).await.map_err(|error| {
            let what = format!(
                "nothing of it stays, as the {} {} of the old {name} does not fit the new one (drop it before, or write it anew below the table)",
                one.kind, one.name
            );
            Error::failed(&what, error)
        })?;
    }
    Ok(())
}

async fn run(session: &Session, text: &str) -> Result<()> {
    session.execute_raw(text).await.map_err(|error| {
        Error::failed(
            "nothing of it stays, as the table cannot be built anew",
            error,
        )
    })
}

async fn run_written(session: &Session, text: &str, statement: &Statement) -> Result<()> {
    session.execute_raw(text).await.map_err(|error| {
        Error::failed("nothing of it stays, as this statement failed", error).at(at(statement))
    })
}

fn at(statement: &Statement) -> Place {
    Place {
        line: statement.line,
        column: statement.column,
    }
}

/// CREATE TABLE with another name; `None` when the statement makes no table of that name.
fn renamed(statement: &str, name: &str, fresh: &str) -> Option<String> {
    let tokens = lexer::tokens(statement).ok()?;
    let mut code = tokens.iter().filter(|token| token.is_code()).peekable();
    let mut word = |word: &str| {
        code.next_if(|token| token.is_word(statement, word))
            .is_some()
    };
    if !(word("create") && word("table")) {
        return None;
    }
    if word("if") {
        word("not");
        word("exists");
    }
    let token = code.next()?;
    let written = match token.kind {
        TokenKind::QuotedIdent => token
            .text(statement)
            .trim_matches('"')
            .replace("\"\"", "\""),
        TokenKind::Word => token.text(statement).to_owned(),
        _ => return None,
    };
    // `main.t`, and CREATE TABLE … AS SELECT, are not what a rebuild is for.
    let opens = code
        .next()
        .is_some_and(|token| token.is_symbol(statement, "("));
    (opens && written.eq_ignore_ascii_case(name)).then(|| {
        format!(
            "{}{}{}",
            &statement[..token.start],
            quoted(fresh),
            &statement[token.end..]
        )
    })
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn only_the_tables_name_changes() {
        assert_eq!(
            renamed(
                "create table IF NOT EXISTS T (t text REFERENCES t (t))",
                "t",
                "x"
            )
            .as_deref(),
            Some("create table IF NOT EXISTS \"x\" (t text REFERENCES t (t))")
        );
        for no in [
            "CREATE TABLE u (t text)",
            "CREATE INDEX t ON t (t)",
            "CREATE TABLE t AS SELECT 1",
        ] {
            assert_eq!(renamed(no, "t", "x"), None, "{no}");
        }
    }
}
