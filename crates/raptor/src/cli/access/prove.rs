//! `raptor access prove`: every login attempts what it may and what it may not.

use super::{Along, logins, open, placed};
use crate::cli::terminal;
use crate::config::Config;
use anyhow::{Context, Result, ensure};
use clap::Args;
use raptor_access::{Line, Means, Proof, Verdict};
use raptor_db::Engine;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct ProveCommand {
    #[command(flatten)]
    along: Along,
    /// How each login gets in: a line `LOGIN = "postgres://…"` for each that is not in `DATABASE_URL`
    #[arg(long, value_name = "FILE")]
    logins: Option<PathBuf>,
    /// Keep the result in the database, so that services can ask for a fresh one
    #[arg(long)]
    keep: bool,
    /// Show every line, also what is as declared
    #[arg(long, short)]
    verbose: bool,
}

/// As JSON has it.
#[derive(Serialize)]
struct Told<'p> {
    holds: bool,
    counts: BTreeMap<Verdict, usize>,
    lines: &'p [Line],
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
}

impl ProveCommand {
    pub(super) async fn run(self, config: &Config) -> Result<ExitCode> {
        let database = config.database(config.migration_url())?;
        if database.engine() == Engine::Sqlite {
            return self.on_sqlite(config, &database).await;
        }
        let db = open(config, config.migration_url()).await?;
        let declared = self.along.declared(config, &db).await?;
        let mut means = Means::default();
        means.logins = logins::found(config, &declared, self.logins.as_deref()).await?;
        means.key = config.context_key()?;
        ensure!(
            !self.keep || declared.keeps_proofs,
            "{} does not say keep_proofs = true, so that there is no table for a proof",
            self.along.shown(config)
        );
        if self.keep {
            Proof::can_be_kept(&db).await?;
        }
        let proof = declared.prove(&db, &means).await;
        let proof = proof.with_context(|| self.along.shown(config))?;
        let hash = match self.keep {
            true => Some(proof.keep(&db, &declared).await?.hash_text()),
            false => None,
        };
        db.close().await;
        self.answer(&proof, hash)
    }

    fn answer(&self, proof: &Proof, hash: Option<String>) -> Result<ExitCode> {
        let code = ExitCode::from(u8::from(!proof.holds()));
        match self.along.json {
            true => terminal::json(&Told {
                holds: proof.holds(),
                counts: proof.counts(),
                lines: &proof.lines,
                hash,
            })?,
            false => {
                let kept = hash.map(|it| format!("Kept, with the hash {it}.\n"));
                terminal::answer(self.told(proof) + &kept.unwrap_or_default())?;
            }
        }
        Ok(code)
    }

    /// What can be proved on SQLite, with the declaration as it is written.
    async fn on_sqlite(&self, config: &Config, database: &raptor_db::Config) -> Result<ExitCode> {
        let declared = self.along.written(config)?;
        ensure!(
            !self.keep,
            "SQLite has no rights that a proof could be kept of"
        );
        let mut database = database.clone();
        database.create = false;
        let proof = declared.prove_on_sqlite(&database).await;
        self.answer(&proof.with_context(|| self.along.shown(config))?, None)
    }

    fn told(&self, proof: &Proof) -> String {
        let mut text = String::new();
        let mut told = BTreeSet::new();
        for line in &proof.lines {
            let is_plain = matches!(line.verdict, Verdict::Denied | Verdict::Allowed);
            let of_all = (line.verdict, &line.what, &line.why);
            let is_of_many = matches!(line.verdict, Verdict::Residual | Verdict::NotClosable);
            // Some things are tried for two, and come out the same.
            let who = if is_of_many { "" } else { &line.who };
            if is_plain && !self.verbose || !told.insert((who, of_all)) {
                continue;
            }
            // What is so of many logins is said once.
            let same = proof
                .lines
                .iter()
                .filter(|it| (it.verdict, &it.what, &it.why) == of_all);
            let who = match is_of_many {
                true => same
                    .map(|it| it.who.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
                false => line.who.clone(),
            };
            let why = match line.why.as_str() {
                "" => String::new(),
                why => format!(": {why}"),
            };
            let place = placed(line.place);
            text.push_str(&format!(
                "{:<19} {who}: {}{place}{why}\n",
                line.verdict.as_str(),
                line.what
            ));
        }
        for (verdict, count) in proof.counts() {
            text.push_str(&format!("{count:>6} {}\n", verdict.as_str()));
        }
        text.push_str(match proof.holds() {
            true => "The declaration holds.\n",
            false => "The declaration does NOT hold.\n",
        });
        text
    }
}
