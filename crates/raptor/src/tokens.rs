//! Tokens: 256 random bits and a checksum, of which the database keeps a hash alone.
//!
//! `rpt_s_` and 48 characters of base64url: 32 random bytes and their CRC32. The checksum tells a
//! mistyped token from a revoked one without asking the database, and lets a scanner find leaks.

use crate::hex;
use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::fmt;

/// What a token is for; its prefix says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A customer's session.
    Session,
    /// The creation of the first staff member.
    Setup,
}

impl Purpose {
    fn prefix(self) -> &'static str {
        match self {
            Self::Session => "rpt_s_",
            Self::Setup => "rpt_i_",
        }
    }
}

/// A token in the clear, shown once. Its `Debug` shows nothing.
#[derive(Clone)]
pub(crate) struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What the database keeps of a token: the SHA-256 of its proof.
pub(crate) type TokenHash = [u8; 32];

impl Token {
    /// A new random token.
    pub(crate) fn new(purpose: Purpose) -> Result<Self> {
        let mut bytes = [0; 36];
        getrandom::fill(&mut bytes[..32]).context("the system gave no randomness")?;
        let sum = crc32fast::hash(&bytes[..32]).to_be_bytes();
        bytes[32..].copy_from_slice(&sum);
        Ok(Self(format!(
            "{}{}",
            purpose.prefix(),
            URL_SAFE_NO_PAD.encode(bytes)
        )))
    }

    /// A token as it came in; `None` for what cannot be one.
    pub(crate) fn parse(purpose: Purpose, text: &str) -> Option<Self> {
        let body = text.strip_prefix(purpose.prefix())?;
        let mut bytes = [0; 36];
        let length = URL_SAFE_NO_PAD.decode_slice(body, &mut bytes).ok()?;
        let sum = crc32fast::hash(&bytes[..32]).to_be_bytes();
        (length == 36 && bytes[32..] == sum).then(|| Self(text.to_owned()))
    }

    /// The clear text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What is stored and looked up. 256 random bits need no slow hash.
    pub(crate) fn hash(&self) -> TokenHash {
        Sha256::digest(self.digest()).into()
    }

    /// What shows the database that somebody has it: the SHA-256 of the clear text, in hexadecimal digits. Neither this
    /// nor what is stored is good for logging in.
    pub(crate) fn proof(&self) -> String {
        hex::digits(&self.digest())
    }

    fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_prefix_and_checksum() {
        let token = Token::new(Purpose::Session).unwrap();
        assert_eq!(token.as_str().len(), 54);
        let back = Token::parse(Purpose::Session, token.as_str()).unwrap();
        assert_eq!(back.hash(), token.hash());
        assert!(Token::parse(Purpose::Setup, token.as_str()).is_none());
        assert_eq!(format!("{token:?}"), "Token(…)");
        let mut wrong = token.as_str().to_owned();
        let last = if wrong.ends_with('A') { 'B' } else { 'A' };
        wrong.replace_range(20..21, &last.to_string());
        for text in [
            "",
            "rpt_s_",
            &wrong,
            &format!("{}A", token.as_str()),
            "rpt_s_é",
        ] {
            if text != token.as_str() {
                assert!(Token::parse(Purpose::Session, text).is_none(), "{text}");
            }
        }
    }
}
