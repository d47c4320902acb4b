//! The names that a definition may be about: a catalog does not say what depends on what.
//!
//! It finds rather too many than too few: words in strings count (`nextval('numbers'::regclass)`).

use raptor_db::lexer::{self, TokenKind};
use std::collections::HashSet;

/// Names as they are, unquoted.
#[derive(Debug, Clone, Default)]
pub(super) struct Words(HashSet<String>);

impl Words {
    pub(super) fn of(text: &str) -> Self {
        let mut words = Self::default();
        words.add(text);
        words
    }

    pub(super) fn add(&mut self, text: &str) {
        let Ok(tokens) = lexer::tokens(text) else {
            let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
            let all = text.split(|c: char| !is_of_name(c)).map(str::to_lowercase);
            self.0.extend(all);
            return;
        };
        for token in tokens {
            let written = token.text(text);
            match token.kind {
                TokenKind::Word => {
                    self.0.insert(written.to_lowercase());
                }
                TokenKind::QuotedIdent => {
                    self.0.insert(plain(written));
                }
                TokenKind::String | TokenKind::DollarString => {
                    let inside = written.trim_matches(|c: char| c == '\'' || c == '$');
                    if inside.len() < written.len() {
                        self.add(inside);
                    }
                }
                _ => {}
            }
        }
    }

    pub(super) fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// A name without its quotes.
pub(super) fn plain(written: &str) -> String {
    match written
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        Some(inside) => inside.replace("\"\"", "\""),
        None => written.to_owned(),
    }
}
