//! Customers: who has an account, known by a lower-case e-mail address.

use raptor_db::{Db, Result, Scope, Transaction, from_row, params, sql};
use time::OffsetDateTime;
use uuid::Uuid;

from_row! {
    /// A customer, without what nobody needs to see.
    #[derive(Debug, Clone)]
    pub(crate) struct Customer {
        pub(crate) id: Uuid,
        pub(crate) email: String,
        pub(crate) name: Option<String>,
        pub(crate) created_at: OffsetDateTime,
    }
}

/// A customer to be.
pub(crate) struct NewCustomer<'a> {
    pub(crate) id: Uuid,
    /// Lower case.
    pub(crate) email: &'a str,
    pub(crate) name: Option<&'a str>,
    pub(crate) password_hash: &'a str,
    pub(crate) created_at: OffsetDateTime,
}

/// Writes a customer.
///
/// # Errors
/// [`raptor_db::ErrorKind::Unique`] when the e-mail address has an account.
pub(crate) async fn create(tx: &Transaction, new: &NewCustomer<'_>) -> Result<()> {
    tx.execute(
        sql!(
            "INSERT INTO customers (id, email, name, password_hash, created_at) \
             VALUES (:id, :email, :name, :password_hash, :created_at)"
        ),
        params! {
            id: new.id,
            email: new.email,
            name: new.name,
            password_hash: new.password_hash,
            created_at: new.created_at,
        },
    )
    .await
    .map(drop)
}

/// The database's now: for an answer that is stored before its row is read back.
///
/// # Errors
/// The database's.
pub(crate) async fn now(tx: &Transaction) -> Result<OffsetDateTime> {
    tx.query_one(sql!("SELECT now() AS now"), params! {})
        .await?
        .get("now")
}

/// The id and password hash of an e-mail address's customer.
///
/// # Errors
/// The database's.
pub(crate) async fn password_of(
    db: &Db,
    scope: &Scope,
    email: &str,
) -> Result<Option<(Uuid, String)>> {
    let row = db
        .query_opt(
            scope,
            sql!("SELECT id, password_hash FROM customers WHERE email = :email"),
            params! { email },
        )
        .await?;
    row.map(|row| Ok((row.get("id")?, row.get("password_hash")?)))
        .transpose()
}

/// The password hash of a customer.
///
/// # Errors
/// The database's.
pub(crate) async fn password_hash(db: &Db, scope: &Scope, id: Uuid) -> Result<Option<String>> {
    let row = db
        .query_opt(
            scope,
            sql!("SELECT password_hash FROM customers WHERE id = :id"),
            params! { id },
        )
        .await?;
    row.map(|row| row.get("password_hash")).transpose()
}
