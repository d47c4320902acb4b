//! One clone: made from the template, inspected after a test, reset or destroyed.
//!
//! Each has one idle connection of ours for all its life, because a new one per test would cost
//! more than all the rest of the reset.

mod reset;
mod watch;

use super::layout::Layout;
use super::verdict::{Dirty, Verdict};
use super::{Cluster, TEMPLATE};
use crate::client::{self, quoted};
use crate::error::{Error, Result};
use crate::urls::{OWNER, Urls};
use futures_util::future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio_postgres::Client;
use watch::Watch;

/// How long a test's connections may take to close after the test: a pool that was dropped inside
/// a runtime closes them when that runtime gets to it.
const GRACE: Duration = Duration::from_secs(1);

/// See the module.
pub(crate) struct CloneDatabase {
    urls: Urls,
    oid: u32,
    client: Client,
    watch: Watch,
}

impl CloneDatabase {
    /// Makes one. The first one tells what the template looks like.
    pub(crate) async fn make(cluster: &Cluster) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let name = format!("raptor_test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let failed = |cause| Error::sql(&format!("make database {name}"), &cause);
        let create = format!(
            "CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER {OWNER}{}",
            cluster.server.strategy()
        );
        let maker = cluster.maker.lock().await;
        maker.batch_execute(&create).await.map_err(failed)?;
        maker.batch_execute(&liken(&name)).await.map_err(failed)?;
        drop(maker);
        let client = client::connect(cluster.server.place(), &name).await?;
        let layout = cluster
            .layout
            .get_or_try_init(|| Layout::read(&client))
            .await?;
        let oid = client
            .query_one(
                "SELECT oid FROM pg_database WHERE datname = current_database()",
                &[],
            )
            .await
            .map_err(failed)?
            .get(0);
        let exact = cluster.server.major_version() >= 15;
        let watch = Watch::begin(&client, oid, layout, exact)
            .await
            .map_err(failed)?;
        Ok(Self {
            urls: Urls::over_socket(cluster.place(), &name),
            oid,
            client,
            watch,
        })
    }

    pub(crate) fn urls(&self) -> &Urls {
        &self.urls
    }

    /// Waits until the test's connections are gone, and sees what it has done. An error means that
    /// our connection broke, which it does not do by itself.
    pub(crate) async fn verdict(
        &self,
        cluster: &Cluster,
    ) -> Result<Verdict, tokio_postgres::Error> {
        let begun = Instant::now();
        let name = self.urls.database();
        let mut pause = Duration::from_micros(500);
        // Sessions that are being emptied are known without asking the server.
        while cluster.is_in_use(name) && begun.elapsed() < GRACE {
            tokio::time::sleep(pause).await;
        }
        loop {
            let parked = cluster.parked(name);
            let seen = self.watch.look(&self.client, self.oid, &parked).await?;
            if seen.others > 0 && begun.elapsed() < GRACE {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_millis(20));
                continue;
            }
            return Ok(if !cluster.globals.are(&seen.globals) {
                Verdict::RolesTouched
            } else if seen.others > 0 {
                Verdict::Spoilt
            } else {
                self.watch.compare(&seen)
            });
        }
    }

    /// Puts back what was written, and begins to watch anew. After an error the clone is unfit.
    pub(crate) async fn reset(
        &mut self,
        layout: &Layout,
        dirty: &Dirty,
    ) -> Result<(), tokio_postgres::Error> {
        let last = reset::put_back(&self.client, layout, dirty).await?;
        // Sent together and done in this order.
        let reset = self.client.batch_execute(&last);
        let ((), counted) = future::try_join(reset, self.watch.count(&self.client)).await?;
        self.watch.begin_anew(counted);
        Ok(())
    }

    /// Drops it with all connections to it. A clone that cannot be dropped goes with the server.
    pub(crate) async fn destroy(self, admin: &Client) {
        // A drop waits for every backend of the server to take note of it, and one that is in the
        // middle of a COPY does not: those of this database must not be left for the drop to end.
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        self.client.batch_execute(end).await.ok();
        let prepared = "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()";
        for row in self.client.query(prepared, &[]).await.unwrap_or_default() {
            let gid: String = row.get(0);
            let end = format!("ROLLBACK PREPARED '{}'", gid.replace('\'', "''"));
            self.client.batch_execute(&end).await.ok();
        }
        drop(self.client);
        // The test may have renamed or even dropped it.
        let name = "SELECT datname FROM pg_database WHERE oid = $1";
        if let Ok(Some(row)) = admin.query_opt(name, &[&self.oid]).await {
            let name: String = row.get(0);
            let drop = format!("DROP DATABASE {} WITH (FORCE)", quoted(&name));
            admin.batch_execute(&drop).await.ok();
        }
    }
}

/// `CREATE DATABASE` leaves behind what the catalogs of the whole server say of the template: who
/// may connect, how many, and the settings that a closure gave it.
fn liken(name: &str) -> String {
    format!(
        "UPDATE pg_database c SET datdba = t.datdba, datacl = t.datacl, datconnlimit = t.datconnlimit
         FROM pg_database t WHERE t.datname = '{TEMPLATE}' AND c.datname = '{name}'
         AND (c.datdba, c.datacl::text, c.datconnlimit)
             IS DISTINCT FROM (t.datdba, t.datacl::text, t.datconnlimit);
         INSERT INTO pg_db_role_setting
         SELECT c.oid, s.setrole, s.setconfig FROM pg_db_role_setting s
         JOIN pg_database t ON t.oid = s.setdatabase AND t.datname = '{TEMPLATE}'
         JOIN pg_database c ON c.datname = '{name}'"
    )
}
