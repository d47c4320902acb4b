//! A context that the service signs: whom a worker or a log-in acts for, until when. Without the key nobody makes one.
//!
//! `mac;scope;expiry;role;value`, where the MAC is HMAC-SHA256 (RFC 2104) over `scope;expiry;role;value` in 64 hexadecimal
//! digits, and the expiry seconds after 1970 in 12. The MAC comes first, so that nothing is read of what it does not cover;
//! the value comes last, so that it may hold anything.

use crate::text::hex;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt;

/// When a context may end, in seconds after 1970.
const EXPIRIES: std::ops::Range<i64> = 0..1_000_000_000_000;

/// A key that contexts are signed with: 32 bytes.
///
/// ```
/// use raptor_access::ContextKey;
/// let key = ContextKey::new([7; 32]);
/// let context = key.sign("customer", "0197c0de-0000-7000-8000-000000000001", "raptor_worker", 1_795_700_000)?;
/// assert_eq!(context.split(';').count(), 5);
/// assert_eq!(format!("{key:?}"), "ContextKey(…)");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone)]
pub struct ContextKey([u8; 32]);

impl ContextKey {
    /// A key of 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Signs that whoever has the rights of `role` acts for `value` of `scope`, until so many seconds after 1970 by
    /// the database's clock.
    ///
    /// # Errors
    /// When the name of the scope or the role is empty or holds a `;`, which is what parts them, or the seconds are before
    /// 1970 or have more than 12 digits.
    pub fn sign(&self, scope: &str, value: &str, role: &str, until: i64) -> Result<String, String> {
        if let Some(text) = [scope, role].into_iter().find(|it| it.contains(';')) {
            return Err(format!("{text:?} cannot be signed, as it holds a `;`"));
        }
        if scope.is_empty() || role.is_empty() {
            return Err("a context cannot be signed without a scope and a role".to_owned());
        }
        if !EXPIRIES.contains(&until) {
            return Err(format!(
                "a context cannot be signed until {until}: seconds after 1970 have 12 digits at most"
            ));
        }
        let message = format!("{scope};{until:012};{role};{value}");
        let mac = self.mac().chain_update(&message).finalize();
        Ok(format!("{};{message}", hex(&mac.into_bytes())))
    }

    /// A name for a text that must not be read where it is kept, nor found by trying: HMAC-SHA256 (RFC 2104) over
    /// `;purpose;text`, which is no context, as no scope is without a name.
    ///
    /// ```
    /// use raptor_access::ContextKey;
    /// let key = ContextKey::new([7; 32]);
    /// let name = key.pseudonym("limits", "ann@a.example");
    /// assert_eq!(name, key.pseudonym("limits", "ann@a.example"));
    /// assert_ne!(name, key.pseudonym("letters", "ann@a.example"));
    /// ```
    pub fn pseudonym(&self, purpose: &str, text: &str) -> [u8; 32] {
        let mut mac = self.mac();
        for part in [";", purpose, ";", text] {
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }

    /// What it is called without being shown: the first 16 hexadecimal digits of the SHA-256 of its bytes.
    pub fn name(&self) -> String {
        hex(&Sha256::digest(self.0)[..8])
    }

    fn mac(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.0).expect("a key may have any length")
    }

    /// What the database keeps: the key, padded for the inner and the outer hash.
    pub(crate) fn pads(&self) -> ([u8; 64], [u8; 64]) {
        let padded = |with: u8| {
            let mut pad = [with; 64];
            for (place, byte) in pad.iter_mut().zip(self.0) {
                *place ^= byte;
            }
            pad
        };
        (padded(0x36), padded(0x5c))
    }
}

impl fmt::Debug for ContextKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContextKey(…)")
    }
}
