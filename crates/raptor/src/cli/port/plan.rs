//! `raptor port plan`: what each table and column becomes.

use super::{open, questions};
use crate::cli::terminal;
use crate::config::Config;
use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use raptor_db::Snapshot;
use raptor_port::{Asked, Ddl, Folder, Framework, Ints, Mode, Plan, Source, Target, counted};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct PlanCommand {
    /// The SQLite file, which is only read, also while an application writes to it; or a folder of .sql files
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the plan is written; what stands there already stays as it is
    #[arg(long, value_name = "PLAN", default_value = "port.toml")]
    out: PathBuf,
    /// Whether the schema is made, or there already, by the application's own migrations
    /// [default: as the plan that is there has it, or create]
    #[arg(long, value_enum)]
    mode: Option<Shape>,
    /// With --mode existing: the Postgres database, instead of `DATABASE_OWNER_URL` or `DATABASE_URL`
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// The schema on Postgres [default: as the plan that is there has it, or public]
    #[arg(long, value_name = "SCHEMA")]
    schema: Option<String>,
    /// Write names in lower case, as Postgres reads those without quotes
    #[arg(long)]
    fold: bool,
    /// How wide integers are: as they are declared and fit, or bigint all of them
    #[arg(long, value_enum, value_name = "WIDTH", default_value = "fit")]
    ints: Width,
    /// Ask nothing: take what is likely, which is written down
    #[arg(long)]
    yes: bool,
    /// Decide all anew, whatever the plan that is there says
    #[arg(long)]
    anew: bool,
    /// Nobody writes to the file: read it where it is
    #[arg(long)]
    offline: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Shape {
    Create,
    Existing,
}

#[derive(Clone, Copy, ValueEnum)]
enum Width {
    Fit,
    Bigint,
}

impl PlanCommand {
    pub(super) async fn run(self, config: &Config) -> Result<ExitCode> {
        let before = self.before()?;
        let file = self.made()?;
        let mut snapshot = match self.offline {
            true => Snapshot::open_offline(&file, 1),
            false => Snapshot::open(&file, 1),
        }?;
        let reader = snapshot.take().context("the file has no reader")?;
        let source = Source::read(&reader)?;
        let mut asked = Asked::new(self.source());
        asked.mode = match (self.mode, &before) {
            (Some(Shape::Create), _) => Mode::Create,
            (Some(Shape::Existing), _) => Mode::Existing,
            (None, before) => before.as_ref().map_or(Mode::Create, |it| it.mode),
        };
        let schema = before.as_ref().map(|it| it.schema.clone());
        let schema = self.schema.clone().or(schema);
        asked.schema = schema.unwrap_or(asked.schema);
        if asked.mode == Mode::Existing {
            asked.target = Some(self.target(config, &asked.schema, &source).await?);
        } else if self.to.is_some() {
            bail!(
                "--to is for --mode existing: a schema that is made is planned from the file alone"
            );
        }
        asked.fold = self.fold;
        asked.ints = match self.ints {
            Width::Fit => Ints::Fit,
            Width::Bigint => Ints::Bigint,
        };
        asked.before = before;
        let mut plan = Plan::make(&reader, &source, &asked)?;
        let is_asked = !self.yes && !self.json && questions::can_be_asked();
        if is_asked && questions::ask(&mut plan)? {
            asked.before = Some(plan);
            plan = Plan::make(&reader, &source, &asked)?;
        }
        plan.notes.extend(Ddl::make(&source, &plan).notes);
        std::fs::write(&self.out, plan.to_string())
            .with_context(|| format!("cannot write {}", self.out.display()))?;
        if let Err(error) = fits(&plan, &source, asked.target.as_ref()) {
            terminal::note(format_args!("it cannot be run so: {error}"));
        }
        if self.json {
            terminal::json(&plan)?;
        } else {
            self.tell(&source, &plan)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The schema that is there.
    async fn target(&self, config: &Config, schema: &str, source: &Source) -> Result<Target> {
        let db = open(config, self.to.as_deref(), 1).await?;
        let target = Target::read(&db, schema).await;
        db.close().await;
        target.with_context(|| match Framework::found(source).first() {
            Some(sign) => format!(
                "the file has {}: `{}` makes the application's own schema on Postgres",
                sign.table, sign.command
            ),
            None => "there is no schema to carry into".to_owned(),
        })
    }

    /// The file; of a folder, the one that it makes.
    fn made(&self) -> Result<PathBuf> {
        if !self.file.is_dir() {
            let is_sql = self.file.extension().is_some_and(|it| it == "sql");
            ensure!(
                !is_sql,
                "{} is a file of SQL and no database: the folder that it is in can be planned",
                self.file.display()
            );
            return Ok(self.file.clone());
        }
        let folder = Folder::read(&self.file)?;
        folder.remarks().iter().for_each(terminal::note);
        Ok(folder.file(&self.out)?)
    }

    fn before(&self) -> Result<Option<Plan>> {
        match std::fs::read_to_string(&self.out) {
            Ok(text) if !self.anew => {
                let plan = Plan::read(&text).with_context(|| {
                    format!(
                        "{} is there and cannot be read (--anew writes it anew)",
                        self.out.display()
                    )
                })?;
                ensure!(
                    self.path(&plan.source) == self.path(&self.source()),
                    "{} is the plan of {}, and this is another file: --out writes another plan, --anew this one anew; where the \
                     file was moved, change `source` in it",
                    self.out.display(),
                    plan.source
                );
                Ok(Some(plan))
            }
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                bail!("{} cannot be read: {error}", self.out.display())
            }
            _ => Ok(None),
        }
    }

    /// A source as it stands in a plan, found from its folder.
    fn path(&self, source: &str) -> PathBuf {
        let folder = self.out.parent().unwrap_or(Path::new(""));
        let path = folder.join(source);
        path.canonicalize().unwrap_or(path)
    }

    /// The file's name as it is found from the plan's folder.
    fn source(&self) -> String {
        let folder = self.out.parent().filter(|it| !it.as_os_str().is_empty());
        let is_beside = folder.is_none() || self.file.parent() == folder;
        let name = match (is_beside, self.file.file_name()) {
            (true, Some(name)) if folder.is_some() => PathBuf::from(name),
            (true, _) => self.file.clone(),
            (false, _) => std::path::absolute(&self.file).unwrap_or_else(|_| self.file.clone()),
        };
        name.display().to_string()
    }

    fn tell(&self, source: &Source, plan: &Plan) -> Result<()> {
        let rows: u64 = plan.carried().map(|it| it.rows).sum();
        let rejects: u64 = plan.carried().map(|it| it.rejects).sum();
        let columns: usize = plan.carried().map(|it| it.columns.len()).sum();
        let mut text = format!(
            "{}: {} with {} and {}; {}.\n",
            self.file.display(),
            counted(plan.carried().count() as u64, "table"),
            counted(columns as u64, "column"),
            counted(rows, "row"),
            counted(plan.questions() as u64, "question")
        );
        if rejects > 0 {
            let verb = if rejects == 1 { "has" } else { "have" };
            text.push_str(&format!(
                "{} {verb} a cell that is no value of its type.\n",
                counted(rejects, "row")
            ));
        }
        let found = match plan.mode {
            Mode::Create => Framework::found(source),
            _ => Vec::new(),
        };
        for sign in found {
            text.push_str(&format!(
                "It has {}: `{}` makes the application's own schema, and `raptor port plan --mode existing` carries the rows into it.\n",
                sign.table, sign.command
            ));
        }
        for note in &plan.notes {
            text.push_str(&format!("{} {}\n", note.of, note.text));
        }
        text.push_str(&format!(
            "Written to {}. Read it, then: raptor port run {0} --to postgres://…\n",
            Path::new(&self.out).display()
        ));
        terminal::answer(text)
    }
}

/// Whether a plan can be run as it is.
fn fits(plan: &Plan, source: &Source, target: Option<&Target>) -> raptor_port::Result<()> {
    let plan = plan.clone().fit(source)?;
    target.map_or(Ok(()), |it| it.fit(&plan))
}
