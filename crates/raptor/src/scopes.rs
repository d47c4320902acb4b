//! Whom a transaction acts for, in the words of `access.toml`.
//!
//! A session is found by its token. Before there is one, the service signs what it looks for, because the database
//! believes nothing that is merely set.

use crate::clock;
use raptor_access::ContextKey;
use raptor_db::Scope;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The role that the service has: contexts are signed for it.
pub(crate) const ROLE: &str = "raptor_app";

/// How many seconds they are good for: a request takes less, and clocks differ.
const GOOD_FOR: i64 = 120;

/// What makes scopes. Without a key their context is not signed, which is all that a database without policies needs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scopes {
    key: Option<ContextKey>,
}

impl Scopes {
    pub(crate) fn new(key: Option<ContextKey>) -> Self {
        Self { key }
    }

    /// Whether contexts are signed.
    pub(crate) fn signs(&self) -> bool {
        self.key.is_some()
    }

    /// A customer who has proved who they are, or is being made.
    pub(crate) fn customer(&self, id: Uuid) -> Scope {
        self.signed(of_customer(id), "customer", &id.to_string())
    }

    /// Whoever has this e-mail address: to compare a password.
    pub(crate) fn login_email(&self, email: &str) -> Scope {
        self.signed(Scope::system(), "login_email", email)
    }

    /// Whoever sent this key.
    pub(crate) fn idempotency_key(&self, key: &str) -> Scope {
        self.signed(Scope::system(), "idempotency_key", key)
    }

    /// The service, removing what has expired of an operation.
    pub(crate) fn swept_operation(&self, operation: &str) -> Scope {
        self.signed(Scope::system(), "swept_operation", operation)
    }

    /// A name for what must not be read where it is kept: the same for the same text, and different for each purpose.
    pub(crate) fn pseudonym(&self, purpose: &'static str, text: &str) -> [u8; 32] {
        match &self.key {
            Some(key) => key.pseudonym(purpose, text),
            None => Sha256::digest(text.as_bytes()).into(),
        }
    }

    fn signed(&self, scope: Scope, name: &str, value: &str) -> Scope {
        let Some(key) = &self.key else {
            return scope.with_context(format!("{name};{ROLE};0;;{value}"));
        };
        let until = clock::seconds() + GOOD_FOR;
        let context = key.sign(name, value, ROLE, until);
        scope.with_context(context.expect("the names of our scopes and our role hold no `;`"))
    }
}

/// A customer, without proof.
pub(crate) fn of_customer(id: Uuid) -> Scope {
    Scope::tenant(id.to_string()).with_actor(format!("customer:{id}"))
}
