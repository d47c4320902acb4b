//! Logins as text: a password as the server keeps it, and a URL with another login in it.

use super::Address;
use crate::error::{Error, ErrorKind, Result};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All but what stands for itself everywhere (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What the server keeps of a password, made here: `ALTER ROLE x PASSWORD '…'` takes it as it is, so that the clear text
/// never reaches the server's log. SCRAM-SHA-256 (RFC 5803, RFC 7677) with a random salt.
///
/// ```
/// let verifier = raptor_db::scram_verifier("correct horse");
/// assert!(verifier.starts_with("SCRAM-SHA-256$4096:"));
/// assert_ne!(verifier, raptor_db::scram_verifier("correct horse"));
/// ```
pub fn scram_verifier(password: &str) -> String {
    postgres_protocol::password::scram_sha_256(password.as_bytes())
}

/// A Postgres URL where somebody else logs in; all else stays.
///
/// ```
/// let url = raptor_db::with_login("postgres://a:old@db.example/app?sslmode=require", "b", "n:w")?;
/// assert_eq!(url, "postgres://b:n%3Aw@db.example/app?sslmode=require");
/// # Ok::<(), raptor_db::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for what is no Postgres URL.
pub fn with_login(url: &str, user: &str, password: &str) -> Result<String> {
    let before = Address::parse(url)?;
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    // As the driver parts them: the first `@` ends the login.
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let is_login = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        let name = percent_decode_str(name).decode_utf8_lossy();
        ["user", "password"].contains(&name.as_ref())
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !is_login(pair))
        .collect();
    let query = match kept.is_empty() {
        true => String::new(),
        false => format!("?{}", kept.join("&")),
    };
    let encoded = [user, password].map(|it| utf8_percent_encode(it, RESERVED).to_string());
    let made = format!("{scheme}://{}@{place}{query}", encoded.join(":"));
    // Whoever reads it finds the same database, and this login.
    let after = Address::parse(&made)?;
    let (is, was) = (&after.driver, &before.driver);
    let is_same = is.get_hosts() == was.get_hosts()
        && is.get_ports() == was.get_ports()
        && is.get_hostaddrs() == was.get_hostaddrs()
        && is.get_dbname() == was.get_dbname();
    let is_theirs = is.get_user() == Some(user) && is.get_password() == Some(password.as_bytes());
    if is_same && is_theirs {
        return Ok(made);
    }
    Err(Error::new(
        ErrorKind::Configuration,
        "no other login can be put into the Postgres URL: write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE, with %40 for an @",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_login_gets_in_at_the_same_place() {
        for (url, place) in [
            ("postgres://h/d", "h/d"),
            ("postgresql://a@h:1/d", "h:1/d"),
            (
                "postgres://a:b%40c@h/d?application_name=x",
                "h/d?application_name=x",
            ),
            (
                "postgres://h/d?user=a&password=b&sslmode=disable",
                "h/d?sslmode=disable",
            ),
            ("postgres://h/d?password=b", "h/d"),
            ("postgres://a:b@h1,h2/d", "h1,h2/d"),
        ] {
            let other = with_login(url, "raptor_app", "p@:/?#ä").unwrap();
            assert!(other.ends_with(&format!("@{place}")), "{other}");
            let address = Address::parse(&other).unwrap();
            assert_eq!(address.driver.get_user(), Some("raptor_app"));
            assert_eq!(address.driver.get_password(), Some("p@:/?#ä".as_bytes()));
        }
        let odd = with_login(
            "postgres://h/d?us%65r=a&p%61ssword=b&sslmode=disable",
            "c",
            "d",
        );
        assert_eq!(odd.unwrap(), "postgres://c:d@h/d?sslmode=disable");
        let at = with_login("postgres://a:b@h:1/d@x", "c", "d").unwrap();
        assert_eq!(
            Address::parse(&at).unwrap().driver.get_dbname(),
            Some("d@x")
        );
        assert!(with_login("sqlite:x.db", "a", "b").is_err());
    }
}
