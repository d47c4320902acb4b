//! Whether SQL that a scope declares means the same whatever a session has set.
//!
//! A function has the settings of whoever asks it, but for those that it names; to name one costs at every call. With
//! `standard_conforming_strings` off a text is cut otherwise, and `TimeZone`, `DateStyle` and `IntervalStyle` decide what
//! a time without a zone, or one in letters, is.

use super::asked;
use super::rows::SCHEMA;
use crate::facts::Relation;
use raptor_db::lexer::{self, Token, TokenKind};

/// What a function has set where its SQL does not mean the same without.
pub(crate) const SETTINGS: [&str; 4] = [
    "DateStyle=ISO, MDY",
    "IntervalStyle=postgres",
    "TimeZone=UTC",
    "standard_conforming_strings=on",
];

/// Types of which no setting decides what they are.
const TYPES: [&str; 10] = [
    "bigint",
    "boolean",
    "bytea",
    "character",
    "character varying",
    "integer",
    "smallint",
    "text",
    "timestamp with time zone",
    "uuid",
];

const WORDS: [&str; 24] = [
    "and",
    "as",
    "by",
    "distinct",
    "exists",
    "false",
    "from",
    "in",
    "inner",
    "is",
    "join",
    "left",
    "limit",
    "not",
    "null",
    "on",
    "or",
    "order",
    "select",
    "true",
    "union",
    "where",
    "raptor_access",
    "s",
];

/// Functions without arguments, of the same kind.
const FUNCTIONS: [&str; 2] = ["now", "statement_timestamp"];

/// Of which none makes a text of what is none.
const OPERATORS: [&str; 15] = [
    "=", "<>", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "~", "!~", "~*", "!~*",
];

/// Whether a type is one of which no setting decides what it is.
pub(crate) fn is_settled_type(name: &str) -> bool {
    TYPES.contains(&name)
}

/// Whether it means the same whatever is set, as far as can be told from its words: what is not known does
/// not. `is_scope` tells the scopes that it may ask.
pub(crate) fn is_settled<'a>(
    text: &str,
    relations: &[(&'a str, &'a Relation)],
    is_scope: impl Fn(&str) -> bool,
) -> bool {
    let tokens = lexer::tokens(text).unwrap_or_default();
    let code: Vec<Token> = tokens.into_iter().filter(Token::is_code).collect();
    let types: Vec<&str> = code
        .iter()
        .filter_map(|it| asked::name(text, it))
        .flat_map(|name| columns(&name, relations))
        .collect();
    let has_times = types.contains(&"timestamp with time zone");
    let is_one =
        |place: usize, symbol: &str| code.get(place).is_some_and(|it| it.is_symbol(text, symbol));
    let known = |(place, it): (usize, &Token)| match it.kind {
        TokenKind::Word | TokenKind::QuotedIdent => {
            let name = asked::name(text, it).unwrap_or_default();
            let is_ours =
                place > 1 && is_one(place - 1, ".") && code[place - 2].is_word(text, SCHEMA);
            match is_one(place + 1, "(") {
                true if is_ours => is_scope(&name),
                true => FUNCTIONS.contains(&name.as_str()) || WORDS.contains(&name.as_str()),
                false => {
                    WORDS.contains(&name.as_str())
                        || !columns(&name, relations).is_empty()
                        || relations.iter().any(|(of, _)| *of == name)
                        || is_one(place + 1, ".")
                        || place > 0 && code[place - 1].is_word(text, "as")
                }
            }
        }
        // A text beside a time is read as one.
        TokenKind::String => {
            !has_times && it.text(text).starts_with('\'') && !it.text(text).contains('\\')
        }
        TokenKind::Operator => OPERATORS.contains(&it.text(text)),
        TokenKind::Number | TokenKind::Punct => true,
        _ => false,
    };
    !code.is_empty()
        && code.iter().enumerate().all(known)
        && types.iter().all(|it| is_settled_type(it))
}

/// The types of all columns that are called so.
fn columns<'a>(name: &str, relations: &[(&'a str, &'a Relation)]) -> Vec<&'a str> {
    let found = relations.iter().filter_map(|(_, it)| it.columns.get(name));
    found.map(|it| it.type_name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::is_settled;
    use crate::facts::{Column, Relation};

    fn relation() -> Relation {
        let columns = [
            ("customer_id", "bigint"),
            ("staff", "text"),
            ("expires_at", "timestamp with time zone"),
            ("ends", "timestamp without time zone"),
            ("on_day", "date"),
        ];
        let columns = columns.map(|(name, of)| {
            let column = Column {
                type_name: of.to_owned(),
                ..Column::default()
            };
            (name.to_owned(), column)
        });
        Relation {
            columns: columns.into_iter().collect(),
            ..Relation::default()
        }
    }

    #[test]
    fn what_hangs_on_a_setting_is_told() {
        let relation = relation();
        let settled = |text: &str| is_settled(text, &[("grants", &relation)], |it| it == "staff");
        for text in [
            "staff IS NULL AND expires_at > now()",
            "SELECT customer_id FROM app.grants WHERE staff = raptor_access.staff() AND expires_at > statement_timestamp()",
            "SELECT g.customer_id FROM grants AS g WHERE g.\"staff\" = 'ann' -- '\\'",
            "(customer_id + 1) = 7",
        ] {
            assert!(settled(text), "{text}");
        }
        for text in [
            "",
            "ends > now()",
            "on_day IS NOT NULL",
            "expires_at > localtimestamp",
            "expires_at > current_date",
            "expires_at > '2026-01-01'",
            "expires_at > now() - interval '1 day'",
            "staff::timestamptz > now()",
            "cast(staff AS date) IS NULL",
            "staff !~ '\\S'",
            "staff = E'\\n'",
            "staff = $$a$$",
            "lower(staff) = 'ann'",
            "app.staff(1) = 'ann'",
            "expires_at AT TIME ZONE 'UTC' > now()",
            "elsewhere > now()",
            "staff > staff || expires_at",
        ] {
            assert!(!settled(text), "{text}");
        }
        // Of two columns with one name either may be meant.
        let mut other = relation.clone();
        let naive = other.columns["ends"].clone();
        other.columns.insert("expires_at".to_owned(), naive);
        let both = [("grants", &relation), ("others", &other)];
        assert!(!is_settled("expires_at > now()", &both, |_| false));
        assert!(is_settled("staff IS NULL", &both, |_| false));
    }
}
