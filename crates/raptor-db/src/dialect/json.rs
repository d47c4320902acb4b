//! JSON in the one text that Postgres's `jsonb` prints.
//!
//! Keys are ordered by length, then by bytes; the last of two equal keys wins; numbers keep their
//! digits; one blank follows each colon and comma (PostgreSQL manual, 8.14).

use std::fmt::Write;

/// Objects and arrays inside each other, at most; Postgres gives up by its stack.
const DEPTH: usize = 512;

/// A document, with numbers as they were written.
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// In plain decimal notation.
    Number(String),
    Text(String),
    Array(Vec<Json>),
    /// In jsonb's order, each key once.
    Object(Vec<(String, Json)>),
}

/// The canonical text of a JSON text.
///
/// # Errors
/// Why it is no JSON that `jsonb` takes.
pub(crate) fn jsonb_text(raw: &str) -> Result<String, String> {
    parse(raw).map(|json| json.to_text())
}

/// Reads a JSON text (RFC 8259).
///
/// # Errors
/// Why it is no JSON that `jsonb` takes.
pub(crate) fn parse(raw: &str) -> Result<Json, String> {
    let mut reader = Reader {
        text: raw,
        at: 0,
        depth: 0,
    };
    let json = reader.value()?;
    reader.blanks();
    if reader.at < raw.len() {
        return Err(reader.wrong());
    }
    Ok(json)
}

impl Json {
    /// As jsonb prints it.
    pub(crate) fn to_text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(digits) => out.push_str(digits),
            Self::Text(text) => quote(text, out),
            Self::Array(items) => {
                out.push('[');
                for (nth, item) in items.iter().enumerate() {
                    out.push_str(if nth == 0 { "" } else { ", " });
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (nth, (key, value)) in members.iter().enumerate() {
                    out.push_str(if nth == 0 { "" } else { ", " });
                    quote(key, out);
                    out.push_str(": ");
                    value.write(out);
                }
                out.push('}');
            }
        }
    }

    /// An object with its members in jsonb's order, the last of equal keys kept.
    pub(crate) fn object(mut members: Vec<(String, Self)>) -> Self {
        // Stable, so that of equal keys the last written stands last.
        members.sort_by(|(a, _), (b, _)| (a.len(), a.as_bytes()).cmp(&(b.len(), b.as_bytes())));
        let mut kept: Vec<(String, Self)> = Vec::with_capacity(members.len());
        for member in members {
            match kept.last_mut() {
                Some(last) if last.0 == member.0 => *last = member,
                _ => kept.push(member),
            }
        }
        Self::Object(kept)
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    fn wrong(&self) -> String {
        format!("is no JSON (at byte {})", self.at)
    }

    fn take(&mut self, word: &str) -> Result<(), String> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            Ok(())
        } else {
            Err(self.wrong())
        }
    }

    fn value(&mut self) -> Result<Json, String> {
        self.blanks();
        match self.peek() {
            b'n' => self.take("null").map(|()| Json::Null),
            b't' => self.take("true").map(|()| Json::Bool(true)),
            b'f' => self.take("false").map(|()| Json::Bool(false)),
            b'"' => self.string().map(Json::Text),
            b'-' | b'0'..=b'9' => self.number(),
            b'[' => self.nested(Self::array),
            b'{' => self.nested(Self::object),
            _ => Err(self.wrong()),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Json, String>) -> Result<Json, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("is nested deeper than {DEPTH} levels"));
        }
        self.at += 1;
        let json = read(self)?;
        self.depth -= 1;
        Ok(json)
    }

    /// Past a comma: true; past the closing bracket: false.
    fn goes_on(&mut self, close: u8) -> Result<bool, String> {
        self.blanks();
        let found = self.peek();
        if found != b',' && found != close {
            return Err(self.wrong());
        }
        self.at += 1;
        Ok(found == b',')
    }

    fn array(&mut self) -> Result<Json, String> {
        let mut items = Vec::new();
        self.blanks();
        if self.peek() == b']' {
            self.at += 1;
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value()?);
            if !self.goes_on(b']')? {
                return Ok(Json::Array(items));
            }
        }
    }

    fn object(&mut self) -> Result<Json, String> {
        let mut members = Vec::new();
        self.blanks();
        if self.peek() == b'}' {
            self.at += 1;
            return Ok(Json::Object(members));
        }
        loop {
            self.blanks();
            let key = self.string()?;
            self.blanks();
            self.take(":")?;
            members.push((key, self.value()?));
            if !self.goes_on(b'}')? {
                return Ok(Json::object(members));
            }
        }
    }

    fn string(&mut self) -> Result<String, String> {
        self.take("\"")?;
        let mut out = String::new();
        loop {
            let Some(c) = self.text[self.at..].chars().next() else {
                return Err(self.wrong());
            };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(out),
                '\\' => out.push(self.escape()?),
                '\0' => return Err("holds a NUL character, which Postgres cannot keep".to_owned()),
                c if c < ' ' => return Err(self.wrong()),
                c => out.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let c = self.peek();
        self.at += 1;
        Ok(match c {
            b'"' | b'\\' | b'/' => char::from(c),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(self.wrong()),
        })
    }

    fn unicode(&mut self) -> Result<char, String> {
        let high = self.hex()?;
        if high == 0 {
            return Err("holds a NUL character, which Postgres cannot keep".to_owned());
        }
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high).ok_or_else(|| self.wrong());
        }
        self.take("\\u")?;
        let low = self.hex()?;
        let pair = (0xdc00..0xe000)
            .contains(&low)
            .then(|| 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00));
        pair.and_then(char::from_u32).ok_or_else(|| self.wrong())
    }

    fn hex(&mut self) -> Result<u32, String> {
        let digits = self
            .text
            .get(self.at..self.at + 4)
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.at += 4;
        number.ok_or_else(|| format!("is no JSON (at byte {})", self.at - 4))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Json, String> {
        let start = self.at;
        if self.peek() == b'-' {
            self.at += 1;
        }
        let leading_zero = self.peek() == b'0';
        let whole = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return Err(self.wrong());
        }
        if self.peek() == b'.' {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.wrong());
            }
        }
        let mantissa = &self.text[start..self.at];
        let mut exponent = 0i64;
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            let from = self.at;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.wrong());
            }
            let power = self.text[from..self.at].trim_start_matches('+');
            exponent = power.parse().unwrap_or(i64::MAX);
        }
        plain(mantissa, exponent)
            .map(Json::Number)
            .ok_or_else(|| "holds a number too large for numeric".to_owned())
    }
}

/// Plain decimal notation, as numeric prints it: `1.5e3` is `1500`, `-0` is `0`.
fn plain(mantissa: &str, exponent: i64) -> Option<String> {
    let exponent = i32::try_from(exponent).ok().filter(|e| e.abs() < 16_000)?;
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    let point = i32::try_from(whole.len()).ok()? + exponent;
    let length = i32::try_from(all.len()).ok()?;
    let (whole, fraction) = if point <= 0 {
        (
            "0".to_owned(),
            format!("{}{all}", "0".repeat(point.unsigned_abs() as usize)),
        )
    } else if point >= length {
        let zeros = "0".repeat((point - length).unsigned_abs() as usize);
        (format!("{all}{zeros}"), String::new())
    } else {
        let (whole, fraction) = all.split_at(point.unsigned_abs() as usize);
        (whole.to_owned(), fraction.to_owned())
    };
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let is_zero = whole == "0" && fraction.bytes().all(|digit| digit == b'0');
    let sign = if is_zero { "" } else { sign };
    Some(if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    })
}

#[cfg(test)]
mod tests {
    use super::jsonb_text;

    #[test]
    fn the_text_is_jsonbs() {
        for (raw, canonical) in [
            (
                r#"{"bb":1,"a":2,"c":{"y":1,"x":[ ]},"a":3}"#,
                r#"{"a": 3, "c": {"x": [], "y": 1}, "bb": 1}"#,
            ),
            (
                "[1,2.50,1e3,1.5e-2,-0,1E+2]",
                "[1, 2.50, 1000, 0.015, 0, 100]",
            ),
            (r#""a\u00e9\ud83d\ude00\/\n""#, "\"aé😀/\\n\""),
            (" true ", "true"),
        ] {
            assert_eq!(jsonb_text(raw).as_deref(), Ok(canonical), "{raw}");
        }
        for raw in [
            "",
            "{",
            "[1,]",
            "01",
            "1.",
            "{a:1}",
            r#""\u0000""#,
            r#""\ud800""#,
            "nul",
            "1 2",
        ] {
            assert!(jsonb_text(raw).is_err(), "{raw}");
        }
    }
}
