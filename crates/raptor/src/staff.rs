//! Staff: who works here. The first member is made through a link that works once.

use crate::clock;
use crate::settings::Settings;
use crate::tokens::{Purpose, Token, TokenHash};
use anyhow::Result;
use raptor_db::{Db, Scope, Transaction, params, sql};
use time::OffsetDateTime;
use uuid::Uuid;

/// The link under which the first staff member is made.
pub struct SetupLink {
    /// With its token: whoever has it may use it.
    pub url: String,
}

/// A new member of staff.
pub(crate) struct NewMember<'a> {
    /// Lower case.
    pub(crate) email: &'a str,
    pub(crate) name: Option<&'a str>,
    pub(crate) password_hash: &'a str,
}

/// A member that was made.
pub(crate) struct Member {
    pub(crate) id: Uuid,
    pub(crate) created_at: OffsetDateTime,
}

/// A link for the first staff member, good for half an hour; `None` when there is staff already.
///
/// # Errors
/// The database's, or a system without randomness.
pub async fn open_setup(db: &Db, settings: &Settings) -> Result<Option<SetupLink>> {
    let token = Token::new(Purpose::Setup)?;
    let (id, hash) = (clock::new_id(), token.hash());
    let made = db
        .execute(
            &Scope::system(),
            sql!(
                "INSERT INTO staff_invitations (id, token_hash, created_at, expires_at) \
                 SELECT :id::uuid, :hash::bytea, now(), now() + interval '30 minutes' \
                 WHERE NOT EXISTS (SELECT 1 FROM staff)"
            ),
            params! { id, hash: hash.as_slice() },
        )
        .await?;
    let base = settings.public_url.as_deref().unwrap_or_default();
    Ok((made == 1).then(|| SetupLink {
        url: format!("{base}/setup?token={}", token.as_str()),
    }))
}

/// Makes the first member with a link's token; `None` when the link was used, has expired, or there
/// is staff already.
///
/// # Errors
/// The database's.
pub(crate) async fn create_first(
    tx: &Transaction,
    hash: &TokenHash,
    new: &NewMember<'_>,
) -> raptor_db::Result<Option<Member>> {
    // Every other link waits here, so that two of them cannot both find no staff.
    tx.query(
        sql!("SELECT id FROM staff_invitations ORDER BY id FOR UPDATE"),
        params! {},
    )
    .await?;
    let used = tx
        .execute(
            sql!(
                "UPDATE staff_invitations SET used_at = now() \
                 WHERE token_hash = :hash AND used_at IS NULL AND expires_at > now() \
                   AND NOT EXISTS (SELECT 1 FROM staff)"
            ),
            params! { hash: hash.as_slice() },
        )
        .await?;
    if used == 0 {
        return Ok(None);
    }
    let row = tx
        .query_one(
            sql!(
                "INSERT INTO staff (id, email, name, password_hash, created_at) \
                 VALUES (:id, :email, :name, :password_hash, now()) RETURNING id, created_at"
            ),
            params! {
                id: clock::new_id(),
                email: new.email,
                name: new.name,
                password_hash: new.password_hash,
            },
        )
        .await?;
    Ok(Some(Member {
        id: row.get("id")?,
        created_at: row.get("created_at")?,
    }))
}
