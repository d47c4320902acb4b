//! Reads a statement word by word, with every way in which SQLite quotes a name.

use raptor_db::lexer::{self, Token, TokenKind};

/// The words of a statement that are not read yet.
pub(super) struct Reader<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
}

/// A name, and where it stands with its quotes.
pub(super) struct Named {
    pub(super) text: String,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether it stands in quotes.
    pub(super) is_quoted: bool,
}

/// What was read over up to a comma or the end of the brackets.
pub(super) struct Item {
    pub(super) is_generated: bool,
    /// Whether the brackets end behind it; `None` when they never do.
    pub(super) is_last: Option<bool>,
}

impl Named {
    pub(super) fn is(&self, name: &str) -> bool {
        self.text.eq_ignore_ascii_case(name)
    }
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut tokens = lexer::tokens(text).unwrap_or_default();
        tokens.retain(Token::is_code);
        Self {
            text,
            tokens,
            at: 0,
        }
    }

    fn next(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    pub(super) fn is_done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(super) fn skip(&mut self) {
        self.at += 1;
    }

    pub(super) fn is_at_word(&self, word: &str) -> bool {
        self.next().is_some_and(|it| it.is_word(self.text, word))
    }

    /// Reads that word, if it is the next.
    pub(super) fn word(&mut self, word: &str) -> bool {
        let is_next = self.is_at_word(word);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn symbol(&mut self, symbol: &str) -> bool {
        let is_next = self
            .next()
            .is_some_and(|it| it.is_symbol(self.text, symbol));
        self.at += usize::from(is_next);
        is_next
    }

    /// Reads a name: plain, or in `"…"`, `` `…` `` or `[…]`.
    pub(super) fn name(&mut self) -> Option<Named> {
        let token = *self.next()?;
        let text = token.text(self.text);
        let (name, end) = match token.kind {
            TokenKind::Word => (text.to_owned(), token.end),
            TokenKind::QuotedIdent => {
                let inner = text.strip_prefix('"')?.strip_suffix('"')?;
                (inner.replace("\"\"", "\""), token.end)
            }
            _ => {
                let closing = match text {
                    "`" => '`',
                    "[" => ']',
                    _ => return None,
                };
                let length = self.text[token.end..].find(closing)?;
                let end = token.end + length;
                (self.text[token.end..end].to_owned(), end + 1)
            }
        };
        while self.next().is_some_and(|it| it.start < end) {
            // A quote that a run of operator characters goes on behind is none that is known here.
            if self.next().is_some_and(|it| it.end > end) {
                return None;
            }
            self.at += 1;
        }
        Some(Named {
            text: name,
            start: token.start,
            end,
            is_quoted: token.kind != TokenKind::Word,
        })
    }

    /// Reads names with commas between them.
    pub(super) fn names(&mut self) -> Option<Vec<String>> {
        let mut names = vec![self.name()?.text];
        while self.symbol(",") {
            names.push(self.name()?.text);
        }
        Some(names)
    }

    /// Reads over what stands up to a comma, or to the end of the brackets it is in.
    pub(super) fn item(&mut self) -> Item {
        let (mut depth, mut is_generated) = (0_usize, false);
        while let Some(token) = self.next() {
            let is = |symbol| token.is_symbol(self.text, symbol);
            if depth == 0 && (is(",") || is(")")) {
                let is_last = Some(is(")"));
                self.at += 1;
                return Item {
                    is_generated,
                    is_last,
                };
            }
            is_generated |= depth == 0 && token.is_word(self.text, "as");
            depth += usize::from(is("("));
            depth -= usize::from(is(")"));
            self.at += 1;
        }
        Item {
            is_generated,
            is_last: None,
        }
    }

    /// Whether a word or name like that is still to come.
    pub(super) fn rest_has(&self, name: &str) -> bool {
        self.tokens[self.at.min(self.tokens.len())..]
            .iter()
            .any(|it| {
                let text = it.text(self.text).trim_matches(['"', '`', '[', ']']);
                matches!(it.kind, TokenKind::Word | TokenKind::QuotedIdent)
                    && text.eq_ignore_ascii_case(name)
            })
    }
}
