//! Columns of texts.

use super::{Case, Decision, counted};
use crate::kind::{Conversion, Kind};
use crate::profile::Pattern;

impl Case<'_> {
    pub(super) fn texts(&self) -> Decision {
        let seen = self.seen;
        if seen.blobs > 0 {
            return if seen.blobs == seen.values() {
                self.take(Kind::Bytea, &self.classes())
            } else {
                self.mixed().or(Kind::Bytea)
            };
        }
        let longest = seen.length.map_or(0, |it| it.max);
        let decision = match self.declared.length().filter(|_| self.is_limited()) {
            Some(length) if longest <= u64::from(length) => {
                self.take(Kind::Varchar(length), &format!("the longest has {}", counted(longest, "character"))).or(Kind::Text)
            }
            Some(length) => self.take(
                Kind::Text,
                &format!("the longest has {longest} characters, more than {length}, which SQLite does not mind"),
            ),
            None if self.declared.has(&["varchar", "varying"]) => {
                self.take(Kind::Varchar(0), &self.classes()).or(Kind::Text)
            }
            None => self.take(Kind::Text, &self.classes()),
        };
        self.perhaps(decision)
    }

    fn is_limited(&self) -> bool {
        self.declared.has(&[
            "varchar",
            "char",
            "nvarchar",
            "nchar",
            "varchar2",
            "character",
            "string",
            "varying",
        ])
    }

    /// Texts that look like something else are left as texts: the application reads them so.
    fn perhaps(&self, decision: Decision) -> Decision {
        let all = |patterns: &[Pattern]| !self.is_empty() && self.all_like(patterns);
        if all(&[Pattern::DateTimeZone]) {
            decision.or(Kind::Timestamptz)
        } else if all(&[Pattern::DateTime]) {
            decision.or(Kind::Timestamp).or(Kind::Timestamptz)
        } else if all(&[Pattern::Date]) {
            decision.or(Kind::Date)
        } else if all(&[Pattern::Uuid]) || all(&[Pattern::Hex32]) {
            decision.or(Kind::Uuid)
        } else if all(&[Pattern::Json]) {
            decision
                .or_as(Conversion::plain(Kind::Jsonb))
                .or(Kind::Json)
        } else {
            decision
        }
    }
}
