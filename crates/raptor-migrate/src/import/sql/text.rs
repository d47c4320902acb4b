//! What a numbered file holds: one text, or both ways between comments of its runner.

use crate::error::{Error, ErrorKind, Result};
use crate::place::Place;
use crate::solitary;
use raptor_db::lexer::{self, Token, TokenKind};
use raptor_db::{Engine, split};

/// The two ways of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) up: String,
    pub(super) down: Option<String>,
    /// Whether it says that it runs outside a transaction.
    pub(super) alone: bool,
}

/// What begins the way there, the way back, and what says that there is no transaction.
const MARKS: [(&str, &str); 4] = [
    ("migrate:up", "migrate:down"),
    ("+goose Up", "+goose Down"),
    ("+migrate Up", "+migrate Down"),
    ("migrate: up", "migrate: down"),
];

const ALONE: [&str; 4] = [
    "no-transaction",
    "+goose NO TRANSACTION",
    "+migrate NoTransaction",
    "disable-transaction",
];

/// Cuts a file at the comments of its runner, if it has them.
pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Text> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let message = format!("the file is not UTF-8 (byte {at}, counted from 0)");
        Error::new(ErrorKind::Format, message).in_file(file)
    })?;
    let text = text
        .strip_prefix('\u{feff}')
        .unwrap_or(text)
        .replace("\r\n", "\n");
    let tokens = lexer::tokens(&text).map_err(|open| {
        let message = format!("{} opened here never ends", open.what);
        Error::new(ErrorKind::Format, message)
            .at(Place::of(&text, open.at))
            .in_file(file)
    })?;
    if let Some(token) = meta(&text, &tokens) {
        let message = "a command of psql, which no server takes; write what it stands for";
        let error = Error::new(ErrorKind::Format, message);
        return Err(error.at(Place::of(&text, token.start)).in_file(file));
    }
    Ok(cut(&text, &tokens))
}

fn cut(text: &str, tokens: &[Token]) -> Text {
    let mut parts = Text::default();
    let (mut up, mut down) = (None, None);
    for token in tokens.iter().filter(|it| it.kind == TokenKind::Comment) {
        let words = token.text(text).trim_start_matches('-').trim();
        let says = |mark: &str| {
            let start = words.get(..mark.len());
            start.is_some_and(|it| it.eq_ignore_ascii_case(mark))
        };
        let end = words.replace(' ', "").to_ascii_lowercase();
        let is_alone = end.ends_with("transaction:false") || end.ends_with("notransaction");
        let (is_up, is_down) = (
            MARKS.iter().any(|mark| says(mark.0)),
            MARKS.iter().any(|mark| says(mark.1)),
        );
        if is_up {
            up.get_or_insert((token.start, token.end));
        } else if is_down {
            down.get_or_insert((token.start, token.end));
        }
        parts.alone |= ((is_up || is_down) && is_alone) || ALONE.iter().any(|mark| says(mark));
    }
    let between = |from: usize, other: Option<(usize, usize)>| {
        let end = other.map_or(text.len(), |other| other.0);
        let end = if end < from { text.len() } else { end };
        text[from..end].trim().to_owned()
    };
    match (up, down) {
        (None, None) => parts.up = text.trim().to_owned(),
        (Some(up), down) => {
            parts.up = between(up.1, down);
            parts.down = down.map(|it| between(it.1, Some(up)));
        }
        (None, Some(down)) => {
            parts.up = between(0, Some(down));
            parts.down = Some(between(down.1, None));
        }
    }
    parts
}

/// `\i file` and its like, at the start of a line.
fn meta<'t>(text: &str, tokens: &'t [Token]) -> Option<&'t Token> {
    tokens.iter().find(|token| {
        let before = text[..token.start].rsplit('\n').next().unwrap_or_default();
        token.text(text).starts_with('\\') && before.trim().is_empty()
    })
}

/// A text as a revision can hold it, and what was done for that.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fit {
    pub(super) text: String,
    /// Whether it cannot run inside a transaction.
    pub(super) alone: bool,
    /// Statements that begin and end transactions, which are the runner's business.
    pub(super) left_out: Vec<String>,
}

/// Takes BEGIN and COMMIT out; everything else stays as it is written.
pub(super) fn fit(text: &str, engines: &[Engine]) -> Fit {
    let statements = split(text).unwrap_or_default();
    let is_control: Vec<bool> = statements.iter().map(|it| control(it)).collect();
    let alone = |it: &&str| engines.iter().any(|engine| solitary::is(it, *engine));
    let mut fit = Fit {
        text: text.trim().to_owned(),
        alone: statements.iter().any(alone),
        left_out: Vec::new(),
    };
    if !is_control.contains(&true) {
        return fit;
    }
    // Around everything they only say what the runner does anyway.
    let inner = is_control.len().saturating_sub(1);
    fit.alone |= is_control
        .get(1..inner)
        .is_some_and(|it| it.contains(&true));
    let mut kept = Vec::new();
    for (statement, is_control) in statements.iter().zip(is_control) {
        if is_control {
            fit.left_out.push(code(statement));
        } else {
            kept.push(format!("{statement};"));
        }
    }
    fit.text = kept.join("\n\n");
    fit
}

/// Whether a statement begins or ends a transaction.
fn control(statement: &str) -> bool {
    let words = code(statement).to_ascii_uppercase();
    let words: Vec<&str> = words.split(' ').collect();
    match words[..] {
        ["BEGIN" | "COMMIT" | "END" | "ROLLBACK" | "ABORT", ..] => {
            words.get(1) != Some(&"PREPARED")
        }
        ["START", "TRANSACTION", ..] => true,
        _ => false,
    }
}

/// The statement on one line, without its comments.
fn code(statement: &str) -> String {
    let tokens = lexer::tokens(statement).unwrap_or_default();
    let words = tokens.iter().filter(|token| token.is_code());
    words
        .map(|token| token.text(statement))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(text: &str) -> (String, Option<String>, bool) {
        let text = read("x.sql", text.as_bytes()).unwrap();
        (text.up, text.down, text.alone)
    }

    #[test]
    fn sections_are_cut() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            parts("\u{feff}SELECT 1;\r\n"),
            ("SELECT 1;".into(), None, false)
        );
        assert_eq!(
            parts("-- migrate:up\nCREATE TABLE a (b int);\n\n-- migrate:down\nDROP TABLE a;\n"),
            (
                "CREATE TABLE a (b int);".into(),
                some("DROP TABLE a;"),
                false
            )
        );
        assert_eq!(
            parts(
                "-- migrate:up transaction:false\nSELECT 1;\n-- migrate:down transaction: false\n"
            ),
            ("SELECT 1;".into(), some(""), true)
        );
        assert_eq!(
            parts("-- +goose Down\nb;\n-- +goose Up\na;"),
            ("a;".into(), some("b;"), false)
        );
        assert_eq!(
            parts("-- +goose NO TRANSACTION\n-- +goose Up\na;"),
            ("a;".into(), None, true)
        );
        assert_eq!(
            parts("-- no-transaction\na;"),
            ("-- no-transaction\na;".into(), None, true)
        );
        assert_eq!(
            parts("SELECT '\n-- migrate:down\n';"),
            ("SELECT '\n-- migrate:down\n';".into(), None, false)
        );
    }

    #[test]
    fn what_cannot_be_read_has_a_place() {
        let why = |bytes: &[u8]| read("x.sql", bytes).unwrap_err().to_string();
        assert_eq!(
            why(b"a;\n  'x"),
            "x.sql:2:3: a string opened here never ends"
        );
        assert!(why(b"\\i other.sql").starts_with("x.sql:1:1: a command of psql"));
        assert!(why(b"\xff").contains("not UTF-8"));
    }

    #[test]
    fn transactions_are_the_runners() {
        let fitted = |text| {
            let fit = fit(text, &[Engine::Sqlite]);
            (fit.text, fit.alone, fit.left_out.join(" "))
        };
        let text = "-- why\nBEGIN;\n-- what\nCREATE TABLE a (b int); -- so\nDROP TABLE c;\nCOMMIT;";
        assert_eq!(
            fitted(text),
            (
                "-- what\nCREATE TABLE a (b int);\n\n-- so\nDROP TABLE c;".into(),
                false,
                "BEGIN COMMIT".into()
            )
        );
        assert_eq!(
            fitted(" a;\n\nb ;"),
            ("a;\n\nb ;".into(), false, String::new())
        );
        assert!(fitted("a; COMMIT; b; BEGIN; c;").1);
        assert!(fitted("PRAGMA foreign_keys = OFF; a;").1);
        assert!(fit("CREATE INDEX CONCURRENTLY i ON t (a)", &[Engine::Postgres]).alone);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(BEGIN|COMMIT|;|'|--|\n| |\\$\\$|migrate:up|migrate:down|x|é){0,20}") {
            if let Ok(parts) = read("x.sql", text.as_bytes()) {
                let _ = fit(&parts.up, &[Engine::Postgres, Engine::Sqlite]);
            }
        }
    }
}
