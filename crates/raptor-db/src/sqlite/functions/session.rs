//! Settings of the transaction, and what it notifies.

use super::super::session::Session;
use super::{refuse, text_of, volatile};
use crate::config::Engine;
use rusqlite::Connection;
use rusqlite::functions::Context;
use rusqlite::types::{Value, ValueRef};

/// Postgres's limits (`NOTIFY_PAYLOAD_MAX_LENGTH`, `NAMEDATALEN`).
const PAYLOAD: usize = 7_999;
const CHANNEL: usize = 63;

pub(super) fn register(conn: &Connection, session: &Session) -> rusqlite::Result<()> {
    let shared = session.clone();
    conn.create_scalar_function("current_setting", -1, volatile(), move |context| {
        if !(1..=2).contains(&context.len()) {
            return Err(refuse(
                "current_setting takes a name and whether it may be missing",
            ));
        }
        current(&shared, context)
    })?;
    let shared = session.clone();
    conn.create_scalar_function("set_config", 3, volatile(), move |context| {
        set(&shared, context)
    })?;
    let shared = session.clone();
    conn.create_scalar_function("pg_notify", 2, volatile(), move |context| {
        let (channel, payload) = (optional(context, 0)?, optional(context, 1)?);
        let channel = channel.filter(|name| !name.is_empty());
        let channel = channel.ok_or_else(|| refuse("channel name cannot be empty"))?;
        if channel.len() > CHANNEL {
            return Err(refuse("channel name too long"));
        }
        let payload = payload.unwrap_or_default();
        if payload.len() > PAYLOAD {
            return Err(refuse("payload string too long"));
        }
        shared.notify(channel, payload);
        // A void answer, which drivers show as an empty text.
        Ok(String::new())
    })
}

fn optional(context: &Context<'_>, place: usize) -> rusqlite::Result<Option<String>> {
    match context.get_raw(place) {
        ValueRef::Null => Ok(None),
        value => text_of(value)
            .map(|text| Some(text.to_owned()))
            .map_err(refuse),
    }
}

fn current(session: &Session, context: &Context<'_>) -> rusqlite::Result<Value> {
    let Some(name) = optional(context, 0)? else {
        return Ok(Value::Null);
    };
    let missing_ok = context.len() == 2 && context.get_raw(1) == ValueRef::Integer(1);
    match session.setting(&name) {
        Some(value) => Ok(Value::Text(value)),
        None if name.eq_ignore_ascii_case("timezone") => Ok(Value::Text("UTC".to_owned())),
        None if missing_ok => Ok(Value::Null),
        None => Err(refuse(format!(
            "unrecognized configuration parameter {name:?} ({} knows a scope's settings and those of set_config)",
            Engine::Sqlite
        ))),
    }
}

fn set(session: &Session, context: &Context<'_>) -> rusqlite::Result<Value> {
    let name = optional(context, 0)?;
    let name = name.ok_or_else(|| refuse("set_config: the setting's name is NULL"))?;
    if !name.contains('.') {
        return Err(refuse(
            "set_config: SQLite has custom settings alone, such as raptor.tenant",
        ));
    }
    if context.get_raw(2) != ValueRef::Integer(1) {
        return Err(refuse(
            "set_config: is_local must be true, or the setting would outlive the transaction",
        ));
    }
    let value = optional(context, 1)?.unwrap_or_default();
    session.set(name, value.clone());
    Ok(Value::Text(value))
}
