//! Columns of dates and times: texts, numbers since 1970, julian days.

use super::{Case, Decision};
use crate::kind::{Conversion, Epoch, Kind};
use crate::profile::Pattern;

const MOMENTS: [Pattern; 3] = [Pattern::DateTime, Pattern::DateTimeZone, Pattern::Date];

impl Case<'_> {
    /// Points in time; `with_zone` is what the declaration says.
    pub(super) fn moments(&self, with_zone: bool) -> Decision {
        let seen = self.seen;
        let numbers = seen.integers + seen.reals;
        let times = self.like(&MOMENTS);
        // A few that are none do not make it another column: each of them is told, and asked about.
        let epoch = self.epoch().or_else(|| self.habitual());
        let is_mixed = numbers > 0 && times > 0 && epoch.is_none();
        if seen.blobs > 0 || is_mixed || (seen.texts - times) * 100 > seen.texts {
            return self.mixed().or(Kind::Timestamp);
        }
        if numbers > 0 {
            return match epoch {
                Some(epoch) => {
                    let kind = self.habits.moments.unwrap_or(Kind::Timestamptz);
                    self.counted(epoch, kind).or(Kind::Bigint)
                }
                None => self.numbers_alone().or(Kind::Timestamptz),
            };
        }
        let zones = self.like(&[Pattern::DateTimeZone]);
        let classes = format!("{}, {zones} of them with a zone", self.classes());
        if with_zone || zones > 0 {
            let decision = self.take(Kind::Timestamptz, &classes);
            let mut decision = decision.or(Kind::Text);
            if zones < times {
                decision.evidence.push_str(IN_ZONE);
            }
            return decision;
        }
        if self.near_1970() {
            let question = "every value lies near the beginning of 1970, which is how some mappers write a duration; is it one?";
            return self
                .take(Kind::Interval, &classes)
                .or(Kind::Timestamp)
                .or(Kind::Timestamptz)
                .ask(question);
        }
        let decision = self.take(Kind::Timestamp, &classes).or(Kind::Timestamptz);
        let decision = match self.begins_near_1970() {
            true => decision.or(Kind::Interval),
            false => decision,
        };
        Decision {
            is_naive: true,
            ..decision
        }
    }

    /// Numbers that count time, and perhaps texts beside them.
    fn counted(&self, epoch: Epoch, kind: Kind) -> Decision {
        let to = |kind| Conversion {
            epoch,
            ..Conversion::plain(kind)
        };
        let said = match self.epoch() {
            Some(epoch) => said(epoch),
            None => said_of_others(epoch),
        };
        let beside = match self.seen.texts {
            0 => "",
            // The default `CURRENT_TIMESTAMP` writes such, and an application that counts since 1970 reads them so.
            _ => ", and texts that are in UTC",
        };
        let others = [Kind::Timestamptz, Kind::Timestamp].into_iter();
        let others = others.filter(|it| *it != kind).map(to);
        Decision {
            alternatives: others.collect(),
            ..self.take_as(to(kind), &format!("{}, {said}{beside}", self.classes()))
        }
        .ask(format!("{said}{beside}; are they points in time?"))
    }

    /// How numbers count in the other columns, when these here can be meant so too.
    fn habitual(&self) -> Option<Epoch> {
        let epoch = self.habits.epoch?;
        // The years 1 to 9999.
        let (first, last) = match epoch {
            Epoch::Seconds => (-62_135_596_800.0, 253_402_300_800.0),
            Epoch::Millis => (-62_135_596_800e3, 253_402_300_800e3),
            Epoch::Micros => (-62_135_596_800e6, 253_402_300_800e6),
            Epoch::Julian | Epoch::Text => return None,
        };
        let (min, max) = self.span()?;
        (min >= first && max < last).then_some(epoch)
    }

    /// Numbers in a column of times that are none of the known ways to write one.
    fn numbers_alone(&self) -> Decision {
        let kind = if self.seen.reals > self.seen.whole {
            Kind::Double
        } else {
            Kind::Bigint
        };
        let question = "a column of times with numbers that are no times of this age; are they to stay numbers?";
        self.take(kind, &self.classes()).ask(question)
    }

    pub(super) fn days(&self) -> Decision {
        let seen = self.seen;
        let dates = self.like(&[Pattern::Date]);
        if self.is_empty()
            || seen.values() == seen.texts && (seen.texts - dates) * 100 <= seen.texts
        {
            return self.take(Kind::Date, &self.classes()).or(Kind::Text);
        }
        if self.like(&MOMENTS) > 0 || seen.integers + seen.reals > 0 {
            let decision = self.moments(false);
            return match decision.conversion {
                // Those with a time of day, if there are any, make it another type later.
                Conversion {
                    epoch,
                    kind: Kind::Timestamp | Kind::Timestamptz,
                    ..
                } if epoch != Epoch::Text => self.counted(epoch, Kind::Date).or(Kind::Bigint),
                _ => decision.or(Kind::Date),
            };
        }
        self.mixed().or(Kind::Date)
    }

    pub(super) fn times_of_day(&self) -> Decision {
        let seen = self.seen;
        let times = self.like(&[Pattern::Time]);
        if self.is_empty()
            || seen.values() == seen.texts && (seen.texts - times) * 100 <= seen.texts
        {
            return self.take(Kind::Time, &self.classes()).or(Kind::Text);
        }
        if self.like(&MOMENTS) > 0 {
            return self.moments(false);
        }
        if seen.texts + seen.blobs == 0 {
            return self.integers_or_doubles();
        }
        self.mixed().or(Kind::Time)
    }

    pub(super) fn durations(&self) -> Decision {
        if self.is_empty() || self.near_1970() {
            return self.take(Kind::Interval, &self.classes());
        }
        if self.seen.texts + self.seen.blobs == 0 {
            return self.integers_or_doubles();
        }
        self.mixed().or(Kind::Interval)
    }

    fn integers_or_doubles(&self) -> Decision {
        if self.seen.reals > self.seen.whole {
            self.doubles()
        } else {
            self.integers()
        }
    }

    /// Whether all are points in time between 1969 and 1979, the first of them in 1969 or 1970, texts without a zone.
    fn near_1970(&self) -> bool {
        let dates = self.seen.dates;
        self.begins_near_1970() && dates.is_some_and(|it| it.max < *b"1980-01-01")
    }

    /// Whether the first of them is in 1969 or 1970.
    fn begins_near_1970(&self) -> bool {
        let is_near = |day: &[u8; 10]| day.starts_with(b"1970") || day.starts_with(b"1969");
        let dates = self.seen.dates;
        self.all_like(&[Pattern::DateTime]) && dates.is_some_and(|it| is_near(&it.min))
    }

    /// The smallest and the largest number.
    fn span(&self) -> Option<(f64, f64)> {
        #[expect(clippy::cast_precision_loss, reason = "magnitudes alone are compared")]
        let integers = self.seen.integer.map(|it| (it.min as f64, it.max as f64));
        match (integers, self.seen.real) {
            (None, None) => None,
            (Some(it), None) => Some(it),
            (None, Some(it)) => Some((it.min, it.max)),
            (Some((min, max)), Some(it)) => Some((min.min(it.min), max.max(it.max))),
        }
    }

    /// How numbers count time, when all lie between 1980 and 2100.
    pub(super) fn epoch(&self) -> Option<Epoch> {
        let (min, max) = self.span()?;
        let within = |low: f64, high: f64| min >= low && max <= high;
        // 1980-01-01 and 2100-01-01, in seconds and in julian days.
        if within(315_532_800.0, 4_102_444_800.0) {
            Some(Epoch::Seconds)
        } else if within(315_532_800e3, 4_102_444_800e3) {
            Some(Epoch::Millis)
        } else if within(315_532_800e6, 4_102_444_800e6) {
            Some(Epoch::Micros)
        } else if self.seen.reals > 0 && within(2_444_239.5, 2_488_069.5) {
            Some(Epoch::Julian)
        } else {
            None
        }
    }
}

/// What stands in the evidence of times that name no zone, where `zone` says which they are of.
pub(crate) const IN_ZONE: &str = "; those that name none are in `zone`";

fn said_of_others(epoch: Epoch) -> &'static str {
    match epoch {
        Epoch::Text => "texts",
        Epoch::Seconds => "seconds since 1970, as in other columns",
        Epoch::Millis => "milliseconds since 1970, as in other columns",
        Epoch::Micros => "microseconds since 1970, as in other columns",
        Epoch::Julian => "julian days, as in other columns",
    }
}

fn said(epoch: Epoch) -> &'static str {
    match epoch {
        Epoch::Text => "texts",
        Epoch::Seconds => "all of them seconds since 1970 between 1980 and 2100",
        Epoch::Millis => "all of them milliseconds since 1970 between 1980 and 2100",
        Epoch::Micros => "all of them microseconds since 1970 between 1980 and 2100",
        Epoch::Julian => "all of them julian days between 1980 and 2100",
    }
}
