//! `jsonb`'s operators and functions, on JSON text.

use super::answer::{Answer, Mark, Out, fail};
use super::argument::{is_canonical_instant, is_null, mark, text, utf8};
use super::guard::looks_like_json;
use super::{ANY, Registry, text_form};
use crate::dialect::{Json, Key};
use rusqlite::functions::Context;
use rusqlite::types::ValueRef;
use std::borrow::Borrow;

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    // SQLite looks these two operators up as functions.
    to.strict("->", 2, |ctx| {
        Ok(get(read(ctx, 0)?, ctx)?.map_or(Out::Null, shown))
    })?;
    to.strict("->>", 2, |ctx| {
        Ok(get(read(ctx, 0)?, ctx)?.map_or(Out::Null, as_text))
    })?;
    to.strict("op_path", 2, |ctx| {
        Ok(walk(read(ctx, 0)?, &strings(ctx, 1)?).map_or(Out::Null, shown))
    })?;
    to.strict("op_path_text", 2, |ctx| {
        Ok(walk(read(ctx, 0)?, &strings(ctx, 1)?).map_or(Out::Null, as_text))
    })?;
    to.strict("jsonb_extract_path", ANY, |ctx| {
        Ok(walk(read(ctx, 0)?, &rest(ctx)?).map_or(Out::Null, shown))
    })?;
    to.strict("jsonb_extract_path_text", ANY, |ctx| {
        Ok(walk(read(ctx, 0)?, &rest(ctx)?).map_or(Out::Null, as_text))
    })?;
    to.strict("op_has_key", 2, |ctx| {
        Ok(Out::Bool(has_key(&read(ctx, 0)?, text(ctx, 1)?)))
    })?;
    to.strict("op_has_any_key", 2, |ctx| {
        let json = read(ctx, 0)?;
        Ok(Out::Bool(
            strings(ctx, 1)?.iter().any(|key| has_key(&json, key)),
        ))
    })?;
    to.strict("op_has_all_keys", 2, |ctx| {
        let json = read(ctx, 0)?;
        Ok(Out::Bool(
            strings(ctx, 1)?.iter().all(|key| has_key(&json, key)),
        ))
    })?;
    to.strict("op_contains", 2, |ctx| contained(ctx, 0, 1))?;
    to.strict("op_contained", 2, |ctx| contained(ctx, 1, 0))?;
    to.strict("op_jsonb_concat", 2, |ctx| {
        Ok(shown(concat(read(ctx, 0)?, read(ctx, 1)?)))
    })?;
    functions(to)
}

fn functions(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.strict("jsonb_typeof", 1, |ctx| {
        Ok(Out::Plain(type_of(&read(ctx, 0)?).to_owned()))
    })?;
    to.strict("jsonb_array_length", 1, |ctx| match read(ctx, 0)? {
        Json::Array(items) => Ok(Out::Int(i64::try_from(items.len())?)),
        Json::Object(_) => fail("cannot get array length of a non-array"),
        _ => fail("cannot get array length of a scalar"),
    })?;
    to.strict("jsonb_strip_nulls", 1, |ctx| {
        Ok(shown(strip_nulls(read(ctx, 0)?)))
    })?;
    to.strict("jsonb_set", 3, jsonb_set)?;
    to.strict("jsonb_set", 4, jsonb_set)?;
    to.strict("to_jsonb", 1, |ctx| Ok(shown(of(ctx, 0)?)))?;
    to.strict("op_json_number", 1, |ctx| {
        Ok(Out::Json(text(ctx, 0)?.to_owned()))
    })?;
    to.lax("jsonb_build_array", ANY, |ctx| {
        Ok(shown(Json::Array(
            (0..ctx.len())
                .map(|at| of(ctx, at))
                .collect::<Answer<_>>()?,
        )))
    })?;
    to.lax("jsonb_build_object", ANY, build_object)?;
    to.strict("op_items", 1, |ctx| {
        items(ctx, |item| item.to_string().into())
    })?;
    to.strict("op_items_text", 1, |ctx| {
        items(ctx, |item| match item {
            Json::Null => serde_json::Value::Null,
            Json::Text(text) => text.into(),
            other => other.to_string().into(),
        })
    })
}

fn shown(json: impl Borrow<Json>) -> Out {
    Out::Json(json.borrow().to_string())
}

/// `->>`: a string without its quotes, NULL for null.
fn as_text(json: Json) -> Out {
    match json {
        Json::Null => Out::Null,
        Json::Text(text) => Out::Plain(text),
        other => Out::Plain(other.to_string()),
    }
}

fn read(ctx: &Context<'_>, at: usize) -> Answer<Json> {
    match Json::parse(text(ctx, at)?) {
        Ok(json) => Ok(json),
        Err(why) => fail(format!("invalid input syntax for type json: it {why}")),
    }
}

/// A `text[]`: the JSON form or Postgres's literal.
fn strings(ctx: &Context<'_>, at: usize) -> Answer<Vec<String>> {
    super::array::strings(text(ctx, at)?)
}

fn rest(ctx: &Context<'_>) -> Answer<Vec<String>> {
    (1..ctx.len())
        .map(|at| text(ctx, at).map(str::to_owned))
        .collect()
}

/// Counted from 0, or from the end when negative. A scalar is an array of itself to Postgres.
fn nth(json: Json, at: i64) -> Option<Json> {
    let items = match json {
        Json::Array(items) => items,
        Json::Object(_) => return None,
        scalar => vec![scalar],
    };
    let length = i64::try_from(items.len()).ok()?;
    let at = if at < 0 { at + length } else { at };
    items.into_iter().nth(usize::try_from(at).ok()?)
}

fn get(json: Json, ctx: &Context<'_>) -> Answer<Option<Json>> {
    Ok(match ctx.get_raw(1) {
        ValueRef::Integer(at) => nth(json, at),
        ValueRef::Text(key) => match json {
            Json::Object(mut fields) => fields.remove(&Key(utf8(key)?.to_owned())),
            _ => None,
        },
        _ => return fail("no such operator: -> takes a text or an integer"),
    })
}

fn walk(json: Json, path: &[String]) -> Option<Json> {
    path.iter().try_fold(json, |json, step| match json {
        Json::Object(mut fields) => fields.remove(&Key(step.clone())),
        Json::Array(_) => nth(json, index(step)?),
        _ => None,
    })
}

/// As `strtol` reads it: Postgres's paths hold numbers for arrays.
fn index(step: &str) -> Option<i64> {
    step.trim_start().parse::<i32>().ok().map(i64::from)
}

fn has_key(json: &Json, key: &str) -> bool {
    match json {
        Json::Object(fields) => fields.contains_key(&Key(key.to_owned())),
        Json::Array(items) => items
            .iter()
            .any(|item| matches!(item, Json::Text(text) if text == key)),
        Json::Text(text) => text == key,
        _ => false,
    }
}

fn contained(ctx: &Context<'_>, whole: usize, part: usize) -> Answer {
    let (outer, inner) = (read(ctx, whole)?, read(ctx, part)?);
    // In an array a NULL equals nothing, in jsonb a null equals a null.
    let has_null = matches!(&inner, Json::Array(items) if items.contains(&Json::Null));
    if has_null && mark(ctx, whole) != Mark::Json && mark(ctx, part) != Mark::Json {
        return fail("@> of arrays that hold NULL; write ::jsonb if they are jsonb");
    }
    // An array contains a scalar, as an exception, at the top only.
    let is_item = match (&outer, &inner) {
        (Json::Array(items), Json::Array(_) | Json::Object(_)) => {
            contains(&Json::Array(items.clone()), &inner)
        }
        (Json::Array(items), scalar) => items.iter().any(|item| same(item, scalar)),
        _ => contains(&outer, &inner),
    };
    Ok(Out::Bool(is_item))
}

fn contains(outer: &Json, inner: &Json) -> bool {
    match (outer, inner) {
        (Json::Object(outer), Json::Object(inner)) => inner
            .iter()
            .all(|(key, value)| outer.get(key).is_some_and(|found| contains(found, value))),
        (Json::Array(outer), Json::Array(inner)) => inner
            .iter()
            .all(|item| outer.iter().any(|found| contains(found, item))),
        _ => same(outer, inner),
    }
}

/// Numbers are equal by value: 1 and 1.0.
pub(super) fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => plain(a) == plain(b),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && same(a, b))
        }
        _ => a == b,
    }
}

fn plain(number: &str) -> &str {
    if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    }
}

/// Objects are merged; all else is put one array after the other.
fn concat(a: Json, b: Json) -> Json {
    match (a, b) {
        (Json::Object(mut a), Json::Object(b)) => {
            a.extend(b);
            Json::Object(a)
        }
        (a, b) => {
            let items = |json| match json {
                Json::Array(items) => items,
                other => vec![other],
            };
            let mut all = items(a);
            all.extend(items(b));
            Json::Array(all)
        }
    }
}

fn type_of(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::Text(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

fn strip_nulls(json: Json) -> Json {
    match json {
        Json::Array(items) => Json::Array(items.into_iter().map(strip_nulls).collect()),
        Json::Object(fields) => Json::Object(
            fields
                .into_iter()
                .filter(|(_, value)| *value != Json::Null)
                .map(|(key, value)| (key, strip_nulls(value)))
                .collect(),
        ),
        scalar => scalar,
    }
}

fn jsonb_set(ctx: &Context<'_>) -> Answer {
    let (target, path, new) = (read(ctx, 0)?, strings(ctx, 1)?, read(ctx, 2)?);
    let create = ctx.len() == 3 || super::argument::bool(ctx, 3)?;
    if !matches!(target, Json::Array(_) | Json::Object(_)) {
        return fail("cannot set path in scalar");
    }
    let is_empty = match &target {
        Json::Array(items) => items.is_empty(),
        Json::Object(fields) => fields.is_empty(),
        _ => false,
    };
    // Postgres does not even look at the path then.
    if is_empty && !create {
        return Ok(shown(target));
    }
    Ok(shown(set(target, &path, new, create)?))
}

fn set(target: Json, path: &[String], new: Json, create: bool) -> Answer<Json> {
    let Some((step, deeper)) = path.split_first() else {
        return Ok(target);
    };
    Ok(match target {
        Json::Object(mut fields) => {
            let key = Key(step.clone());
            match fields.remove(&key) {
                Some(_) if deeper.is_empty() => drop(fields.insert(key, new)),
                Some(old) => drop(fields.insert(key, set(old, deeper, new, create)?)),
                None if deeper.is_empty() && create => drop(fields.insert(key, new)),
                None => {}
            }
            Json::Object(fields)
        }
        Json::Array(mut items) => {
            let Some(at) = index(step) else {
                return fail(format!("path element is not an integer: {step:?}"));
            };
            let from = if at < 0 {
                at + i64::try_from(items.len())?
            } else {
                at
            };
            match usize::try_from(from).ok().filter(|at| *at < items.len()) {
                Some(at) if deeper.is_empty() => items[at] = new,
                Some(at) => {
                    let old = std::mem::replace(&mut items[at], Json::Null);
                    items[at] = set(old, deeper, new, create)?;
                }
                None if deeper.is_empty() && create && from < 0 => items.insert(0, new),
                None if deeper.is_empty() && create => items.push(new),
                None => {}
            }
            Json::Array(items)
        }
        scalar => scalar,
    })
}

/// Any value as JSON. A text that is a stored timestamptz is shown as Postgres shows one; a text
/// that is a JSON object or array could be either, and must say which.
pub(super) fn of(ctx: &Context<'_>, at: usize) -> Answer<Json> {
    Ok(match (ctx.get_raw(at), mark(ctx, at)) {
        (ValueRef::Null, _) => Json::Null,
        (ValueRef::Integer(v), Mark::Bool) => Json::Bool(v != 0),
        (ValueRef::Integer(v), _) => Json::Number(v.to_string()),
        (ValueRef::Real(v), _) if v.is_finite() => {
            return Json::parse(&text_form::of_double(v)).or_else(fail);
        }
        (ValueRef::Real(v), _) => Json::Text(text_form::of_double(v)),
        (ValueRef::Text(_), Mark::Json) => read(ctx, at)?,
        (ValueRef::Text(v), Mark::None) if is_canonical_instant(v) => {
            let plain = text_form::of_instant(utf8(v)?);
            Json::Text(format!("{}:00", plain.replacen(' ', "T", 1)))
        }
        (ValueRef::Text(v), Mark::None) if looks_like_json(v) => {
            return fail(
                "a text that is a JSON object or array could be text or jsonb; write ::jsonb or ::text",
            );
        }
        (ValueRef::Text(v), _) => Json::Text(utf8(v)?.to_owned()),
        (ValueRef::Blob(v), _) => Json::Text(text_form::of_bytes(v)),
    })
}

fn build_object(ctx: &Context<'_>) -> Answer {
    if !ctx.len().is_multiple_of(2) {
        return fail("argument list must have even number of elements");
    }
    let mut fields = std::collections::BTreeMap::new();
    for at in (0..ctx.len()).step_by(2) {
        fields.insert(Key(key(ctx, at)?), of(ctx, at + 1)?);
    }
    Ok(shown(Json::Object(fields)))
}

pub(super) fn key(ctx: &Context<'_>, at: usize) -> Answer<String> {
    if is_null(ctx, at) {
        return fail(format!("argument {}: key must not be null", at + 1));
    }
    Ok(text_form::of(ctx, at, text_form::TRUE_FALSE)?
        .unwrap_or_default()
        .into_owned())
}

fn items(ctx: &Context<'_>, show: fn(Json) -> serde_json::Value) -> Answer {
    match read(ctx, 0)? {
        Json::Array(items) => {
            let items: serde_json::Value = items.into_iter().map(show).collect();
            Ok(Out::Json(items.to_string()))
        }
        Json::Object(_) => fail("cannot extract elements from an object"),
        _ => fail("cannot extract elements from a scalar"),
    }
}
