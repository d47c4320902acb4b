//! `raptor migrate revision`, `merge` and `squash`: new files for a folder of revisions.

use super::autogenerate::Autogenerate;
use super::options::written_to;
use crate::cli::terminal;
use crate::clock;
use crate::config::Config;
use crate::hex;
use anyhow::{Context, Result, bail};
use clap::Args;
use raptor_migrate::{Chain, Draft};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct NewRevision {
    /// What it does; its title and a part of its file's name
    #[arg(short, long)]
    message: String,
    /// What it revises: a head, an id or the beginning of one, `LABEL@head`, or `base`
    #[arg(long, value_name = "TARGET", default_value = "head")]
    head: Vec<String>,
    /// Allow a target that is no head: a branch begins there
    #[arg(long)]
    splice: bool,
    /// A label for the branch that begins with it
    #[arg(long, value_name = "LABEL")]
    branch_label: Vec<String>,
    /// What must be applied before, on another branch: an id or a label
    #[arg(long, value_name = "TARGET")]
    depends_on: Vec<String>,
    #[command(flatten)]
    autogenerate: Autogenerate,
    #[command(flatten)]
    file: File,
}

#[derive(Args)]
pub(crate) struct Merge {
    /// What it joins: heads, as ids or the beginnings of ids, or labels, each for the head of its branch
    #[arg(default_value = "heads")]
    revisions: Vec<String>,
    /// Its title, and a part of its file's name
    #[arg(short, long, default_value = "Merge")]
    message: String,
    #[command(flatten)]
    file: File,
}

#[derive(Args)]
pub(crate) struct Squash {
    /// Which: FIRST..LAST, both included
    range: String,
    /// Its title, and a part of its file's name
    #[arg(short, long, default_value = "Squash")]
    message: String,
    #[command(flatten)]
    file: File,
}

#[derive(Args)]
struct File {
    /// Its id, instead of twelve random hexadecimal digits
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
    /// The folder of revisions [default: `RAPTOR_MIGRATE_DIR`, or migrations]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl NewRevision {
    pub(super) fn json(&self) -> bool {
        self.file.json
    }

    pub(super) async fn write(self, config: &Config) -> Result<ExitCode> {
        let folder = self.file.folder(config);
        let chain = chain(&folder)?;
        let mut draft = self.file.draft(self.message)?;
        draft.revises = self.head;
        draft.splice = self.splice;
        draft.labels = self.branch_label;
        draft.depends = self.depends_on;
        if chain.is_empty() {
            draft.revises.retain(|target| target != "head");
        }
        if self.autogenerate.is_wanted() {
            // A target that is wrong is said before databases are made.
            draft.write(&chain)?;
            let Some((name, text)) = self.autogenerate.run(&draft, &chain).await? else {
                return self.file.nothing();
            };
            return self.file.put(&folder, &draft.id, &name, &text);
        }
        let (name, text) = draft.write(&chain)?;
        self.file.put(&folder, &draft.id, &name, &text)
    }
}

impl Merge {
    pub(super) fn json(&self) -> bool {
        self.file.json
    }

    pub(super) fn write(self, config: &Config) -> Result<ExitCode> {
        let folder = self.file.folder(config);
        let chain = chain(&folder)?;
        let mut draft = self.file.draft(self.message)?;
        draft.revises = self.revisions;
        let (name, text) = draft.merge(&chain)?;
        self.file.put(&folder, &draft.id, &name, &text)
    }
}

impl Squash {
    pub(super) fn json(&self) -> bool {
        self.file.json
    }

    pub(super) fn write(self, config: &Config) -> Result<ExitCode> {
        let (first, last) = self
            .range
            .split_once("..")
            .with_context(|| format!("{:?} is no range; write FIRST..LAST", self.range))?;
        let folder = self.file.folder(config);
        let chain = chain(&folder)?;
        let draft = self.file.draft(self.message)?;
        let (name, text) = draft.squash(&chain, first, last)?;
        self.file.put(&folder, &draft.id, &name, &text)
    }
}

fn chain(folder: &Path) -> Result<Chain> {
    if !folder.is_dir() {
        bail!(
            "there is no folder {}: make it for the first revision, or name another with --dir",
            folder.display()
        );
    }
    Ok(Chain::from_dir(folder)?)
}

impl File {
    fn folder(&self, config: &Config) -> PathBuf {
        written_to(self.dir.as_deref(), config).to_owned()
    }

    fn draft(&self, message: String) -> Result<Draft> {
        let id = match &self.rev_id {
            Some(id) => id.clone(),
            None => random_id()?,
        };
        Ok(Draft {
            id,
            date: clock::stamp(),
            message,
            ..Draft::default()
        })
    }

    fn nothing(&self) -> Result<ExitCode> {
        if self.json {
            let value = serde_json::json!({ "id": null, "file": null });
            terminal::json(&value)?;
        } else {
            terminal::answer(
                "No difference: the chain makes that schema, and nothing was written.\n",
            )?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn put(&self, folder: &Path, id: &str, name: &str, text: &str) -> Result<ExitCode> {
        let path = folder.join(name);
        write_new(&path, text)?;
        if self.json {
            let value = serde_json::json!({ "id": id, "file": path });
            terminal::json(&value)?;
        } else {
            terminal::answer(format_args!("{}\n", path.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Never over a file that is there.
fn write_new(path: &Path, text: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn random_id() -> Result<String> {
    let mut bytes = [0; 6];
    getrandom::fill(&mut bytes).context("the system has no randomness")?;
    Ok(hex::digits(&bytes))
}
