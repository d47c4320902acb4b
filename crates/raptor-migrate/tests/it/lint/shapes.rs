//! A statement means the same however it is written: other blanks, comments that hold statements,
//! other letters. And long files come to their end.

use super::{CASES, On, file, found};
use raptor_db::lexer::{TokenKind, tokens};
use raptor_migrate::{Chain, LintOptions, lint};

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

const GAPS: [&str; 6] = [
    " ",
    "\n\t ",
    " /* DROP TABLE notes; -- */ ",
    " -- GRANT ALL ON notes TO PUBLIC;\n",
    "/* /* nested */ ' */",
    "  \n\n",
];

/// The same statements in another shape.
fn reshaped(text: &str, dice: &mut Dice) -> String {
    let mut shaped = String::new();
    for token in tokens(text).unwrap() {
        let word = token.text(text);
        match token.kind {
            TokenKind::Whitespace => shaped.push_str(GAPS[dice.throw(GAPS.len())]),
            TokenKind::Comment => shaped.push_str(" /* was a comment */ \n"),
            TokenKind::Word => match dice.throw(3) {
                0 => shaped.push_str(&word.to_ascii_uppercase()),
                1 => shaped.push_str(&word.to_ascii_lowercase()),
                _ => shaped.push_str(word),
            },
            TokenKind::Punct if word != "." && word != ":" => {
                let gap = if dice.throw(2) == 0 { " " } else { "" };
                shaped.push_str(&format!("{gap}{word}{gap}"));
            }
            _ => shaped.push_str(word),
        }
    }
    shaped
}

fn rules(on: On, text: &str) -> Vec<&'static str> {
    let (file, _) = file(on, text);
    let found = found(&file, &LintOptions::default());
    let mut rules: Vec<_> = found.iter().map(|finding| finding.rule).collect();
    // A comment inside of one is another text to SQLite.
    rules.retain(|rule| *rule != "sqlite-syntax");
    rules.sort_unstable();
    rules
}

#[test]
fn the_shape_of_a_statement_changes_nothing() {
    let mut dice = Dice(20_261_126);
    let mut looked = 0;
    for case in CASES.iter().copied().flatten() {
        if matches!(case.on, On::File) {
            continue;
        }
        for marked in case.finds {
            let text = marked.replace('^', "");
            // SQLite's own quotes hold blanks too, and a dollar quote is not looked into here.
            if text.contains(['[', '`', '$']) {
                continue;
            }
            let shaped = reshaped(&text, &mut dice);
            assert_eq!(rules(case.on, &shaped), rules(case.on, &text), "{shaped}");
            looked += 1;
        }
    }
    assert!(looked > 200, "{looked}");
}

#[test]
fn what_only_quotes_and_comments_say_is_not_found() {
    for case in CASES.iter().copied().flatten() {
        if matches!(case.on, On::File) {
            continue;
        }
        for marked in case.finds {
            let text = marked.replace('^', "").replace("$", "");
            if text.contains("://") || text.contains("password=") {
                continue;
            }
            let quoted = text.replace('\'', "''");
            for hidden in [
                format!("SELECT '{quoted}'"),
                format!("SELECT $hidden$ {text} $hidden$"),
                format!(
                    "SELECT 1 /* {} */",
                    text.replace("/*", "").replace("*/", "")
                ),
                format!(
                    "SELECT 1 AS \"{}\"",
                    text.replace('"', "").chars().take(50).collect::<String>()
                ),
                format!(
                    "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $hidden$ BEGIN {text}; END $hidden$"
                ),
            ] {
                assert_eq!(rules(On::Postgres, &hidden), [""; 0], "{hidden}");
            }
        }
    }
}

/// What is done again for all statements before, or all tables, would take minutes here.
#[test]
fn long_files_and_long_chains_come_to_their_end() {
    let mut seeds = String::from(
        "-- raptor: id=a0\n-- raptor:up\nCREATE TABLE seeds (id text NOT NULL PRIMARY KEY, body text);\n",
    );
    for number in 0..3_000 {
        seeds.push_str(&format!(
            "INSERT INTO seeds (id, body) VALUES ('{number}', 'a text');\n"
        ));
    }
    let mut files = vec![("a0.sql".to_owned(), seeds)];
    for number in 1..400 {
        let text = format!(
            "-- raptor: id=a{number} revises=a{}\n-- raptor:up\nCREATE TABLE t{number} (id text NOT NULL PRIMARY KEY, body text);\n\
             -- raptor:up postgres\nALTER TABLE t{number} ADD COLUMN a text;\nCREATE INDEX i{number} ON t{number} (body);\n\
             ALTER TABLE seeds ADD COLUMN c{number} text NOT NULL DEFAULT '';\n-- raptor:up sqlite\n\
             -- raptor:down\nDROP TABLE t{number};\n",
            number - 1
        );
        files.push((format!("a{number}.sql"), text));
    }
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let chain = Chain::embedded(&files).unwrap();
    let found = lint(&chain, &LintOptions::default());
    assert_eq!(found.findings, []);
}
