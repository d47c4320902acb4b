//! How each login gets in, for a proof: the service's own URL, the owner's, and a file for the others.

use crate::config::Config;
use anyhow::{Context, Result, bail};
use raptor_access::Declaration;
use raptor_db::SecretSource;
use std::collections::BTreeMap;
use std::path::Path;

/// Each login that is declared with how it is reached, where that is known.
///
/// The file has a line for each: `raptor_worker = "postgres://…"`.
pub(super) async fn found(
    config: &Config,
    declared: &Declaration,
    file: Option<&Path>,
) -> Result<BTreeMap<String, raptor_db::Config>> {
    let mut logins = BTreeMap::new();
    // What is rotated stands where `serve` reads it.
    let serves = match config.database_secret()? {
        Some(secret) => secret.read().await?,
        None => config.database_url().to_owned(),
    };
    for url in [serves.as_str(), config.migration_url()] {
        let database = config.database(url)?;
        if let Some(login) = database.user().map(str::to_owned)
            && declared.role_of(&login).is_some()
        {
            logins.insert(login, database);
        }
    }
    let Some(path) = file else {
        return Ok(logins);
    };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the logins {} cannot be read", path.display()))?;
    // What the parser says of the place would quote the line, and with it a password.
    let Ok(listed) = toml::from_str::<BTreeMap<String, String>>(&text) else {
        bail!(
            "{} is no list of logins: LOGIN = \"postgres://…\", a line for each",
            path.display()
        );
    };
    for (login, url) in listed {
        if declared.role_of(&login).is_none() {
            bail!("{}: the login {login} is not declared", path.display());
        }
        let database = config
            .database(&url)
            .with_context(|| format!("{}: the URL of {login}", path.display()))?;
        logins.insert(login, database);
    }
    Ok(logins)
}
