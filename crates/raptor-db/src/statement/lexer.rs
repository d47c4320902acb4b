//! Cuts a Postgres-flavoured SQL text into tokens that cover it without a gap.
//!
//! It knows where a colon is *not* a parameter: string literals, `E''`, quoted identifiers, both
//! kinds of comment, dollar quotes, casts, array slices and `:=`. It never judges grammar: a text
//! that is not SQL still becomes tokens, and the engine says what is wrong with it. The lexical
//! rules are those of the PostgreSQL manual, chapter 4.1.

pub use super::script::pieces;

/// What a stretch of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Blanks and line ends.
    Whitespace,
    /// `-- …` to the end of the line, or a nested `/* … */`.
    Comment,
    /// `'…'`, `E'…'`, `B'…'`, `X'…'`, `N'…'` or `U&'…'`.
    String,
    /// `$tag$ … $tag$`.
    DollarString,
    /// `"…"` or `U&"…"`.
    QuotedIdent,
    /// A keyword or an unquoted identifier.
    Word,
    /// A number.
    Number,
    /// `:name`; the token covers the colon too.
    Param,
    /// `$1`: refused by [`Sql`](crate::Sql), which has names only.
    Positional,
    /// `::`.
    Cast,
    /// One of `( ) [ ] , ; .` or a lone colon.
    Punct,
    /// A run of operator characters.
    Operator,
}

/// A stretch of the text: `text[start..end]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Token {
    /// The token's text.
    pub fn text<'a>(&self, sql: &'a str) -> &'a str {
        &sql[self.start..self.end]
    }

    /// Whether the token means something to the engine: neither blank nor comment.
    pub fn is_code(&self) -> bool {
        !matches!(self.kind, TokenKind::Whitespace | TokenKind::Comment)
    }

    /// Whether this is the unquoted word `word` (case does not matter).
    pub fn is_word(&self, sql: &str, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text(sql).eq_ignore_ascii_case(word)
    }

    /// Whether this is the punctuation or operator `text`.
    pub fn is_symbol(&self, sql: &str, text: &str) -> bool {
        matches!(
            self.kind,
            TokenKind::Punct | TokenKind::Operator | TokenKind::Cast
        ) && self.text(sql) == text
    }
}

/// Why a text cannot be cut: a quote or comment that never ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unterminated {
    /// What was opened.
    pub what: &'static str,
    /// Where, in bytes from the start.
    pub at: usize,
}

/// Cuts `sql` into tokens; their texts joined give `sql` again.
///
/// # Errors
/// [`Unterminated`] for a quote or comment that is opened and never closed.
pub fn tokens(sql: &str) -> Result<Vec<Token>, Unterminated> {
    let mut lexer = Lexer {
        sql,
        bytes: sql.as_bytes(),
        at: 0,
        tokens: Vec::new(),
        brackets: Vec::new(),
    };
    while lexer.at < lexer.bytes.len() {
        let start = lexer.at;
        let kind = lexer.next()?;
        lexer.tokens.push(Token {
            kind,
            start,
            end: lexer.at,
        });
    }
    Ok(lexer.tokens)
}

/// What an open bracket is: only inside a subscript can a colon cut a slice.
#[derive(Clone, Copy, PartialEq)]
enum Bracket {
    Subscript,
    Constructor,
    Paren,
}

struct Lexer<'a> {
    sql: &'a str,
    bytes: &'a [u8],
    at: usize,
    tokens: Vec<Token>,
    brackets: Vec<Bracket>,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn next(&mut self) -> Result<TokenKind, Unterminated> {
        let c = self.peek(0);
        match c {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => {
                self.take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c));
                Ok(TokenKind::Whitespace)
            }
            b'-' if self.peek(1) == b'-' => {
                self.take_while(|b| b != b'\n');
                Ok(TokenKind::Comment)
            }
            b'/' if self.peek(1) == b'*' => self.block_comment(),
            b'\'' => self.quoted(1, b'\'', false, "a string"),
            b'"' => self
                .quoted(1, b'"', false, "a quoted identifier")
                .map(|_| TokenKind::QuotedIdent),
            b'$' => self.dollar(),
            b':' => Ok(self.colon()),
            b'0'..=b'9' => Ok(self.number()),
            b'.' if self.peek(1).is_ascii_digit() => Ok(self.number()),
            b'(' | b')' | b'[' | b']' | b',' | b';' | b'.' => Ok(self.punct(c)),
            _ if is_word_start(c) => self.word(),
            _ if is_operator(c) => Ok(self.operator()),
            _ => {
                self.at += 1;
                Ok(TokenKind::Punct)
            }
        }
    }

    fn take_while(&mut self, keep: impl Fn(u8) -> bool) {
        while self.at < self.bytes.len() && keep(self.bytes[self.at]) {
            self.at += 1;
        }
    }

    fn block_comment(&mut self) -> Result<TokenKind, Unterminated> {
        let start = self.at;
        let mut depth = 0usize;
        while self.at < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return Ok(TokenKind::Comment);
                    }
                }
                _ => self.at += 1,
            }
        }
        Err(Unterminated {
            what: "a comment",
            at: start,
        })
    }

    /// Reads from `self.at + prefix` (just past the opening quote) to the closing quote.
    fn quoted(
        &mut self,
        prefix: usize,
        quote: u8,
        backslash: bool,
        what: &'static str,
    ) -> Result<TokenKind, Unterminated> {
        let start = self.at;
        self.at += prefix;
        while self.at < self.bytes.len() {
            let c = self.bytes[self.at];
            if c == b'\\' && backslash {
                self.at = (self.at + 2).min(self.bytes.len());
            } else if c == quote {
                self.at += 1;
                if self.peek(0) != quote {
                    return Ok(TokenKind::String);
                }
                self.at += 1;
            } else {
                self.at += 1;
            }
        }
        Err(Unterminated { what, at: start })
    }

    fn dollar(&mut self) -> Result<TokenKind, Unterminated> {
        let start = self.at;
        if self.peek(1).is_ascii_digit() {
            self.at += 1;
            self.take_while(|b| b.is_ascii_digit());
            return Ok(TokenKind::Positional);
        }
        let mut end = start + 1;
        while end < self.bytes.len()
            && (is_word_start(self.bytes[end]) || self.bytes[end].is_ascii_digit())
        {
            end += 1;
        }
        if self.bytes.get(end) != Some(&b'$') {
            self.at += 1;
            return Ok(TokenKind::Punct);
        }
        let tag = &self.sql[start..=end];
        match self.sql[end + 1..].find(tag) {
            Some(offset) => {
                self.at = end + 1 + offset + tag.len();
                Ok(TokenKind::DollarString)
            }
            None => Err(Unterminated {
                what: "a dollar-quoted string",
                at: start,
            }),
        }
    }

    fn colon(&mut self) -> TokenKind {
        match self.peek(1) {
            b':' => {
                self.at += 2;
                TokenKind::Cast
            }
            b'=' => {
                self.at += 2;
                TokenKind::Operator
            }
            c if is_word_start(c) && !self.is_slice_colon() => {
                self.at += 1;
                self.take_while(|b| is_word_start(b) || b.is_ascii_digit());
                TokenKind::Param
            }
            _ => {
                self.at += 1;
                TokenKind::Punct
            }
        }
    }

    /// In a subscript, a colon after an operand cuts a slice: `a[lo:hi]`.
    fn is_slice_colon(&self) -> bool {
        self.brackets.last() == Some(&Bracket::Subscript) && self.after_operand()
    }

    fn after_operand(&self) -> bool {
        let Some(last) = self.tokens.iter().rev().find(|t| t.is_code()) else {
            return false;
        };
        match last.kind {
            TokenKind::Word => !last.is_word(self.sql, "array"),
            TokenKind::String
            | TokenKind::DollarString
            | TokenKind::QuotedIdent
            | TokenKind::Number
            | TokenKind::Param
            | TokenKind::Positional => true,
            _ => last.is_symbol(self.sql, ")") || last.is_symbol(self.sql, "]"),
        }
    }

    fn punct(&mut self, c: u8) -> TokenKind {
        match c {
            b'(' => self.brackets.push(Bracket::Paren),
            b'[' if self.after_operand() => self.brackets.push(Bracket::Subscript),
            b'[' => self.brackets.push(Bracket::Constructor),
            b')' | b']' => {
                self.brackets.pop();
            }
            _ => {}
        }
        self.at += 1;
        TokenKind::Punct
    }

    fn number(&mut self) -> TokenKind {
        if self.peek(0) == b'0' && matches!(self.peek(1) | 0x20, b'x' | b'o' | b'b') {
            self.at += 2;
            self.take_while(|b| b.is_ascii_alphanumeric() || b == b'_');
            return TokenKind::Number;
        }
        let digits = |b: u8| b.is_ascii_digit() || b == b'_';
        self.take_while(digits);
        if self.peek(0) == b'.' && self.peek(1) != b'.' {
            self.at += 1;
            self.take_while(digits);
        }
        let sign = usize::from(matches!(self.peek(1), b'+' | b'-'));
        if self.peek(0) | 0x20 == b'e' && self.peek(1 + sign).is_ascii_digit() {
            self.at += 1 + sign;
            self.take_while(digits);
        }
        TokenKind::Number
    }

    fn word(&mut self) -> Result<TokenKind, Unterminated> {
        let c = self.peek(0) | 0x20;
        if self.peek(1) == b'\'' && matches!(c, b'e' | b'b' | b'x' | b'n') {
            return self.quoted(2, b'\'', c == b'e', "a string");
        }
        if c == b'u' && self.peek(1) == b'&' && self.peek(2) == b'\'' {
            return self.quoted(3, b'\'', false, "a string");
        }
        if c == b'u' && self.peek(1) == b'&' && self.peek(2) == b'"' {
            return self
                .quoted(3, b'"', false, "a quoted identifier")
                .map(|_| TokenKind::QuotedIdent);
        }
        self.take_while(|b| is_word_start(b) || b.is_ascii_digit() || b == b'$');
        Ok(TokenKind::Word)
    }

    fn operator(&mut self) -> TokenKind {
        let start = self.at;
        while self.at < self.bytes.len() && is_operator(self.peek(0)) {
            let comment = matches!((self.peek(0), self.peek(1)), (b'-', b'-') | (b'/', b'*'));
            if comment && self.at > start {
                break;
            }
            self.at += 1;
        }
        // The manual: a multi-character operator may end in + or - only if it also contains one of
        // ~ ! @ # % ^ & | ` ?  Otherwise `a*-1` would be the operator `*-`.
        let special = |b: &u8| b"~!@#%^&|`?".contains(b);
        while self.at - start > 1
            && matches!(self.bytes[self.at - 1], b'+' | b'-')
            && !self.bytes[start..self.at].iter().any(special)
        {
            self.at -= 1;
        }
        TokenKind::Operator
    }
}

fn is_word_start(c: u8) -> bool {
    c.is_ascii_alphabetic() || c == b'_' || c >= 0x80
}

fn is_operator(c: u8) -> bool {
    b"+-*/<>=~!@#%^&|`?".contains(&c)
}

#[cfg(test)]
mod tests;
