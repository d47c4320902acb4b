//! Aggregates that gather rows into an array or a JSON document. NULL where there is no row.

use super::answer::{Mark, Out, fail};
use super::argument::mark;
use super::json::{key, of};
use super::{PURE, Registry};
use crate::dialect::{Json, Key};
use rusqlite::Error::UserFunctionError;
use rusqlite::functions::{Aggregate, Context};
use rusqlite::types::ValueRef;
use std::collections::BTreeMap;

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.conn
        .create_aggregate_function("jsonb_agg", 1, PURE, JsonbAgg)?;
    to.conn
        .create_aggregate_function("jsonb_object_agg", 2, PURE, JsonbObjectAgg)?;
    to.conn
        .create_aggregate_function("array_agg", 1, PURE, ArrayAgg)
}

struct JsonbAgg;

impl Aggregate<Vec<Json>, Out> for JsonbAgg {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Vec<Json>> {
        Ok(Vec::new())
    }

    fn step(&self, ctx: &mut Context<'_>, items: &mut Vec<Json>) -> rusqlite::Result<()> {
        items.push(of(ctx, 0).map_err(UserFunctionError)?);
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, items: Option<Vec<Json>>) -> rusqlite::Result<Out> {
        Ok(items.map_or(Out::Null, |items| Out::Json(Json::Array(items).to_string())))
    }
}

struct JsonbObjectAgg;

impl Aggregate<BTreeMap<Key, Json>, Out> for JsonbObjectAgg {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<BTreeMap<Key, Json>> {
        Ok(BTreeMap::new())
    }

    fn step(
        &self,
        ctx: &mut Context<'_>,
        fields: &mut BTreeMap<Key, Json>,
    ) -> rusqlite::Result<()> {
        if ctx.get_raw(0) == ValueRef::Null {
            return fail("field name must not be null").map_err(UserFunctionError);
        }
        let name = key(ctx, 0).map_err(UserFunctionError)?;
        fields.insert(Key(name), of(ctx, 1).map_err(UserFunctionError)?);
        Ok(())
    }

    fn finalize(
        &self,
        _: &mut Context<'_>,
        fields: Option<BTreeMap<Key, Json>>,
    ) -> rusqlite::Result<Out> {
        Ok(fields.map_or(Out::Null, |fields| {
            Out::Json(Json::Object(fields).to_string())
        }))
    }
}

/// Arrays hold text, integers and uuids.
struct ArrayAgg;

impl Aggregate<Vec<serde_json::Value>, Out> for ArrayAgg {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Vec<serde_json::Value>> {
        Ok(Vec::new())
    }

    fn step(
        &self,
        ctx: &mut Context<'_>,
        items: &mut Vec<serde_json::Value>,
    ) -> rusqlite::Result<()> {
        items.push(match ctx.get_raw(0) {
            ValueRef::Null => serde_json::Value::Null,
            ValueRef::Integer(v) if mark(ctx, 0) != Mark::Bool => v.into(),
            ValueRef::Text(bytes) => super::argument::utf8(bytes)
                .map_err(UserFunctionError)?
                .into(),
            _ => return fail("array_agg gathers text, bigint and uuid").map_err(UserFunctionError),
        });
        Ok(())
    }

    fn finalize(
        &self,
        _: &mut Context<'_>,
        items: Option<Vec<serde_json::Value>>,
    ) -> rusqlite::Result<Out> {
        Ok(items.map_or(Out::Null, |items| {
            Out::Text(serde_json::Value::Array(items).to_string())
        }))
    }
}
