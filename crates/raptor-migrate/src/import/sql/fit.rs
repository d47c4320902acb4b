//! A text as a revision can hold it: without what begins and ends transactions, without settings of
//! the connection, which are the runner's. Nothing is taken out without a remark; what would mean
//! something else in a revision is refused.

use super::rebuild;
use super::text::Half;
use crate::error::Result;
use crate::grammar::Grammar;
use crate::solitary;
use raptor_db::Engine;
use raptor_db::lexer::{self, Token};

/// A text as a revision can hold it, and what was done for that.
#[derive(Debug, Default)]
pub(super) struct Fit {
    pub(super) parts: Vec<Piece>,
    /// Whether it cannot run inside a transaction.
    pub(super) alone: bool,
    /// The first statement that no transaction can hold, as a place in the half.
    pub(super) solitary: Option<usize>,
    /// Settings of a session of Postgres, as places in the half, with their words.
    pub(super) settings: Vec<(usize, String)>,
    /// What is to be known, with file and line.
    pub(super) remarks: Vec<String>,
    /// What SQLite is to get and cannot read, with file and line.
    pub(super) unread: Vec<String>,
}

/// A part of a revision.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Sql(String),
    /// A table of SQLite that is built anew, and the text below the directive.
    Rebuild {
        table: String,
        text: String,
    },
}

/// One statement of a text.
pub(super) struct Statement<'t> {
    /// With the comments before it, without its semicolon.
    pub(super) text: &'t str,
    /// Where its text begins.
    start: usize,
    /// Where its first word stands.
    pub(super) at: usize,
    /// One past its semicolon, or past its end.
    end: usize,
    /// Its words, in upper case.
    words: Vec<String>,
}

/// What becomes of a statement.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Kept,
    Begin,
    Commit,
    /// Left out, as it has no meaning in a revision.
    LeftOut,
    /// `PRAGMA foreign_keys = OFF`.
    KeysOff,
}

impl Statement<'_> {
    /// A place of its text as one of the half; its first word without one.
    fn within(&self, at: Option<usize>) -> usize {
        at.map_or(self.at, |at| self.start + at)
    }
}

impl Fit {
    pub(super) fn is_rebuild(&self) -> bool {
        let mut parts = self.parts.iter();
        parts.any(|part| matches!(part, Piece::Rebuild { .. }))
    }
}

/// Makes a text fit for the engine, or for both; `knows` tells whether an earlier file speaks of
/// that column of that table.
pub(super) fn fit(
    half: &Half,
    engine: Option<Engine>,
    knows: &dyn Fn(&str, &str) -> bool,
) -> Result<Fit> {
    let statements = statements(&half.text);
    let mut fates = Vec::new();
    for statement in &statements {
        fates.push(fate(statement, half, engine)?);
    }
    balanced(&statements, &fates, half)?;
    let mut fit = Fit::default();
    let mut kept = Vec::new();
    for (statement, fate) in statements.iter().zip(&fates) {
        let words = statement.words.join(" ");
        match fate {
            Fate::Kept => kept.push(statement),
            Fate::Begin | Fate::Commit => fit.remarks.push(format!(
                "{}: {words} left out, as the runner begins and ends transactions.",
                half.at(statement.at)
            )),
            Fate::LeftOut | Fate::KeysOff => fit.remarks.push(format!(
                "{}: {words} left out, as the runner sets up the connection.",
                half.at(statement.at)
            )),
        }
    }
    let off = fates.iter().position(|fate| *fate == Fate::KeysOff);
    if let Some(off) = off {
        let off = statements[off].at;
        fit.parts = rebuild::parts(half, off, &kept, knows, &mut fit.remarks)?;
        return Ok(fit);
    }
    let engines = engine.map_or(vec![Engine::Postgres, Engine::Sqlite], |it| vec![it]);
    let solitary = kept.iter().find(|it| {
        let mut engines = engines.iter();
        engines.any(|engine| solitary::is(it.text, *engine))
    });
    fit.solitary = solitary.map(|it| it.at);
    fit.alone = fit.solitary.is_some();
    if engine != Some(Engine::Sqlite) {
        fit.alone |= is_cut(&fates);
        let settings = kept.iter().filter(|it| sets(it));
        fit.settings = settings.map(|it| (it.at, it.words.join(" "))).collect();
    }
    if engine.is_none() {
        fit.unread = unread(half, &kept)?;
    }
    fit.parts = vec![Piece::Sql(without(&half.text, &statements, &fates))];
    Ok(fit)
}

/// The statements for both engines that SQLite cannot read.
fn unread(half: &Half, kept: &[&Statement<'_>]) -> Result<Vec<String>> {
    let grammar = Grammar::new()?;
    let said = |it: &&Statement<'_>| -> Option<String> {
        let misread = grammar.misread(it.text, true)?;
        let place = half.at(it.within(misread.at));
        Some(format!(
            "{place}: SQLite cannot read this: {}",
            misread.message
        ))
    };
    Ok(kept.iter().filter_map(said).collect())
}

/// Cuts a text into its statements.
fn statements(text: &str) -> Vec<Statement<'_>> {
    // It was cut before, so it can be cut.
    let tokens = lexer::tokens(text).unwrap_or_default();
    let one = |piece: std::ops::Range<usize>| {
        let end = tokens.get(piece.end).map(|semicolon| semicolon.end);
        let tokens = &tokens[piece];
        let code: Vec<&Token> = tokens.iter().filter(|token| token.is_code()).collect();
        let (first, last) = (tokens.first()?, tokens.last()?);
        let whole = &text[first.start..last.end];
        Some(Statement {
            text: whole.trim(),
            start: last.end - whole.trim_start().len(),
            at: code.first()?.start,
            end: end.unwrap_or(code.last()?.end),
            words: code
                .iter()
                .map(|token| token.text(text).to_ascii_uppercase())
                .collect(),
        })
    };
    let pieces = lexer::pieces(text, &tokens);
    pieces.into_iter().filter_map(one).collect()
}

fn fate(statement: &Statement<'_>, half: &Half, engine: Option<Engine>) -> Result<Fate> {
    let words: Vec<&str> = statement.words.iter().map(String::as_str).collect();
    let refused = |why: String| Err(half.wrong(statement.at, why));
    match words[..] {
        ["PREPARE", "TRANSACTION", ..] | ["COMMIT" | "ROLLBACK", "PREPARED", ..] => refused(
            "a prepared transaction outlives the revision; write the file without it".to_owned(),
        ),
        ["COMMIT" | "END", .., "AND", "CHAIN"] => {
            refused("AND CHAIN begins another transaction; write COMMIT and BEGIN".to_owned())
        }
        ["BEGIN", ..] | ["START", "TRANSACTION", ..] => Ok(Fate::Begin),
        ["COMMIT" | "END", ..] => Ok(Fate::Commit),
        ["ROLLBACK" | "ABORT" | "SAVEPOINT" | "RELEASE", ..] => refused(format!(
            "{} cannot be in a revision, which is one transaction: leave out of the file what it takes back, and it too",
            words.join(" ")
        )),
        ["PRAGMA", ..] if engine.is_none() => {
            refused("PRAGMA is SQLite's alone; import with --engine sqlite".to_owned())
        }
        ["PRAGMA", ..] if engine == Some(Engine::Postgres) => {
            refused("PRAGMA is SQLite's alone, and the files are imported for postgres".to_owned())
        }
        ["PRAGMA", ref rest @ ..] => pragma(rest).map_err(|why| half.wrong(statement.at, why)),
        _ => Ok(Fate::Kept),
    }
}

/// Queries, and settings that change how fast something is done and nothing else.
const HARMLESS: [&str; 22] = [
    "FOREIGN_KEY_CHECK",
    "INTEGRITY_CHECK",
    "QUICK_CHECK",
    "TABLE_INFO",
    "TABLE_XINFO",
    "TABLE_LIST",
    "INDEX_LIST",
    "INDEX_INFO",
    "INDEX_XINFO",
    "FOREIGN_KEY_LIST",
    "DATABASE_LIST",
    "COMPILE_OPTIONS",
    "SYNCHRONOUS",
    "CACHE_SIZE",
    "CACHE_SPILL",
    "TEMP_STORE",
    "MMAP_SIZE",
    "BUSY_TIMEOUT",
    "JOURNAL_SIZE_LIMIT",
    "WAL_AUTOCHECKPOINT",
    "LOCKING_MODE",
    "THREADS",
];

/// What the database keeps, or what is done once.
const STAYS: [&str; 10] = [
    "JOURNAL_MODE",
    "AUTO_VACUUM",
    "PAGE_SIZE",
    "ENCODING",
    "INCREMENTAL_VACUUM",
    "WAL_CHECKPOINT",
    "OPTIMIZE",
    "USER_VERSION",
    "APPLICATION_ID",
    "SHRINK_MEMORY",
];

fn pragma(words: &[&str]) -> Result<Fate, String> {
    let (name, value) = match words {
        [_, ".", name, rest @ ..] | [name, rest @ ..] => (*name, rest),
        [] => return Ok(Fate::Kept),
    };
    let value = value.iter().find(|it| !matches!(**it, "=" | "("));
    let value = value.map(|it| it.trim_matches(['\'', '"']));
    match (name, value) {
        ("FOREIGN_KEYS", Some("OFF" | "0" | "FALSE" | "NO")) => Ok(Fate::KeysOff),
        ("FOREIGN_KEYS", _) => Ok(Fate::LeftOut),
        _ if HARMLESS.contains(&name) => Ok(Fate::LeftOut),
        _ if STAYS.contains(&name) => Ok(Fate::Kept),
        _ => Err(format!(
            "PRAGMA {name} changes how the connection takes what follows, and a revision cannot; write the file without it"
        )),
    }
}

/// Transactions that are begun and ended in turn, so that what was kept before is what is kept now.
fn balanced(statements: &[Statement<'_>], fates: &[Fate], half: &Half) -> Result<()> {
    let mut open: Option<&Statement<'_>> = None;
    // Before the first of them the runner may have begun one.
    let mut is_known = false;
    for (statement, fate) in statements.iter().zip(fates) {
        let words = statement.words.join(" ");
        match fate {
            Fate::Begin if open.is_some() => {
                let why =
                    format!("{words} where a transaction is open already; take one of them out");
                return Err(half.wrong(statement.at, why));
            }
            Fate::Begin => open = Some(statement),
            Fate::Commit if is_known && open.is_none() => {
                let why = format!("{words} where no transaction is open; take it out");
                return Err(half.wrong(statement.at, why));
            }
            Fate::Commit => open = None,
            _ => continue,
        }
        is_known = true;
    }
    let first = fates
        .iter()
        .find(|it| matches!(it, Fate::Begin | Fate::Commit));
    match open {
        Some(begin) if first == Some(&Fate::Begin) => {
            let why = "the transaction that is begun here is never committed; write COMMIT where it ends, or take BEGIN out";
            Err(half.wrong(begin.at, why))
        }
        _ => Ok(()),
    }
}

/// Whether there is more than one transaction, as Postgres needs it now and then (a value that is
/// added to an enumeration can be used by the next one alone).
fn is_cut(fates: &[Fate]) -> bool {
    let is_control = |fate: &Fate| matches!(fate, Fate::Begin | Fate::Commit);
    let mut inner = fates.iter().filter(|fate| **fate != Fate::LeftOut);
    inner.next();
    inner.next_back();
    inner.any(is_control)
}

/// Whether a statement changes a setting of the session, or one that ends with the transaction.
fn sets(statement: &Statement<'_>) -> bool {
    let first = statement.words.first().map(String::as_str);
    let calls = statement.words.iter().any(|word| word == "SET_CONFIG");
    matches!(first, Some("SET" | "RESET" | "DISCARD" | "LOCK"))
        || (first == Some("SELECT") && calls)
}

/// The text without what is left out; everything else stays as it is written.
fn without(text: &str, statements: &[Statement<'_>], fates: &[Fate]) -> String {
    let mut kept = String::new();
    let mut from = 0;
    for (statement, _) in statements
        .iter()
        .zip(fates)
        .filter(|it| *it.1 != Fate::Kept)
    {
        kept.push_str(&text[from..statement.at]);
        from = statement.end;
    }
    kept.push_str(&text[from..]);
    kept.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::text::read;
    use super::*;
    use proptest::prelude::*;

    fn fitted(text: &str, engine: Option<Engine>) -> Result<Fit> {
        fit(&read("x.sql", text.as_bytes())?.up, engine, &|_, _| false)
    }

    #[test]
    fn transactions_are_the_runners() {
        let sqlite = |text| {
            let fit = fitted(text, Some(Engine::Sqlite)).unwrap();
            let [Piece::Sql(text)] = &fit.parts[..] else {
                panic!("{:?}", fit.parts)
            };
            (text.clone(), fit.alone, fit.remarks.len())
        };
        let text = "-- why\nBEGIN;\n-- what\nCREATE TABLE a (b int) -- so\n;\nDROP TABLE c;\nCOMMIT;\n-- end";
        assert_eq!(
            sqlite(text),
            (
                "-- why\n\n-- what\nCREATE TABLE a (b int) -- so\n;\nDROP TABLE c;\n\n-- end"
                    .into(),
                false,
                2
            )
        );
        assert_eq!(sqlite(" a;\n\nb ;"), ("a;\n\nb ;".into(), false, 0));
        assert_eq!(
            sqlite("PRAGMA foreign_keys = ON; a;"),
            ("a;".into(), false, 1)
        );
        assert!(sqlite("PRAGMA journal_mode = wal; a;").1);
        assert!(!sqlite("a; COMMIT; b; BEGIN; c;").1);
        let cut = fitted("a; COMMIT; b; BEGIN; c;", Some(Engine::Postgres)).unwrap();
        assert!(cut.alone);
        let text = "CREATE INDEX CONCURRENTLY i ON t (a)";
        assert!(fitted(text, Some(Engine::Postgres)).unwrap().alone);
    }

    #[test]
    fn what_sqlite_cannot_read_is_told() {
        let text = "BEGIN;\n-- what\nCREATE TABLE a (b text);\n\n -- why\n CREATE TABLE c (\n  id bigint GENERATED ALWAYS AS IDENTITY);\nSELECT 1 FROM;\nCOMMIT;";
        assert_eq!(
            fitted(text, None).unwrap().unread,
            [
                "x.sql:7: SQLite cannot read this: near \"IDENTITY\": syntax error",
                "x.sql:8: SQLite cannot read this: incomplete input",
            ]
        );
        for engine in [Engine::Postgres, Engine::Sqlite] {
            assert_eq!(fitted(text, Some(engine)).unwrap().unread, [""; 0]);
        }
    }

    const REFUSED: [(&str, Option<Engine>, &str); 12] = [
        (
            "BEGIN;\na;\nROLLBACK;",
            None,
            "x.sql:3:1: ROLLBACK cannot be in a revision",
        ),
        (
            "a;\nROLLBACK TO a;",
            None,
            "x.sql:2:1: ROLLBACK TO A cannot",
        ),
        ("SAVEPOINT a;", None, "x.sql:1:1: SAVEPOINT A cannot"),
        (
            "BEGIN;\na;",
            None,
            "x.sql:1:1: the transaction that is begun here is never",
        ),
        (
            "BEGIN;\nBEGIN;\na;COMMIT;",
            None,
            "x.sql:2:1: BEGIN where a transaction is open",
        ),
        (
            "BEGIN; a; COMMIT;\nCOMMIT;",
            None,
            "x.sql:2:1: COMMIT where no transaction",
        ),
        (
            "PREPARE TRANSACTION 'x';",
            None,
            "x.sql:1:1: a prepared transaction",
        ),
        (
            "PRAGMA foreign_keys = 1;",
            None,
            "x.sql:1:1: PRAGMA is SQLite's alone; import with --engine sqlite",
        ),
        (
            "PRAGMA user_version = 1;",
            Some(Engine::Postgres),
            "x.sql:1:1: PRAGMA is SQLite's alone",
        ),
        (
            "a;\nPRAGMA writable_schema = 1;",
            Some(Engine::Sqlite),
            "x.sql:2:1: PRAGMA WRITABLE_SCHEMA changes",
        ),
        (
            "PRAGMA foreign_keys = OFF;\nDELETE FROM a;",
            Some(Engine::Sqlite),
            "x.sql:2:1: ",
        ),
        (
            "-- x\nPRAGMA foreign_keys = OFF;",
            Some(Engine::Sqlite),
            "x.sql:2:1: ",
        ),
    ];

    #[test]
    fn what_would_mean_something_else_is_refused() {
        for (text, engine, said) in REFUSED {
            let error = fitted(text, engine).unwrap_err().to_string();
            assert!(error.starts_with(said), "{text}\n{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(BEGIN|COMMIT|;|'|--|\n| |\\(|\\$\\$|migrate:up|migrate:down|PRAGMA foreign_keys=OFF|CREATE TABLE|DROP TABLE|a|x|é){0,20}") {
            for engine in [None, Some(Engine::Sqlite), Some(Engine::Postgres)] {
                let _ = fitted(&text, engine);
            }
        }
    }
}
