//! The table `[tool.alembic]` of a `pyproject.toml`: strings, lists of strings and booleans.
//!
//! Other tables may hold anything; nothing of them is read.

/// A value of the table.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Several(Vec<String>),
    Bool(bool),
}

/// The value of `key` in `[tool.alembic]`, as it is written.
pub(super) fn value(text: &str, key: &str) -> Option<Value> {
    let mut is_ours = false;
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let bare = line.trim();
        if bare.starts_with('[') {
            let name: String = bare.chars().filter(|c| !c.is_whitespace()).collect();
            let name = name.split('#').next().unwrap_or_default().to_owned();
            is_ours = name == "[tool.alembic]";
        } else if is_ours
            && let Some((name, _)) = bare.split_once('=')
            && name.trim().trim_matches(['"', '\'']) == key
        {
            let at = line.find('=').map_or(line.len(), |at| at + 1);
            return parse(&rest[at..]);
        }
        rest = after;
    }
    None
}

fn parse(text: &str) -> Option<Value> {
    let text = text.trim_start_matches([' ', '\t']);
    if text.starts_with("true") {
        return Some(Value::Bool(true));
    }
    if text.starts_with("false") {
        return Some(Value::Bool(false));
    }
    let Some(mut rest) = text.strip_prefix('[') else {
        return string(text).map(|(value, _)| Value::Text(value));
    };
    let mut items = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if rest.starts_with('#') {
            rest = rest.split_once('\n')?.1;
        } else if rest.starts_with(']') {
            return Some(Value::Several(items));
        } else {
            let (item, after) = string(rest)?;
            items.push(item);
            rest = after;
        }
    }
}

/// A string, and what follows it.
fn string(text: &str) -> Option<(String, &str)> {
    for quote in ["\"\"\"", "'''", "\"", "'"] {
        let Some(body) = text.strip_prefix(quote) else {
            continue;
        };
        let is_literal = quote.starts_with('\'');
        let mut out = String::new();
        let mut chars = body.char_indices();
        while let Some((at, c)) = chars.next() {
            if body[at..].starts_with(quote) {
                return Some((out, &body[at + quote.len()..]));
            }
            match c {
                '\\' if !is_literal => out.push(match chars.next()?.1 {
                    'n' => '\n',
                    't' => '\t',
                    c @ ('"' | '\\') => c,
                    _ => return None,
                }),
                c => out.push(c),
            }
        }
        return None;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Value, value};
    use proptest::prelude::*;

    #[test]
    fn the_table_is_read() {
        let text = "[project]\nscript_location = 'no'\n[ tool.alembic ] # x\nscript_location = \"%(here)s/a\\\\b\"\n\
            version_locations = [\n  'x', # first\n  \"y\",\n]\nrecursive_version_locations=true\n[tool.alembic.x]\npath_separator = 'os'\n";
        assert_eq!(
            value(text, "script_location"),
            Some(Value::Text("%(here)s/a\\b".into()))
        );
        assert_eq!(
            value(text, "version_locations"),
            Some(Value::Several(vec!["x".into(), "y".into()]))
        );
        assert_eq!(
            value(text, "recursive_version_locations"),
            Some(Value::Bool(true))
        );
        assert_eq!(value(text, "path_separator"), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(\\[tool.alembic\\]\n)?(a *= *)?[\\[\\]\"'\\\\ \n#,a=é]*") {
            let _ = value(&text, "a");
        }
    }
}
