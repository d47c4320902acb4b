//! Walks over the tokens of a definition. What it does not expect is `None`, and the walk ends.

use super::tokens::{Kind, Token};

#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'t> {
    rest: &'t [Token<'t>],
}

impl<'t> Cursor<'t> {
    pub(super) fn new(tokens: &'t [Token<'t>]) -> Self {
        Self { rest: tokens }
    }

    pub(super) fn peek(&self) -> Option<&'t Token<'t>> {
        self.rest.first()
    }

    /// What has not been walked over.
    pub(super) fn rest(&self) -> &'t [Token<'t>] {
        self.rest
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn next(&mut self) -> Option<&'t Token<'t>> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is_word(word))
    }

    /// Walks over these words, if all of them come.
    pub(super) fn takes(&mut self, words: &[&str]) -> bool {
        let come = self.rest.len() >= words.len()
            && words
                .iter()
                .zip(self.rest)
                .all(|(word, token)| token.is_word(word));
        if come {
            self.rest = &self.rest[words.len()..];
        }
        come
    }

    pub(super) fn takes_symbol(&mut self, symbol: &str) -> bool {
        let comes = self.peek().is_some_and(|token| token.is_symbol(symbol));
        if comes {
            self.rest = &self.rest[1..];
        }
        comes
    }

    /// Whether a bracket opens here.
    pub(super) fn opens(&self) -> bool {
        self.peek().is_some_and(|token| token.is_symbol("("))
    }

    pub(super) fn name(&mut self) -> Option<String> {
        self.next()?.name()
    }

    /// `name`, or `schema.name`.
    pub(super) fn qualified(&mut self) -> Option<String> {
        let name = self.name()?;
        if self.takes_symbol(".") {
            return self.name();
        }
        Some(name)
    }

    /// What stands between brackets that open here.
    pub(super) fn group(&mut self) -> Option<&'t [Token<'t>]> {
        if !self.takes_symbol("(") {
            return None;
        }
        let mut depth = 1_usize;
        for (at, token) in self.rest.iter().enumerate() {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth -= 1;
            }
            if depth == 0 {
                let inside = &self.rest[..at];
                self.rest = &self.rest[at + 1..];
                return Some(inside);
            }
        }
        None
    }
}

/// The items of a list, cut at its commas; none of them is empty.
pub(super) fn items<'t>(tokens: &'t [Token<'t>]) -> Option<Vec<&'t [Token<'t>]>> {
    let mut items = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, token) in tokens.iter().enumerate() {
        if token.kind != Kind::Symbol {
            continue;
        }
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.checked_sub(1)?,
            "," if depth == 0 => {
                items.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(&tokens[start..]);
    items.iter().all(|item| !item.is_empty()).then_some(items)
}
