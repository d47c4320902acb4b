//! `raptor config`: every setting in force, secrets hidden.

use super::terminal;
use crate::config::{Config, Entry};
use anyhow::Result;
use clap::Args;
use std::process::ExitCode;

#[derive(Args)]
pub(super) struct Options {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    if options.json {
        terminal::json(&as_json(config))?;
    } else {
        terminal::answer(as_text(config))?;
    }
    // A misspelt variable is a setting that does not hold.
    Ok(ExitCode::from(u8::from(!config.unknown().is_empty())))
}

fn as_text(config: &Config) -> String {
    let mut text = String::new();
    for entry in config.entries() {
        text.push_str(&format!(
            "{:<26} {:<44} {}\n{:<26} {}\n",
            entry.key.env,
            shown(entry).unwrap_or_else(|| "-".to_owned()),
            entry.origin,
            "",
            entry.key.what
        ));
    }
    for name in config.unknown() {
        text.push_str(&format!("{name} is set, but no key is called that\n"));
    }
    text
}

fn as_json(config: &Config) -> serde_json::Value {
    let settings: serde_json::Map<_, _> = config
        .entries()
        .iter()
        .map(|entry| {
            let value = serde_json::json!({
                "value": shown(entry),
                "origin": entry.origin.to_string(),
                "file_key": entry.key.file,
                "meaning": entry.key.what,
            });
            (entry.key.env.to_owned(), value)
        })
        .collect();
    serde_json::json!({ "settings": settings, "unknown": config.unknown() })
}

/// The value without the password that a URL may hold.
fn shown(entry: &Entry) -> Option<String> {
    let value = entry.value.as_deref()?;
    Some(match entry.key.env {
        "DATABASE_URL" | "DATABASE_OWNER_URL" => without_password(value),
        _ if entry.key.is_secret() => "(secret)".to_owned(),
        _ => value.to_owned(),
    })
}

fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        // A SQLite path has no password; what is no URL at all may be anything.
        return if url.starts_with("sqlite:") {
            url.to_owned()
        } else {
            "(not a URL)".to_owned()
        };
    };
    // The last @ before the path ends the login, whatever characters a password holds.
    let authority = rest.find('/').unwrap_or(rest.len());
    let (login, place) = match rest[..authority].rfind('@').or_else(|| rest.rfind('@')) {
        Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
        None => (None, rest),
    };
    let place = match place.split_once('?') {
        Some((path, query)) => format!("{path}?{}", without_secrets(query)),
        None => place.to_owned(),
    };
    match login.map(|login| login.split_once(':')) {
        Some(Some((user, _))) => format!("{scheme}://{user}:***@{place}"),
        Some(None) => format!("{scheme}://{}@{place}", login.unwrap_or_default()),
        None => format!("{scheme}://{place}"),
    }
}

fn without_secrets(query: &str) -> String {
    let hidden = |pair: &str| match pair.split_once('=') {
        Some((name @ ("password" | "sslpassword"), _)) => format!("{name}=***"),
        _ => pair.to_owned(),
    };
    query.split('&').map(hidden).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn no_password_is_shown() {
        for (url, shown) in [
            ("postgres://u:secret@h/d", "postgres://u:***@h/d"),
            ("postgres://u:se/cr@et@h/d?x=1", "postgres://u:***@h/d?x=1"),
            ("postgres://u@h/d", "postgres://u@h/d"),
            (
                "postgres://h/d?user=u&password=secret",
                "postgres://h/d?user=u&password=***",
            ),
            ("host=h password=secret", "(not a URL)"),
            ("sqlite:./dev.db", "sqlite:./dev.db"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
