//! Idempotency keys: a request repeated with its key has its effect once and the same answer twice.
//!
//! The key is written in the transaction of its effect, so that both are there or neither is. Two
//! requests at once wait for each other in the database, and the second is answered as the first.
//! (Internet-Draft draft-ietf-httpapi-idempotency-key-header.)

use crate::scopes::Scopes;
use raptor_db::{Db, Result, Transaction, params, sql};
use uuid::Uuid;

/// Opening an account.
pub(crate) const CREATE_CUSTOMER: &str = "create_customer";

/// Every operation that takes keys.
const OPERATIONS: [&str; 1] = [CREATE_CUSTOMER];

/// How long a key is kept, in hours.
const HOURS: i64 = 24;

/// An answer that was given before.
pub(crate) struct Stored {
    pub(crate) request_hash: Vec<u8>,
    /// What the request made.
    pub(crate) subject_id: Uuid,
    pub(crate) status: i16,
    pub(crate) body: String,
}

/// A key with what belongs to it.
pub(crate) struct Entry<'a> {
    pub(crate) operation: &'a str,
    pub(crate) key: &'a str,
    pub(crate) request_hash: &'a [u8],
    pub(crate) subject_id: Uuid,
    pub(crate) status: i16,
    pub(crate) body: &'a str,
}

/// Writes the key; false when it is there already, after whoever wrote it has committed.
///
/// # Errors
/// The database's.
pub(crate) async fn claim(tx: &Transaction, entry: &Entry<'_>) -> Result<bool> {
    let written = tx
        .execute(
            sql!(
                "INSERT INTO idempotency_keys (operation, key, request_hash, subject_id, status, body, created_at) \
                 VALUES (:operation, :key, :request_hash, :subject_id, :status, :body, now()) \
                 ON CONFLICT (operation, key) DO NOTHING"
            ),
            params! {
                operation: entry.operation,
                key: entry.key,
                request_hash: entry.request_hash,
                subject_id: entry.subject_id,
                status: entry.status,
                body: entry.body,
            },
        )
        .await?;
    Ok(written == 1)
}

/// What was stored under a key. One that has expired makes room.
///
/// # Errors
/// The database's.
pub(crate) async fn find(
    db: &Db,
    scopes: &Scopes,
    operation: &str,
    key: &str,
) -> Result<Option<Stored>> {
    let scope = scopes.idempotency_key(key);
    let row = db.tx(&scope, |tx| async move {
        tx.execute(
            sql!(
                "DELETE FROM idempotency_keys WHERE operation = :operation AND key = :key \
                 AND created_at < now() - :hours * interval '1 hour'"
            ),
            params! { operation, key, hours: HOURS },
        )
        .await?;
        tx.query_opt(
            sql!(
                "SELECT request_hash, subject_id, status, body FROM idempotency_keys \
                 WHERE operation = :operation AND key = :key"
            ),
            params! { operation, key },
        )
        .await
    });
    row.await?
        .map(|row| {
            Ok(Stored {
                request_hash: row.get("request_hash")?,
                subject_id: row.get("subject_id")?,
                status: row.get("status")?,
                body: row.get("body")?,
            })
        })
        .transpose()
}

/// Removes keys that have expired.
///
/// # Errors
/// The database's.
pub(crate) async fn sweep(db: &Db, scopes: &Scopes) -> Result<u64> {
    let mut swept = 0;
    for operation in OPERATIONS {
        swept += db
            .execute(
                &scopes.swept_operation(operation),
                sql!(
                    "DELETE FROM idempotency_keys WHERE operation = :operation \
                     AND created_at < now() - :hours * interval '1 hour'"
                ),
                params! { operation, hours: HOURS },
            )
            .await?;
    }
    Ok(swept)
}
