//! `now()` and its kin, `random()`, and new uuids.

use super::Registry;
use super::answer::{Answer, Out, fail};
use crate::sqlite::session::clock;
use crate::value::text::timestamptz_text;
use uuid::Uuid;

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    for name in ["now", "transaction_timestamp"] {
        to.volatile(name, 0, |session, _| {
            Ok(Out::Shared(session.transaction_time()))
        })?;
    }
    to.volatile("op_current_date", 0, |session, _| {
        Ok(Out::Text(session.transaction_time()[..10].to_owned()))
    })?;
    to.volatile("statement_timestamp", 0, |session, _| {
        Ok(Out::Text(timestamptz_text(session.statement_time())))
    })?;
    to.volatile("clock_timestamp", 0, |_, _| {
        Ok(Out::Text(timestamptz_text(clock())))
    })?;
    to.volatile("random", 0, |_, _| random().map(Out::Real))?;
    to.volatile("gen_random_uuid", 0, |_, _| {
        let mut bytes = [0; 16];
        fill(&mut bytes)?;
        let uuid = uuid::Builder::from_random_bytes(bytes).into_uuid();
        Ok(Out::Text(uuid.to_string()))
    })?;
    to.volatile("uuidv7", 0, |_, _| {
        Ok(Out::Text(Uuid::now_v7().to_string()))
    })
}

fn fill(bytes: &mut [u8]) -> Answer<()> {
    getrandom::fill(bytes)
        .or_else(|error| fail(format!("the system gives no random bytes: {error}")))
}

/// 0 ≤ x < 1, on 2^-53.
fn random() -> Answer<f64> {
    let mut bytes = [0; 4];
    fill(&mut bytes)?;
    let high = u32::from_ne_bytes(bytes);
    fill(&mut bytes)?;
    let low = u32::from_ne_bytes(bytes) >> 11;
    Ok((f64::from(high) * 2_097_152.0 + f64::from(low)) / 9_007_199_254_740_992.0)
}
