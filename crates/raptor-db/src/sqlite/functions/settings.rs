//! `set_config`, `current_setting` and `pg_notify`: what Postgres keeps per transaction.

use super::Registry;
use super::answer::{Answer, Out, fail};
use super::argument::{bool, is_null, text};
use crate::sqlite::session::Session;
use rusqlite::functions::Context;

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    to.acting("set_config", 3, set_config)?;
    to.volatile("current_setting", 1, current_setting)?;
    to.volatile("current_setting", 2, current_setting)?;
    to.acting("pg_notify", 2, pg_notify)
}

fn set_config(session: &Session, ctx: &Context<'_>) -> Answer {
    if is_null(ctx, 0) {
        return fail("SET requires parameter name");
    }
    let name = text(ctx, 0)?;
    if !name.contains('.') {
        return unrecognized(name);
    }
    if is_null(ctx, 2) || !bool(ctx, 2)? {
        return fail(format!(
            "set_config({name:?}, …, false) would outlive the transaction; write true"
        ));
    }
    let value = if is_null(ctx, 1) { "" } else { text(ctx, 1)? };
    session.set(name.to_owned(), value.to_owned());
    Ok(Out::Text(value.to_owned()))
}

fn current_setting(session: &Session, ctx: &Context<'_>) -> Answer {
    if (0..ctx.len()).any(|at| is_null(ctx, at)) {
        return Ok(Out::Null);
    }
    let name = text(ctx, 0)?;
    if name.eq_ignore_ascii_case("timezone") {
        return Ok(Out::Text("UTC".to_owned()));
    }
    match session.setting(name) {
        Some(value) => Ok(Out::Text(value)),
        None if ctx.len() == 2 && bool(ctx, 1)? => Ok(Out::Null),
        None => unrecognized(name),
    }
}

fn unrecognized(name: &str) -> Answer {
    fail(format!("unrecognized configuration parameter {name:?}"))
}

/// Limits and words as in Postgres's `async.c`.
fn pg_notify(session: &Session, ctx: &Context<'_>) -> Answer {
    let channel = if is_null(ctx, 0) { "" } else { text(ctx, 0)? };
    let payload = if is_null(ctx, 1) { "" } else { text(ctx, 1)? };
    if channel.is_empty() {
        return fail("channel name cannot be empty");
    }
    if channel.len() >= 64 {
        return fail("channel name too long");
    }
    if payload.len() >= 8_000 {
        return fail("payload string too long");
    }
    session.notify(channel.to_owned(), payload.to_owned());
    // pg_notify answers void, which reads as NULL here.
    Ok(Out::Null)
}
