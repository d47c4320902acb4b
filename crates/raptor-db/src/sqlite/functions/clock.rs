//! The clock and what else is new at every call.

use super::super::session::{self, Session};
use super::{refuse, volatile};
use crate::value::text::of_timestamptz;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use uuid::Uuid;

pub(super) fn register(conn: &Connection, session: &Session) -> rusqlite::Result<()> {
    for name in ["now", "transaction_timestamp"] {
        let session = session.clone();
        conn.create_scalar_function(name, 0, volatile(), move |_| {
            Ok(session.transaction_time().to_string())
        })?;
    }
    let shared = session.clone();
    conn.create_scalar_function("statement_timestamp", 0, volatile(), move |_| {
        Ok(of_timestamptz(shared.statement_time()))
    })?;
    conn.create_scalar_function("clock_timestamp", 0, volatile(), |_| {
        Ok(of_timestamptz(session::clock()))
    })?;
    conn.create_scalar_function("gen_random_uuid", 0, volatile(), |_| {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| refuse(error.to_string()))?;
        Ok(uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string())
    })?;
    conn.create_scalar_function("uuidv7", 0, volatile(), |_| Ok(Uuid::now_v7().to_string()))?;
    conn.create_scalar_function("random", 0, FunctionFlags::SQLITE_UTF8, |_| {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).map_err(|error| refuse(error.to_string()))?;
        // 53 random bits over 2^53: every double in [0, 1) on that grid alike.
        let high = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) >> 6;
        let low = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) >> 5;
        Ok((f64::from(high) * 134_217_728.0 + f64::from(low)) / 9_007_199_254_740_992.0)
    })
}
