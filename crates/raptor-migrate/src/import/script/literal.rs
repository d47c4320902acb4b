//! The values that are literals: `None`, strings, and tuples, lists and sets of strings.

use super::tokens::{Kind, Token};

/// What an assignment gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    None,
    Text(String),
    Several(Vec<String>),
}

/// The value of an expression; `None` when it is no literal.
pub(super) fn value(tokens: &[Token<'_>]) -> Option<Value> {
    let (first, last) = (tokens.first()?, tokens.last()?);
    if let [only] = tokens
        && only.is_name(&["None"])
    {
        return Some(Value::None);
    }
    if let Some(text) = text(tokens) {
        return Some(Value::Text(text));
    }
    let is_wrapped = |open, close| {
        let inner = &tokens[1..tokens.len() - 1];
        first.is(open) && last.is(close) && inner.iter().all(|it| it.depth > first.depth)
    };
    if tokens.len() >= 2 {
        let inner = &tokens[1..tokens.len() - 1];
        if is_wrapped("[", "]") || (is_wrapped("{", "}") && !inner.is_empty()) {
            return several(inner);
        }
        if is_wrapped("(", ")") {
            // Without a comma, brackets are only brackets.
            let is_tuple = inner.is_empty() || commas(inner).next().is_some();
            return if is_tuple {
                several(inner)
            } else {
                value(inner)
            };
        }
    }
    commas(tokens).next().and_then(|_| several(tokens))
}

/// The string that one or several string tokens beside one another make.
pub(super) fn text(tokens: &[Token<'_>]) -> Option<String> {
    if tokens.is_empty() {
        return None;
    }
    tokens
        .iter()
        .map(|token| (token.kind == Kind::Text).then(|| decoded(token.text))?)
        .collect()
}

/// Where commas cut an expression.
fn commas<'t>(tokens: &'t [Token<'t>]) -> impl Iterator<Item = usize> + 't {
    let depth = tokens.first().map_or(0, |first| first.depth);
    (0..tokens.len()).filter(move |at| tokens[*at].is(",") && tokens[*at].depth == depth)
}

fn several(tokens: &[Token<'_>]) -> Option<Value> {
    let mut items = Vec::new();
    let mut start = 0;
    for comma in commas(tokens).chain([tokens.len()]) {
        let item = &tokens[start..comma];
        start = comma + 1;
        // A comma may stand behind the last one.
        if item.is_empty() && comma == tokens.len() {
            continue;
        }
        match value(item)? {
            Value::Text(text) => items.push(text),
            Value::None | Value::Several(_) => return None,
        }
    }
    Some(Value::Several(items))
}

/// What a string token means; `None` for bytes, what is formatted, and escapes that need tables.
fn decoded(token: &str) -> Option<String> {
    let start = token.find(['"', '\''])?;
    let prefix = token[..start].to_ascii_lowercase();
    if prefix.contains(['b', 'f', 't']) {
        return None;
    }
    let body = &token[start..];
    let quotes = if body.len() >= 6 && (body.starts_with("\"\"\"") || body.starts_with("'''")) {
        3
    } else {
        1
    };
    let inner = body.get(quotes..body.len() - quotes)?;
    let inner = inner.replace("\r\n", "\n");
    if prefix.contains('r') {
        return Some(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            escape(&mut chars, &mut out)?;
        } else {
            out.push(c);
        }
    }
    Some(out)
}

/// One escape, behind its backslash.
fn escape(chars: &mut std::str::Chars<'_>, out: &mut String) -> Option<()> {
    let c = chars.next()?;
    let plain = match c {
        '\n' => return Some(()),
        '\\' | '\'' | '"' => c,
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        'x' => hex(chars, 2)?,
        'u' => hex(chars, 4)?,
        'U' => hex(chars, 8)?,
        'N' => return None,
        '0'..='7' => {
            let mut number = c.to_digit(8)?;
            for _ in 0..2 {
                let Some(digit) = chars.clone().next().and_then(|c| c.to_digit(8)) else {
                    break;
                };
                chars.next();
                number = number * 8 + digit;
            }
            char::from_u32(number)?
        }
        // Python leaves an escape that it does not know as it is.
        _ => {
            out.push('\\');
            c
        }
    };
    out.push(plain);
    Some(())
}

fn hex(chars: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let mut number = 0u32;
    for _ in 0..digits {
        number = number
            .checked_mul(16)?
            .checked_add(chars.next()?.to_digit(16)?)?;
    }
    char::from_u32(number)
}
