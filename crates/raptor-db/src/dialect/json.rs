//! JSON text as Postgres's `jsonb` prints it, so that both engines answer with the same bytes.
//!
//! Keys by length and then by bytes, the last of several equal ones; numbers digit by digit, as
//! `numeric` keeps them; `{"a": 1, "b": [2]}` for blanks.

use std::collections::BTreeMap;

/// A JSON document with its numbers as they are written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// In the form `numeric` prints.
    Number(String),
    Text(String),
    Array(Vec<Json>),
    Object(BTreeMap<Key, Json>),
}

/// An object's key, in the order of `jsonb`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key(pub(crate) String);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0.len(), &self.0).cmp(&(other.0.len(), &other.0))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The canonical text of a JSON text.
///
/// # Errors
/// How the text fails to be JSON, as the end of a sentence: `has a NUL character, …`.
pub(crate) fn jsonb_text(raw: &str) -> Result<String, String> {
    Json::parse(raw).map(|json| json.to_string())
}

/// Nesting deeper than this is refused; Postgres's own limit is its stack.
const DEEPEST: u32 = 500;

impl Json {
    pub(crate) fn parse(raw: &str) -> Result<Self, String> {
        let mut reader = Reader {
            raw,
            at: 0,
            depth: 0,
        };
        let json = reader.value()?;
        reader.blanks();
        if reader.at < raw.len() {
            return Err(reader.unexpected());
        }
        Ok(json)
    }
}

impl std::fmt::Display for Json {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(v) => write!(f, "{v}"),
            Self::Number(digits) => f.write_str(digits),
            Self::Text(text) => quote(f, text),
            Self::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    f.write_str(if at == 0 { "[" } else { ", " })?;
                    item.fmt(f)?;
                }
                f.write_str(if items.is_empty() { "[]" } else { "]" })
            }
            Self::Object(fields) => {
                for (at, (key, value)) in fields.iter().enumerate() {
                    f.write_str(if at == 0 { "{" } else { ", " })?;
                    quote(f, &key.0)?;
                    f.write_str(": ")?;
                    value.fmt(f)?;
                }
                f.write_str(if fields.is_empty() { "{}" } else { "}" })
            }
        }
    }
}

/// As `escape_json` does.
fn quote(f: &mut std::fmt::Formatter<'_>, text: &str) -> std::fmt::Result {
    use std::fmt::Write;
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\u{8}' => f.write_str("\\b")?,
            '\u{c}' => f.write_str("\\f")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c < ' ' => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

struct Reader<'r> {
    raw: &'r str,
    at: usize,
    depth: u32,
}

impl Reader<'_> {
    fn peek(&self) -> u8 {
        self.raw.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    fn unexpected(&self) -> String {
        match self.raw.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(c) => format!("has an unexpected {c:?} at byte {}", self.at),
            None => "ends too early".to_owned(),
        }
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.raw[self.at..].starts_with(word);
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn value(&mut self) -> Result<Json, String> {
        self.blanks();
        match self.peek() {
            b'{' => self.nested(Self::object),
            b'[' => self.nested(Self::array),
            b'"' => self.text().map(Json::Text),
            b'-' | b'0'..=b'9' => self.number().map(Json::Number),
            _ if self.take("null") => Ok(Json::Null),
            _ if self.take("true") => Ok(Json::Bool(true)),
            _ if self.take("false") => Ok(Json::Bool(false)),
            _ => Err(self.unexpected()),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Json, String>) -> Result<Json, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("is nested deeper than {DEEPEST} levels"));
        }
        self.at += 1;
        self.blanks();
        let json = read(self);
        self.depth -= 1;
        json
    }

    /// Past a comma, or past the closing bracket.
    fn goes_on(&mut self, close: &str) -> Result<bool, String> {
        self.blanks();
        if self.take(",") {
            return Ok(true);
        }
        if self.take(close) {
            Ok(false)
        } else {
            Err(self.unexpected())
        }
    }

    fn array(&mut self) -> Result<Json, String> {
        let mut items = Vec::new();
        if self.take("]") {
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value()?);
            if !self.goes_on("]")? {
                return Ok(Json::Array(items));
            }
        }
    }

    fn object(&mut self) -> Result<Json, String> {
        let mut fields = BTreeMap::new();
        if self.take("}") {
            return Ok(Json::Object(fields));
        }
        loop {
            self.blanks();
            if self.peek() != b'"' {
                return Err(self.unexpected());
            }
            let key = self.text()?;
            self.blanks();
            if !self.take(":") {
                return Err(self.unexpected());
            }
            fields.insert(Key(key), self.value()?);
            if !self.goes_on("}")? {
                return Ok(Json::Object(fields));
            }
        }
    }

    fn text(&mut self) -> Result<String, String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.raw[self.at..];
            let end = rest
                .find(|c: char| c == '"' || c == '\\' || c < ' ')
                .unwrap_or(rest.len());
            text.push_str(&rest[..end]);
            self.at += end;
            match self.peek() {
                b'"' => {
                    self.at += 1;
                    return Ok(text);
                }
                b'\\' => text.push(self.escape()?),
                _ => return Err(self.unexpected()),
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        self.at += 1;
        let c = match self.peek() {
            c @ (b'"' | b'\\' | b'/') => char::from(c),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(c)
    }

    fn unicode(&mut self) -> Result<char, String> {
        let mut units = vec![self.unit()?];
        if (0xd800..0xdc00).contains(&units[0]) && self.raw[self.at..].starts_with("\\u") {
            self.at += 1;
            units.push(self.unit()?);
        }
        match String::from_utf16(&units)
            .ok()
            .and_then(|text| text.chars().next())
        {
            Some('\0') => Err("has a NUL character (\\u0000), which jsonb cannot keep".to_owned()),
            Some(c) => Ok(c),
            None => Err("has half a surrogate pair".to_owned()),
        }
    }

    /// `uXXXX`.
    fn unit(&mut self) -> Result<u16, String> {
        let digits = self.raw.get(self.at + 1..self.at + 5);
        let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let unit = unit.ok_or_else(|| self.unexpected())?;
        self.at += 5;
        Ok(unit)
    }

    fn digits(&mut self) -> Result<&str, String> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if start == self.at {
            return Err(self.unexpected());
        }
        Ok(&self.raw[start..self.at])
    }

    fn number(&mut self) -> Result<String, String> {
        let is_negative = self.take("-");
        let whole = self.digits()?.to_owned();
        if whole.len() > 1 && whole.starts_with('0') {
            return Err("has a number with a leading zero".to_owned());
        }
        let fraction = if self.take(".") {
            self.digits()?.to_owned()
        } else {
            String::new()
        };
        let mut exponent = 0i64;
        if self.take("e") || self.take("E") {
            let sign = if self.take("-") { -1 } else { 1 };
            if sign == 1 {
                self.take("+");
            }
            exponent = sign * self.digits()?.parse().unwrap_or(i64::from(u32::MAX));
        }
        plain_number(is_negative, &whole, &fraction, exponent)
            .ok_or_else(|| "has a number that overflows numeric".to_owned())
    }
}

/// Without an exponent, with the zeros it stands for.
fn plain_number(is_negative: bool, whole: &str, fraction: &str, exponent: i64) -> Option<String> {
    let digits = format!("{whole}{fraction}");
    let scale = i64::try_from(fraction.len()).ok()? - exponent;
    // The limits of numeric: 131072 digits before the point, 16383 after it.
    if scale > 16_383 || -scale + i64::try_from(digits.len()).ok()? > 131_072 {
        return None;
    }
    let is_zero = digits.bytes().all(|b| b == b'0');
    let sign = if is_negative && !is_zero { "-" } else { "" };
    let Ok(scale) = usize::try_from(scale) else {
        let zeros = "0".repeat(usize::try_from(-scale).ok()?);
        let shifted = format!("{digits}{zeros}");
        let shifted = shifted.trim_start_matches('0');
        return Some(if is_zero {
            "0".to_owned()
        } else {
            format!("{sign}{shifted}")
        });
    };
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::jsonb_text;

    #[test]
    fn json_is_printed_as_jsonb() {
        for (raw, printed) in [
            (r#"{"bb":1,"a":[1,2,{}],"a":[]}"#, r#"{"a": [], "bb": 1}"#),
            (
                r#" [1.50,-0,-0.0,1e3,15E-1,1.5e1,0e5] "#,
                "[1.50, 0, 0.0, 1000, 1.5, 15, 0]",
            ),
            (r#""\u00e9\ud83d\ude00\/\u0001\n""#, "\"é😀/\\u0001\\n\""),
            ("true", "true"),
        ] {
            assert_eq!(jsonb_text(raw).as_deref(), Ok(printed), "{raw}");
        }
        for raw in [
            "",
            "{",
            "[1,]",
            "01",
            "1.",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "nul",
            "1 2",
            "'a'",
        ] {
            assert!(jsonb_text(raw).is_err(), "{raw}");
        }
        assert!(jsonb_text(&"[".repeat(100_000)).is_err());
    }
}
