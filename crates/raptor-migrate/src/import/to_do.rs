//! What an import leaves to a person, written into the files themselves: who reads them later finds it
//! there, and `lint` does too.

use super::batch::Piece;
use super::imported::{Note, NoteKind};
use crate::report::Direction;
use crate::revision::Revision;
use raptor_db::Engine;
use raptor_db::lexer;

/// How such a line begins.
pub(super) const MARK: &str = "-- To do by hand: ";

/// The line for a note that a person has to act on.
pub(super) fn of(note: &Note) -> Option<String> {
    let what = match note.kind {
        NoteKind::Reads => "write what is missing in SQL or as a step",
        NoteKind::Unproven => "compare it with the script",
        NoteKind::ByHand => "look whether rows that point at the table stay",
        // Whether a statement is missed depends on the others: `is_missed`.
        NoteKind::Recorded | NoteKind::Offline | NoteKind::Irreversible | NoteKind::Dropped => {
            return None;
        }
    };
    Some(line(note.engine, note.direction, what, &note.text))
}

/// The line for a statement that was left out.
pub(super) fn left_out(statement: &str, engine: Engine, direction: Direction) -> String {
    let what = match setting(statement).is_some_and(|it| is_of_keys(&it)) {
        true => "foreign keys hold here, look whether rows go with others, as this was left out",
        false => "look what is missing, as this was left out",
    };
    line(engine.as_str(), direction, what, statement)
}

fn line(engine: &str, direction: Direction, what: &str, why: &str) -> String {
    let text = format!("on {engine}, {direction}, {what}: {why}");
    let words: Vec<&str> = text.split_whitespace().collect();
    format!("{MARK}{}\n", words.join(" ").replace('\0', ""))
}

/// Settings that change no row and no table, or that the runner makes itself.
const HARMLESS: [&str; 9] = [
    "busy_timeout",
    "cache_size",
    "foreign_key_check",
    "foreign_key_list",
    "journal_mode",
    "read_uncommitted",
    "synchronous",
    "table_info",
    "temp_store",
];

/// What a PRAGMA sets.
fn setting(text: &str) -> Option<String> {
    let tokens = lexer::tokens(text).ok()?;
    let mut code = tokens.iter().filter(|token| token.is_code());
    code.next().filter(|token| token.is_word(text, "pragma"))?;
    let name = code.next()?;
    let last = match code.next() {
        Some(dot) if dot.is_symbol(text, ".") => code.next()?,
        _ => name,
    };
    Some(last.text(text).to_ascii_lowercase())
}

fn is_of_keys(setting: &str) -> bool {
    setting == "foreign_keys" || setting == "defer_foreign_keys"
}

/// Whether a statement that was left out of a section changes what the others do.
pub(super) fn is_missed(dropped: &str, others: &[Piece]) -> bool {
    // Without a name it is what was rolled back, and so not missed.
    let Some(name) = setting(dropped) else {
        return false;
    };
    if is_of_keys(&name) {
        let value = dropped.rsplit(['=', '(']).next().unwrap_or_default();
        let value = value.trim_matches(|c: char| c.is_whitespace() || c == ')');
        let is_on = ["on", "1", "true", "yes"].contains(&value.to_ascii_lowercase().as_str());
        // Enforced they are here. A rebuild does without; rows that go would take others along.
        return !is_on
            && others
                .iter()
                .any(|it| matches!(it, Piece::Sql(text) if touches_rows(text)));
    }
    !HARMLESS.contains(&name.as_str())
}

fn touches_rows(text: &str) -> bool {
    let tokens = lexer::tokens(text).unwrap_or_default();
    let mut code = tokens.iter().filter(|token| token.is_code());
    let Some(first) = code.next() else {
        return false;
    };
    let drops_table = first.is_word(text, "drop")
        && code
            .next()
            .is_some_and(|token| token.is_word(text, "table"));
    let words = ["delete", "update", "insert", "replace", "with"];
    drops_table || words.iter().any(|word| first.is_word(text, word))
}

/// The file's text with the lines below its title; the first comment is the title, which none of them
/// must become.
pub(super) fn written(mut revision: Revision, lines: &[String]) -> String {
    if lines.is_empty() {
        return revision.to_string();
    }
    revision
        .title
        .get_or_insert_with(|| "Taken over from Alembic.".to_owned());
    let text = revision.to_string();
    let at = text.find("\n-- raptor:up").map_or(text.len(), |at| at + 1);
    format!("{}{}{}", &text[..at], lines.concat(), &text[at..])
}

/// Whether a file has such a line.
pub(super) fn is_in(text: &str) -> bool {
    text.lines().any(|line| line.starts_with(MARK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_the_others_is_missed() {
        let sql = |text: &str| vec![Piece::Sql(text.to_owned())];
        let rebuild = vec![Piece::Rebuild {
            table: "t".to_owned(),
            text: Vec::new(),
        }];
        let off = "PRAGMA foreign_keys=OFF";
        for (dropped, others, is) in [
            (off, &rebuild, false),
            (off, &sql("CREATE TABLE t (a)"), false),
            (off, &sql("DROP INDEX i"), false),
            ("PRAGMA foreign_keys=ON", &sql("DROP TABLE t"), false),
            ("PRAGMA foreign_keys(1)", &sql("DROP TABLE t"), false),
            (off, &sql("DROP TABLE t"), true),
            (off, &sql("/* all */ DELETE FROM t"), true),
            (
                "PRAGMA main.foreign_keys = 0",
                &sql("UPDATE t SET a = 1"),
                true,
            ),
            ("PRAGMA writable_schema = ON", &rebuild, true),
            ("PRAGMA read_uncommitted = 0", &sql("DROP TABLE t"), false),
            ("DROP TABLE x (rolled back)", &sql("DROP TABLE t"), false),
        ] {
            assert_eq!(is_missed(dropped, others), is, "{dropped} {others:?}");
        }
    }

    #[test]
    fn lines_stand_below_the_title() {
        let titled = Revision::parse("a.sql", "-- raptor: id=a\n-- Two.\n-- raptor:up\n").unwrap();
        let bare = Revision::parse("a.sql", "-- raptor: id=a tx=off\n-- raptor:up\n").unwrap();
        let lines = [line("sqlite", Direction::Up, "do", "this\nand that")];
        assert_eq!(
            written(titled.clone(), &lines),
            "-- raptor: id=a\n-- Two.\n-- To do by hand: on sqlite, up, do: this and that\n-- raptor:up\n"
        );
        let text = written(bare, &lines);
        let again = Revision::parse("a.sql", &text).unwrap();
        assert_eq!(again.title(), Some("Taken over from Alembic."), "{text}");
        assert!(is_in(&text) && !is_in(&written(titled, &[])));
    }
}
