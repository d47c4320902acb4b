//! Alembic's batch operations on SQLite, recognised as what they are: a table that is built anew.
//!
//! Alembic makes `_alembic_tmp_T`, copies the rows, drops T and renames. Run as it stands, that
//! would delete or refuse rows that point at T, as foreign keys are on here. A `rebuild` keeps them.
//! What is not exactly such a copy stays as it is.

use super::body::{Statement, shown};
use crate::version::quoted;
use raptor_db::lexer::{self, Token, TokenKind};

/// A part of a section for SQLite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Sql(String),
    Rebuild { table: String, text: Vec<String> },
}

/// The statements with tables that are built anew put together, and those that could not be.
pub(super) fn pieces(statements: &[Statement]) -> (Vec<Piece>, Vec<String>) {
    let mut pieces = Vec::new();
    let mut by_hand = Vec::new();
    let mut rest = statements;
    while let Some((first, more)) = rest.split_first() {
        if let Some((made, used)) = rebuild(rest) {
            pieces.extend(made);
            rest = &rest[used..];
            continue;
        }
        if Words::of(&first.text).is_some_and(|words| words.drops_for_a_copy(more)) {
            by_hand.push(shown(&first.text));
        }
        pieces.push(Piece::Sql(first.text.clone()));
        rest = more;
    }
    (pieces, by_hand)
}

/// The rebuild that the statements begin with, and how many of them it takes.
fn rebuild(statements: &[Statement]) -> Option<(Vec<Piece>, usize)> {
    let [create, copy, drop, rename, after @ ..] = statements else {
        return None;
    };
    let create = Words::of(&create.text)?;
    let temporary = create.named(&["CREATE", "TABLE"])?;
    if !temporary.starts_with("_alembic_tmp_") {
        return None;
    }
    let dropped = Words::of(&drop.text)?;
    let table = dropped.named(&["DROP", "TABLE"])?;
    let renamed = Words::of(&rename.text)?;
    let is_renamed = renamed.named(&["ALTER", "TABLE"])? == temporary
        && renamed.code.len() == 6
        && renamed.has(3, &["RENAME", "TO"])
        && renamed.name(5)? == table;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !is_renamed || !table.chars().all(plain) || table.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let moves = Words::of(&copy.text)?.moves(&temporary, &table)?;
    // A column of the old table that the new one has too, but gets no values of, would keep them.
    let is_kept = |column: &String| {
        let taken = moves.iter().any(|it| it.to.eq_ignore_ascii_case(column));
        let mut old = drop.attached.iter().filter(|it| it.0 == "column");
        !taken && old.any(|it| it.1.eq_ignore_ascii_case(column))
    };
    if drop.attached.is_empty() || create.columns().iter().any(is_kept) {
        return None;
    }
    let columns = drop.attached.iter().filter(|it| it.0 == "column");
    let columns: Vec<&str> = columns.map(|it| it.1.as_str()).collect();
    let mut pieces: Vec<Piece> = moved(&table, &moves, &columns)
        .into_iter()
        .map(Piece::Sql)
        .collect();
    let name = quoted(&table);
    let mut text = vec![create.renamed(&name)?];
    let indexes = after.iter().map_while(|it| {
        let words = Words::of(&it.text)?;
        Some((words.index_on(&table)?, it.text.clone()))
    });
    let indexes: Vec<(String, String)> = indexes.collect();
    for (kind, name) in drop.attached.iter().filter(|it| it.0 != "column") {
        let comes_again = indexes.iter().any(|it| it.0.eq_ignore_ascii_case(name));
        if !comes_again {
            let kind = kind.to_uppercase();
            // A downgrade that copies the table too leaves it without them.
            pieces.push(Piece::Sql(format!(
                "DROP {kind} IF EXISTS {}",
                quoted(name)
            )));
        }
    }
    let used = 4 + indexes.len();
    text.extend(indexes.into_iter().map(|it| it.1));
    pieces.push(Piece::Rebuild { table, text });
    Some((pieces, used))
}

/// How the values of one column come over.
struct Move {
    from: String,
    to: String,
    cast: Option<String>,
}

/// What is done to the old table, so that its columns have the new one's names and values.
fn moved(table: &str, moves: &[Move], columns: &[&str]) -> Vec<String> {
    let table = quoted(table);
    let mut statements = Vec::new();
    for one in moves {
        if let Some(kind) = &one.cast {
            let from = quoted(&one.from);
            statements.push(format!(
                "UPDATE {table} SET {from} = CAST({from} AS {kind})"
            ));
        }
    }
    let mut rename = |from: &str, to: &str| {
        let (from, to) = (quoted(from), quoted(to));
        statements.push(format!("ALTER TABLE {table} RENAME COLUMN {from} TO {to}"));
    };
    let away = |name: &str| format!("raptor_old_{name}");
    let renames = || moves.iter().filter(|it| it.from != it.to);
    // A name that another column takes over is made free first.
    let is_taken = |name: &str| renames().any(|it| it.to.eq_ignore_ascii_case(name));
    for column in columns.iter().filter(|it| is_taken(it)) {
        rename(column, &away(column));
    }
    for one in renames() {
        let was =
            columns.iter().any(|it| it.eq_ignore_ascii_case(&one.from)) && is_taken(&one.from);
        let from = if was {
            away(&one.from)
        } else {
            one.from.clone()
        };
        rename(&from, &one.to);
    }
    statements
}

/// A statement with its tokens.
struct Words<'t> {
    text: &'t str,
    code: Vec<Token>,
}

impl<'t> Words<'t> {
    fn of(text: &'t str) -> Option<Self> {
        let mut code = lexer::tokens(text).ok()?;
        code.retain(Token::is_code);
        Some(Self { text, code })
    }

    fn has(&self, at: usize, words: &[&str]) -> bool {
        let is = |(offset, word): (usize, &&str)| {
            let token = self.code.get(at + offset);
            token.is_some_and(|token| token.is_word(self.text, word))
        };
        words.iter().enumerate().all(is)
    }

    /// The identifier at a place, without quotes.
    fn name(&self, at: usize) -> Option<String> {
        let token = self.code.get(at)?;
        let text = token.text(self.text);
        match token.kind {
            TokenKind::Word => Some(text.to_owned()),
            TokenKind::QuotedIdent => Some(text.trim_matches('"').replace("\"\"", "\"")),
            _ => None,
        }
    }

    /// The name behind the words that the statement begins with.
    fn named(&self, words: &[&str]) -> Option<String> {
        self.has(0, words).then(|| self.name(words.len()))?
    }

    fn symbol(&self, at: usize, symbol: &str) -> bool {
        let token = self.code.get(at);
        token.is_some_and(|token| token.is_symbol(self.text, symbol))
    }

    /// Where a bracket that is open at `at` closes.
    fn close(&self, at: usize) -> Option<usize> {
        let mut depth = 0usize;
        for place in at..self.code.len() {
            if self.symbol(place, "(") {
                depth += 1;
            } else if self.symbol(place, ")") {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(place);
                }
            }
        }
        None
    }

    /// The ranges between commas, from `start` to before `end`.
    fn items(&self, start: usize, end: usize) -> Vec<std::ops::Range<usize>> {
        let mut items = Vec::new();
        let (mut depth, mut from) = (0usize, start);
        for at in start..end {
            if self.symbol(at, "(") {
                depth += 1;
            } else if self.symbol(at, ")") {
                depth = depth.saturating_sub(1);
            } else if self.symbol(at, ",") && depth == 0 {
                items.push(from..at);
                from = at + 1;
            }
        }
        items.push(from..end);
        items
    }

    /// The columns of a CREATE TABLE.
    fn columns(&self) -> Vec<String> {
        let Some(end) = self.close(3) else {
            return Vec::new();
        };
        let is_constraint = |at: usize| {
            let words = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
            words.iter().any(|word| self.has(at, &[word]))
        };
        self.items(4, end)
            .into_iter()
            .filter(|item| !is_constraint(item.start))
            .filter_map(|item| self.name(item.start))
            .collect()
    }

    /// A CREATE TABLE under another name.
    fn renamed(&self, name: &str) -> Option<String> {
        let token = self.code.get(2)?;
        let (before, after) = (&self.text[..token.start], &self.text[token.end..]);
        Some(format!("{before}{name}{after}"))
    }

    /// The index that a CREATE INDEX on `table` makes.
    fn index_on(&self, table: &str) -> Option<String> {
        let at = 1 + usize::from(self.has(1, &["UNIQUE"]));
        let is_ours = self.has(0, &["CREATE"])
            && self.has(at, &["INDEX"])
            && self.has(at + 2, &["ON"])
            && self.name(at + 3)?.eq_ignore_ascii_case(table);
        is_ours.then(|| self.name(at + 1))?
    }

    /// `INSERT INTO temporary (…) SELECT … FROM table`, column by column.
    fn moves(&self, temporary: &str, table: &str) -> Option<Vec<Move>> {
        if self.named(&["INSERT", "INTO"])? != temporary || !self.symbol(3, "(") {
            return None;
        }
        let close = self.close(3)?;
        let count = self.code.len();
        let ends = count >= 2 && self.has(count - 2, &["FROM"]) && self.name(count - 1)? == table;
        if !self.has(close + 1, &["SELECT"]) || !ends || close + 2 > count - 2 {
            return None;
        }
        let targets = self.items(4, close);
        let sources = self.items(close + 2, count - 2);
        if targets.len() != sources.len() {
            return None;
        }
        let both = targets.into_iter().zip(sources);
        both.map(|(to, from)| self.one_move(to, from, table))
            .collect()
    }

    fn one_move(
        &self,
        to: std::ops::Range<usize>,
        from: std::ops::Range<usize>,
        table: &str,
    ) -> Option<Move> {
        let to = (to.len() == 1).then(|| self.name(to.start))??;
        let std::ops::Range { mut start, mut end } = from;
        if end - start > 2 && self.has(end - 2, &["AS"]) {
            end -= 2;
        }
        let mut cast = None;
        if self.has(start, &["CAST"]) && self.close(start + 1)? == end - 1 {
            let kind = (start..end).find(|at| self.has(*at, &["AS"]))?;
            let words = &self.text[self.code.get(kind + 1)?.start..self.code[end - 1].start];
            cast = Some(words.trim().to_owned());
            start += 2;
            end = kind;
        }
        if end - start == 3 && self.symbol(start + 1, ".") && self.name(start)? == table {
            start += 2;
        }
        let from = (end - start == 1).then(|| self.name(start))??;
        Some(Move { from, to, cast })
    }

    /// Whether this makes a table that later takes the place of another one.
    fn drops_for_a_copy(&self, more: &[Statement]) -> bool {
        let Some(name) = self.named(&["CREATE", "TABLE"]) else {
            return false;
        };
        let takes_over = |it: &Statement| {
            Words::of(&it.text).is_some_and(|words| {
                words.named(&["ALTER", "TABLE"]).as_deref() == Some(name.as_str())
                    && words.has(3, &["RENAME", "TO"])
            })
        };
        more.iter().any(takes_over)
    }
}

#[cfg(test)]
mod tests;
