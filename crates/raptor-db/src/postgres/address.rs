//! A `postgres://` URL: where the server is, who logs in, and how far its certificate is trusted.
//!
//! libpq's names and meanings (PostgreSQL manual, "Parameter Key Words"). What the driver does not
//! know (`sslmode=verify-full`, `sslrootcert`) is read here and taken out before it sees the rest.

use crate::error::{Error, ErrorKind, Result};
use percent_encoding::percent_decode_str;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// How far the server is trusted, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SslMode {
    /// Plain text.
    Disable,
    /// TLS if the server has it, whoever it is.
    Prefer,
    /// TLS, whoever it is.
    Require,
    /// TLS, with a certificate from a trusted authority.
    VerifyCa,
    /// TLS, with a certificate from a trusted authority for this very host.
    VerifyFull,
}

impl SslMode {
    /// libpq's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}

impl FromStr for SslMode {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        [
            Self::Disable,
            Self::Prefer,
            Self::Require,
            Self::VerifyCa,
            Self::VerifyFull,
        ]
        .into_iter()
        .find(|mode| mode.as_str() == word)
        .ok_or_else(|| {
            let choices = "disable, prefer, require, verify-ca or verify-full";
            Error::new(
                ErrorKind::Configuration,
                format!("sslmode={word} is unknown; write {choices}"),
            )
        })
    }
}

/// A parsed URL. Its `Debug` shows no password.
#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) driver: tokio_postgres::Config,
    pub(crate) ssl: SslMode,
    pub(crate) root_cert: Option<PathBuf>,
    /// Client certificate and key, both PEM.
    pub(crate) client_cert: Option<(PathBuf, PathBuf)>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("hosts", &self.driver.get_hosts())
            .field("user", &self.driver.get_user())
            .field("dbname", &self.driver.get_dbname())
            .field("sslmode", &self.ssl)
            .finish()
    }
}

impl Address {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`], which names the part that is wrong and never the password.
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut rest = Vec::new();
        let mut ssl = None;
        let (mut root_cert, mut cert, mut key) = (None, None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = percent_decode_str(value).decode_utf8_lossy().into_owned();
            match name {
                "sslmode" => ssl = Some(decoded.parse()?),
                "sslrootcert" => root_cert = Some(decoded),
                "sslcert" => cert = Some(PathBuf::from(decoded)),
                "sslkey" => key = Some(PathBuf::from(decoded)),
                _ => rest.push(pair),
            }
        }
        let plain = if rest.is_empty() {
            base.to_owned()
        } else {
            format!("{base}?{}", rest.join("&"))
        };
        let mut driver: tokio_postgres::Config =
            plain.parse().map_err(|error: tokio_postgres::Error| {
                let cause = std::error::Error::source(&error)
                    .map(ToString::to_string)
                    .unwrap_or_default();
                Error::new(
                    ErrorKind::Configuration,
                    format!("the Postgres URL cannot be read: {cause}"),
                )
            })?;
        if driver.get_hosts().is_empty() && driver.get_hostaddrs().is_empty() {
            return Err(Error::new(
                ErrorKind::Configuration,
                "the Postgres URL names no host",
            ));
        }
        let ssl = Self::effective(ssl, root_cert.as_deref());
        driver.ssl_mode(match ssl {
            SslMode::Disable => tokio_postgres::config::SslMode::Disable,
            SslMode::Prefer => tokio_postgres::config::SslMode::Prefer,
            _ => tokio_postgres::config::SslMode::Require,
        });
        let client_cert = match (cert, key) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            _ => {
                return Err(Error::new(
                    ErrorKind::Configuration,
                    "sslcert and sslkey go together; one is missing",
                ));
            }
        };
        let root_cert = root_cert.filter(|path| path != "system").map(PathBuf::from);
        Ok(Self {
            driver,
            ssl,
            root_cert,
            client_cert,
        })
    }

    /// As libpq: no word means `prefer`; `require` beside a root certificate means `verify-ca`;
    /// `sslrootcert=system` without a word means `verify-full`.
    fn effective(given: Option<SslMode>, root_cert: Option<&str>) -> SslMode {
        match (given, root_cert) {
            (None, Some("system")) => SslMode::VerifyFull,
            (Some(SslMode::Require), Some(_)) => SslMode::VerifyCa,
            (given, _) => given.unwrap_or(SslMode::Prefer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssl_words_are_libpqs() {
        let mode = |query: &str| {
            Address::parse(&format!("postgres://u:secret@h/d{query}"))
                .unwrap()
                .ssl
        };
        assert_eq!(mode(""), SslMode::Prefer);
        assert_eq!(
            mode("?sslmode=disable&application_name=x"),
            SslMode::Disable
        );
        assert_eq!(mode("?sslmode=require"), SslMode::Require);
        assert_eq!(
            mode("?sslmode=require&sslrootcert=/ca.pem"),
            SslMode::VerifyCa
        );
        assert_eq!(mode("?sslrootcert=system"), SslMode::VerifyFull);
        assert_eq!(
            mode("?sslmode=verify-full&sslrootcert=%2Fca.pem"),
            SslMode::VerifyFull
        );
    }

    #[test]
    fn a_wrong_url_is_named_without_its_password() {
        for url in [
            "postgres://u:secret@h/d?sslmode=yes",
            "postgres://u:secret@h/d?sslcert=a",
            "postgres://u:secret@h:x/d",
            "postgres:///d",
        ] {
            let error = Address::parse(url).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{url}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        assert!(
            !format!("{:?}", Address::parse("postgres://u:secret@h/d").unwrap()).contains("secret")
        );
    }
}
