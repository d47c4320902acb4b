//! Who a transaction acts for.
//!
//! A scope becomes transaction-local settings (`raptor.tenant`, `raptor.actor`, `raptor.token`,
//! `raptor.context`), which row-level security policies and SQL read with `current_setting`. It never becomes a
//! session setting: nothing of it outlives the transaction.

use crate::error::{Error, ErrorKind, Result};
use std::fmt;

/// Who a transaction acts for: tenant, actor, session token and signed context, each optional.
///
/// ```
/// use raptor_db::Scope;
/// let scope = Scope::tenant("0197…").with_actor("customer:0197…");
/// assert_eq!(scope.settings().count(), 2);
/// assert!(Scope::system().is_system());
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Scope {
    tenant: Option<String>,
    actor: Option<String>,
    token: Option<String>,
    context: Option<String>,
}

impl Scope {
    /// The name of the setting that holds the tenant.
    pub const TENANT: &'static str = "raptor.tenant";
    /// The name of the setting that holds the actor.
    pub const ACTOR: &'static str = "raptor.actor";
    /// The name of the setting that holds the session token (or its hash).
    pub const TOKEN: &'static str = "raptor.token";
    /// The name of the setting that holds a context that the service has signed.
    pub const CONTEXT: &'static str = "raptor.context";

    /// All of them.
    pub(crate) const SETTINGS: [&'static str; 4] =
        [Self::TENANT, Self::ACTOR, Self::TOKEN, Self::CONTEXT];

    /// Acts for nobody: the service itself, before it knows who asks. Sets nothing, so that a
    /// policy that needs a tenant shows no row.
    pub const fn system() -> Self {
        Self {
            tenant: None,
            actor: None,
            token: None,
            context: None,
        }
    }

    /// Acts within one tenant.
    pub fn tenant(id: impl Into<String>) -> Self {
        Self {
            tenant: Some(id.into()),
            ..Self::default()
        }
    }

    /// Names who acts, for policies and the audit log.
    #[must_use]
    pub fn with_actor(mut self, actor: impl Into<String>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// Carries the session token, for policies that look it up.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Carries a context that the service has signed, for policies that check it.
    #[must_use]
    pub fn with_context(mut self, context: impl Into<String>) -> Self {
        self.context = Some(context.into());
        self
    }

    /// Whether nothing is set.
    pub fn is_system(&self) -> bool {
        *self == Self::system()
    }

    /// Refuses what would not arrive: BEGIN and the statement leave together, so a scope that
    /// cannot be sent must be known before either does.
    pub(crate) fn check(&self) -> Result<()> {
        match self.settings().find(|(_, value)| value.contains('\0')) {
            None => Ok(()),
            Some((name, _)) => Err(Error::new(
                ErrorKind::Parameter,
                format!("the scope's {name} holds a NUL character, which no engine can keep"),
            )),
        }
    }

    /// The settings this scope makes, name and value.
    pub fn settings(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let values = [&self.tenant, &self.actor, &self.token, &self.context];
        let all = Self::SETTINGS.into_iter().zip(values);
        all.filter_map(|(name, value)| value.as_deref().map(|value| (name, value)))
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("tenant", &self.tenant)
            .field("actor", &self.actor)
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("context", &self.context.as_ref().map(|_| "…"))
            .finish()
    }
}
