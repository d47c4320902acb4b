//! What adding a column and changing a type cost on Postgres, and why.

mod stable;

use super::claim::Work;
use super::schema::{KnownColumn, KnownTable, Schema};
use super::sql::{Column, Kind, Name, Word};
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
        let domain = column.kind.as_ref().map(|kind| last(&kind.name));
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
    let calls = default.windows(2).filter(|pair| pair[1].is_symbol("("));
    for pair in calls {
        let name = match pair[0].kind {
            TokenKind::Word => pair[0].text.to_ascii_lowercase(),
            TokenKind::QuotedIdent => pair[0].text.trim_matches('"').to_owned(),
            _ => continue,
        };
        if VOLATILE.contains(&name.as_str()) {
            return Some(Rewrite::Volatile(name));
        }
        if !STABLE.contains(&name.as_str()) {
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

/// What becomes of the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conversion {
    /// They stay as they are.
    None,
    /// They stay, but an index on them has to be built anew.
    Other,
    Rewrites,
    /// It depends on what is not said here.
    MayRewrite,
}

/// Types whose names Postgres itself defines and that no rule below makes cheap.
const OWN: [&str; 34] = [
    "smallint",
    "integer",
    "bigint",
    "numeric",
    "real",
    "double precision",
    "money",
    "boolean",
    "text",
    "varchar",
    "char",
    "bpchar",
    "bytea",
    "date",
    "time",
    "timetz",
    "timestamp",
    "timestamptz",
    "interval",
    "uuid",
    "json",
    "jsonb",
    "xml",
    "inet",
    "cidr",
    "macaddr",
    "bit",
    "varbit",
    "point",
    "oid",
    "name",
    "tsvector",
    "tsquery",
    "regclass",
];

fn conversion(old: &Kind, new: &Kind) -> Conversion {
    if old.is_array != new.is_array {
        return Conversion::Rewrites;
    }
    let same_name = old.name == new.name;
    if same_name && old.arguments == new.arguments {
        return Conversion::None;
    }
    // Items are converted one by one, but where nothing but a limit goes.
    if old.is_array {
        let freed = same_name && new.arguments.is_empty();
        return if freed {
            Conversion::None
        } else {
            Conversion::Rewrites
        };
    }
    let (from, to) = (old.name.as_str(), new.name.as_str());
    let free = new.arguments.is_empty();
    match (from, to) {
        ("varchar", "varchar") => widened(old.number(0), new.number(0), free),
        ("numeric", "numeric") => {
            let scale = |kind: &Kind| kind.number(1).unwrap_or(0);
            let same = free || (!old.arguments.is_empty() && scale(old) == scale(new));
            if same {
                widened(old.number(0), new.number(0), free)
            } else {
                Conversion::Rewrites
            }
        }
        ("timestamp" | "timestamptz" | "time" | "timetz" | "interval", _) if same_name => {
            let digits = |kind: &Kind| kind.number(0).unwrap_or(6);
            let wider = digits(new) >= digits(old);
            if wider {
                Conversion::None
            } else {
                Conversion::Rewrites
            }
        }
        ("varbit", "varbit") => widened(old.number(0), new.number(0), free),
        ("varchar" | "text" | "xml", "text" | "varchar") if free => Conversion::None,
        ("cidr", "inet") => Conversion::None,
        ("char", "bpchar") if free => Conversion::None,
        ("varchar" | "text" | "xml", "bpchar") | ("bit", "varbit") if free => Conversion::Other,
        ("integer", "oid") | ("oid", "integer") => Conversion::Other,
        // Nothing is to be done where the session's time zone is UTC.
        ("timestamp", "timestamptz") | ("timestamptz", "timestamp") => Conversion::MayRewrite,
        _ if OWN.contains(&from) && OWN.contains(&to) => Conversion::Rewrites,
        _ => Conversion::MayRewrite,
    }
}

fn widened(old: Option<u32>, new: Option<u32>, free: bool) -> Conversion {
    let wider = free || old.zip(new).is_some_and(|(old, new)| new >= old);
    if wider {
        Conversion::None
    } else {
        Conversion::Rewrites
    }
}

/// `t.column`, for messages.
pub(super) fn dotted(table: &Name, column: &str) -> String {
    format!("{table}.{column}")
}
