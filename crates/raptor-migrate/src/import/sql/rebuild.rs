//! The way in which SQLite's manual changes a table (<https://sqlite.org/lang_altertable.html>,
//! section 7), read in a numbered file: it becomes a rebuild, which does the same and keeps every
//! row. What only resembles it is refused.

use super::fit::{Piece, Statement};
use super::reader::Reader;
use super::text::Half;
use crate::error::Result;
use crate::version::quoted;
use raptor_db::lexer::{self, TokenKind};

const WAY_OUT: &str =
    "write the file's change as -- raptor:rebuild by hand, in a revision of your own";

/// What builds one table anew.
struct Unit {
    table: String,
    /// CREATE TABLE with the table's own name.
    create: String,
    /// Columns that are in the new table, and not among those that are copied.
    added: Vec<String>,
}

/// The parts of a file that switches foreign keys off at `off`.
pub(super) fn parts(
    half: &Half,
    off: usize,
    statements: &[&Statement<'_>],
    knows: &dyn Fn(&str, &str) -> bool,
    remarks: &mut Vec<String>,
) -> Result<Vec<Piece>> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = statements;
    let mut rebuilt = 0;
    while let Some(first) = rest.first() {
        let unit = rest.get(..4).map(Unit::of);
        let unit = match unit {
            Some(Ok(Some(unit))) => unit,
            Some(Err((at, why))) => return Err(refused(half, rest[at].at, &why)),
            Some(Ok(None)) | None if is_indifferent(first.text) => {
                plain.push_str(&ended(first.text));
                rest = &rest[1..];
                continue;
            }
            Some(Ok(None)) | None => {
                let why = "with foreign keys off it does something else than in a revision, where they are on";
                return Err(refused(half, first.at, why));
            }
        };
        for column in &unit.added {
            if knows(&unit.table, column) {
                let why = format!(
                    "{column} of {} is not copied, though an earlier file speaks of it, and a rebuild would copy it",
                    unit.table
                );
                return Err(refused(half, rest[1].at, &why));
            }
        }
        remarks.push(remark(half, rest[0].at, &unit));
        if !plain.is_empty() {
            parts.push(Piece::Sql(std::mem::take(&mut plain)));
        }
        rest = &rest[4..];
        let mut text = ended(&unit.create);
        while let Some(next) = rest.first().filter(|it| hangs_on(it.text, &unit.table)) {
            text.push_str(&ended(next.text));
            rest = &rest[1..];
        }
        parts.push(Piece::Rebuild {
            table: unit.table,
            text: text.trim().to_owned(),
        });
        rebuilt += 1;
    }
    if rebuilt == 0 {
        return Err(refused(
            half,
            off,
            "foreign keys are switched off here, and no table is built anew",
        ));
    }
    if !plain.is_empty() {
        parts.push(Piece::Sql(plain.trim().to_owned()));
    }
    Ok(parts)
}

fn remark(half: &Half, at: usize, unit: &Unit) -> String {
    let mut text = format!(
        "{}: {} is built anew by -- raptor:rebuild, which keeps its indexes and triggers too, also those that the file does not make again.",
        half.at(at),
        unit.table
    );
    if !unit.added.is_empty() {
        text.push_str(&format!(
            " {} counted as new, as no earlier file speaks of it.",
            unit.added.join(", ")
        ));
    }
    text
}

fn refused(half: &Half, at: usize, why: &str) -> crate::error::Error {
    half.wrong(at, format!("{why}; {WAY_OUT}"))
}

/// A statement with its semicolon, which no comment at its end may swallow.
fn ended(statement: &str) -> String {
    let tokens = lexer::tokens(statement).unwrap_or_default();
    let is_open = tokens.last().is_some_and(|token| {
        token.kind == TokenKind::Comment && token.text(statement).starts_with("--")
    });
    format!("{statement}{};\n", if is_open { "\n" } else { "" })
}

/// What does the same with foreign keys on and off.
fn is_indifferent(statement: &str) -> bool {
    let mut reader = Reader::new(statement);
    if reader.word("drop") {
        return ["index", "trigger", "view"]
            .iter()
            .any(|it| reader.word(it));
    }
    if reader.word("create") {
        reader.word("unique");
        let _ = reader.word("temp") || reader.word("temporary");
        let kinds = ["index", "trigger", "view"];
        return kinds.iter().any(|it| reader.word(it))
            || (reader.word("table") && !reader.rest_has("select"));
    }
    false
}

/// CREATE INDEX and CREATE TRIGGER of the table.
fn hangs_on(statement: &str, table: &str) -> bool {
    let mut reader = Reader::new(statement);
    if !reader.word("create") {
        return false;
    }
    reader.word("unique");
    if !(reader.word("index") || reader.word("trigger")) {
        return false;
    }
    while !reader.is_done() {
        if reader.word("on") {
            return reader.name().is_some_and(|it| it.is(table));
        }
        reader.skip();
    }
    false
}

impl Unit {
    /// The unit that four statements are; `None` when the first two have another purpose, and an
    /// error with the statement's place among the four when they are nearly one.
    fn of(four: &[&Statement<'_>]) -> Result<Option<Self>, (usize, String)> {
        let [create, insert, drop, rename] = four else {
            return Ok(None);
        };
        let Some((old, new)) = renamed(rename.text) else {
            return Ok(None);
        };
        if dropped(drop.text).is_none_or(|it| !it.eq_ignore_ascii_case(&old)) {
            return Ok(None);
        }
        let Some((text, columns)) = created(create.text, &new, &old) else {
            let why = format!(
                "before its rows are copied, a plain CREATE TABLE {new} (…) that does not speak of itself is to stand here"
            );
            return Err((0, why));
        };
        let copied = copied(insert.text, &new, &old, &columns).map_err(|why| (1, why))?;
        if !is_plain(&old) {
            return Err((
                2,
                format!("a rebuild takes no table with a name like {old}"),
            ));
        }
        let is_copied = |column: &&String| copied.iter().any(|it| it.eq_ignore_ascii_case(column));
        Ok(Some(Self {
            added: columns
                .iter()
                .filter(|it| !is_copied(it))
                .cloned()
                .collect(),
            table: old,
            create: text,
        }))
    }
}

fn is_plain(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// ALTER TABLE new RENAME TO old: the old name, and the new table's.
fn renamed(statement: &str) -> Option<(String, String)> {
    let mut reader = Reader::new(statement);
    (reader.word("alter") && reader.word("table")).then_some(())?;
    let new = reader.name()?.text;
    (reader.word("rename") && reader.word("to")).then_some(())?;
    let old = reader.name()?.text;
    reader.is_done().then_some((old, new))
}

fn dropped(statement: &str) -> Option<String> {
    let mut reader = Reader::new(statement);
    (reader.word("drop") && reader.word("table")).then_some(())?;
    if reader.word("if") {
        reader.word("exists");
    }
    let name = reader.name()?.text;
    reader.is_done().then_some(name)
}

/// CREATE TABLE new (…), with the old one's name instead, and its columns.
fn created(statement: &str, new: &str, old: &str) -> Option<(String, Vec<String>)> {
    let mut reader = Reader::new(statement);
    (reader.word("create") && reader.word("table")).then_some(())?;
    if reader.word("if") {
        (reader.word("not") && reader.word("exists")).then_some(())?;
    }
    let name = reader.name().filter(|it| it.is(new))?;
    reader.symbol("(").then_some(())?;
    (!reader.rest_has(new)).then_some(())?;
    let mut columns = Vec::new();
    loop {
        let is_constraint = ["constraint", "primary", "unique", "check", "foreign"]
            .iter()
            .any(|it| reader.is_at_word(it));
        let name = if is_constraint {
            None
        } else {
            Some(reader.name()?.text)
        };
        let item = reader.item();
        if let Some(name) = name.filter(|_| !item.is_generated) {
            columns.push(name);
        }
        match item.is_last {
            None => return None,
            Some(true) => break,
            Some(false) => {}
        }
    }
    let text = format!(
        "{}{}{}",
        &statement[..name.start],
        quoted(old),
        &statement[name.end..]
    );
    Some((text, columns))
}

/// INSERT INTO new (…) SELECT … FROM old: the columns that are copied, each into its like.
fn copied(
    statement: &str,
    new: &str,
    old: &str,
    columns: &[String],
) -> Result<Vec<String>, String> {
    let other = || {
        format!(
            "this is not INSERT INTO {new} (a, b, …) SELECT a, b, … FROM {old}, each column into its like and every row, so a rebuild would do something else"
        )
    };
    let mut reader = Reader::new(statement);
    let is_insert = reader.word("insert") && reader.word("into");
    if !is_insert || reader.name().is_none_or(|it| !it.is(new)) {
        return Err(other());
    }
    let into = if reader.symbol("(") {
        let names = reader.names().ok_or_else(other)?;
        if !reader.symbol(")") {
            return Err(other());
        }
        names
    } else {
        columns.to_vec()
    };
    if !reader.word("select") {
        return Err(other());
    }
    if reader.symbol("*") {
        return Err(format!(
            "SELECT * does not say which column goes where; name the columns of {new} and of {old}"
        ));
    }
    let from = reader.names().ok_or_else(other)?;
    let is_old = reader.word("from") && reader.name().is_some_and(|it| it.is(old));
    let is_alike = into.len() == from.len()
        && into
            .iter()
            .zip(&from)
            .all(|(a, b)| a.eq_ignore_ascii_case(b));
    if is_old && reader.is_done() && is_alike {
        Ok(into)
    } else {
        Err(other())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fit::{Fit, Piece, fit};
    use super::super::text::read;
    use crate::error::Result;
    use raptor_db::Engine;

    fn fitted(text: &str) -> Result<Fit> {
        let half = read("x.sql", text.as_bytes())?.up;
        fit(&half, Some(Engine::Sqlite), &|_, column| column == "known")
    }

    const CLASSIC: &str = "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE `t_new` (\n  `id` INTEGER PRIMARY KEY, -- the key\n  n TEXT NOT NULL CHECK (n <> ''), CONSTRAINT u UNIQUE (n)\n);\nINSERT INTO t_new (id, \"n\") SELECT id, n FROM t;\nDROP TABLE t;\nALTER TABLE t_new RENAME TO t;\nCREATE INDEX i ON t (n) -- so\n;\nCREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END;\nCREATE VIEW v AS SELECT n FROM t;\nPRAGMA foreign_key_check;\nCOMMIT;\nPRAGMA foreign_keys=ON;";

    #[test]
    fn the_manuals_way_becomes_a_rebuild() {
        let fit = fitted(CLASSIC).unwrap();
        let [Piece::Rebuild { table, text }, Piece::Sql(after)] = &fit.parts[..] else {
            panic!("{:?}", fit.parts)
        };
        assert_eq!(table, "t");
        assert!(
            text.starts_with("CREATE TABLE \"t\" (\n  `id` INTEGER"),
            "{text}"
        );
        assert!(text.ends_with("BEGIN SELECT 1; END;"), "{text}");
        assert_eq!(after, "CREATE VIEW v AS SELECT n FROM t;");
        assert!(!fit.alone);
        assert!(
            fit.remarks
                .iter()
                .any(|it| it.starts_with("x.sql:3: t is built anew"))
        );
        let wider = CLASSIC.replace("n TEXT", "more TEXT, n TEXT");
        let remarks = fitted(&wider).unwrap().remarks.join("\n");
        assert!(remarks.contains("more counted as new"), "{remarks}");
    }

    #[test]
    fn what_resembles_it_is_refused() {
        let cases = [
            (
                "SELECT id, n FROM t",
                "SELECT * FROM t",
                ":7:1: SELECT * does not say",
            ),
            (
                "SELECT id, n FROM t",
                "SELECT id, n FROM t WHERE id > 1",
                ":7:1: this is not INSERT",
            ),
            (
                "SELECT id, n FROM t",
                "SELECT id, coalesce(n, '') FROM t",
                ":7:1: this is not",
            ),
            (
                "SELECT id, n FROM t",
                "SELECT n, id FROM t",
                ":7:1: this is not",
            ),
            (
                "n TEXT",
                "known TEXT, n TEXT",
                ":7:1: known of t is not copied",
            ),
            (
                "n TEXT",
                "p INTEGER REFERENCES t_new (id), n TEXT",
                ":3:1: before its rows",
            ),
            (
                "DROP TABLE t;",
                "DROP TABLE u;",
                ":7:1: with foreign keys off",
            ),
            (
                "BEGIN TRANSACTION;",
                "BEGIN;DELETE FROM u;",
                ":2:7: with foreign keys off",
            ),
            (
                "BEGIN TRANSACTION;",
                "BEGIN;CREATE TABLE u AS SELECT 1;",
                ":2:7: with foreign keys off",
            ),
        ];
        for (from, to, said) in cases {
            let error = fitted(&CLASSIC.replace(from, to)).unwrap_err().to_string();
            assert!(error.starts_with(&format!("x.sql{said}")), "{to}\n{error}");
            assert!(error.contains("-- raptor:rebuild"), "{error}");
        }
    }
}
