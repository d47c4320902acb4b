//! What is looked at after a test, in one flight, and what a clean clone shows there.
//!
//! Only looks: nothing here writes.

use crate::cluster::globals::SUM;
use crate::cluster::layout::{Layout, Reset};
use crate::cluster::verdict::{Dirty, Verdict};
use futures_util::future;
use tokio_postgres::{Client, Row, Statement};

/// Rows written by one test, above which a new clone is cheaper than a reset.
const MOST_ROWS: i64 = 20_000;

/// Rows written in a clone's life, above which it is replaced: nothing vacuums it.
const MOST_ROWS_EVER: i64 = 200_000;

/// A replica fires no ordinary trigger, rule or foreign key: each table is put right by itself. Set
/// once, because setting it throws all plans away. Restored rows go through functions that find what
/// they would find for a login of ours.
const SETTINGS: &str = "
SET session_replication_role = replica;
SET search_path = raptor, pg_catalog;
SET plan_cache_mode = force_generic_plan";

const OTHERS: &str = "
SELECT count(*) FROM pg_stat_get_activity(NULL) WHERE datid = $1
AND pid <> pg_backend_pid() AND pid <> ALL ($2)";

/// What the server's own catalogs say of this database, and its prepared transactions.
const OWN: &str = "concat_ws('|',
    (SELECT (datname, datdba, datacl, datconnlimit, datallowconn, datistemplate)::text
     FROM pg_database WHERE oid = $1),
    (SELECT string_agg(s::text, '|' ORDER BY s.setrole) FROM pg_db_role_setting s
     WHERE setdatabase = $1),
    (SELECT array_agg(gid)::text FROM pg_prepared_xacts WHERE database = current_database()))";

/// The prepared statements that look, and what they saw when the clone was clean.
pub(super) struct Watch {
    others: Statement,
    counts: Statement,
    state: Statement,
    own: String,
    counted: Counts,
    /// Whether the counts are to be trusted.
    exact: bool,
    /// Per table whether it can be reset.
    resettable: Vec<bool>,
}

/// What one look saw.
pub(super) struct Seen {
    /// Connections other than ours. Only with none are the counts whole.
    pub(super) others: i64,
    pub(super) globals: String,
    own: String,
    counts: Counts,
}

/// What was ever written.
#[derive(PartialEq, Eq)]
pub(super) struct Counts {
    catalogs: i64,
    tables: Vec<i64>,
    sequences: Vec<i64>,
    since: Option<String>,
}

impl Counts {
    fn read(row: &Row) -> Self {
        Self {
            catalogs: row.get(0),
            tables: row.get(1),
            sequences: row.get(2),
            since: row.get(3),
        }
    }
}

impl Watch {
    /// Begins with a clean clone.
    pub(super) async fn begin(
        client: &Client,
        oid: u32,
        layout: &Layout,
        exact: bool,
    ) -> Result<Self, tokio_postgres::Error> {
        client.batch_execute(SETTINGS).await?;
        let state = format!("SELECT {OWN}, {SUM}");
        let (others, state, counts) = future::try_join3(
            client.prepare(OTHERS),
            client.prepare(&state),
            client.prepare(&layout.counts),
        )
        .await?;
        let resettable = layout
            .tables
            .iter()
            .map(|table| !matches!(table.reset, Reset::Impossible))
            .collect();
        Ok(Self {
            own: client.query_one(&state, &[&oid]).await?.get(0),
            counted: Counts::read(&client.query_one(&counts, &[]).await?),
            others,
            counts,
            state,
            exact,
            resettable,
        })
    }

    /// Looks once. The driver sends in this order and the server answers in this order, so that
    /// connections which were gone had counted all they wrote.
    pub(super) async fn look(
        &self,
        client: &Client,
        oid: u32,
        parked: &[i32],
    ) -> Result<Seen, tokio_postgres::Error> {
        let oid: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&oid, &parked];
        let (others, state, counts) = future::try_join3(
            client.query_one(&self.others, &oid),
            client.query_one(&self.state, &oid[..1]),
            client.query_one(&self.counts, &[]),
        )
        .await?;
        Ok(Seen {
            others: others.get(0),
            own: state.get(0),
            globals: state.get(1),
            counts: Counts::read(&counts),
        })
    }

    /// What a test has done, from the difference.
    pub(super) fn compare(&self, seen: &Seen) -> Verdict {
        let (was, is) = (&self.counted, &seen.counts);
        if !self.exact
            || self.own != seen.own
            || was.catalogs != is.catalogs
            || was.since != is.since
        {
            return Verdict::Spoilt;
        }
        let dirty = Dirty {
            tables: differing(&was.tables, &is.tables),
            sequences: differing(&was.sequences, &is.sequences),
        };
        let rows: i64 = dirty
            .tables
            .iter()
            .map(|&at| is.tables[at] - was.tables[at])
            .sum();
        if rows > MOST_ROWS
            || is.tables.iter().sum::<i64>() > MOST_ROWS_EVER
            || dirty.tables.iter().any(|&at| !self.resettable[at])
        {
            Verdict::Spoilt
        } else if dirty == Dirty::default() {
            Verdict::Untouched
        } else {
            Verdict::Dirty(dirty)
        }
    }

    pub(super) async fn count(&self, client: &Client) -> Result<Counts, tokio_postgres::Error> {
        Ok(Counts::read(&client.query_one(&self.counts, &[]).await?))
    }

    /// Takes what was counted for clean.
    pub(super) fn begin_anew(&mut self, counted: Counts) {
        self.counted = counted;
    }
}

fn differing(was: &[i64], is: &[i64]) -> Vec<usize> {
    (0..is.len()).filter(|&at| was[at] != is[at]).collect()
}
