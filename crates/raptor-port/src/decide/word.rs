//! Types that a word of the declaration names, whatever SQLite makes of it.

use super::{Case, Decision};
use crate::kind::Kind;
use crate::profile::Pattern;

impl Case<'_> {
    pub(super) fn by_word(&self) -> Option<Decision> {
        let declared = &self.declared;
        if declared.has(&["bool", "boolean", "bit"]) {
            return Some(self.booleans());
        }
        if declared.has(&["json", "jsonb"]) {
            return Some(self.documents());
        }
        if declared.has(&["uuid", "guid", "uniqueidentifier", "uuid_text", "uuid_blob"]) {
            return Some(self.uuids());
        }
        if declared.is(&["char", "character", "nchar"])
            && matches!(declared.length(), Some(32 | 36))
        {
            return self.unsaid_uuids();
        }
        if declared.is(&["tinyint"]) && declared.length() == Some(1) {
            return self.tiny();
        }
        if declared.has(&["timestamptz"])
            || declared.words.ends_with("with time zone") && declared.has(&["timestamp"])
        {
            return Some(self.moments(true));
        }
        if declared.is_moment() {
            return Some(self.moments(false));
        }
        if declared.has(&["date"]) {
            return Some(self.days());
        }
        if declared.has(&["time"]) {
            return Some(self.times_of_day());
        }
        if declared.has(&["interval"]) {
            return Some(self.durations());
        }
        if declared.has(&["decimal", "numeric", "number", "dec", "money", "smallmoney"]) {
            return Some(self.decimals());
        }
        if declared.has(&[
            "bytea",
            "varbinary",
            "binary",
            "longblob",
            "mediumblob",
            "tinyblob",
            "image",
        ]) {
            return Some(self.bytes());
        }
        None
    }

    fn booleans(&self) -> Decision {
        let seen = self.seen;
        let in_range = seen.integer.is_none_or(|it| it.min >= 0 && it.max <= 1);
        let words = self.like(&[Pattern::Boolean]);
        if in_range && seen.reals + seen.blobs == 0 && seen.texts == words {
            let decision = self.take(Kind::Boolean, &self.classes());
            return match seen.texts {
                0 => decision,
                _ => decision.or(Kind::Text).ask(
                    "some are words such as true and yes, which SQLite itself takes for false where it asks whether they hold; are they meant as they read?",
                ),
            };
        }
        if seen.reals + seen.blobs + seen.texts == 0 {
            let decision = self.integers();
            let range = seen
                .integer
                .map(|it| format!("from {} to {}", it.min, it.max));
            let seen = format!("not only 0 and 1, but {}", range.unwrap_or_default());
            return Decision {
                evidence: self.take(Kind::Bigint, &seen).evidence,
                ..decision
            }
            .or(Kind::Boolean);
        }
        self.mixed().or(Kind::Boolean)
    }

    /// `MySQL`'s spelling of a boolean, which some mappers use everywhere.
    fn tiny(&self) -> Option<Decision> {
        let seen = self.seen;
        let fits = seen.integer.is_none_or(|it| it.min >= 0 && it.max <= 1);
        (fits && seen.values() == seen.integers).then(|| {
            let question = "tinyint(1) with 0 and 1 alone is how MySQL and some mappers write a boolean; is it one?";
            self.take(Kind::Boolean, &self.classes()).or(Kind::Smallint).ask(question)
        })
    }

    /// Texts; numbers too, which SQLite makes of a document that is one.
    fn documents(&self) -> Decision {
        if self.seen.blobs == 0 {
            // Nothing on Postgres has an index over `json`.
            let documents = match self.is_indexed() {
                true => Kind::Jsonb,
                false => self.habits.documents,
            };
            let other = match documents {
                Kind::Json => Kind::Jsonb,
                _ => Kind::Json,
            };
            let decision = self.take(documents, &self.classes());
            return decision.or(other).or(Kind::Text);
        }
        self.mixed().or(Kind::Jsonb)
    }

    /// Whether a key, an index or a foreign key is over the column itself.
    fn is_indexed(&self) -> bool {
        let table = self.table;
        let is_it = |name: &String| name.eq_ignore_ascii_case(&self.column.name);
        let mut keys = table.primary_key.iter().chain(&table.unique);
        let mut foreign = table.foreign_keys.iter();
        let mut indexed = table.indexes.iter().flat_map(|it| &it.columns);
        keys.any(|it| it.columns.iter().any(is_it))
            || foreign.any(|it| it.columns.iter().any(is_it))
            || indexed.any(|it| it.column.as_ref().is_some_and(is_it))
    }

    /// Texts with or without dashes, or 16 bytes.
    fn are_uuids(&self) -> bool {
        let seen = self.seen;
        let sixteen = seen.bytes.is_none_or(|it| it.min == 16 && it.max == 16);
        sixteen && seen.values() == seen.blobs + self.like(&[Pattern::Uuid, Pattern::Hex32])
    }

    fn uuids(&self) -> Decision {
        if self.are_uuids() {
            return self.take(Kind::Uuid, &self.classes());
        }
        self.mixed().or(Kind::Uuid)
    }

    /// `CHAR(32)` is how `SQLAlchemy` and Django write a UUID on SQLite; `CHAR(36)` how others do.
    fn unsaid_uuids(&self) -> Option<Decision> {
        if !self.are_uuids() || self.seen.blobs > 0 {
            return None;
        }
        let length = self.declared.length()?;
        let seen = format!("{}, all of them UUIDs", self.classes());
        let decision = self.take(Kind::Uuid, if self.is_empty() { "no value" } else { &seen });
        Some(
            decision
                .or(Kind::Varchar(length))
                .ask("char(32) and char(36) are how mappers write a UUID on SQLite; is it one?"),
        )
    }

    fn decimals(&self) -> Decision {
        let seen = self.seen;
        let numbers = self.like(&[Pattern::Integer, Pattern::Number]);
        if seen.blobs > 0 || seen.texts > numbers {
            return self.mixed().or(Kind::Numeric(None));
        }
        let limits = match self.declared.numbers[..] {
            [precision] => Some((precision, 0)),
            [precision, scale] => Some((precision, scale)),
            _ => None,
        };
        let limits = limits.and_then(|(precision, scale)| {
            let precision = u16::try_from(precision)
                .ok()
                .filter(|it| (1..=1_000).contains(it))?;
            i16::try_from(scale)
                .ok()
                .filter(|it| (0..=precision.cast_signed()).contains(it))
                .map(|scale| (precision, scale))
        });
        let decision = self.take(Kind::Numeric(limits), &self.classes());
        match limits {
            // Whether they all fit is tried with every cell.
            Some(_) => decision.or(Kind::Numeric(None)),
            None => decision.or(Kind::Double),
        }
    }

    pub(super) fn bytes(&self) -> Decision {
        let seen = self.seen;
        if seen.integers + seen.reals > 0 {
            return self.mixed().or(Kind::Bytea);
        }
        let decision = self.take(Kind::Bytea, &self.classes());
        if seen.blobs > 0
            && seen.values() == seen.blobs
            && seen.bytes.is_some_and(|it| it.min == 16 && it.max == 16)
        {
            return decision
                .or(Kind::Uuid)
                .ask("every value has 16 bytes; are they UUIDs?");
        }
        decision
    }
}
