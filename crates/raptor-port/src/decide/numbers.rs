//! Columns of numbers, and columns that are declared without a type.

use super::{Case, Decision};
use crate::kind::{Conversion, Kind};
use crate::profile::Pattern;

/// How the evidence of a column begins that no one type was seen in.
pub(crate) const SEVERAL: &str = "cells of several kinds";

/// From here on an integer has no more than one bit of room to grow.
const NO_ROOM: i64 = 1 << 30;

impl Case<'_> {
    /// Integers get the width that their declaration means on Postgres, where all of them fit with room.
    pub(super) fn integers(&self) -> Decision {
        let seen = self.seen;
        if seen.blobs > 0 || seen.reals > seen.whole || seen.texts > self.like(&[Pattern::Integer])
        {
            return self.mixed().or(Kind::Bigint);
        }
        let most = seen
            .integer
            .map_or(0, |it| it.max.saturating_abs().max(it.min.saturating_abs()));
        let default = self.column.default.as_ref();
        let default = default.and_then(|it| it.trim().parse::<i64>().ok());
        let most = most.max(default.map_or(0, i64::saturating_abs));
        let range = match seen.integer {
            Some(range) => format!("{}, from {} to {}", self.classes(), range.min, range.max),
            None => self.classes(),
        };
        let is_number = self.table.rowid_alias.as_deref() == Some(&self.column.name);
        // Where others are declared as 64 bits, those that are not have 32 on Postgres too; SQLite's own
        // numbers of rows cannot be declared so.
        // Seconds since 1970 grow beyond; the largest number of all is none.
        let is_time = self.epoch().is_some() && most != i64::from(i32::MAX);
        let is_told = self.habits.tells_widths && !is_number && !is_time;
        let room = if is_told { 1 << 31 } else { NO_ROOM };
        let width = self.declared.numbers.is_empty();
        let declared = &self.declared;
        let kind = if declared.is_wide() {
            Kind::Bigint
        } else if declared.has(&["smallint", "int2", "tinyint"]) && most < 1 << 15 {
            Kind::Smallint
        } else if most < room && (width || declared.has(&["int", "integer", "mediumint", "int4"])) {
            Kind::Integer
        } else {
            Kind::Bigint
        };
        let range = match kind {
            Kind::Integer if most >= NO_ROOM => {
                format!("{range}; other columns say that they have 64 bits")
            }
            _ => range,
        };
        let decision = self.take(kind, &range);
        let decision = match kind {
            Kind::Bigint if most < 1 << 31 => decision.or(Kind::Integer),
            Kind::Bigint => decision,
            _ => decision.or(Kind::Bigint),
        };
        let are_zero_or_one = seen.integer.is_some_and(|it| it.min >= 0 && it.max <= 1);
        if are_zero_or_one && !is_number {
            return decision.or(Kind::Boolean);
        }
        self.perhaps_moments(decision)
    }

    /// Numbers that could be points in time are left as they are, and told.
    fn perhaps_moments(&self, decision: Decision) -> Decision {
        let name = self.column.name.to_lowercase();
        let is_named = [
            "_at", "time", "date", "_on", "created", "updated", "expires",
        ]
        .iter()
        .any(|it| name.contains(it));
        match self.epoch().filter(|_| is_named) {
            Some(epoch) => decision.or_as(Conversion {
                epoch,
                ..Conversion::plain(Kind::Timestamptz)
            }),
            None => decision,
        }
    }

    pub(super) fn doubles(&self) -> Decision {
        let seen = self.seen;
        if seen.blobs > 0 || seen.texts > self.like(&[Pattern::Integer, Pattern::Number]) {
            return self.mixed().or(Kind::Double);
        }
        self.perhaps_moments(self.take(Kind::Double, &self.classes()))
    }

    /// A word that SQLite does not know, so that numbers in texts became numbers.
    pub(super) fn numbers(&self) -> Decision {
        let seen = self.seen;
        if seen.values() == 0 {
            return self
                .take(Kind::Text, "an unknown word and no value")
                .or(Kind::Numeric(None));
        }
        self.untyped()
    }

    /// By what is in it.
    pub(super) fn untyped(&self) -> Decision {
        let seen = self.seen;
        let values = seen.values();
        if values == 0 {
            let kind = if self.column.declared.is_empty() {
                Kind::Text
            } else {
                Kind::Bytea
            };
            return self.take(kind, "no value").or(if kind == Kind::Text {
                Kind::Bytea
            } else {
                Kind::Text
            });
        }
        if values == seen.integers {
            return self.integers();
        }
        if values == seen.integers + seen.reals {
            return self.doubles();
        }
        if values == seen.texts {
            return self.texts();
        }
        if values == seen.blobs || self.declared.has(&["blob"]) {
            return self.bytes();
        }
        self.mixed()
    }

    /// Cells of several classes: text holds them all, unless blobs are among them.
    pub(super) fn mixed(&self) -> Decision {
        let seen = self.seen;
        let kind = if seen.blobs == seen.values() && seen.blobs > 0 {
            Kind::Bytea
        } else {
            Kind::Text
        };
        let said = format!("{SEVERAL}: {}", self.classes());
        let question =
            format!("{said}; as {kind} all of them are kept that can be; is that right?");
        self.take(kind, &said).ask(question)
    }
}
