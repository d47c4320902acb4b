//! stub, replaced by the dialect branch
use super::session::Session;
use rusqlite::functions::FunctionFlags;
pub(crate) fn register(conn: &rusqlite::Connection, session: &Session) -> rusqlite::Result<()> {
    let s = session.clone();
    conn.create_scalar_function("pg_notify", 2, FunctionFlags::SQLITE_UTF8, move |ctx| {
        s.notify(ctx.get(0)?, ctx.get(1)?);
        Ok(None::<i64>)
    })
}
