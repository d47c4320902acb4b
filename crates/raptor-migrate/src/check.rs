//! What is wrong with a chain, and with a database that stands on it. It changes neither.

use crate::catalog::{Difference, DifferenceKind, catalog};
use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::log::{self, Log};
use crate::plan::Planned;
use crate::report::{Checked, Direction, Finding, WHY_UNKNOWN};
use crate::runner::{Options, applied_below, upgrade};
use crate::target::Applied;
use crate::version::Versions;
use raptor_db::{Db, Engine, Scope, Sql, params, timestamptz_text};

/// Looks for what stops an upgrade or should: several heads; and with a database rows that the
/// chain does not know, files that are not what was applied, a log that was changed, and revisions
/// not yet applied that its engine cannot run or that say what is still to be done by hand; and a
/// database among replaced revisions whose files are gone.
///
/// # Errors
/// [`ErrorKind::Database`](crate::ErrorKind::Database) when the database cannot be asked.
pub async fn check(db: Option<&Db>, chain: &Chain, options: &Options) -> Result<Checked> {
    let mut findings = Vec::new();
    let heads: Vec<&str> = chain.heads().map(|head| head.id()).collect();
    if heads.len() > 1 {
        let message = format!(
            "the chain has {} heads, {}, so that `upgrade head` is refused; `raptor migrate merge` joins them",
            heads.len(),
            heads.join(", ")
        );
        findings.push(Finding::new("heads", None, message));
    }
    if let Some(db) = db {
        database(db, chain, options, &mut findings).await?;
    }
    Ok(Checked {
        revisions: chain.len(),
        database: db.is_some(),
        findings,
    })
}

async fn database(
    db: &Db,
    chain: &Chain,
    options: &Options,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let schema = options.schema.as_deref();
    let rows = Versions::new(db.engine(), schema)
        .peek(db)
        .await?
        .unwrap_or_default();
    let log = Log::new(db.engine(), schema);
    let logged = log.read(db).await?;
    let applied = Applied::of(chain, &rows);
    for id in &applied.unknown {
        let message =
            format!("the database has {id}, which this chain does not know: {WHY_UNKNOWN}");
        findings.push(Finding::new("unknown", None, message));
    }
    for row in &applied.halfway {
        if let Err(error) = chain.old_way(row) {
            findings.push(Finding::new("replaced", None, error.to_string()));
        }
    }
    if let Some((position, wrong)) = logged.broken() {
        let message = format!("raptor_migration_log, position {position}: {wrong}");
        findings.push(Finding::new("log", None, message));
    }
    for wrong in log
        .unguarded(db, logged.0.is_empty() && !rows.is_empty())
        .await?
    {
        findings.push(Finding::new("log", None, wrong.to_owned()));
    }
    for half in log.half_run(db).await? {
        findings.push(Finding::new("half run", None, half.to_string()));
    }
    // What is below an unknown row is applied all the same.
    let below = match applied.unknown[..] {
        [] => None,
        _ => applied_below(chain, &logged, &rows),
    };
    let applied = below.unwrap_or(applied.revisions);
    pending(db.engine(), chain, &applied, options, findings);
    let bodies = log.bodies(db).await?;
    let noted = log::applied(&bodies);
    for (revision, _) in chain.iter().zip(applied).filter(|(_, applied)| *applied) {
        match noted.get(revision.id()) {
            Some((at, body)) if *body != revision.fingerprint() => {
                let message = format!(
                    "its file is not what was applied on {}: put the text back, or `upgrade --allow-edited {}` accepts it",
                    timestamptz_text(*at),
                    revision.id()
                );
                findings.push(Finding::new("edited", Some(revision), message));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What stops the revisions that are not applied, or should.
fn pending(
    engine: Engine,
    chain: &Chain,
    applied: &[bool],
    options: &Options,
    findings: &mut Vec<Finding>,
) {
    for (place, revision) in chain
        .iter()
        .enumerate()
        .filter(|(place, _)| !applied[*place])
    {
        if let Err(error) = Planned::new(chain, place, Direction::Up, engine, &options.steps) {
            findings.push(Finding::new("cannot run", None, error.to_string()));
        }
        for line in revision.undone.iter().filter(|line| !line.in_down) {
            let message = format!("line {} {}", line.place.line, line.says());
            findings.push(Finding::new("by hand", Some(revision), message));
        }
    }
}

/// Compares the schema of `db` with the one that the chain makes: the revisions that `db` has are
/// run on `scratch`, an empty database of the same engine, which is written to.
///
/// Objects whose name is among `ignored` are left out, with what hangs on them.
///
/// # Errors
/// As [`upgrade`], on `scratch`, and [`ErrorKind::Database`](crate::ErrorKind::Database).
pub async fn drift(
    db: &Db,
    scratch: &Db,
    chain: &Chain,
    options: &Options,
    ignored: &[&str],
) -> Result<Vec<Finding>> {
    let schema = options.schema.as_deref();
    let versions = Versions::new(db.engine(), schema);
    let rows = versions.peek(db).await?.unwrap_or_default();
    for id in &rows {
        if chain.to_row(id).is_err() {
            let why = match chain.replaced_by(id) {
                Some(_) => "which was replaced and whose file is not here any more",
                None => "which this chain does not know",
            };
            let message = format!("drift cannot be told: the database has {id}, {why}");
            return Ok(vec![Finding::new("drift", None, message)]);
        }
    }
    let found = catalog(db, options).await?;
    let made = Options {
        role: None,
        // The same schema, with what the server gave it.
        schema: options.schema.clone().or_else(|| found.schema_name.clone()),
        ..options.clone()
    };
    for id in &rows {
        let (chain, id) = chain.to_row(id)?;
        upgrade(scratch, chain, id, &made, |_| {}).await?;
    }
    let wanted = catalog(scratch, &made).await?;
    let differences = wanted.differences_ignoring(&found, &[DifferenceKind::Order]);
    // Whoever migrates owns what is made, and is called otherwise on the throw-away server.
    let owners = (owner(scratch, &made).await?, owner(db, &made).await?);
    let is_the_migrators = |it: &&Difference| {
        it.kind == DifferenceKind::Owner
            && (it.object == "the schema" || (&it.here, &it.there) == (&owners.0, &owners.1))
    };
    Ok(differences
        .iter()
        .filter(|it| !is_the_migrators(it))
        .filter(|it| !ignored.iter().any(|name| is_of(&it.object, name)))
        .map(|difference| {
            Finding::new(
                "drift",
                None,
                difference
                    .between("in the chain", "in the database")
                    .to_string(),
            )
        })
        .collect())
}

/// Who owns the table of versions.
async fn owner(db: &Db, options: &Options) -> Result<Option<String>> {
    if db.engine() == Engine::Sqlite {
        return Ok(None);
    }
    static OWNER: Sql = Sql::new(
        "SELECT pg_catalog.pg_get_userbyid(c.relowner)::text AS owner FROM pg_catalog.pg_class AS c \
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE c.relname = 'alembic_version' AND n.nspname = coalesce(:schema, current_schema()::text)",
    );
    let schema = options.schema.as_deref();
    let rows = db.query(&Scope::system(), &OWNER, params! { schema }).await;
    let owner = rows.and_then(|rows| rows.first().map(|row| row.get("owner")).transpose());
    owner.map_err(|error| Error::database("the owner of alembic_version cannot be read", error))
}

/// Whether `object`, such as `table notes, column id`, is of that name.
fn is_of(object: &str, name: &str) -> bool {
    let of = object.split_once(", ").map_or(object, |(of, _)| of);
    of == name || of.split_once(' ').is_some_and(|(_, it)| it == name)
}

/// Proves that the revisions which replace others come to the same as these: the old way is run on
/// one empty database, the new one on another, and their schemas are compared.
///
/// # Errors
/// As [`upgrade`], on either.
pub async fn prove_squashes(
    old: &Db,
    new: &Db,
    chain: &Chain,
    options: &Options,
) -> Result<Vec<Finding>> {
    let Some(before) = chain.unsquashed() else {
        return Ok(Vec::new());
    };
    upgrade(old, before, "heads", options, |_| {}).await?;
    upgrade(new, chain, "heads", options, |_| {}).await?;
    let (wanted, found) = (catalog(old, options).await?, catalog(new, options).await?);
    let differences =
        wanted.differences_ignoring(&found, &[DifferenceKind::Owner, DifferenceKind::Order]);
    Ok(differences
        .iter()
        .map(|difference| {
            let said =
                difference.between("after the replaced revisions", "after what replaces them");
            Finding::new("squash", None, format!("on {}: {said}", old.engine()))
        })
        .collect())
}
