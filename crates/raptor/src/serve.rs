//! `raptor serve`: from a configuration to two listeners, and back to nothing without losing a request.
//!
//! It never reads the owner's URL: no code path of the service holds the owner's rights.

use crate::admin::{self, Admin};
use crate::cli::terminal;
use crate::config::Config;
use crate::credentials::Credentials;
use crate::guard::{self, Guard};
use crate::listener::{self, Limits, WRITE_TIME};
use crate::scopes::Scopes;
use crate::settings::Settings;
use crate::signals::Signals;
use crate::{chain, declaration, http, idempotency, login, rate_limits, staff, telemetry};
use anyhow::{Context, Result, bail};
use clap::Args;
use raptor_db::{Db, Engine};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;

#[derive(Args)]
pub(crate) struct Options {
    /// Serve with a login that owns the tables or is superuser: on a laptop, never with customers' data
    #[arg(long)]
    insecure_owner: bool,
}

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// What keeps the service from starting, with the way out.
pub(crate) async fn run(config: &Config, options: Options) -> Result<ExitCode> {
    let metrics = telemetry::count()?;
    tokio::spawn(telemetry::keep_up(metrics.clone()));
    for name in config.unknown() {
        tracing::warn!("{name} is set, but no setting is called that; `raptor config` lists them");
    }
    let settings = config.settings()?;
    let proof = config.proof()?;
    let limits = Limits {
        connections: config.max_connections()?,
        shutdown: config.shutdown_timeout()?,
        write: WRITE_TIME,
    };
    // Listening comes first: an address in use must not leave a migrated database behind.
    let api = listen(config.address()?, "RAPTOR_ADDR or PORT").await?;
    let admin = match config.admin_address()? {
        Some(address) => Some(listen(address, "RAPTOR_ADMIN_ADDR (or `off`)").await?),
        None => None,
    };
    let mut signals = Signals::new()?;
    let (db, scopes) = open(config, &settings, options.insecure_owner).await?;

    let address = api.local_addr()?;
    let settings = settings.at(address);
    let setup = staff::open_setup(&db, &settings).await?;
    announce(
        address,
        &admin,
        &db,
        setup.as_ref().map(|link| link.url.as_str()),
    );

    let is_ending = Arc::new(AtomicBool::new(false));
    if let Some(admin) = admin {
        let state = Admin {
            db: db.clone(),
            metrics,
            scopes: scopes.clone(),
            proof,
            is_ending: Arc::clone(&is_ending),
        };
        administer(admin, state, limits);
    }
    tokio::spawn(sweep(db.clone(), scopes));
    let router = http::router(http::App::new(db.clone(), settings)?);
    let cut = listener::serve(api, router, limits, async {
        signals.next().await;
        is_ending.store(true, Ordering::Relaxed);
        tracing::info!("ending: requests in flight are finished first");
    })
    .await;
    db.close().await;
    if cut > 0 {
        tracing::warn!(
            connections = cut,
            "requests did not end in time and were cut"
        );
    }
    tracing::info!("ended");
    Ok(ExitCode::from(u8::from(cut > 0)))
}

/// Answers on the second listener until the process ends, so that /ready can say that it is ending.
fn administer(listener: TcpListener, state: Admin, limits: Limits) {
    let forever = std::future::pending();
    tokio::spawn(listener::serve(
        listener,
        admin::router(state),
        limits,
        forever,
    ));
}

/// Removes what has expired, every ten minutes. Two processes that both do it harm nobody.
async fn sweep(db: Db, scopes: Scopes) {
    let mut tick = tokio::time::interval(Duration::from_mins(10));
    loop {
        tick.tick().await;
        let keys = idempotency::sweep(&db, &scopes).await;
        for swept in [keys, rate_limits::sweep(&db).await] {
            if let Err(error) = swept {
                tracing::warn!(%error, "what has expired was not removed");
            }
        }
    }
}

async fn listen(address: SocketAddr, key: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; another address can be set with {key}")
    })
}

const CANNOT: &str = "cannot open the database";

/// Brings the embedded database to head, before its guard is there.
async fn migrate(database: raptor_db::Config) -> Result<()> {
    let db = Db::open(database).await.context(CANNOT)?;
    let steps = chain::migrate_all(&db).await?;
    db.close().await;
    if steps > 0 {
        tracing::info!(
            revisions = steps,
            "the embedded database was brought to head"
        );
    }
    Ok(())
}

/// Opens the database and makes sure that serving from it is right.
async fn open(config: &Config, settings: &Settings, insecure_owner: bool) -> Result<(Db, Scopes)> {
    let (mut database, credentials) = Credentials::open(config, insecure_owner).await?;
    if config.is_embedded() {
        migrate(database.clone()).await?;
    }
    if database.engine() == Engine::Sqlite {
        database.sqlite_guard = Some(declaration::sqlite_guard()?.into());
    }
    let db = Db::open(database).await.context(CANNOT)?;
    let excess = login::excess(&db).await?;
    match (excess.is_empty(), insecure_owner) {
        (true, _) => {}
        (false, true) => tracing::warn!(
            "INSECURE: {}; the database's own guards do not hold, so keep no customers' data here",
            excess.join(", ")
        ),
        (false, false) => bail!(
            "refusing to serve: {}, so the database's own guards would not hold; \
             set DATABASE_URL to a login that owns nothing, such as raptor_app (--insecure-owner serves all the same, on a laptop)",
            excess.join(", ")
        ),
    }
    login::check_search_path(&db).await?;
    let standing = chain::status(&db).await?;
    if !standing.serves() {
        bail!("refusing to serve: {standing}; run `raptor migrate upgrade head` first");
    }
    let scopes = Scopes::new(settings.context_key.clone());
    let guard = guard::check(&db, &scopes)
        .await
        .context("refusing to serve")?;
    if guard == Guard::Nobody {
        tracing::warn!("policies: {}", guard.as_str());
    }
    tracing::info!(engine = db.engine().as_str(), chain = %standing, "the database is ready");
    if let Some(credentials) = credentials {
        tokio::spawn(credentials.watch(db.clone())?);
    }
    Ok((db, scopes))
}

/// What a person at a terminal waits for; a service runs as well without one.
fn announce(address: SocketAddr, admin: &Option<TcpListener>, db: &Db, setup: Option<&str>) {
    let engine = match db.engine() {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "Postgres",
    };
    let mut text = format!(
        "Raptor serves on http://{address} ({engine}); the API is described at http://{address}/docs\n"
    );
    if let Some(Ok(admin)) = admin.as_ref().map(TcpListener::local_addr) {
        text += &format!("Health and metrics: http://{admin}/ready, /live, /metrics\n");
    }
    if let Some(link) = setup {
        text += &format!(
            "There is no staff member yet. Create the first one (once, within 30 minutes):\n  {link}\n"
        );
    }
    if let Err(error) = terminal::answer(text) {
        tracing::debug!(%error, "nobody is told where it serves");
    }
}
