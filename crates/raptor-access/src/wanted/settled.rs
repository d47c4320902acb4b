//! Whether SQL that a scope declares means the same whatever a session has set.
//!
//! A function has the settings of whoever asks it, but for those that it names; to name one costs at every call. With
//! `standard_conforming_strings` off a text is cut otherwise, and `TimeZone`, `DateStyle` and `IntervalStyle` decide what
//! a time without a zone, or one in letters, is; others how NULL, numbers, bytes and words for a search are read or written.
//! What settings of extensions change is not known here.

use super::asked;
use super::rows::SCHEMA;
use crate::facts::Relation;
use raptor_db::lexer::{self, Token, TokenKind};

/// What a function has set where its SQL does not mean the same without.
pub(crate) const SETTINGS: [&str; 15] = [
    "DateStyle=ISO, MDY",
    "IntervalStyle=postgres",
    "TimeZone=UTC",
    "array_nulls=on",
    "bytea_output=hex",
    "default_text_search_config=pg_catalog.simple",
    "extra_float_digits=1",
    "lc_monetary=C",
    "lc_numeric=C",
    "lc_time=C",
    "quote_all_identifiers=off",
    "standard_conforming_strings=on",
    "timezone_abbreviations=Default",
    "transform_null_equals=off",
    "xmloption=content",
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

/// Functions without arguments, of the same kind. They are times.
const FUNCTIONS: [&str; 2] = ["now", "statement_timestamp"];

const TIME: &str = "timestamp with time zone";

/// Of which none makes a text of what is none; `*` may be all columns.
const OPERATORS: [&str; 14] = [
    "=", "<>", "!=", "<", ">", "<=", ">=", "+", "-", "/", "~", "!~", "~*", "!~*",
];

/// Whether a type is one of which no setting decides what it is.
pub(crate) fn is_settled_type(name: &str) -> bool {
    TYPES.contains(&name)
}

/// Whether a text is read as the same value of it, whatever is set.
pub(crate) fn is_settled_from_text(name: &str) -> bool {
    name != TIME && is_settled_type(name)
}

/// Whether it means the same whatever is set, as far as can be told from its words: what is not known does
/// not. `scope` tells the types of the scopes that it may ask.
pub(crate) fn is_settled<'a>(
    text: &str,
    relations: &[(&'a str, &'a Relation)],
    scope: impl Fn(&str) -> Option<String>,
) -> bool {
    let tokens = lexer::tokens(text).unwrap_or_default();
    let code: Vec<Token> = tokens.into_iter().filter(Token::is_code).collect();
    let types: Vec<&str> = code
        .iter()
        .filter_map(|it| asked::name(text, it))
        .flat_map(|name| columns(&name, relations))
        .collect();
    let is_time = |it: &Token| {
        let name = asked::name(text, it).unwrap_or_default();
        FUNCTIONS.contains(&name.as_str()) || scope(&name).is_some_and(|it| it == TIME)
    };
    let has_times = types.contains(&TIME) || code.iter().any(is_time);
    // `= NULL` may be meant as IS NULL.
    let is_word =
        |place: Option<usize>, word: &str| place.is_some_and(|it| code[it].is_word(text, word));
    let is_compared = |place: usize| {
        let before = match is_word(place.checked_sub(1), "not") {
            true => place.checked_sub(2),
            false => place.checked_sub(1),
        };
        code[place].is_word(text, "null") && !is_word(before, "is")
    };
    let is_one =
        |place: usize, symbol: &str| code.get(place).is_some_and(|it| it.is_symbol(text, symbol));
    let known = |(place, it): (usize, &Token)| match it.kind {
        TokenKind::Word | TokenKind::QuotedIdent => {
            let name = asked::name(text, it).unwrap_or_default();
            let is_ours =
                place > 1 && is_one(place - 1, ".") && code[place - 2].is_word(text, SCHEMA);
            match is_one(place + 1, "(") {
                true if is_ours => scope(&name).is_some_and(|it| is_settled_from_text(&it)),
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
        && relations.iter().all(|(_, it)| matches!(it.kind, 'r' | 'p'))
        && !(0..code.len()).any(is_compared)
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
    use super::{TIME, is_settled};
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
            kind: 'r',
            columns: columns.into_iter().collect(),
            ..Relation::default()
        }
    }

    #[test]
    fn what_hangs_on_a_setting_is_told() {
        let mut relation = relation();
        let settled = |text: &str| {
            let scope = |it: &str| match it {
                "staff" => Some("text".to_owned()),
                "until" => Some(TIME.to_owned()),
                _ => None,
            };
            is_settled(text, &[("grants", &relation)], scope)
        };
        for text in [
            "staff IS NULL AND expires_at > now()",
            "staff IS NOT NULL AND customer_id IS NULL",
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
            "now() < '2026-11-27 12:00'",
            "raptor_access.until() > '2026-11-27'",
            "staff = NULL",
            "NULL = staff",
            "NOT NULL = staff",
            "staff IN ('ann', NULL)",
            "staff IN (SELECT * FROM grants)",
            "staff > staff || expires_at",
        ] {
            assert!(!settled(text), "{text}");
        }
        // Of two columns with one name either may be meant.
        let mut other = relation.clone();
        let naive = other.columns["ends"].clone();
        other.columns.insert("expires_at".to_owned(), naive);
        let both = [("grants", &relation), ("others", &other)];
        assert!(!is_settled("expires_at > now()", &both, |_| None));
        assert!(is_settled("staff IS NULL", &both, |_| None));
        // What a view shows may hang on a setting.
        relation.kind = 'v';
        assert!(!is_settled(
            "staff IS NULL",
            &[("grants", &relation)],
            |_| None
        ));
    }
}
