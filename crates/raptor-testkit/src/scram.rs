//! The password of the logins, and what the server stores of it.
//!
//! A real SCRAM exchange with one iteration: a wrong password is refused as in production, and a
//! right one costs microseconds where the usual 4096 iterations cost milliseconds per connection.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The block length of SHA-256, in bytes.
const BLOCK: usize = 64;

/// A new random password of 32 hexadecimal digits.
pub(crate) fn new_password() -> Result<String, getrandom::Error> {
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random)?;
    Ok(hex(&random))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What `pg_authid.rolpassword` holds for `password`: `SCRAM-SHA-256$iterations:salt$…` (RFC 5802
/// section 3, RFC 7677; the format is PostgreSQL's own).
pub(crate) fn verifier(password: &str, salt: [u8; 16]) -> String {
    let mut first = salt.to_vec();
    first.extend([0, 0, 0, 1]);
    let salted = hmac(password.as_bytes(), &first);
    let stored: [u8; 32] = Sha256::digest(hmac(&salted, b"Client Key")).into();
    let server = hmac(&salted, b"Server Key");
    format!(
        "SCRAM-SHA-256$1:{}${}:{}",
        STANDARD.encode(salt),
        STANDARD.encode(stored),
        STANDARD.encode(server)
    )
}

/// HMAC-SHA-256 (RFC 2104) for a key of at most one block.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; BLOCK];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x5c))
        .chain_update(inner)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_is_rfc_4231s() {
        let answer = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex(&hmac(b"Jefe", b"what do ya want for nothing?")), answer);
    }
}
