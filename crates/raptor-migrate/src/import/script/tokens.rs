//! Cuts Python's text into logical lines of tokens. It knows no grammar, and never fails: a text
//! that cannot be cut is `None`, and Python has the last word on it.

/// What a stretch of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    /// With its prefix and quotes.
    Text,
    Number,
    /// A run of operator characters, or one bracket, comma, semicolon or other character.
    Symbol,
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    /// In bytes from the start of the file.
    pub(super) at: usize,
    /// How many brackets are open around it; a bracket itself is outside.
    pub(super) depth: usize,
}

/// A statement, or several with semicolons between them.
#[derive(Debug)]
pub(super) struct Line<'t> {
    /// Whether blanks stand before it.
    pub(super) is_indented: bool,
    pub(super) tokens: Vec<Token<'t>>,
}

impl Token<'_> {
    pub(super) fn is(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    pub(super) fn is_name(&self, names: &[&str]) -> bool {
        self.kind == Kind::Name && names.contains(&self.text)
    }
}

/// The logical lines of `text`.
pub(super) fn lines(text: &str) -> Option<Vec<Line<'_>>> {
    let mut cutter = Cutter {
        text,
        at: 0,
        depth: 0,
        is_indented: false,
        line: Vec::new(),
        lines: Vec::new(),
    };
    while cutter.at < text.len() {
        cutter.next()?;
    }
    cutter.end_line();
    (cutter.depth == 0).then_some(cutter.lines)
}

struct Cutter<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    is_indented: bool,
    line: Vec<Token<'t>>,
    lines: Vec<Line<'t>>,
}

impl<'t> Cutter<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn next(&mut self) -> Option<()> {
        let rest = self.rest();
        let c = rest.chars().next()?;
        match c {
            '\n' => {
                self.at += 1;
                if self.depth == 0 {
                    self.end_line();
                }
            }
            ' ' | '\t' | '\r' | '\u{c}' => {
                if self.line.is_empty() {
                    self.is_indented |= c != '\u{c}';
                }
                self.at += 1;
            }
            '#' => self.at += rest.find('\n').unwrap_or(rest.len()),
            '\\' => {
                let after = rest[1..].strip_prefix('\r').unwrap_or(&rest[1..]);
                after.strip_prefix('\n')?;
                self.at += rest.len() - after.len() + 1;
            }
            _ if rest.starts_with(['"', '\'']) => self.string(0)?,
            _ if c.is_alphabetic() || c == '_' => self.word()?,
            '0'..='9' => {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'));
                self.take(Kind::Number, end.unwrap_or(rest.len()));
            }
            '(' | '[' | '{' => {
                self.take(Kind::Symbol, 1);
                self.depth += 1;
            }
            ')' | ']' | '}' => {
                self.depth = self.depth.checked_sub(1)?;
                self.take(Kind::Symbol, 1);
            }
            _ if is_operator(c) => {
                let end = rest.find(|c| !is_operator(c)).unwrap_or(rest.len());
                self.take(Kind::Symbol, end);
            }
            _ => self.take(Kind::Symbol, c.len_utf8()),
        }
        Some(())
    }

    fn take(&mut self, kind: Kind, length: usize) {
        self.line.push(Token {
            kind,
            text: &self.rest()[..length],
            at: self.at,
            depth: self.depth,
        });
        self.at += length;
    }

    fn end_line(&mut self) {
        let tokens = std::mem::take(&mut self.line);
        let is_indented = std::mem::take(&mut self.is_indented);
        if !tokens.is_empty() {
            self.lines.push(Line {
                is_indented,
                tokens,
            });
        }
    }

    fn word(&mut self) -> Option<()> {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let is_prefix = end <= 2 && rest[..end].chars().all(|c| "rRbBuUfFtT".contains(c));
        if is_prefix && rest[end..].starts_with(['"', '\'']) {
            return self.string(end);
        }
        self.take(Kind::Name, end);
        Some(())
    }

    /// A string whose prefix has `prefix` characters.
    fn string(&mut self, prefix: usize) -> Option<()> {
        let rest = self.rest();
        let body = &rest[prefix..];
        let quote = if body.starts_with("\"\"\"") || body.starts_with("'''") {
            &body[..3]
        } else {
            &body[..1]
        };
        let mut at = prefix + quote.len();
        loop {
            let left = &rest[at..];
            if left.starts_with(quote) {
                self.take(Kind::Text, at + quote.len());
                return Some(());
            }
            let c = left.chars().next()?;
            at += c.len_utf8();
            if c == '\\' {
                at += rest[at..].chars().next()?.len_utf8();
            } else if c == '\n' && quote.len() == 1 {
                return None;
            }
        }
    }
}

fn is_operator(c: char) -> bool {
    "=!<>:+-*/|&^%@~".contains(c)
}
