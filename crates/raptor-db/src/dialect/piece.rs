//! The tokens of a text, editable, and the operands among them.

use super::Refusal;
use crate::statement::lexer::{Token, TokenKind};

/// One token's text, and where it stood.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) kind: TokenKind,
    pub(super) text: String,
    pub(super) at: usize,
}

/// The whole text in pieces.
pub(super) struct Pieces {
    list: Vec<Piece>,
}

/// Words that end no operand and are no function's name.
const KEYWORDS: &[&str] = &[
    "all",
    "and",
    "any",
    "as",
    "asc",
    "between",
    "by",
    "case",
    "collate",
    "desc",
    "distinct",
    "else",
    "exists",
    "filter",
    "from",
    "group",
    "having",
    "ilike",
    "in",
    "is",
    "isnull",
    "join",
    "like",
    "limit",
    "not",
    "notnull",
    "offset",
    "on",
    "or",
    "order",
    "over",
    "returning",
    "select",
    "set",
    "similar",
    "some",
    "then",
    "union",
    "using",
    "values",
    "when",
    "where",
    "with",
];

impl Pieces {
    pub(super) fn new(sql: &str, tokens: &[Token]) -> Self {
        let list = tokens
            .iter()
            .map(|token| Piece {
                kind: token.kind,
                text: token.text(sql).to_owned(),
                at: token.start,
            })
            .collect();
        Self { list }
    }

    pub(super) fn text(&self) -> String {
        self.list.iter().map(|piece| piece.text.as_str()).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn get(&self, place: usize) -> &Piece {
        &self.list[place]
    }

    pub(super) fn get_mut(&mut self, place: usize) -> &mut Piece {
        &mut self.list[place]
    }

    /// A refusal of the piece at `place`.
    pub(super) fn refuse<T>(&self, place: usize, what: impl Into<String>) -> Result<T, Refusal> {
        Err(Refusal {
            what: what.into(),
            at: self.list[place].at,
        })
    }

    pub(super) fn is_code(&self, place: usize) -> bool {
        !matches!(
            self.list[place].kind,
            TokenKind::Whitespace | TokenKind::Comment
        )
    }

    /// The next piece after `place` that is neither blank nor comment.
    pub(super) fn next(&self, place: usize) -> Option<usize> {
        (place + 1..self.list.len()).find(|at| self.is_code(*at))
    }

    /// The one before.
    pub(super) fn prev(&self, place: usize) -> Option<usize> {
        (0..place).rev().find(|at| self.is_code(*at))
    }

    pub(super) fn is_word(&self, place: usize, word: &str) -> bool {
        let piece = &self.list[place];
        piece.kind == TokenKind::Word && piece.text.eq_ignore_ascii_case(word)
    }

    /// Whether the pieces from `place` on are these words; answers the last one's place.
    pub(super) fn words(&self, place: usize, words: &[&str]) -> Option<usize> {
        let mut at = place;
        for (nth, word) in words.iter().enumerate() {
            if nth > 0 {
                at = self.next(at)?;
            }
            if !self.is_word(at, word) {
                return None;
            }
        }
        Some(at)
    }

    pub(super) fn is_symbol(&self, place: usize, symbol: &str) -> bool {
        let piece = &self.list[place];
        matches!(
            piece.kind,
            TokenKind::Punct | TokenKind::Operator | TokenKind::Cast
        ) && piece.text == symbol
    }

    /// Whether a call's parenthesis follows.
    pub(super) fn call_paren(&self, place: usize) -> Option<usize> {
        self.next(place).filter(|next| self.is_symbol(*next, "("))
    }

    fn depth_of(&self, place: usize) -> i32 {
        match self.list[place].text.as_str() {
            "(" | "[" if self.list[place].kind == TokenKind::Punct => 1,
            ")" | "]" if self.list[place].kind == TokenKind::Punct => -1,
            _ => 0,
        }
    }

    /// The bracket that closes the one at `open`.
    pub(super) fn close(&self, open: usize) -> Option<usize> {
        let mut depth = 0;
        (open..self.list.len()).find(|at| {
            depth += self.depth_of(*at);
            depth == 0
        })
    }

    fn open(&self, close: usize) -> Option<usize> {
        let mut depth = 0;
        (0..=close).rev().find(|at| {
            depth += self.depth_of(*at);
            depth == 0
        })
    }

    /// The first of `places` at the bracket depth of its start that `wanted` picks.
    pub(super) fn at_depth(
        &self,
        places: std::ops::Range<usize>,
        wanted: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let mut depth = 0;
        for at in places {
            if depth == 0 && self.is_code(at) && wanted(at) {
                return Some(at);
            }
            depth += self.depth_of(at);
        }
        None
    }

    fn is_keyword(&self, place: usize) -> bool {
        KEYWORDS.iter().any(|word| self.is_word(place, word))
    }

    fn is_name(&self, place: usize) -> bool {
        match self.list[place].kind {
            TokenKind::QuotedIdent => true,
            TokenKind::Word => !self.is_keyword(place),
            _ => false,
        }
    }

    /// Where the operand begins whose last piece is at `end`.
    pub(super) fn operand_start(&self, end: usize) -> Option<usize> {
        let start = match self.list[end].kind {
            TokenKind::String | TokenKind::Number | TokenKind::Param => return Some(end),
            TokenKind::Punct if self.list[end].text == ")" => {
                let open = self.open(end)?;
                match self.prev(open).filter(|before| self.is_name(*before)) {
                    Some(name) => name,
                    None => return Some(open),
                }
            }
            TokenKind::Punct if self.list[end].text == "]" => {
                return self.operand_start(self.prev(self.open(end)?)?);
            }
            TokenKind::Word if self.is_word(end, "end") => return self.case_of(end),
            _ if self.is_name(end) => end,
            _ => return None,
        };
        Some(self.qualified(start))
    }

    /// Takes `schema.table.` before a name along.
    fn qualified(&self, mut start: usize) -> usize {
        while let Some(dot) = self.prev(start).filter(|at| self.is_symbol(*at, ".")) {
            match self.prev(dot) {
                Some(name) => start = name,
                None => break,
            }
        }
        start
    }

    fn case_of(&self, end: usize) -> Option<usize> {
        let mut depth = 0;
        (0..=end).rev().find(|at| {
            depth += i32::from(self.is_word(*at, "end")) - i32::from(self.is_word(*at, "case"));
            depth == 0
        })
    }

    /// Where the operand ends whose first piece is at `start`.
    pub(super) fn operand_end(&self, start: usize) -> Option<usize> {
        if self.is_symbol(start, "-") || self.is_symbol(start, "+") {
            return self.operand_end(self.next(start)?);
        }
        if self.is_symbol(start, "(") {
            return self.close(start);
        }
        if self.is_word(start, "case") {
            let mut depth = 0;
            return (start..self.list.len()).find(|at| {
                depth += i32::from(self.is_word(*at, "case")) - i32::from(self.is_word(*at, "end"));
                depth == 0
            });
        }
        if !self.is_name(start) {
            let plain = matches!(
                self.list[start].kind,
                TokenKind::String | TokenKind::Number | TokenKind::Param
            );
            return plain.then_some(start);
        }
        let mut end = start;
        while let Some(dot) = self.next(end).filter(|at| self.is_symbol(*at, ".")) {
            end = self.next(dot)?;
        }
        match self.call_paren(end) {
            Some(open) => self.close(open),
            None => Some(end),
        }
    }

    /// Takes pieces away.
    pub(super) fn remove(&mut self, places: std::ops::RangeInclusive<usize>) {
        self.list.drain(places);
    }

    /// Puts a piece before `place`.
    pub(super) fn insert(&mut self, place: usize, kind: TokenKind, text: &str) {
        let at = self
            .list
            .get(place)
            .or(self.list.last())
            .map_or(0, |piece| piece.at);
        let text = text.to_owned();
        self.list.insert(place, Piece { kind, text, at });
    }

    /// Puts `name(` before `start` and `)` behind `end`.
    pub(super) fn wrap(&mut self, start: usize, end: usize, name: &str) {
        self.insert(end + 1, TokenKind::Punct, ")");
        self.insert(start, TokenKind::Punct, "(");
        self.insert(start, TokenKind::Word, name);
    }
}
