//! Whose turn it is to send on a connection.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

/// Held while what belongs together is sent.
#[derive(Clone, Default)]
pub(crate) struct Turn(Arc<Mutex<()>>);

impl Turn {
    /// Polls `work` for the first time while nobody else sends, so that what it sends then leaves in one piece.
    pub(crate) async fn in_one_piece<T>(&self, mut work: Pin<&mut impl Future<Output = T>>) -> T {
        let mut is_first = true;
        std::future::poll_fn(move |cx| {
            let alone = std::mem::take(&mut is_first)
                .then(|| self.0.lock().unwrap_or_else(PoisonError::into_inner));
            let answer = work.as_mut().poll(cx);
            drop(alone);
            answer
        })
        .await
    }
}
