//! How the newest proof of rights came out, and how long ago.

use anyhow::Result;
use raptor_access::Kept;
use raptor_db::{Db, Engine};
use std::time::Duration;

/// How it stands.
pub(crate) struct Standing {
    /// Whether it is good enough.
    pub(crate) holds: bool,
    /// The same for people.
    pub(crate) told: String,
}

/// Looks at the newest proof; it may be so old at most, or of any age.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn standing(db: &Db, most: Option<Duration>) -> Result<Standing> {
    let holds = |holds, told: &str| Standing {
        holds,
        told: told.to_owned(),
    };
    if db.engine() == Engine::Sqlite {
        return Ok(holds(most.is_none(), "SQLite has no rights to prove"));
    }
    let Some(kept) = Kept::newest(db).await? else {
        let told = "none is kept: `raptor access prove --keep` makes one";
        return Ok(holds(most.is_none(), told));
    };
    let age = Duration::from_secs(kept.age.max(0).unsigned_abs());
    let is_fresh = most.is_none_or(|most| age <= most);
    let word = match (kept.holds, is_fresh) {
        (false, _) => "does NOT hold",
        (true, true) => "holds",
        (true, false) => "held, and is too old",
    };
    Ok(Standing {
        holds: kept.holds && is_fresh,
        told: format!("{word}, made {} ago", spoken(age)),
    })
}

/// `3 h`: to the largest unit.
fn spoken(age: Duration) -> String {
    let seconds = age.as_secs();
    for (unit, length) in [("d", 86_400), ("h", 3_600), ("min", 60)] {
        if seconds >= length {
            return format!("{} {unit}", seconds / length);
        }
    }
    format!("{seconds} s")
}
