//! An expression on its way: what Postgres is to read, and what is known of its values there and in
//! SQLite.

use super::literal::Literal;
use super::moment::Moment;
use crate::kind::{Conversion, Epoch, Kind};
use crate::source::Affinity;
use crate::zone::Zone;

/// The type on Postgres, and the class of values in SQLite that it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// The constant alone.
    Null,
    /// A `boolean` that SQLite has as the number 0 or 1: the answer of a comparison.
    Truth,
    /// A column of `boolean`s, or what is made of them.
    Boolean,
    /// Whole numbers.
    Int,
    /// A `double precision`, which SQLite has as a real.
    Real,
    /// A `double precision` that SQLite may have as a whole number.
    Number,
    /// A `numeric`, which SQLite has as a real or as a whole number.
    Decimal,
    Text,
    Bytes,
    Uuid,
    Date,
    Time,
    Timestamp,
    Timestamptz,
    Interval,
    Json,
    Jsonb,
    /// What `json_extract` answers: by the row a number, a text or JSON.
    Extract,
}

/// How texts are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Collation {
    Binary,
    Nocase,
    Rtrim,
}

/// What is known of a whole number's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Size {
    Any,
    NotNegative,
    ZeroOrOne,
}

/// An expression on its way.
#[derive(Debug, Clone)]
pub(super) struct Value {
    /// What Postgres reads; brackets are around what has more than one part.
    pub(super) sql: String,
    pub(super) ty: Type,
    /// What SQLite makes of the other side of a comparison; only columns and casts have it.
    pub(super) affinity: Option<Affinity>,
    pub(super) collation: Option<Collation>,
    /// Whether the collation is written with `COLLATE`.
    pub(super) is_collated: bool,
    pub(super) is_nullable: bool,
    /// Whether SQLite may hold values of another class than the type's.
    pub(super) is_loose: bool,
    pub(super) is_citext: bool,
    /// Whether a whole number has 64 bits on Postgres.
    pub(super) is_wide: bool,
    pub(super) size: Size,
    /// Whether a real has no fraction.
    pub(super) is_whole: bool,
    /// Whether it comes of random bytes.
    pub(super) is_random: bool,
    pub(super) epoch: Epoch,
    pub(super) zone: Zone,
    /// Whether the texts of a time may name zones, so that they sort otherwise than the times.
    pub(super) is_zoned: bool,
    pub(super) literal: Option<Literal>,
    pub(super) moment: Option<Moment>,
    /// The name of the column that it is.
    pub(super) column: Option<String>,
}

impl Value {
    pub(super) fn new(sql: impl Into<String>, ty: Type) -> Self {
        Self {
            sql: sql.into(),
            ty,
            affinity: None,
            collation: None,
            is_collated: false,
            is_nullable: true,
            is_loose: false,
            is_citext: false,
            is_wide: ty == Type::Int,
            size: Size::Any,
            is_whole: false,
            is_random: false,
            epoch: Epoch::Text,
            zone: Zone::UTC,
            is_zoned: false,
            literal: None,
            moment: None,
            column: None,
        }
    }

    pub(super) fn literal(literal: Literal) -> Self {
        let ty = match literal {
            Literal::Null => Type::Null,
            Literal::Integer(_) => Type::Int,
            Literal::Real(_) => Type::Real,
            Literal::Text(_) => Type::Text,
            Literal::Blob(_) => Type::Bytes,
        };
        Self {
            is_nullable: literal == Literal::Null,
            is_wide: matches!(literal, Literal::Integer(it) if i32::try_from(it).is_err()),
            size: match literal {
                Literal::Integer(0 | 1) => Size::ZeroOrOne,
                Literal::Integer(it) if it >= 0 => Size::NotNegative,
                _ => Size::Any,
            },
            is_whole: matches!(literal, Literal::Real(it) if it.fract() == 0.0 && it.abs() < 9e15),
            literal: Some(literal.clone()),
            ..Self::new(literal.sql(), ty)
        }
    }

    pub(super) fn integer(value: i64) -> Self {
        Self::literal(Literal::Integer(value))
    }

    /// A boolean that may be NULL where one of `of` may.
    pub(super) fn truth(sql: impl Into<String>, of: &[&Self]) -> Self {
        Self {
            size: Size::ZeroOrOne,
            ..Self::new(sql, Type::Truth).nulls_of(of)
        }
    }

    /// A column of a table.
    pub(super) fn column(
        sql: impl Into<String>,
        name: &str,
        to: Conversion,
        affinity: Affinity,
    ) -> Self {
        let (ty, is_wide) = match to.kind {
            Kind::Boolean => (Type::Boolean, false),
            Kind::Smallint | Kind::Integer | Kind::Bigint if affinity == Affinity::Real => {
                (Type::Real, false)
            }
            Kind::Smallint | Kind::Integer => (Type::Int, false),
            Kind::Bigint => (Type::Int, true),
            Kind::Double if affinity == Affinity::Real => (Type::Real, false),
            Kind::Double => (Type::Number, false),
            Kind::Numeric(_) => (Type::Decimal, false),
            Kind::Text | Kind::Citext | Kind::Varchar(_) => (Type::Text, false),
            // Only in schemas that are there, of which nothing is translated.
            Kind::Char(_) | Kind::Enum | Kind::Cast => (Type::Text, false),
            Kind::Real => (Type::Number, false),
            Kind::Bytea => (Type::Bytes, false),
            Kind::Uuid => (Type::Uuid, false),
            Kind::Date => (Type::Date, false),
            Kind::Time => (Type::Time, false),
            Kind::Timestamp => (Type::Timestamp, false),
            Kind::Timestamptz => (Type::Timestamptz, false),
            Kind::Interval => (Type::Interval, false),
            Kind::Json => (Type::Json, false),
            Kind::Jsonb => (Type::Jsonb, false),
        };
        let is_loose = match ty {
            Type::Text => affinity != Affinity::Text,
            Type::Int | Type::Boolean | Type::Real | Type::Number | Type::Decimal => {
                affinity == Affinity::Text
            }
            _ => false,
        };
        let sql = match (ty, to.kind) {
            // SQLite divides and shows it as a real.
            (Type::Real, kind) if kind != Kind::Double => {
                format!("{}::double precision", sql.into())
            }
            _ => sql.into(),
        };
        let size = match ty {
            Type::Boolean => Size::ZeroOrOne,
            _ => Size::Any,
        };
        Self {
            affinity: Some(affinity),
            is_loose,
            is_wide,
            size,
            is_citext: to.kind == Kind::Citext,
            epoch: to.epoch,
            zone: to.zone,
            column: Some(name.to_owned()),
            ..Self::new(sql, ty)
        }
    }

    /// What passes on from operands: NULL, chance, and a collation that is written.
    pub(super) fn nulls_of(self, of: &[&Self]) -> Self {
        let collated = of.iter().find(|it| it.is_collated);
        Self {
            is_nullable: of.iter().any(|it| it.is_nullable),
            is_random: of.iter().any(|it| it.is_random),
            collation: collated.map_or(self.collation, |it| it.collation),
            is_collated: collated.is_some(),
            ..self
        }
    }

    pub(super) fn not_null(self) -> Self {
        Self {
            is_nullable: false,
            ..self
        }
    }

    pub(super) fn sized(self, size: Size) -> Self {
        Self { size, ..self }
    }

    /// The same as an operand alone: without what columns and casts lend to comparisons.
    pub(super) fn plain(self) -> Self {
        Self {
            affinity: None,
            column: None,
            ..self
        }
    }

    pub(super) fn is_null(&self) -> bool {
        self.ty == Type::Null
    }

    /// Whether it is a number in SQLite, without a doubt.
    pub(super) fn is_number(&self) -> bool {
        matches!(
            self.ty,
            Type::Truth | Type::Boolean | Type::Int | Type::Real | Type::Number | Type::Decimal
        )
    }

    pub(super) fn is_boolean(&self) -> bool {
        matches!(self.ty, Type::Truth | Type::Boolean)
    }

    /// Whether it is a date or a time of Postgres.
    pub(super) fn is_time(&self) -> bool {
        matches!(
            self.ty,
            Type::Date | Type::Time | Type::Timestamp | Type::Timestamptz
        )
    }

    /// A whole number as Postgres has it.
    pub(super) fn as_int(&self) -> String {
        if self.is_boolean() {
            format!("{}::integer", self.sql)
        } else {
            self.sql.clone()
        }
    }

    /// What it is, for a reason.
    pub(super) fn said(&self) -> String {
        match (&self.column, &self.literal) {
            (Some(name), _) => format!("column {name}"),
            (_, Some(literal)) => literal.sql(),
            _ => self.sql.clone(),
        }
    }
}
