//! What a process writes: read all the time, so that it never waits for us, and kept in part.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;
use tokio::task::JoinHandle;

/// How much of each is kept, from the end.
const KEPT: usize = 64 * 1024;

/// The ends of standard output and standard error.
pub(super) struct Output {
    out: (Kept, Option<JoinHandle<()>>),
    error: (Kept, Option<JoinHandle<()>>),
}

type Kept = Arc<Mutex<Vec<u8>>>;

impl Output {
    pub(super) fn of(child: &mut Child) -> Self {
        Self {
            out: reading(child.stdout.take()),
            error: reading(child.stderr.take()),
        }
    }

    /// The last line it wrote, of errors first, once it has ended.
    pub(super) async fn last_words(&self) -> String {
        for (kept, task) in [&self.error, &self.out] {
            // A grandchild may hold the pipe open for longer.
            for _ in 0..20 {
                if task.as_ref().is_none_or(JoinHandle::is_finished) {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            let bytes = kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let text = String::from_utf8_lossy(&bytes);
            if let Some(line) = last_line(&text) {
                return line;
            }
        }
        "it wrote nothing".to_owned()
    }
}

/// The last line that says something, and where it was if Python says so: `File "x", line 3`.
fn last_line(text: &str) -> Option<String> {
    let mut lines = text
        .lines()
        .rev()
        .map(str::trim)
        .filter(|it| !it.is_empty());
    let last = lines.find(|line| !line.starts_with("(Background on this error"))?;
    let place = text
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| line.starts_with("File \"") && !line.contains("site-packages"));
    Some(match place {
        Some(place) if text.contains("Traceback") => {
            format!("{last} ({})", place.trim_end_matches(", in <module>"))
        }
        _ => last.to_owned(),
    })
}

fn reading(
    from: Option<impl AsyncRead + Unpin + Send + 'static>,
) -> (Kept, Option<JoinHandle<()>>) {
    let kept = Kept::default();
    let to = Arc::clone(&kept);
    let task = from.map(|mut from| {
        tokio::spawn(async move {
            let mut buffer = vec![0; 8 * 1024];
            while let Ok(count @ 1..) = from.read(&mut buffer).await {
                let mut kept = to.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend_from_slice(&buffer[..count]);
                let over = kept.len().saturating_sub(KEPT);
                kept.drain(..over);
            }
        })
    });
    (kept, task)
}
