//! Goes through the words of a statement from left to right.

use super::word::{Ident, Name, Word, fold, split};
use raptor_db::Engine;

/// A place in a statement's words.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'w, 's> {
    words: &'w [Word<'s>],
    at: usize,
    pub(super) engine: Engine,
}

impl<'w, 's> Cursor<'w, 's> {
    pub(super) fn new(words: &'w [Word<'s>], engine: Engine) -> Self {
        Self {
            words,
            at: 0,
            engine,
        }
    }

    pub(super) fn peek(&self) -> Option<&'w Word<'s>> {
        self.words.get(self.at)
    }

    pub(super) fn ahead(&self, count: usize) -> Option<&'w Word<'s>> {
        self.words.get(self.at + count)
    }

    pub(super) fn bump(&mut self) -> Option<&'w Word<'s>> {
        let word = self.words.get(self.at)?;
        self.at += 1;
        Some(word)
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.words.len()
    }

    /// Where the next word stands, or the last one began.
    pub(super) fn place(&self) -> usize {
        let word = self.peek().or_else(|| self.words.last());
        word.map_or(0, |word| word.at)
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.peek().is_some_and(|next| next.is(word))
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        self.peek().is_some_and(|next| next.is_symbol(symbol))
    }

    /// Passes over `word` if it is next.
    pub(super) fn eat(&mut self, word: &str) -> bool {
        let is = self.is(word);
        self.at += usize::from(is);
        is
    }

    /// Passes over all of `words` if they are next.
    pub(super) fn eat_all(&mut self, words: &[&str]) -> bool {
        let next = self.words.get(self.at..self.at + words.len());
        let are = next.is_some_and(|next| next.iter().zip(words).all(|(it, word)| it.is(word)));
        if are {
            self.at += words.len();
        }
        are
    }

    pub(super) fn eat_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.eat(word))
    }

    pub(super) fn eat_symbol(&mut self, symbol: &str) -> bool {
        let is = self.is_symbol(symbol);
        self.at += usize::from(is);
        is
    }

    /// `IF EXISTS` or `IF NOT EXISTS`.
    pub(super) fn eat_if_exists(&mut self) -> bool {
        self.eat_all(&["if", "exists"]) || self.eat_all(&["if", "not", "exists"])
    }

    pub(super) fn ident(&mut self) -> Option<Ident> {
        let word = self.peek()?;
        // `%I` in the text of a `format` call stands for a name.
        if word.text == "%"
            && self
                .ahead(1)
                .is_some_and(|next| next.is_any(&["i", "s", "l"]))
        {
            self.at += 2;
            return Some(Ident {
                text: "%".to_owned(),
                at: word.at,
            });
        }
        let text = fold(word, self.engine)?;
        self.at += 1;
        Some(Ident { text, at: word.at })
    }

    /// A name with all its schemas; the last one counts.
    pub(super) fn name(&mut self) -> Option<Name> {
        let first = self.ident()?;
        let mut parts = vec![first.text];
        while self.is_symbol(".") {
            self.at += 1;
            match self.ident() {
                Some(next) => parts.push(next.text),
                None => break,
            }
        }
        let name = parts.pop()?;
        Some(Name {
            // SQLite's `main` is where a name without a schema is looked for.
            schema: parts
                .pop()
                .filter(|schema| self.engine == Engine::Postgres || schema != "main"),
            name,
            at: first.at,
        })
    }

    /// Names with commas between them.
    pub(super) fn names(&mut self) -> Vec<Name> {
        let mut names = Vec::new();
        loop {
            self.eat("only");
            match self.name() {
                Some(name) => names.push(name),
                None => return names,
            }
            self.eat_symbol("*");
            // A function's arguments.
            self.group();
            if !self.eat_symbol(",") {
                return names;
            }
        }
    }

    /// What stands in the brackets that are next.
    pub(super) fn group(&mut self) -> Option<&'w [Word<'s>]> {
        if !self.peek()?.opens() {
            return None;
        }
        let start = self.at + 1;
        let mut depth = 0usize;
        while let Some(word) = self.bump() {
            if word.opens() {
                depth += 1;
            } else if word.closes() {
                depth -= 1;
                if depth == 0 {
                    return Some(&self.words[start..self.at - 1]);
                }
            }
        }
        Some(&self.words[start..])
    }

    /// The first name in each part of a bracketed list: the columns of a key or an index.
    pub(super) fn columns(&mut self) -> Vec<String> {
        let group = self.group().unwrap_or_default();
        columns(group, self.engine)
    }

    pub(super) fn rest(&self) -> &'w [Word<'s>] {
        self.words.get(self.at..).unwrap_or_default()
    }

    /// Everything before the first word that `ends`, outside of brackets and of CASE … END.
    pub(super) fn until(&mut self, ends: impl Fn(&Self) -> bool) -> &'w [Word<'s>] {
        self.pass(ends, self.at)
    }

    /// The same, but for the next word, which is taken whatever it is.
    pub(super) fn value_until(&mut self, ends: impl Fn(&Self) -> bool) -> &'w [Word<'s>] {
        self.pass(ends, self.at + 1)
    }

    fn pass(&mut self, ends: impl Fn(&Self) -> bool, from: usize) -> &'w [Word<'s>] {
        let start = self.at;
        let mut cases = 0usize;
        while let Some(word) = self.peek() {
            if cases == 0 && self.at >= from && ends(self) {
                break;
            }
            if word.opens() {
                self.group();
                continue;
            }
            if word.is("case") {
                cases += 1;
            } else if word.is("end") {
                cases = cases.saturating_sub(1);
            }
            self.at += 1;
        }
        &self.words[start..self.at]
    }

    /// The words of a part of this statement.
    pub(super) fn within<'x>(&self, words: &'x [Word<'s>]) -> Cursor<'x, 's> {
        Cursor::new(words, self.engine)
    }
}

/// The first name of each part; an expression has none and gives an empty one.
pub(super) fn columns(words: &[Word<'_>], engine: Engine) -> Vec<String> {
    if words.is_empty() {
        return Vec::new();
    }
    let first = |part: &&[Word<'_>]| match part {
        // A call is an expression.
        [_, next, ..] if next.is_symbol("(") => String::new(),
        [name, ..] => fold(name, engine).unwrap_or_default(),
        [] => String::new(),
    };
    split(words, ",").iter().map(first).collect()
}
