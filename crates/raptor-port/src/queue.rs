//! Work that several hands take from one queue.

use crate::error::{Error, Result};
use futures_util::future::try_join_all;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Does `work` for every item, as many at once as there are hands; the first error ends all.
pub(crate) async fn drain<H, T>(
    hands: impl IntoIterator<Item = H>,
    items: impl IntoIterator<Item = T>,
    work: impl AsyncFn(&H, T) -> Result<()>,
) -> Result<()> {
    let queue: Mutex<VecDeque<T>> = Mutex::new(items.into_iter().collect());
    let next = || {
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.pop_front()
    };
    let hands = hands.into_iter().map(|hand| {
        let (next, work) = (&next, &work);
        async move {
            while let Some(item) = next() {
                work(&hand, item).await?;
            }
            Ok::<(), Error>(())
        }
    });
    try_join_all(hands).await.map(drop)
}
