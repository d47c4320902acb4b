//! Which types' values stay byte for byte. A test holds all pairs against a server.

use crate::lint::sql::Kind;

/// What becomes of the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conversion {
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

/// What a value of `old` becomes as one of `new`.
pub(super) fn conversion(old: &Kind, new: &Kind) -> Conversion {
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
