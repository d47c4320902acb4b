//! What adding a column and changing a type cost on Postgres, and why.

mod conversion;
mod stable;

use super::claim::Work;
use super::schema::{KnownColumn, KnownTable, Schema};
use super::sql::{Column, Kind, Name, Word};
use conversion::{Conversion, conversion};
use raptor_db::lexer::TokenKind;
use stable::STABLE;

/// Why adding a column rewrites the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rewrite {
    /// A default that calls this built-in function, which is volatile.
    Volatile(String),
    /// A default that calls this function, which may be.
    Unknown(String),
    Serial,
    Identity,
    Stored,
    /// A domain that demands something.
    Domain(String),
}

impl Rewrite {
    /// Why adding `column` rewrites its table, if it does.
    pub(super) fn of(column: &Column<'_>, schema: &Schema) -> Option<Self> {
        if column.kind.as_ref().is_some_and(Kind::is_serial) {
            return Some(Self::Serial);
        }
        if column.identity.is_some() {
            return Some(Self::Identity);
        }
        if column.generated.is_some_and(|(_, stored)| stored) {
            return Some(Self::Stored);
        }
        let single = column.kind.as_ref().filter(|kind| !kind.is_array);
        let domain = single.map(|kind| last(&kind.name));
        if let Some(domain) = domain.filter(|domain| schema.demands(domain)) {
            return Some(Self::Domain(domain.to_owned()));
        }
        volatile(column.default.as_deref().unwrap_or_default())
    }

    pub(super) fn work(&self) -> Work {
        match self {
            Self::Unknown(_) => Work::MayRewrite,
            _ => Work::Rewrites,
        }
    }
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

const VOLATILE: [&str; 14] = [
    "random",
    "gen_random_uuid",
    "uuidv4",
    "uuidv7",
    "clock_timestamp",
    "timeofday",
    "nextval",
    "currval",
    "lastval",
    "setval",
    "pg_sleep",
    "uuid_generate_v1",
    "uuid_generate_v4",
    "gen_random_bytes",
];

/// The first call in a default that is not known to give the same for every row.
fn volatile(default: &[Word<'_>]) -> Option<Rewrite> {
    for (at, pair) in default.windows(2).enumerate() {
        if !pair[1].is_symbol("(") {
            continue;
        }
        let name = match pair[0].kind {
            TokenKind::Word => pair[0].text.to_ascii_lowercase(),
            TokenKind::QuotedIdent => pair[0].text.trim_matches('"').to_owned(),
            _ => continue,
        };
        // A function of another schema is not Postgres's own of that name.
        let of_schema =
            at >= 2 && default[at - 1].is_symbol(".") && !default[at - 2].is("pg_catalog");
        if !of_schema && VOLATILE.contains(&name.as_str()) {
            return Some(Rewrite::Volatile(name));
        }
        if of_schema || !STABLE.contains(&name.as_str()) {
            return Some(Rewrite::Unknown(name));
        }
    }
    None
}

/// What a change of a column's type costs.
pub(super) fn of_type(
    table: Option<&KnownTable>,
    column: &str,
    kind: &Kind,
    using: Option<&[Word<'_>]>,
    collate: bool,
) -> Option<Work> {
    let known = table.and_then(|table| table.columns.get(column));
    let old = known.and_then(|known| known.kind.as_ref());
    let is_indexed = table.is_none_or(|table| !table.is_complete || table.uses(column));
    let is_checked = table.is_some_and(|table| checks(table, column));
    let plain = using.is_none_or(|using| is_cast(using, column));
    if !plain || known.is_some_and(|known: &KnownColumn| known.is_generated) {
        return Some(Work::Rewrites);
    }
    match old.map(|old| conversion(old, kind)) {
        None => return Some(Work::MayRewrite),
        Some(Conversion::Rewrites) => return Some(Work::Rewrites),
        Some(Conversion::MayRewrite) => return Some(Work::MayRewrite),
        Some(Conversion::Other) if is_indexed => return Some(Work::Indexes),
        Some(Conversion::Other | Conversion::None) => {}
    }
    if collate && is_indexed {
        return Some(Work::Indexes);
    }
    is_checked.then_some(Work::Reads)
}

/// Whether a CHECK names the column. It is looked at anew for every row.
fn checks(table: &KnownTable, column: &str) -> bool {
    table
        .checks()
        .any(|(check, is_valid)| is_valid && check.words.iter().any(|word| word == column))
}

/// `column` or `column::type`, which says no more than the change itself.
fn is_cast(using: &[Word<'_>], column: &str) -> bool {
    let is_column = |word: &Word<'_>| {
        let text = word.text.trim_matches('"');
        text.eq_ignore_ascii_case(column)
    };
    match using {
        [only] => is_column(only),
        [first, cast, ..] => {
            let name = &using[2..];
            let one_type = name.iter().all(|word| {
                word.kind == TokenKind::Word
                    || word.kind == TokenKind::Number
                    || word.opens()
                    || word.closes()
                    || word.is_symbol(",")
            });
            is_column(first) && cast.is_symbol("::") && one_type
        }
        [] => false,
    }
}

/// `t.column`, for messages.
pub(super) fn dotted(table: &Name, column: &str) -> String {
    format!("{table}.{column}")
}
