//! Who calls: the session behind a bearer token, and the client's address.

use super::App;
use super::problem::Problem;
use crate::sessions::{self, LoggedIn, Origin};
use crate::tokens::{Purpose, Token};
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use std::net::{IpAddr, SocketAddr};

/// A customer with a good session.
pub(crate) struct Caller(pub(crate) LoggedIn);

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = bearer(&parts.headers)?;
        match sessions::validate(&app.db, token, &app.settings).await? {
            Some(logged_in) => Ok(Self(logged_in)),
            None => Err(Problem::unauthenticated(
                "The session has ended, or there never was one with this token.",
            )),
        }
    }
}

fn bearer(headers: &HeaderMap) -> Result<Token, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Err(Problem::unauthenticated(
            "The header Authorization is missing.",
        ));
    };
    let text = value.to_str().unwrap_or_default();
    let token = match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => {
            return Err(Problem::unauthenticated(
                "The header Authorization must be `Bearer rpt_s_…`.",
            ));
        }
    };
    Token::parse(Purpose::Session, token).ok_or_else(|| {
        Problem::unauthenticated("This cannot be a session token: is it cut or mistyped?")
    })
}

/// Where a request comes from.
pub(crate) struct From(pub(crate) Origin);

impl FromRequestParts<App> for From {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip());
        let address = client_address(&parts.headers, peer, app.settings.trusted_proxies);
        let user_agent = parts.headers.get(header::USER_AGENT);
        let user_agent = user_agent.map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes());
            text.chars().filter(|c| !c.is_control()).take(256).collect()
        });
        Ok(Self(Origin {
            user_agent,
            address: address.map(|address| address.to_string()),
        }))
    }
}

/// The peer, or what the proxies that are trusted say of whom they serve: each adds its own client
/// at the end, so the last `proxies` entries are theirs and the first of them is the client.
fn client_address(headers: &HeaderMap, peer: Option<IpAddr>, proxies: usize) -> Option<IpAddr> {
    if proxies == 0 {
        return peer;
    }
    let values = headers.get_all("x-forwarded-for");
    let hops: Vec<IpAddr> = values
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|hop| hop.trim().parse().ok())
        .collect::<Option<_>>()
        .unwrap_or_default();
    let client = hops.len().checked_sub(proxies).and_then(|at| hops.get(at));
    client.copied().or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let peer: IpAddr = "10.0.0.1".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-forwarded-for",
            "6.6.6.6, 1.2.3.4, 10.0.0.9".parse().unwrap(),
        );
        let seen = |proxies| {
            client_address(&headers, Some(peer), proxies)
                .unwrap()
                .to_string()
        };
        assert_eq!(seen(0), "10.0.0.1");
        assert_eq!(seen(1), "10.0.0.9");
        assert_eq!(seen(2), "1.2.3.4");
        assert_eq!(seen(4), "10.0.0.1");
    }
}
