//! Roles that may too much, and passwords in the text of a statement.

use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Statement, Word};
use crate::lint::step::Step;
use raptor_db::lexer::TokenKind;

pub(in crate::lint) const POWERFUL: LintRule = LintRule::error(
    "powerful-role",
    "a role gets SUPERUSER, BYPASSRLS, CREATEROLE or REPLICATION",
)
.and_down();
pub(in crate::lint) const PASSWORD: LintRule = LintRule::error(
    "password-in-text",
    "a password stands in the text of a statement, and so in the repository and the server's log",
)
.and_down();

const OPTIONS: [(&str, &str); 4] = [
    ("superuser", "no privilege and no policy binds it"),
    (
        "bypassrls",
        "no policy binds it, and it sees the rows of every tenant",
    ),
    (
        "createrole",
        "it can make roles and give itself what others have",
    ),
    ("replication", "it can copy every row of the whole server"),
];

pub(super) fn look(step: &Step<'_>, _scene: &Scene<'_>, out: &mut Vec<Found>) {
    if let Statement::Role(role) = &step.statement {
        for option in &role.options {
            let known = OPTIONS.iter().find(|(name, _)| option.is(name));
            let Some((name, why)) = known else { continue };
            let option_name = name.to_ascii_uppercase();
            let problem = format!(
                "With {option_name} {} is held by nothing that the chain says: {why}.",
                role.name
            );
            let instead = format!(
                "ALTER ROLE {} NO{option_name}; and GRANT what it needs.",
                role.name
            );
            out.push(Found::new(&POWERFUL, step, option.at, problem, instead));
        }
    }
    if let Some(word) = secret(step) {
        let problem = "A password stands in the text: it is in the repository for good, and in the server's log if that keeps statements.";
        let instead = "Set it outside of the chain, for example with `\\password` of psql, or give the role a login by another way; change this one, as it is known now.";
        out.push(Found::new(&PASSWORD, step, word.at, problem, instead));
    }
}

fn secret<'s>(step: &Step<'s>) -> Option<Word<'s>> {
    let is_role = matches!(step.statement, Statement::Role(_));
    let named = step.words.windows(2).find(|pair| {
        let says = pair[0].is("password");
        let option = step
            .words
            .iter()
            .any(|word| word.is_any(&["options", "mapping"]));
        says && (is_role || option) && is_filled(&pair[1])
    });
    if let Some(pair) = named {
        return Some(pair[1]);
    }
    step.words.iter().copied().find(|word| {
        let content = word.content().map(|(text, _)| text).unwrap_or_default();
        let is_body = word.kind == TokenKind::DollarString;
        !is_body && (has_login(content) || has_setting(content))
    })
}

fn is_filled(word: &Word<'_>) -> bool {
    word.content().is_some_and(|(text, _)| !text.is_empty())
}

/// `scheme://user:password@host`.
fn has_login(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        rest = &rest[at + 3..];
        let end = rest.find(|c: char| c == '/' || c == '?' || c.is_whitespace());
        let authority = &rest[..end.unwrap_or(rest.len())];
        let login = authority.rsplit_once('@').map(|(login, _)| login);
        let password = login
            .and_then(|login| login.split_once(':'))
            .map(|(_, it)| it);
        if password.is_some_and(|password| !password.is_empty()) {
            return true;
        }
    }
    false
}

/// `password=…` in a connection's settings.
fn has_setting(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let is_connection = ["host=", "dbname=", "user=", "port="]
        .iter()
        .any(|key| text.contains(key));
    let value = text.split_once("password=").map(|(_, value)| value);
    is_connection && value.is_some_and(|value| value.starts_with(|c: char| !c.is_whitespace()))
}
