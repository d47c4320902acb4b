//! A text being rewritten: its tokens, replacements for some, and calls put round stretches.
//!
//! Positions here count tokens that mean something, blanks and comments left out. Every change keeps
//! to the token it belongs to, so that changes made in any order cannot disturb one another.

use super::Refusal;
use crate::statement::lexer::{Token, TokenKind};
use std::borrow::Cow;
use std::ops::RangeInclusive;

pub(super) struct Rewrite<'t> {
    sql: &'t str,
    tokens: &'t [Token],
    /// Where in `tokens` the n-th meaningful one is.
    code: Vec<usize>,
    changed: Vec<Option<Cow<'t, str>>>,
    wraps: Vec<Wrap>,
    /// For each bracket, its partner; for all else the position itself.
    partner: Vec<usize>,
    /// Operands that have a guard round them.
    guarded: Vec<RangeInclusive<usize>>,
    /// Intervals that shift a timestamptz.
    used_intervals: Vec<RangeInclusive<usize>>,
}

/// A call round the tokens `start..=end`.
struct Wrap {
    start: usize,
    end: usize,
    open: String,
    close: String,
    ty: Option<Type>,
}

/// What a rewritten stretch is known to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Integer,
    Double,
    Numeric,
    Boolean,
    Json,
    Interval,
    Date,
    Array,
    Other,
}

pub(super) type Change = Result<(), Refusal>;

impl<'t> Rewrite<'t> {
    pub(super) fn new(sql: &'t str, tokens: &'t [Token]) -> Result<Self, Refusal> {
        let code: Vec<usize> = (0..tokens.len())
            .filter(|at| tokens[*at].is_code())
            .collect();
        let mut partner: Vec<usize> = (0..code.len()).collect();
        let mut open = Vec::new();
        for (at, token) in code.iter().map(|index| tokens[*index]).enumerate() {
            match token.text(sql) {
                "(" | "[" if token.kind == TokenKind::Punct => open.push(at),
                ")" | "]" if token.kind == TokenKind::Punct => {
                    let Some(from) = open.pop() else {
                        return Err(Refusal::new("a bracket that was never opened", token.start));
                    };
                    partner[from] = at;
                    partner[at] = from;
                }
                _ => {}
            }
        }
        if let Some(from) = open.pop() {
            let start = tokens[code[from]].start;
            return Err(Refusal::new("a bracket that is never closed", start));
        }
        Ok(Self {
            sql,
            tokens,
            changed: vec![None; code.len()],
            code,
            wraps: Vec::new(),
            partner,
            guarded: Vec::new(),
            used_intervals: Vec::new(),
        })
    }

    pub(super) fn len(&self) -> usize {
        self.code.len()
    }

    fn token(&self, at: usize) -> Token {
        self.tokens[self.code[at]]
    }

    pub(super) fn kind(&self, at: usize) -> Option<TokenKind> {
        (at < self.len()).then(|| self.token(at).kind)
    }

    /// The token's text as it was written; empty past the end.
    pub(super) fn text(&self, at: usize) -> &'t str {
        if at < self.len() {
            self.token(at).text(self.sql)
        } else {
            ""
        }
    }

    /// Whether the unquoted word `word` stands there.
    pub(super) fn is_word(&self, at: usize, word: &str) -> bool {
        at < self.len() && self.token(at).is_word(self.sql, word)
    }

    pub(super) fn is_any_word(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is_word(at, word))
    }

    /// Whether the words stand there one after the other.
    pub(super) fn are_words(&self, at: usize, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(n, word)| self.is_word(at + n, word))
    }

    pub(super) fn is_symbol(&self, at: usize, symbol: &str) -> bool {
        at < self.len() && self.token(at).is_symbol(self.sql, symbol)
    }

    /// The lower-case name of the function called there: a word before `(`.
    pub(super) fn call(&self, at: usize) -> Option<String> {
        let is_call = self.kind(at) == Some(TokenKind::Word) && self.is_symbol(at + 1, "(");
        is_call.then(|| self.text(at).to_ascii_lowercase())
    }

    /// The other one of a pair of brackets.
    pub(super) fn partner(&self, at: usize) -> usize {
        self.partner.get(at).copied().unwrap_or(at)
    }

    /// Whether the token is to go, or went, with another change.
    pub(super) fn is_removed(&self, at: usize) -> bool {
        self.changed
            .get(at)
            .is_some_and(|change| change.as_deref() == Some(""))
    }

    /// Whether another change has replaced the token.
    pub(super) fn is_changed(&self, at: usize) -> bool {
        self.changed.get(at).is_some_and(Option::is_some)
    }

    pub(super) fn refuse<T>(&self, at: usize, what: impl Into<String>) -> Result<T, Refusal> {
        let start = if at < self.len() {
            self.token(at).start
        } else {
            self.sql.len()
        };
        Err(Refusal::new(what, start))
    }

    /// A place past the end is that of a word which the text lacks: SQLite will say so.
    pub(super) fn replace(&mut self, at: usize, with: impl Into<Cow<'t, str>>) {
        if let Some(changed) = self.changed.get_mut(at) {
            *changed = Some(with.into());
        }
    }

    pub(super) fn remove(&mut self, range: RangeInclusive<usize>) {
        for at in range {
            self.replace(at, "");
        }
    }

    /// Puts `open` before the stretch and `close` after it.
    pub(super) fn wrap(
        &mut self,
        span: RangeInclusive<usize>,
        open: impl Into<String>,
        close: impl Into<String>,
    ) {
        self.wrap_typed(span, open, close, None);
    }

    pub(super) fn wrap_typed(
        &mut self,
        span: RangeInclusive<usize>,
        open: impl Into<String>,
        close: impl Into<String>,
        ty: Option<Type>,
    ) {
        self.wraps.push(Wrap {
            start: *span.start(),
            end: (*span.end()).min(self.len() - 1),
            open: open.into(),
            close: close.into(),
            ty,
        });
    }

    /// The start of the outermost call that was put round a stretch ending at `end`.
    pub(super) fn wrapped_to(&self, end: usize) -> Option<usize> {
        let wraps = self
            .wraps
            .iter()
            .filter(|wrap| wrap.end == end && wrap.ty.is_some());
        wraps.map(|wrap| wrap.start).min()
    }

    /// The end of the outermost typed call round a stretch beginning at `start`.
    pub(super) fn wrapped_from(&self, start: usize) -> Option<usize> {
        let wraps = self
            .wraps
            .iter()
            .filter(|wrap| wrap.start == start && wrap.ty.is_some());
        wraps.map(|wrap| wrap.end).max()
    }

    /// What the stretch is, if a cast or a known call says so, brackets round it or not.
    pub(super) fn type_of(&self, span: &RangeInclusive<usize>) -> Option<Type> {
        let (start, end) = (*span.start(), *span.end());
        let here = |wrap: &&Wrap| wrap.start == start && wrap.end == end;
        let known = self
            .wraps
            .iter()
            .rev()
            .filter(here)
            .find_map(|wrap| wrap.ty);
        let is_bracketed =
            start + 1 < end && self.is_symbol(start, "(") && self.partner(start) == end;
        known.or_else(|| is_bracketed.then(|| self.type_of(&(start + 1..=end - 1)))?)
    }

    /// Puts a guard round an operand, once.
    pub(super) fn guard(&mut self, operand: RangeInclusive<usize>, open: &str) {
        self.guarded.push(operand.clone());
        self.wrap(operand, open, ")");
    }

    pub(super) fn is_guarded(&self, operand: &RangeInclusive<usize>) -> bool {
        self.guarded.contains(operand)
    }

    pub(super) fn use_interval(&mut self, interval: RangeInclusive<usize>) {
        self.used_intervals.push(interval);
    }

    /// Where an interval stands that shifts nothing.
    pub(super) fn loose_interval(&self) -> Option<usize> {
        let is_used = |wrap: &Wrap| {
            self.used_intervals
                .iter()
                .any(|used| *used.start() <= wrap.start && wrap.end <= *used.end())
        };
        let mut intervals = self
            .wraps
            .iter()
            .filter(|wrap| wrap.ty == Some(Type::Interval));
        intervals.find(|wrap| !is_used(wrap)).map(|wrap| wrap.start)
    }

    /// The rewritten text.
    pub(super) fn finish(self) -> String {
        let mut before: Vec<Vec<(usize, usize)>> = vec![Vec::new(); self.len()];
        let mut after = before.clone();
        for (order, wrap) in self.wraps.iter().enumerate() {
            before[wrap.start].push((wrap.end, order));
            after[wrap.end].push((wrap.start, order));
        }
        let mut out = String::with_capacity(self.sql.len() + 64);
        let mut at = 0;
        for token in self.tokens {
            match token.kind {
                // A nested comment would end early in SQLite.
                TokenKind::Comment => out.push(' '),
                TokenKind::Whitespace => out.push_str(token.text(self.sql)),
                _ => {
                    // The longest stretch is the outermost; of equal ones, the last made.
                    before[at].sort_unstable_by(|a, b| b.cmp(a));
                    after[at].sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
                    before[at]
                        .iter()
                        .for_each(|(_, wrap)| out.push_str(&self.wraps[*wrap].open));
                    match &self.changed[at] {
                        Some(text) => out.push_str(text),
                        None => out.push_str(token.text(self.sql)),
                    }
                    after[at]
                        .iter()
                        .for_each(|(_, wrap)| out.push_str(&self.wraps[*wrap].close));
                    at += 1;
                }
            }
        }
        out
    }
}
