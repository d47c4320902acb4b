//! An `.ini` file as Python's configparser reads it, as far as Alembic needs it.

/// One option of a section.
#[derive(Debug, PartialEq, Eq)]
struct Item<'t> {
    section: &'t str,
    /// In lower case.
    key: String,
    /// Lines behind the first one are part of it, each behind a line end.
    value: String,
    /// The lines of the file it takes, from 0, the last one excluded.
    lines: std::ops::Range<usize>,
}

fn items(text: &str) -> Vec<Item<'_>> {
    let mut items: Vec<Item<'_>> = Vec::new();
    let mut section = "";
    let mut is_open = false;
    for (number, line) in text.lines().enumerate() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t'])
            && is_open
            && let Some(item) = items.last_mut()
        {
            item.value.push('\n');
            item.value.push_str(bare);
            item.lines.end = number + 1;
            continue;
        }
        is_open = false;
        if let Some(name) = bare.strip_prefix('[').and_then(|it| it.split(']').next()) {
            section = name;
        } else if let Some(at) = bare.find(['=', ':']) {
            is_open = true;
            items.push(Item {
                section,
                key: bare[..at].trim().to_ascii_lowercase(),
                value: bare[at + 1..].trim().to_owned(),
                lines: number..number + 1,
            });
        }
    }
    items
}

/// The value of `key` in the section `alembic`, with `%(name)s` filled in; `here` is the folder of
/// the file.
pub(super) fn value(text: &str, here: &str, key: &str) -> Option<String> {
    let items = items(text);
    let find = |key: &str| {
        let of = |section: &str| {
            let mut found = items.iter().rev();
            found.find(|item| item.section == section && item.key == key)
        };
        of("alembic").or_else(|| of("DEFAULT"))
    };
    let raw = &find(key)?.value;
    Some(filled(
        raw,
        &|name| match name {
            "here" => Some(here.to_owned()),
            name => find(&name.to_ascii_lowercase()).map(|item| item.value.clone()),
        },
        0,
    ))
}

/// Puts values for `%(name)s`, and `%` for `%%`.
pub(super) fn filled(raw: &str, find: &dyn Fn(&str) -> Option<String>, depth: usize) -> String {
    let mut out = String::new();
    let mut rest = raw;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
        } else if let Some((name, after)) =
            rest.strip_prefix('(').and_then(|it| it.split_once(")s"))
        {
            // As deep as configparser goes.
            match find(name).filter(|_| depth < 10) {
                Some(value) if name == "here" => out.push_str(&value),
                Some(value) => out.push_str(&filled(&value, find, depth + 1)),
                None => out.push_str(&format!("%({name})s")),
            }
            rest = after;
        } else {
            out.push('%');
        }
    }
    out + rest
}

/// The same file with another `sqlalchemy.url`.
pub(in crate::import) fn with_url(text: &str, url: &str) -> String {
    let line = format!("sqlalchemy.url = {}", url.replace('%', "%%"));
    let items = items(text);
    let olds: Vec<_> = items
        .iter()
        .filter(|item| item.section == "alembic" && item.key == "sqlalchemy.url")
        .map(|item| item.lines.clone())
        .collect();
    let mut out: Vec<&str> = Vec::new();
    let mut is_written = false;
    for (number, old) in text.lines().enumerate() {
        if olds.iter().any(|lines| lines.contains(&number)) {
            continue;
        }
        out.push(old);
        if !is_written && old.trim().starts_with("[alembic]") {
            out.push(&line);
            is_written = true;
        }
    }
    if !is_written {
        out.extend(["[alembic]", &line]);
    }
    out.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "[DEFAULT]\nroot = %(here)s/db\n[alembic]\n# script_location = no\n\
        Script_Location = %(root)s/x%%y\nversion_locations: a\n   b\n\tc\n\nsqlalchemy.url =\n  old\n\n[other]\nscript_location = z\n";

    #[test]
    fn a_value_is_filled_in() {
        let get = |key| value(FILE, "/p", key);
        assert_eq!(get("script_location").as_deref(), Some("/p/db/x%y"));
        assert_eq!(get("version_locations").as_deref(), Some("a\nb\nc"));
        assert_eq!(get("nothing"), None);
        assert_eq!(
            value("[alembic]\na = %(a)s %", "/p", "a").map(|it| it.len()),
            Some(27)
        );
    }

    #[test]
    fn the_url_is_replaced() {
        let new = with_url(FILE, "sqlite:///a%20b");
        assert_eq!(
            value(&new, "/p", "sqlalchemy.url").as_deref(),
            Some("sqlite:///a%20b")
        );
        assert!(!new.contains("old") && new.contains("[other]\nscript_location = z"));
        let new = with_url("[x]\na = 1", "sqlite://");
        assert_eq!(
            value(&new, "/p", "sqlalchemy.url").as_deref(),
            Some("sqlite://")
        );
    }
}
