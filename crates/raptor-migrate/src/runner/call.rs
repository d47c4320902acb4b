//! Runs a step of the application's own, batch by batch.

use super::stop::Stop;
use crate::error::{Error, Result};
use crate::place::Place;
use crate::revision::Call;
use crate::steps::{Batch, Progress, Step};
use raptor_db::Session;

/// All batches in the transaction that is open.
pub(super) async fn to_its_end(
    session: &Session,
    call: &Call,
    step: &dyn Step,
    stop: &Stop,
) -> Result<()> {
    let mut progress = None;
    while let Progress::More(so_far) = batch(session, call, step, progress.as_deref()).await? {
        progress = Some(so_far);
        stop.go_on()?;
    }
    Ok(())
}

/// One batch in the transaction that is open.
pub(super) async fn batch(
    session: &Session,
    call: &Call,
    step: &dyn Step,
    progress: Option<&str>,
) -> Result<Progress> {
    let batch = Batch {
        session,
        arguments: &call.arguments,
        progress,
    };
    step.batch(batch).await.map_err(|error| {
        let place = Place {
            line: call.line,
            column: 1,
        };
        Error::failed(
            &format!(
                "the step {} failed, and its batch was rolled back",
                call.name
            ),
            error,
        )
        .at(place)
    })
}
