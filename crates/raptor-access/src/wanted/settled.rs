//! Whether SQL that a scope declares means the same whatever a session has set.
//!
//! A function has the settings of whoever asks it, but for those that it names; to name one costs at every call. With
//! `standard_conforming_strings` off a text is cut otherwise, and `TimeZone`, `DateStyle` and `IntervalStyle` decide what
//! a time without a zone, or one in letters, is; others how NULL, numbers, bytes and words for a search are read or written.
//! What settings of extensions change is not known here.

use super::asked;
use super::rows::SCHEMA;
use crate::declaration::Name;
use crate::facts::Relation;
use raptor_db::lexer::{self, Token, TokenKind};

/// What a function has set where its SQL does not mean the same without.
pub(crate) const SETTINGS: [&str; 17] = [
    "DateStyle=ISO, MDY",
    "IntervalStyle=postgres",
    "TimeZone=UTC",
    "array_nulls=on",
    "bytea_output=hex",
    "default_text_search_config=pg_catalog.simple",
    "extra_float_digits=1",
    "gin_fuzzy_search_limit=0",
    "lc_monetary=C",
    "lc_numeric=C",
    "lc_time=C",
    "quote_all_identifiers=off",
    "standard_conforming_strings=on",
    "timezone_abbreviations=Default",
    "transform_null_equals=off",
    "xmlbinary=base64",
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

/// Words behind which a bracket is no function's: all but one are reserved, and that one is no function's name.
const BEFORE_BRACKETS: [&str; 13] = [
    "and", "as", "distinct", "exists", "from", "in", "not", "on", "or", "select", "union", "where",
    "join",
];

const WORDS: [&str; 22] = [
    "and", "as", "by", "distinct", "exists", "false", "from", "in", "inner", "is", "join", "left",
    "limit", "not", "null", "on", "or", "order", "select", "true", "union", "where",
];

/// What a session's own row is called in the function that asks for it.
const OWN_ROW: &str = "s";

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
    text: &'a str,
    schema: &'a str,
    relations: &'a [(&'a Name, &'a Relation)],
    scope: impl Fn(&str) -> Option<String>,
) -> bool {
    let tokens = lexer::tokens(text).unwrap_or_default();
    let reading = Reading {
        text,
        code: tokens.into_iter().filter(Token::is_code).collect(),
        schema,
        relations,
    };
    let types: Vec<&str> = reading
        .code
        .iter()
        .filter_map(|it| asked::name(text, it))
        .flat_map(|name| columns(&name, relations))
        .collect();
    let is_time = |it: &Token| {
        let name = asked::name(text, it).unwrap_or_default();
        FUNCTIONS.contains(&name.as_str()) || scope(&name).is_some_and(|it| it == TIME)
    };
    let has_times = types.contains(&TIME) || reading.code.iter().any(is_time);
    let mut places = 0..reading.code.len();
    !reading.code.is_empty()
        && relations.iter().all(|(_, it)| matches!(it.kind, 'r' | 'p'))
        && places.all(|place| reading.is_known(place, has_times, &scope))
        && types.iter().all(|it| is_settled_type(it))
}

/// A text as its tokens, and the relations that it may be about.
struct Reading<'a> {
    text: &'a str,
    code: Vec<Token>,
    schema: &'a str,
    relations: &'a [(&'a Name, &'a Relation)],
}

impl Reading<'_> {
    fn is_known(
        &self,
        place: usize,
        has_times: bool,
        scope: impl Fn(&str) -> Option<String>,
    ) -> bool {
        let it = &self.code[place];
        let written = it.text(self.text);
        match it.kind {
            TokenKind::Word | TokenKind::QuotedIdent => self.is_known_name(place, scope),
            // A text beside a time is read as one.
            TokenKind::String => !has_times && written.starts_with('\'') && !written.contains('\\'),
            TokenKind::Operator => OPERATORS.contains(&written),
            TokenKind::Number => true,
            // What is behind a comma may be a relation, too.
            TokenKind::Punct => {
                written != "," || !self.code.iter().any(|it| self.is_word(it, "from"))
            }
            _ => false,
        }
    }

    fn is_known_name(&self, place: usize, scope: impl Fn(&str) -> Option<String>) -> bool {
        let it = &self.code[place];
        let name = asked::name(self.text, it).unwrap_or_default();
        let is_word = |words: &[&str]| it.kind == TokenKind::Word && words.contains(&name.as_str());
        // What it is a part of: `of.name`.
        let of = (place > 1 && self.is_symbol(place - 1, ".")).then(|| self.name(place - 2));
        if self.is_symbol(place + 1, "(") {
            return match of.as_deref() {
                Some(SCHEMA) => scope(&name).is_some_and(|it| is_settled_from_text(&it)),
                Some(_) => false,
                None => is_word(&FUNCTIONS) || is_word(&BEFORE_BRACKETS),
            };
        }
        // A schema or an alias, whose own part is asked next.
        if self.is_symbol(place + 1, ".") {
            return of.is_none();
        }
        let begins = place.checked_sub(if of.is_some() { 3 } else { 1 });
        let before = |word: &str| begins.is_some_and(|it| self.is_word(&self.code[it], word));
        let within = of.as_deref().unwrap_or(self.schema);
        let is_relation = |(it, _): &(&Name, _)| it.name == name && it.schema == within;
        if before("from") || before("join") {
            return self.relations.iter().any(is_relation);
        }
        match of {
            Some(of) => self.is_alias(&of) && !columns(&name, self.relations).is_empty(),
            None if is_word(&["null"]) => self.is_asked_of_null(place),
            None => is_word(&WORDS) || before("as") || !columns(&name, self.relations).is_empty(),
        }
    }

    /// `= NULL` may be meant as IS NULL.
    fn is_asked_of_null(&self, place: usize) -> bool {
        let is = |back: usize, word: &str| {
            let at = place.checked_sub(back);
            at.is_some_and(|it| self.is_word(&self.code[it], word))
        };
        is(1, "is") || is(1, "not") && is(2, "is")
    }

    /// Whether columns may be told by it: a relation that it may be about, or what one is called here.
    fn is_alias(&self, name: &str) -> bool {
        let places = 1..self.code.len();
        let called = places.filter(|it| self.is_word(&self.code[it - 1], "as"));
        name == OWN_ROW
            || self.relations.iter().any(|(it, _)| it.name == name)
            || called.into_iter().any(|it| self.name(it) == name)
    }

    fn name(&self, place: usize) -> String {
        asked::name(self.text, &self.code[place]).unwrap_or_default()
    }

    fn is_symbol(&self, place: usize, symbol: &str) -> bool {
        let it = self.code.get(place);
        it.is_some_and(|it| it.is_symbol(self.text, symbol))
    }

    fn is_word(&self, it: &Token, word: &str) -> bool {
        it.is_word(self.text, word)
    }
}

/// The types of all columns that are called so.
fn columns<'a>(name: &str, relations: &[(&'a Name, &'a Relation)]) -> Vec<&'a str> {
    let found = relations.iter().filter_map(|(_, it)| it.columns.get(name));
    found.map(|it| it.type_name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::{TIME, is_settled};
    use crate::declaration::Name;
    use crate::facts::{Column, Relation};

    fn name(name: &str) -> Name {
        Name {
            schema: "app".to_owned(),
            name: name.to_owned(),
        }
    }

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
        let relation = relation();
        let grants = name("grants");
        let settled = |text: &str| {
            let scope = |it: &str| match it {
                "staff" => Some("text".to_owned()),
                "until" => Some(TIME.to_owned()),
                _ => None,
            };
            is_settled(text, "app", &[(&grants, &relation)], scope)
        };
        for text in [
            "staff IS NULL AND expires_at > now()",
            "staff IS NOT NULL AND customer_id IS NULL",
            "SELECT customer_id FROM app.grants WHERE staff = raptor_access.staff() AND expires_at > statement_timestamp()",
            "SELECT g.customer_id FROM grants AS g WHERE g.\"staff\" = 'ann' -- '\\'",
            "(customer_id + 1) = 7",
            "staff IN (SELECT staff FROM grants) AND NOT (EXISTS (SELECT FROM app.grants))",
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
            "expires_at > app.now()",
            "expires_at > pg_catalog.now()",
            "s(expires_at) = 'a'",
            "left(staff) = 'a'",
            "\"exists\"(staff)",
            "staff IN (SELECT staff FROM v.grants)",
            "staff IN (SELECT staff FROM app.elsewhere)",
            "by(staff) = 'a'",
            "staff IN (SELECT staff FROM staff)",
            "staff IN (SELECT staff FROM grants, staff)",
            "staff IN (SELECT v.staff FROM grants)",
            "staff = NULL",
            "NULL = staff",
            "NOT NULL = staff",
            "staff IN ('ann', NULL)",
            "staff IN (SELECT * FROM grants)",
            "staff > staff || expires_at",
        ] {
            assert!(!settled(text), "{text}");
        }
    }

    #[test]
    fn what_it_is_about_decides() {
        let mut relation = relation();
        let [grants, others] = ["grants", "others"].map(name);
        // Of two columns with one name either may be meant.
        let mut other = relation.clone();
        let naive = other.columns["ends"].clone();
        other.columns.insert("expires_at".to_owned(), naive);
        let both = [(&grants, &relation), (&others, &other)];
        assert!(!is_settled("expires_at > now()", "app", &both, |_| None));
        assert!(is_settled("staff IS NULL", "app", &both, |_| None));
        // What a view shows may hang on a setting.
        relation.kind = 'v';
        assert!(!is_settled(
            "staff IS NULL",
            "app",
            &[(&grants, &relation)],
            |_| None
        ));
    }
}
