//! Steps of the application's own, which `-- raptor:call NAME` runs: written in Rust, in batches.

use raptor_db::Session;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// What a step does for one batch; the future of [`Step::batch`].
pub type BatchFuture<'b> = Pin<Box<dyn Future<Output = raptor_db::Result<Progress>> + Send + 'b>>;

/// A step of the application's own.
///
/// It is run again and again until it answers [`Progress::Done`]. Each batch is in the transaction
/// that is open: the revision's, or with `tx=off` one of its own, which is committed together with
/// how far the step has come. A step that is killed goes on after its last committed batch.
pub trait Step: Send + Sync {
    /// Does one batch.
    ///
    /// # Errors
    /// What the database says. The batch is rolled back, and with `tx=on` the whole revision.
    fn batch<'b>(&'b self, batch: Batch<'b>) -> BatchFuture<'b>;
}

/// One batch of a step.
#[non_exhaustive]
pub struct Batch<'b> {
    /// The connection, in an open transaction.
    pub session: &'b Session,
    /// What stands behind the step's name in the file, in order.
    pub arguments: &'b [(String, String)],
    /// What the batch before answered; `None` for the first.
    pub progress: Option<&'b str>,
}

impl Batch<'_> {
    /// The argument of that name.
    pub fn argument(&self, name: &str) -> Option<&str> {
        let found = self.arguments.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// How far a step has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// There is more to do; the next batch is told this.
    More(String),
    /// The step is done.
    Done,
}

/// The steps that the application's binary has.
///
/// ```
/// use raptor_db::{Sql, params};
/// use raptor_migrate::{Batch, BatchFuture, Progress, Step, Steps};
///
/// struct LowerEmails;
///
/// impl Step for LowerEmails {
///     fn batch<'b>(&'b self, batch: Batch<'b>) -> BatchFuture<'b> {
///         static LOWER: Sql = Sql::new(
///             "UPDATE customers SET email = lower(email) WHERE id IN \
///              (SELECT id FROM customers WHERE email <> lower(email) ORDER BY id LIMIT :size)",
///         );
///         Box::pin(async move {
///             let size = batch.argument("batch").and_then(|size| size.parse().ok()).unwrap_or(1_000_i64);
///             let changed = batch.session.execute(&LOWER, params! { size }).await?;
///             Ok(if changed == 0 { Progress::Done } else { Progress::More(String::new()) })
///         })
///     }
/// }
///
/// let steps = Steps::new().with("lower_emails", LowerEmails);
/// assert_eq!(steps.names(), ["lower_emails"]);
/// ```
#[derive(Clone, Default)]
pub struct Steps(BTreeMap<String, Arc<dyn Step>>);

impl Steps {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// These and one more; the last of one name counts.
    #[must_use]
    pub fn with(mut self, name: &str, step: impl Step + 'static) -> Self {
        self.0.insert(name.to_owned(), Arc::new(step));
        self
    }

    /// Their names, in order.
    pub fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<dyn Step>> {
        self.0.get(name)
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}
