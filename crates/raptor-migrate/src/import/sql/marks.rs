//! The comments by which a runner tells the way there from the way back, in a file with both.
//!
//! A mark is the runner's own, letter for letter and alone on its line, between statements. What
//! only looks like one is either a comment or an error; nothing is cut there.

use super::text::{Half, Text};
use crate::error::Result;
use raptor_db::lexer::{self, Token, TokenKind};

/// What a line comment says to a runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Up,
    Down,
    /// What stands above is the way there, what stands below the way back.
    Between,
    /// The file runs outside a transaction.
    Alone,
    /// What a runner wants to know, and nobody else.
    Nothing,
}

/// A mark that stands where one may stand.
struct Found {
    mark: Mark,
    start: usize,
    end: usize,
}

/// Words that make a whole line look like a mark which no known runner has.
const ALIKE: [&str; 21] = [
    "up",
    "ups",
    "down",
    "downs",
    "undo",
    "rollback",
    "revert",
    "upgrade",
    "downgrade",
    "migrateup",
    "migratedown",
    "migrationup",
    "migrationdown",
    "goosedown",
    "gooseup",
    "ramblerup",
    "ramblerdown",
    "micrateup",
    "micratedown",
    "upsql",
    "downsql",
];

/// Cuts a file at its marks, if it has them.
pub(super) fn cut(whole: &Half, tokens: &[Token]) -> Result<Text> {
    let mut parts = Text::default();
    let mut marks: Vec<Found> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.kind != TokenKind::Comment || !token.text(&whole.text).starts_with("--") {
            continue;
        }
        let (mark, is_alone) = match said(token.text(&whole.text)) {
            Ok(None) => continue,
            Ok(Some(said)) => said,
            Err(why) => {
                let line = whole.text[..token.start].rsplit('\n').next();
                let is_alone = line.is_none_or(|it| it.trim().is_empty());
                let place = where_it_is(whole, tokens, at);
                if is_alone && matches!(place, Where::Between | Where::Behind) {
                    return Err(whole.wrong(token.start, why));
                }
                continue;
            }
        };
        if mark == Mark::Nothing {
            continue;
        }
        match where_it_is(whole, tokens, at) {
            Where::Between => {}
            Where::Inside => {
                parts.remarks.push(format!(
                    "{}: {} stands inside a statement, and is a comment.",
                    whole.at(token.start),
                    token.text(&whole.text)
                ));
                continue;
            }
            Where::Unended => {
                let why = "this mark stands in a statement that has not ended; end the statement before it with a semicolon, or write the comment in other words";
                return Err(whole.wrong(token.start, why));
            }
            Where::Behind => {
                let why =
                    "a mark begins its line; put it there, or write the comment in other words";
                return Err(whole.wrong(token.start, why));
            }
        }
        parts.alone |= is_alone;
        if mark != Mark::Alone {
            marks.push(Found {
                mark,
                start: token.start,
                end: token.end,
            });
        }
    }
    share(whole, tokens, &marks, &mut parts)?;
    Ok(parts)
}

/// Shares the text out between the marks.
fn share(whole: &Half, tokens: &[Token], marks: &[Found], parts: &mut Text) -> Result<()> {
    let text = whole.text.as_str();
    let Some(first) = marks.first() else {
        parts.up = half(whole, 0, text.len());
        return Ok(());
    };
    if first.mark == Mark::Between {
        if let Some(second) = marks.get(1) {
            return Err(whole.wrong(second.start, "a second mark that divides the file"));
        }
        parts.up = half(whole, 0, first.start);
        parts.down = Some(half(whole, first.end, text.len()));
        return Ok(());
    }
    let before = tokens.iter().find(|token| token.is_code());
    if let Some(token) = before.filter(|token| token.start < first.start) {
        let line = whole.place(first.start).line;
        let why = format!(
            "SQL that stands before the first mark (line {line}) belongs to neither way; put it below the mark of one"
        );
        return Err(whole.wrong(token.start, why));
    }
    let mut up = None;
    for (at, one) in marks.iter().enumerate() {
        let end = marks.get(at + 1).map_or(text.len(), |next| next.start);
        let there = match one.mark {
            Mark::Up => up.replace(half(whole, one.end, end)),
            Mark::Down => parts.down.replace(half(whole, one.end, end)),
            _ => Some(Half::default()),
        };
        if there.is_some() {
            let why = "this mark stands in the file a second time; put what stands below it below the first";
            return Err(whole.wrong(one.start, why));
        }
    }
    match up {
        Some(up) => parts.up = up,
        None => {
            let why = "the file has a mark for the way back and none for the way there";
            return Err(whole.wrong(first.start, why));
        }
    }
    Ok(())
}

fn half(whole: &Half, start: usize, end: usize) -> Half {
    let text = &whole.text[start..end];
    let blanks = text.len() - text.trim_start().len();
    Half {
        file: whole.file.clone(),
        text: text.trim().to_owned(),
        before: whole.text[..start + blanks].matches('\n').count(),
    }
}

/// What a line comment says, and whether it asks for no transaction; an error for what looks like a
/// mark and is none that is known.
fn said(comment: &str) -> Result<Option<(Mark, bool)>, String> {
    let words: Vec<&str> = comment[2..].split_whitespace().collect();
    let joined = words.join(" ");
    match words[..] {
        ["migrate:up", ref options @ ..] => dbmate(Mark::Up, options),
        ["migrate:down", ref options @ ..] => dbmate(Mark::Down, options),
        [tool, ref command @ ..] if tool.eq_ignore_ascii_case("+goose") => goose(command),
        ["+migrate", ref command @ ..] => sql_migrate(command),
        _ if joined.eq_ignore_ascii_case("up migration") => Ok(Some((Mark::Up, false))),
        _ if joined.eq_ignore_ascii_case("down migration") => Ok(Some((Mark::Down, false))),
        _ if joined == "-- create above / drop below ----" => Ok(Some((Mark::Between, false))),
        ["no-transaction" | "disable-transaction"] | ["--", "tern:", "disable-tx", "----"] => {
            Ok(Some((Mark::Alone, true)))
        }
        _ => {
            let letters = joined.chars().filter(char::is_ascii_alphanumeric);
            let letters = letters.collect::<String>().to_ascii_lowercase();
            if ALIKE.contains(&letters.as_str()) {
                return Err(format!(
                    "`--{}` looks like a mark, and no known runner has it; write `-- migrate:up` and `-- migrate:down`, or the comment in other words",
                    &comment[2..].trim_end()
                ));
            }
            Ok(None)
        }
    }
}

fn dbmate(mark: Mark, options: &[&str]) -> Result<Option<(Mark, bool)>, String> {
    match options {
        [] | ["transaction:true"] => Ok(Some((mark, false))),
        ["transaction:false"] | ["transaction:", "false"] => Ok(Some((mark, true))),
        other => Err(unknown(other)),
    }
}

fn goose(command: &[&str]) -> Result<Option<(Mark, bool)>, String> {
    match command.join(" ").to_ascii_lowercase().as_str() {
        "up" => Ok(Some((Mark::Up, false))),
        "down" => Ok(Some((Mark::Down, false))),
        "no transaction" => Ok(Some((Mark::Alone, true))),
        "statementbegin" | "statementend" | "envsub off" => Ok(Some((Mark::Nothing, false))),
        "envsub on" => Err(
            "goose replaces variables of the environment here; write what they stand for"
                .to_owned(),
        ),
        _ => Err(unknown(command)),
    }
}

fn sql_migrate(command: &[&str]) -> Result<Option<(Mark, bool)>, String> {
    let is_alone = |word: &&str| word.eq_ignore_ascii_case("notransaction");
    match command {
        ["Up"] => Ok(Some((Mark::Up, false))),
        ["Down"] => Ok(Some((Mark::Down, false))),
        ["Up", option] if is_alone(option) => Ok(Some((Mark::Up, true))),
        ["Down", option] if is_alone(option) => Ok(Some((Mark::Down, true))),
        ["StatementBegin" | "StatementEnd"] => Ok(Some((Mark::Nothing, false))),
        other => Err(unknown(other)),
    }
}

fn unknown(words: &[&str]) -> String {
    format!(
        "`{}` is nothing that is known of a mark; write the mark alone, or the comment in other words",
        words.join(" ")
    )
}

/// Where a comment stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    /// Between statements, on a line of its own.
    Between,
    /// In brackets, or in a body of statements.
    Inside,
    /// Between the words of a statement.
    Unended,
    /// Not at the start of its line.
    Behind,
}

fn where_it_is(whole: &Half, tokens: &[Token], at: usize) -> Where {
    let text = whole.text.as_str();
    let pieces = lexer::pieces(text, tokens);
    if let Some(piece) = pieces.iter().find(|piece| piece.contains(&at)) {
        let code = |range: &[Token]| range.iter().any(Token::is_code);
        let is_ended = tokens.get(piece.end).is_some();
        if code(&tokens[piece.start..at]) && (code(&tokens[at..piece.end]) || is_ended) {
            let mut depth = 0_i32;
            for token in &tokens[piece.start..at] {
                depth += i32::from(token.is_symbol(text, "("));
                depth -= i32::from(token.is_symbol(text, ")"));
            }
            let words = |word| {
                let piece = &tokens[piece.clone()];
                piece.iter().any(|token| token.is_word(text, word))
            };
            return if depth > 0 || words("trigger") || words("atomic") {
                Where::Inside
            } else {
                Where::Unended
            };
        }
    }
    let start = tokens[at].start;
    if start > 0 && !text[..start].ends_with('\n') {
        return Where::Behind;
    }
    Where::Between
}

#[cfg(test)]
mod tests {
    use super::super::text::read;

    fn parts(text: &str) -> (String, Option<String>, bool) {
        let text = read("x.sql", text.as_bytes()).unwrap();
        (text.up.text, text.down.map(|it| it.text), text.alone)
    }

    #[test]
    fn sections_are_cut() {
        let some = |text: &str| Some(text.to_owned());
        let cases = [
            ("\u{feff}SELECT 1;\r\n", "SELECT 1;", None, false),
            (
                "-- migrate:up\nCREATE TABLE a (b int);\n\n-- migrate:down\nDROP TABLE a;\n",
                "CREATE TABLE a (b int);",
                some("DROP TABLE a;"),
                false,
            ),
            (
                "-- why\n-- migrate:up transaction:false\nSELECT 1;\n-- migrate:down\n",
                "SELECT 1;",
                some(""),
                true,
            ),
            (
                "-- +goose Down\nb;\n-- +goose Up\na;",
                "a;",
                some("b;"),
                false,
            ),
            (
                "-- +goose NO TRANSACTION\n-- +goose Up\na;",
                "a;",
                None,
                true,
            ),
            ("-- +migrate Up notransaction\na;", "a;", None, true),
            (
                "a;\n---- create above / drop below ----\nb;",
                "a;",
                some("b;"),
                false,
            ),
            (
                "-- Up Migration\na;\n-- Down Migration\nb;",
                "a;",
                some("b;"),
                false,
            ),
            ("-- no-transaction\na;", "-- no-transaction\na;", None, true),
        ];
        for (text, up, down, alone) in cases {
            assert_eq!(parts(text), (up.to_owned(), down, alone), "{text}");
        }
    }

    #[test]
    fn what_stands_in_quotes_is_no_mark() {
        let cases = [
            (
                "SELECT '\n-- migrate:down\n';",
                "SELECT '\n-- migrate:down\n';",
                false,
            ),
            (
                "/*\n-- migrate:down\n*/ a;",
                "/*\n-- migrate:down\n*/ a;",
                false,
            ),
            (
                "a;\n-- no-transaction is needed\nb;",
                "a;\n-- no-transaction is needed\nb;",
                false,
            ),
        ];
        for (text, up, alone) in cases {
            assert_eq!(parts(text), (up.to_owned(), None, alone), "{text}");
        }
    }

    #[test]
    fn ordinary_comments_cut_nothing() {
        for text in [
            "CREATE TABLE a (x INT);\n-- migrate: update the statuses\nINSERT INTO a VALUES (1);",
            "a;\n-- Migrate: downcase emails\nb;",
            "a;\n-- Migrate:Down we go\nb;",
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n-- migrate: up\nSELECT 1;\nEND;",
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n-- migrate:up\nSELECT 1;\nEND;",
            "CREATE TABLE a (\n-- +goose Down\nx INT);",
        ] {
            assert_eq!(parts(text), (text.to_owned(), None, false));
        }
        let inside = "CREATE TABLE a (\n-- migrate:up\nx INT);";
        let remarks = read("x.sql", inside.as_bytes()).unwrap().remarks;
        assert!(remarks[0].starts_with("x.sql:2: -- migrate:up stands inside"));
    }

    #[test]
    fn what_would_be_lost_is_refused() {
        let cases = [
            (
                "a;\n-- migrate:up\nb;",
                "x.sql:1:1: SQL that stands before the first mark (line 2)",
            ),
            (
                "-- x\n\nz;\n-- +goose Down\na;\n-- +goose Up\nb;",
                "x.sql:3:1: SQL that stands before",
            ),
            (
                "-- migrate:up the users\na;",
                "x.sql:1:1: `the users` is nothing that is known",
            ),
            ("-- +goose up now\na;", "x.sql:1:1: `up now` is nothing"),
            (
                "-- +goose ENVSUB ON\na;",
                "x.sql:1:1: goose replaces variables",
            ),
            (
                "-- migrate:up\na\n-- migrate:down\nb;",
                "x.sql:3:1: this mark stands in a statement",
            ),
            (
                "-- migrate:up\na;\n  -- migrate:down\nb;",
                "x.sql:3:3: a mark begins its line",
            ),
            (
                "-- migrate:up\na;\n-- migrate:up\nb;",
                "x.sql:3:1: this mark stands in the file a second",
            ),
            (
                "-- migrate:down\nb;",
                "x.sql:1:1: the file has a mark for the way back",
            ),
            (
                "-- migrate: up\na;",
                "x.sql:1:1: `-- migrate: up` looks like a mark",
            ),
            ("a;\n-- Down\nb;", "x.sql:2:1: `-- Down` looks like a mark"),
            (
                "a;\n-- //@UNDO\nb;",
                "x.sql:2:1: `-- //@UNDO` looks like a mark",
            ),
        ];
        for (text, said) in cases {
            let error = read("x.sql", text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(said), "{text}\n{error}");
        }
    }
}
