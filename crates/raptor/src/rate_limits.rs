//! How often something may be done: counted in the database, so that all processes count together.

use crate::hex;
use crate::scopes::Scopes;
use raptor_db::{Db, Result, Row, Scope, Transaction, params, sql};
use std::time::Duration;

/// How many in how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) most: i64,
    pub(crate) window: Duration,
}

/// Where a count stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// How many there may be in the window.
    pub(crate) limit: i64,
    /// How many are left.
    pub(crate) remaining: i64,
    /// Seconds until the window ends, at least one.
    pub(crate) resets_in: i64,
    /// Whether this one was one too many.
    pub(crate) is_exceeded: bool,
}

/// The name of an e-mail address's bucket. The address stands in no counter, and where the service has a key, its hash
/// is one that nobody without that key can try addresses against.
pub(crate) fn email_bucket(scopes: &Scopes, operation: &str, email: &str) -> String {
    let hash = scopes.pseudonym("rate_limits.email", email);
    format!("{operation}:email:{}", hex::digits(&hash[..16]))
}

/// Counts one in a bucket: one statement, whatever else happens at once.
///
/// # Errors
/// The database's.
pub(crate) async fn count(db: &Db, bucket: &str, limit: Limit) -> Result<Standing> {
    let window = i64::try_from(limit.window.as_secs()).unwrap_or(i64::MAX);
    let row = db
        .query_one(
            &Scope::system(),
            sql!(
                "INSERT INTO rate_limits AS l (bucket, used, resets_at) \
                 VALUES (:bucket, 1, now() + :window * interval '1 second') \
                 ON CONFLICT (bucket) DO UPDATE SET \
                   used = CASE WHEN l.resets_at <= now() THEN 1 ELSE l.used + 1 END, \
                   resets_at = CASE WHEN l.resets_at <= now() THEN excluded.resets_at ELSE l.resets_at END \
                 RETURNING used, (extract(epoch FROM resets_at) - extract(epoch FROM now()))::float8 AS seconds"
            ),
            params! { bucket, window },
        )
        .await?;
    standing(&row, limit)
}

/// Takes back what was counted in a bucket.
///
/// # Errors
/// The database's.
pub(crate) async fn forget(tx: &Transaction, bucket: &str) -> Result<()> {
    tx.execute(
        sql!("DELETE FROM rate_limits WHERE bucket = :bucket"),
        params! { bucket },
    )
    .await
    .map(drop)
}

fn standing(row: &Row, limit: Limit) -> Result<Standing> {
    let used: i64 = row.get("used")?;
    let seconds: f64 = row.get("seconds")?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a window is far shorter than 2^53 seconds"
    )]
    let resets_in = (seconds.ceil() as i64).max(1);
    Ok(Standing {
        limit: limit.most,
        remaining: (limit.most - used).max(0),
        resets_in,
        is_exceeded: used > limit.most,
    })
}

/// Removes counts whose window has long ended.
///
/// # Errors
/// The database's.
pub(crate) async fn sweep(db: &Db) -> Result<u64> {
    db.execute(
        &Scope::system(),
        sql!("DELETE FROM rate_limits WHERE resets_at < now() - interval '1 hour'"),
        params! {},
    )
    .await
}
