//! Sessions: a customer's log-ins, each known by the hash of its token.
//!
//! A session ends by its owner, by being idle, or by age, all told by the database's clock. This
//! module knows no HTTP.

use crate::clock;
use crate::scopes;
use crate::settings::Settings;
use crate::tokens::{Purpose, Token, TokenHash};
use raptor_db::{Db, Result, Scope, Transaction, from_row, params, sql};
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;

from_row! {
    /// A session, as its owner may see it.
    #[derive(Debug, Clone)]
    pub(crate) struct Session {
        pub(crate) id: Uuid,
        pub(crate) created_at: OffsetDateTime,
        pub(crate) authenticated_at: OffsetDateTime,
        pub(crate) last_used_at: OffsetDateTime,
        pub(crate) idle_expires_at: OffsetDateTime,
        pub(crate) expires_at: OffsetDateTime,
        pub(crate) user_agent: Option<String>,
        pub(crate) address: Option<String>,
    }
}

/// Who is logged in, and with which session.
#[derive(Debug, Clone)]
pub(crate) struct LoggedIn {
    pub(crate) session: Session,
    /// The token that it was shown with.
    pub(crate) token: Token,
    pub(crate) customer_id: Uuid,
    pub(crate) email: String,
    pub(crate) name: Option<String>,
}

impl LoggedIn {
    /// The scope of what this customer does.
    pub(crate) fn scope(&self) -> Scope {
        scopes::of_customer(self.customer_id).with_token(self.token.proof())
    }
}

/// Where a log-in came from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    pub(crate) user_agent: Option<String>,
    pub(crate) address: Option<String>,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ending {
    /// Its own log-out.
    LoggedOut,
    /// Another session of the same customer ended it.
    Revoked,
}

impl Ending {
    fn as_str(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::Revoked => "revoked",
        }
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// Opens a session for a customer whose password was right.
///
/// # Errors
/// The database's.
pub(crate) async fn create(
    tx: &Transaction,
    customer_id: Uuid,
    hash: &TokenHash,
    origin: &Origin,
    settings: &Settings,
) -> Result<Session> {
    let row = tx
        .query_one(
            sql!(
                "INSERT INTO sessions (id, customer_id, token_hash, created_at, authenticated_at, last_used_at, \
                                       idle_expires_at, expires_at, user_agent, address) \
                 VALUES (:id, :customer_id, :hash, now(), now(), now(), \
                         least(now() + :idle * interval '1 second', now() + :lifetime * interval '1 second'), \
                         now() + :lifetime * interval '1 second', :user_agent, :address) \
                 RETURNING id, created_at, authenticated_at, last_used_at, idle_expires_at, expires_at, user_agent, address"
            ),
            params! {
                id: clock::new_id(),
                customer_id,
                hash: hash.as_slice(),
                idle: seconds(settings.session_idle),
                lifetime: seconds(settings.session_lifetime),
                user_agent: origin.user_agent,
                address: origin.address,
            },
        )
        .await?;
    raptor_db::FromRow::from_row(&row)
}

/// Who a token belongs to, if it is good now: one statement, on every request.
///
/// # Errors
/// The database's.
pub(crate) async fn validate(
    db: &Db,
    token: Token,
    settings: &Settings,
) -> Result<Option<LoggedIn>> {
    let hash = token.hash();
    let scope = Scope::system().with_token(token.proof());
    let row = db
        .query_opt(
            &scope,
            sql!(
                "SELECT s.id, s.customer_id, s.created_at, s.authenticated_at, s.last_used_at, s.idle_expires_at, \
                        s.expires_at, s.user_agent, s.address, c.email, c.name, \
                        s.last_used_at < now() - interval '1 minute' AS is_stale \
                 FROM sessions s JOIN customers c ON c.id = s.customer_id \
                 WHERE s.token_hash = :hash AND s.ended_at IS NULL AND s.expires_at > now() AND s.idle_expires_at > now()"
            ),
            params! { hash: hash.as_slice() },
        )
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let session: Session = raptor_db::FromRow::from_row(&row)?;
    if row.get("is_stale")? {
        touch(db, &scope, session.id, settings).await?;
    }
    Ok(Some(LoggedIn {
        session,
        token,
        customer_id: row.get("customer_id")?,
        email: row.get("email")?,
        name: row.get("name")?,
    }))
}

/// Notes that a session was used: at most once a minute, so that reading stays reading.
async fn touch(db: &Db, scope: &Scope, id: Uuid, settings: &Settings) -> Result<()> {
    db.execute(
        scope,
        sql!(
            "UPDATE sessions SET last_used_at = now(), \
                    idle_expires_at = least(now() + :idle * interval '1 second', expires_at) \
             WHERE id = :id AND ended_at IS NULL AND last_used_at < now() - interval '1 minute'"
        ),
        params! { id, idle: seconds(settings.session_idle) },
    )
    .await
    .map(drop)
}

/// A customer's sessions that are good now, newest first, older than `after`.
///
/// # Errors
/// The database's.
pub(crate) async fn list(
    tx: &Transaction,
    customer_id: Uuid,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Session>> {
    let rows = tx
        .query(
            sql!(
                "SELECT id, created_at, authenticated_at, last_used_at, idle_expires_at, expires_at, user_agent, address \
                 FROM sessions \
                 WHERE customer_id = :customer_id AND ended_at IS NULL AND expires_at > now() AND idle_expires_at > now() \
                   AND (:after::uuid IS NULL OR id < :after::uuid) \
                 ORDER BY id DESC LIMIT :limit"
            ),
            params! { customer_id, after, limit },
        )
        .await?;
    rows.iter().map(raptor_db::FromRow::from_row).collect()
}

/// Ends a session of this customer; false when there is none to end.
///
/// # Errors
/// The database's.
pub(crate) async fn end(
    tx: &Transaction,
    customer_id: Uuid,
    id: Uuid,
    ending: Ending,
) -> Result<bool> {
    let ended = tx
        .execute(
            sql!(
                "UPDATE sessions SET ended_at = now(), ended_reason = :reason \
                 WHERE id = :id AND customer_id = :customer_id AND ended_at IS NULL"
            ),
            params! { id, customer_id, reason: ending.as_str() },
        )
        .await?;
    Ok(ended == 1)
}

/// Gives a session a new token after its owner gave the password again; the old token is dead with
/// the commit. `None` when the session has ended meanwhile, or has another token already: of two
/// requests with one token, one wins.
///
/// # Errors
/// The database's.
pub(crate) async fn reauthenticate(
    tx: &Transaction,
    id: Uuid,
    old: &TokenHash,
    hash: &TokenHash,
    settings: &Settings,
) -> Result<Option<Session>> {
    let row = tx
        .query_opt(
            sql!(
                "UPDATE sessions SET token_hash = :hash, authenticated_at = now(), last_used_at = now(), \
                        idle_expires_at = least(now() + :idle * interval '1 second', expires_at) \
                 WHERE id = :id AND token_hash = :old AND ended_at IS NULL \
                 RETURNING id, created_at, authenticated_at, last_used_at, idle_expires_at, expires_at, user_agent, address"
            ),
            params! { id, old: old.as_slice(), hash: hash.as_slice(), idle: seconds(settings.session_idle) },
        )
        .await?;
    row.as_ref().map(raptor_db::FromRow::from_row).transpose()
}

/// A new token for a session.
///
/// # Errors
/// When the system has no randomness.
pub(crate) fn new_token() -> anyhow::Result<Token> {
    Token::new(Purpose::Session)
}
