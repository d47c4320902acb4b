//! `jsonb`: made, taken apart and asked, always in its canonical text.
//!
//! SQLite keeps JSON as text. An answer that is JSON carries SQLite's JSON subtype, so that it nests
//! in `jsonb_build_object` as JSON; a column's text does not: write `doc::jsonb` there.

use super::{Answer, integer_of, pure, refuse, strict, text_of};
use crate::dialect::{Json, parse_json};
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags, SubType};
use rusqlite::types::{Value, ValueRef};

/// SQLite's own mark of a JSON answer.
const SUBTYPE: u32 = 74;

pub(super) fn register(conn: &Connection) -> rusqlite::Result<()> {
    building(conn)?;
    conn.create_scalar_function("raptor_json_get", 2, marking(), |context| {
        marked(context, |json, key| {
            Ok(member(json, key)?.map(Json::to_text))
        })
    })?;
    conn.create_scalar_function("raptor_json_path", 2, marking(), |context| {
        marked(context, |json, path| {
            Ok(at_path(json, path)?.map(Json::to_text))
        })
    })?;
    conn.create_scalar_function("raptor_jsonb", 1, marking(), |context| {
        if context.get_raw(0) == ValueRef::Null {
            return Ok((Value::Null, None));
        }
        let text = text_of(context.get_raw(0)).map_err(refuse)?;
        let text = crate::dialect::jsonb_text(text).map_err(refuse)?;
        Ok((Value::Text(text), Some(SUBTYPE)))
    })?;
    strict(conn, "raptor_json_text", 2, |args| {
        as_text(member(&json_of(args[0])?, args[1])?)
    })?;
    strict(conn, "raptor_json_path_text", 2, |args| {
        as_text(at_path(&json_of(args[0])?, args[1])?)
    })?;
    strict(conn, "raptor_json_contains", 2, |args| {
        let holds = contains(&json_of(args[0])?, &json_of(args[1])?, true);
        Ok(Value::Integer(holds.into()))
    })?;
    strict(conn, "raptor_json_has", 2, |args| {
        let key = text_of(args[1])?;
        let has = match &json_of(args[0])? {
            Json::Object(members) => members.iter().any(|(known, _)| known == key),
            Json::Array(items) => items
                .iter()
                .any(|item| matches!(item, Json::Text(text) if text == key)),
            Json::Text(text) => text == key,
            _ => false,
        };
        Ok(Value::Integer(has.into()))
    })?;
    strict(conn, "jsonb_typeof", 1, |args| {
        let name = match json_of(args[0])? {
            Json::Null => "null",
            Json::Bool(_) => "boolean",
            Json::Number(_) => "number",
            Json::Text(_) => "string",
            Json::Array(_) => "array",
            Json::Object(_) => "object",
        };
        Ok(Value::Text(name.to_owned()))
    })?;
    strict(conn, "jsonb_array_length", 1, |args| {
        match json_of(args[0])? {
            Json::Array(items) => i64::try_from(items.len())
                .map(Value::Integer)
                .map_err(|_| "is too long".to_owned()),
            _ => Err("cannot get array length of what is no array".to_owned()),
        }
    })
}

/// Reads and writes subtypes.
pub(super) fn marking() -> FunctionFlags {
    pure() | FunctionFlags::SQLITE_SUBTYPE | FunctionFlags::SQLITE_RESULT_SUBTYPE
}

fn building(conn: &Connection) -> rusqlite::Result<()> {
    conn.create_scalar_function("jsonb_build_object", -1, marking(), |context| {
        if !context.len().is_multiple_of(2) {
            return Err(refuse("argument list must have even number of elements"));
        }
        let mut members = Vec::with_capacity(context.len() / 2);
        for at in (0..context.len()).step_by(2) {
            let key = match context.get_raw(at) {
                ValueRef::Null => return Err(refuse("argument must not be null: an object's key")),
                key => super::cast::to_text(key).map_err(refuse)?,
            };
            members.push((key, argument(context, at + 1)?));
        }
        Ok((Value::Text(Json::object(members).to_text()), Some(SUBTYPE)))
    })?;
    conn.create_scalar_function("jsonb_build_array", -1, marking(), |context| {
        let items = (0..context.len())
            .map(|at| argument(context, at))
            .collect::<rusqlite::Result<_>>()?;
        Ok((Value::Text(Json::Array(items).to_text()), Some(SUBTYPE)))
    })
}

/// An argument as JSON: by its mark, else by its storage class.
pub(super) fn argument(context: &Context<'_>, place: usize) -> rusqlite::Result<Json> {
    let value = context.get_raw(place);
    if context.get_subtype(place) == SUBTYPE {
        return json_of(value).map_err(refuse);
    }
    Ok(match value {
        ValueRef::Null => Json::Null,
        ValueRef::Integer(number) => Json::Number(number.to_string()),
        ValueRef::Real(number) if number.is_finite() => {
            parse_json(&super::cast::double(number)).map_err(refuse)?
        }
        ValueRef::Text(_) => Json::Text(text_of(value).map_err(refuse)?.to_owned()),
        _ => return Err(refuse("bytes and infinities are no JSON")),
    })
}

fn json_of(value: ValueRef<'_>) -> Result<Json, String> {
    parse_json(text_of(value)?)
}

/// Runs a strict function whose answer is JSON.
fn marked(
    context: &Context<'_>,
    function: impl Fn(&Json, ValueRef<'_>) -> Result<Option<String>, String>,
) -> rusqlite::Result<(Value, SubType)> {
    let (document, key) = (context.get_raw(0), context.get_raw(1));
    if document == ValueRef::Null || key == ValueRef::Null {
        return Ok((Value::Null, None));
    }
    let answer = json_of(document).and_then(|json| function(&json, key));
    Ok(match answer.map_err(refuse)? {
        Some(text) => (Value::Text(text), Some(SUBTYPE)),
        None => (Value::Null, None),
    })
}

/// A member by name, an item by place (from the end when negative).
fn member<'j>(json: &'j Json, key: ValueRef<'_>) -> Result<Option<&'j Json>, String> {
    Ok(match (json, key) {
        (Json::Object(members), ValueRef::Text(_)) => named(members, text_of(key)?),
        (Json::Array(items), ValueRef::Integer(_)) => nth(items, integer_of(key)?),
        (_, ValueRef::Text(_) | ValueRef::Integer(_)) => None,
        _ => return Err("the key must be text or an integer".to_owned()),
    })
}

fn named<'j>(members: &'j [(String, Json)], key: &str) -> Option<&'j Json> {
    members
        .iter()
        .find(|(known, _)| known == key)
        .map(|(_, value)| value)
}

fn nth(items: &[Json], place: i64) -> Option<&Json> {
    let place = match usize::try_from(place) {
        Ok(place) => place,
        Err(_) => items
            .len()
            .checked_sub(usize::try_from(place.unsigned_abs()).ok()?)?,
    };
    items.get(place)
}

/// A path as an array of text, in either engine's form: `["a", "0"]` or `{a,0}`.
fn at_path<'j>(json: &'j Json, path: ValueRef<'_>) -> Result<Option<&'j Json>, String> {
    let path = text_of(path)?;
    let steps: Vec<String> = match path
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
    {
        Some("") => Vec::new(),
        Some(list) if !list.contains(['"', '\\', '{']) => {
            list.split(',').map(|step| step.trim().to_owned()).collect()
        }
        Some(_) => {
            return Err("a path with quotes is not done on SQLite; bind it as an array".to_owned());
        }
        None => serde_json::from_str(path).map_err(|_| "the path must be an array of text")?,
    };
    let mut at = Some(json);
    for step in steps {
        at = match at {
            Some(Json::Object(members)) => named(members, &step),
            Some(Json::Array(items)) => step.parse().ok().and_then(|place| nth(items, place)),
            _ => None,
        };
    }
    Ok(at)
}

/// What `->>` answers: a text without its quotes, a JSON null as NULL.
fn as_text(json: Option<&Json>) -> Answer {
    Ok(match json {
        None | Some(Json::Null) => Value::Null,
        Some(Json::Text(text)) => Value::Text(text.clone()),
        Some(other) => Value::Text(other.to_text()),
    })
}

/// Containment (PostgreSQL manual, 8.14.3).
fn contains(whole: &Json, part: &Json, is_top: bool) -> bool {
    match (whole, part) {
        (Json::Object(whole), Json::Object(part)) => part.iter().all(|(key, value)| {
            named(whole, key).is_some_and(|known| contains(known, value, false))
        }),
        (Json::Array(whole), Json::Array(part)) => part
            .iter()
            .all(|wanted| whole.iter().any(|item| contains(item, wanted, false))),
        // At the top alone, an array contains a primitive that is among its items.
        (Json::Array(items), primitive) if is_top && !matches!(primitive, Json::Object(_)) => {
            items.iter().any(|item| contains(item, primitive, false))
        }
        (Json::Number(a), Json::Number(b)) => same_number(a, b),
        (Json::Text(a), Json::Text(b)) => a == b,
        (Json::Bool(a), Json::Bool(b)) => a == b,
        (Json::Null, Json::Null) => true,
        _ => false,
    }
}

/// Plain decimals are equal when they differ in trailing zeros alone.
fn same_number(a: &str, b: &str) -> bool {
    let short = |text: &str| {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text.to_owned()
        }
    };
    short(a) == short(b)
}
