//! A JSON document as `jsonb::text` writes it: the last of equal keys, shorter keys first, one blank
//! behind each comma and colon, numbers without exponent and with the digits that they were written with.
//!
//! It only takes documents that were found to be valid.

use super::decimal;
use std::cmp::Ordering;

/// Appends the text of a valid document; `None` where it is none.
pub(super) fn canonical(text: &str, out: &mut Vec<u8>) -> Option<()> {
    Pen::new(text, out).value()
}

/// Whether an object in a valid document has a key twice, of which `jsonb` keeps the last.
pub(crate) fn has_equal_keys(text: &str) -> bool {
    let mut out = Vec::new();
    let mut pen = Pen::new(text, &mut out);
    pen.value();
    pen.has_equal
}

/// A member of an object that is being written.
struct Member {
    /// Its key, unescaped.
    key: Key,
    /// Where key and value begin and end in what is written.
    start: usize,
    end: usize,
}

/// A key: a part of the document, or, where it has escapes, what they mean.
enum Key {
    Plain(usize, usize),
    Meant(String),
}

struct Pen<'t, 'o> {
    text: &'t str,
    at: usize,
    out: &'o mut Vec<u8>,
    /// The members of all objects that are open.
    members: Vec<Member>,
    /// Whether an object had a key twice.
    has_equal: bool,
}

impl<'t, 'o> Pen<'t, 'o> {
    fn new(text: &'t str, out: &'o mut Vec<u8>) -> Self {
        Self {
            text,
            at: 0,
            out,
            members: Vec::new(),
            has_equal: false,
        }
    }

    fn value(&mut self) -> Option<()> {
        match self.next()? {
            b'{' => self.object(),
            b'[' => self.list(),
            b'"' => self.string().map(drop),
            _ => self.word(),
        }
    }

    /// The next sign that is no blank; it is passed.
    fn next(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let b' ' | b'\t' | b'\n' | b'\r' = bytes.get(self.at)? {
            self.at += 1;
        }
        self.at += 1;
        Some(bytes[self.at - 1])
    }

    /// A number, or a word that stands for itself, whose first sign is passed.
    fn word(&mut self) -> Option<()> {
        let start = self.at - 1;
        let rest = &self.text.as_bytes()[start..];
        let ends = |it: &u8| matches!(it, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r');
        let end = start + rest.iter().position(ends).unwrap_or(rest.len());
        self.at = end;
        let word = &self.text[start..end];
        let is_plain = word.bytes().all(|it| it.is_ascii_digit() || it == b'.');
        if is_plain || matches!(word, "true" | "false" | "null") {
            self.out.extend_from_slice(word.as_bytes());
            return Some(());
        }
        let number = decimal::of_text(word).ok()?;
        let is_zero = !number.bytes().any(|it| (b'1'..=b'9').contains(&it));
        let number = if is_zero {
            number.trim_start_matches('-')
        } else {
            &number
        };
        self.out.extend_from_slice(number.as_bytes());
        Some(())
    }

    fn list(&mut self) -> Option<()> {
        self.out.push(b'[');
        let mut is_first = true;
        loop {
            let before = self.at;
            match self.next()? {
                b']' => break,
                b',' => {}
                _ => {
                    self.at = before;
                    if !std::mem::take(&mut is_first) {
                        self.out.extend_from_slice(b", ");
                    }
                    self.value()?;
                }
            }
        }
        self.out.push(b']');
        Some(())
    }

    fn object(&mut self) -> Option<()> {
        self.out.push(b'{');
        let begun = self.out.len();
        let first = self.members.len();
        loop {
            match self.next()? {
                b'}' => break,
                b',' => self.out.extend_from_slice(b", "),
                b'"' => {
                    let start = self.out.len();
                    let key = self.string()?;
                    // The colon.
                    self.next()?;
                    self.out.extend_from_slice(b": ");
                    self.value()?;
                    let end = self.out.len();
                    self.members.push(Member { key, start, end });
                }
                _ => return None,
            }
        }
        let mut members = self.members.split_off(first);
        let pairs = members.windows(2);
        if !pairs
            .into_iter()
            .all(|pair| self.order(&pair[0].key, &pair[1].key) == Ordering::Less)
        {
            // Of equal keys the last one counts, which a stable order leaves last.
            members.sort_by(|one, other| self.order(&one.key, &other.key));
            self.rewrite(begun, &members);
        }
        self.out.push(b'}');
        Some(())
    }

    /// Writes the members of an object in their order.
    fn rewrite(&mut self, begun: usize, members: &[Member]) {
        let written = self.out.split_off(begun);
        let mut is_first = true;
        for (number, member) in members.iter().enumerate() {
            let next = members.get(number + 1);
            if next.is_some_and(|next| self.order(&member.key, &next.key) == Ordering::Equal) {
                self.has_equal = true;
                continue;
            }
            if !std::mem::take(&mut is_first) {
                self.out.extend_from_slice(b", ");
            }
            self.out
                .extend_from_slice(&written[member.start - begun..member.end - begun]);
        }
    }

    /// Shorter keys come first.
    fn order(&self, one: &Key, other: &Key) -> Ordering {
        let (one, other) = (self.meant(one), self.meant(other));
        one.len().cmp(&other.len()).then_with(|| one.cmp(other))
    }

    fn meant<'k>(&'k self, key: &'k Key) -> &'k [u8] {
        match key {
            Key::Plain(start, end) => &self.text.as_bytes()[*start..*end],
            Key::Meant(text) => text.as_bytes(),
        }
    }

    /// A string whose first quote is passed; it is written, and answered.
    fn string(&mut self) -> Option<Key> {
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        let at = rest.iter().position(|it| matches!(it, b'"' | b'\\'))?;
        if rest[at] == b'"' {
            self.at = start + at + 1;
            self.out
                .extend_from_slice(&self.text.as_bytes()[start - 1..self.at]);
            return Some(Key::Plain(start, start + at));
        }
        let text = self.escaped()?;
        write(self.out, &text);
        Some(Key::Meant(text))
    }

    /// What a string with escapes means.
    fn escaped(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            let rest = &self.text[self.at..];
            let end = rest.find(['"', '\\'])?;
            text.push_str(&rest[..end]);
            self.at += end + 1;
            if rest.as_bytes()[end] == b'"' {
                return Some(text);
            }
            let escape = *self.text.as_bytes().get(self.at)?;
            self.at += 1;
            text.push(match escape {
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'u' => self.unicode()?,
                other => char::from(other),
            });
        }
    }

    /// The sign behind `\u`, which may be written as two halves.
    fn unicode(&mut self) -> Option<char> {
        let first = self.hex()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        if self.text.get(self.at..self.at + 2)? != "\\u" {
            return None;
        }
        self.at += 2;
        let second = self.hex()?;
        char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + second.checked_sub(0xdc00)?)
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

/// A string as Postgres writes it.
fn write(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for sign in text.chars() {
        match sign {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            sign if u32::from(sign) < 0x20 => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(sign)).as_bytes());
            }
            sign => {
                let mut bytes = [0; 4];
                out.extend_from_slice(sign.encode_utf8(&mut bytes).as_bytes());
            }
        }
    }
    out.push(b'"');
}
