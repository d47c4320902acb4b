//! `raptor access rotate`: the credential that services read is changed, while they run.

use super::{Along, logins, open};
use crate::cli::terminal;
use crate::config::Config;
use crate::config::duration;
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use raptor_access::{Means, Method, Rotated, Rotation, Turn};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// How it is changed.
#[derive(Clone, Copy, ValueEnum)]
enum Way {
    /// Another login of the role takes over, and this one rests
    Overlap,
    /// The login has another password
    InPlace,
    /// What an earlier rotation did not end: the login that is published stays, the others of the role rest
    Finish,
}

#[derive(Args)]
pub(crate) struct RotateCommand {
    #[command(flatten)]
    along: Along,
    /// Where services read the credential: `file:PATH`, `env-file:PATH#NAME`, `command:SHELL` or `https://…#NAME`; without
    /// it where `RAPTOR_DATABASE_URL_FROM` says
    #[arg(long = "in", value_name = "PLACE")]
    place: Option<String>,
    /// How it is changed
    #[arg(long, value_enum, default_value_t = Way::Overlap)]
    method: Way,
    /// How long connections of the credential before may take to end by themselves
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration::parse)]
    drain: Duration,
    /// Do not attempt what the new login may and may not before it is published
    #[arg(long)]
    no_proof: bool,
    /// How other logins get in, for the proof
    #[arg(long, value_name = "FILE")]
    logins: Option<PathBuf>,
}

impl RotateCommand {
    pub(super) async fn run(self, config: &Config) -> Result<ExitCode> {
        let place = self.place.as_deref().map(|it| config.secret_at(it));
        let secret = match place.transpose()? {
            Some(secret) => secret,
            None => config.database_secret()?.context(
                "nothing says where services read their credential: --in PLACE, or RAPTOR_DATABASE_URL_FROM",
            )?,
        };
        let db = open(config, config.migration_url()).await?;
        let declared = self.along.declared(config, &db).await?;
        let mut rotation = Rotation::new(match self.method {
            Way::Overlap => Method::Overlap,
            Way::InPlace => Method::InPlace,
            Way::Finish => Method::Finish,
        });
        rotation.drain = self.drain;
        rotation.means = match self.no_proof {
            true => None,
            false => {
                let mut means = Means::default();
                means.logins = logins::found(config, &declared, self.logins.as_deref()).await?;
                means.key = config.context_key()?;
                Some(means)
            }
        };
        let is_told = !self.along.json;
        let mut failed = None;
        let mut tell = |turn: &Turn| {
            tracing::info!(login = turn.login, what = turn.what, "rotation");
            if is_told && failed.is_none() {
                failed = terminal::answer(format!("{} {}\n", turn.login, turn.what)).err();
            }
        };
        let rotated = declared.rotate(&db, &rotation, &secret, &mut tell).await;
        db.close().await;
        let rotated = rotated.with_context(|| format!("the credential in {secret}"))?;
        failed.map_or(Ok(()), Err)?;
        self.answer(&rotated)
    }

    fn answer(&self, rotated: &Rotated) -> Result<ExitCode> {
        let code = ExitCode::from(u8::from(!rotated.left.is_empty()));
        if self.along.json {
            terminal::json(rotated)?;
            return Ok(code);
        }
        let left = rotated.left.iter();
        let mut text: String = left.map(|it| format!("NOT DONE: {it}\n")).collect();
        text.push_str(&format!("{} is in use.\n", rotated.login));
        terminal::answer(text)?;
        Ok(code)
    }
}
