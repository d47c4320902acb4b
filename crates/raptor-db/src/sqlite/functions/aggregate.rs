//! Aggregates that SQLite lacks.

use super::json::{argument, marking};
use super::refuse;
use crate::dialect::Json;
use rusqlite::Connection;
use rusqlite::functions::{Aggregate, Context, SubType};
use rusqlite::types::{Value, ValueRef};

pub(super) fn register(conn: &Connection) -> rusqlite::Result<()> {
    for name in ["jsonb_agg", "array_agg"] {
        conn.create_aggregate_function(
            name,
            1,
            marking(),
            Collect {
                is_json: name == "jsonb_agg",
            },
        )?;
    }
    conn.create_aggregate_function("bool_and", 1, marking(), Bools { all: true })?;
    conn.create_aggregate_function("every", 1, marking(), Bools { all: true })?;
    conn.create_aggregate_function("bool_or", 1, marking(), Bools { all: false })
}

/// All values, NULLs too; no row at all is NULL.
struct Collect {
    is_json: bool,
}

impl Aggregate<Vec<Json>, (Value, SubType)> for Collect {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Vec<Json>> {
        Ok(Vec::new())
    }

    fn step(&self, context: &mut Context<'_>, items: &mut Vec<Json>) -> rusqlite::Result<()> {
        items.push(argument(context, 0)?);
        Ok(())
    }

    fn finalize(
        &self,
        _: &mut Context<'_>,
        items: Option<Vec<Json>>,
    ) -> rusqlite::Result<(Value, SubType)> {
        Ok(match items {
            None => (Value::Null, None),
            Some(items) => {
                let mark = self.is_json.then_some(74);
                (Value::Text(Json::Array(items).to_text()), mark)
            }
        })
    }
}

/// NULLs are passed over; nothing but NULLs is NULL.
struct Bools {
    all: bool,
}

impl Aggregate<Option<bool>, Option<i64>> for Bools {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Option<bool>> {
        Ok(None)
    }

    fn step(&self, context: &mut Context<'_>, so_far: &mut Option<bool>) -> rusqlite::Result<()> {
        let next = match context.get_raw(0) {
            ValueRef::Null => return Ok(()),
            ValueRef::Integer(value) => value != 0,
            _ => return Err(refuse("needs a bool")),
        };
        *so_far = Some(match (*so_far, self.all) {
            (None, _) => next,
            (Some(so_far), true) => so_far && next,
            (Some(so_far), false) => so_far || next,
        });
        Ok(())
    }

    fn finalize(
        &self,
        _: &mut Context<'_>,
        answer: Option<Option<bool>>,
    ) -> rusqlite::Result<Option<i64>> {
        Ok(answer.flatten().map(i64::from))
    }
}
