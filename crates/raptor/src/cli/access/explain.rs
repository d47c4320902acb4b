//! `raptor access explain`: why a statement is denied, or sees no rows.

use super::{Along, logins, open, placed};
use crate::cli::terminal;
use crate::config::Config;
use anyhow::{Context, Result, ensure};
use clap::Args;
use raptor_access::Explained;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct ExplainCommand {
    /// The login
    login: String,
    /// The statement; it is planned, and not run
    sql: String,
    #[command(flatten)]
    along: Along,
    /// How logins get in, where they are not in `DATABASE_URL`; without, whoever asks becomes the login
    #[arg(long, value_name = "FILE")]
    logins: Option<PathBuf>,
    /// What `raptor.token` is: 64 hexadecimal digits, the SHA-256 of a session's token
    #[arg(long, value_name = "DIGITS")]
    token: Option<String>,
    /// What `raptor.context` is: a context that the service signed
    #[arg(long, value_name = "TEXT")]
    context: Option<String>,
}

impl ExplainCommand {
    pub(super) async fn run(self, config: &Config) -> Result<ExitCode> {
        let db = open(config, config.migration_url()).await?;
        let declared = self.along.declared(config, &db).await?;
        let is_token =
            |it: &String| it.len() == 64 && it.bytes().all(|b| b"0123456789abcdef".contains(&b));
        ensure!(
            self.token.iter().all(is_token),
            "--token is no token's SHA-256: 64 hexadecimal digits in lower case"
        );
        let mut settings = Vec::new();
        for (name, value) in [
            ("raptor.token", &self.token),
            ("raptor.context", &self.context),
        ] {
            settings.extend(value.clone().map(|value| (name.to_owned(), value)));
        }
        let found = logins::found(config, &declared, self.logins.as_deref()).await?;
        let own = found.get(&self.login);
        let explained = declared
            .explain(&db, &self.login, own, &settings, &self.sql)
            .await;
        db.close().await;
        let explained = explained.with_context(|| self.along.shown(config))?;
        match self.along.json {
            true => terminal::json(&explained)?,
            false => terminal::answer(self.told(&explained))?,
        }
        Ok(ExitCode::from(u8::from(!explained.allowed)))
    }

    fn told(&self, explained: &Explained) -> String {
        let mut text = match &explained.error {
            Some(error) if explained.denied => format!("{} may not: {error}\n", self.login),
            Some(error) => format!("It cannot be planned for {}: {error}\n", self.login),
            None => format!("{} may.\n", self.login),
        };
        for why in &explained.why {
            text.push_str(&format!("{}: {}{}\n", why.of, why.text, placed(why.place)));
        }
        text
    }
}
