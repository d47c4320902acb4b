//! How the newest proof of rights came out, how long ago, and of which declaration.

use crate::declaration;
use anyhow::{Context, Result};
use raptor_access::Kept;
use raptor_db::{Db, Engine};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::time::Duration;

/// So many seconds a proof may seem to be made after now.
const MOST_AHEAD: i64 = 60;

/// What the newest one is to be.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// So old at most.
    age: Duration,
    /// Of this declaration, as it is when somebody asks; without one of the product's own.
    file: Option<PathBuf>,
}

impl Wanted {
    /// Of the declaration in a file, or the product's own.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn new(age: Duration, file: Option<PathBuf>) -> Result<Self> {
        let wanted = Self { age, file };
        wanted.declaration()?;
        Ok(wanted)
    }

    /// The hash of the declaration.
    fn declaration(&self) -> Result<[u8; 32]> {
        let Some(file) = &self.file else {
            return Ok(Sha256::digest(declaration::TEXT).into());
        };
        let text = std::fs::read(file);
        let text = text.with_context(|| {
            let shown = file.display();
            format!(
                "the declaration {shown} (RAPTOR_ACCESS_FILE, or access.toml here) cannot be read"
            )
        })?;
        Ok(Sha256::digest(text).into())
    }

    fn name(&self) -> String {
        let own = || "Raptor's own declaration".to_owned();
        self.file
            .as_ref()
            .map_or_else(own, |it| it.display().to_string())
    }

    /// Why one is not what it is to be.
    fn lacks(&self, kept: &Kept) -> Result<Option<String>> {
        let age = Duration::from_secs(kept.age.max(0).unsigned_abs());
        Ok(if kept.age < -MOST_AHEAD {
            Some("it is dated in the future".to_owned())
        } else if age > self.age {
            let (age, most) = (spoken(age), spoken(self.age));
            Some(format!("it is {age} old, and may be {most}"))
        } else if kept.declaration != self.declaration()? {
            Some(format!(
                "it is of another declaration than what {} says now",
                self.name()
            ))
        } else {
            None
        })
    }
}

/// How it stands.
pub(crate) struct Standing {
    /// Whether it is good enough.
    pub(crate) holds: bool,
    /// The same for people.
    pub(crate) told: String,
}

/// Looks at the newest proof; without wishes any will do, and none.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn standing(db: &Db, wanted: Option<&Wanted>) -> Result<Standing> {
    let holds = |holds, told: &str| Standing {
        holds,
        told: told.to_owned(),
    };
    if db.engine() == Engine::Sqlite {
        return Ok(match wanted {
            None => holds(true, "SQLite has no rights to prove"),
            Some(_) => holds(
                false,
                "RAPTOR_PROOF_AGE asks for one, and SQLite has no rights to prove: unset it here",
            ),
        });
    }
    let Some(kept) = Kept::newest(db).await? else {
        let told = "none is kept: `raptor access prove --keep` makes one";
        return Ok(holds(wanted.is_none(), told));
    };
    let age = spoken(Duration::from_secs(kept.age.max(0).unsigned_abs()));
    if !kept.holds {
        let told = format!("does NOT hold, made {age} ago: `raptor access prove` says why");
        return Ok(holds(false, &told));
    }
    let lacks = wanted.map(|it| it.lacks(&kept)).transpose()?;
    match lacks.flatten() {
        None => Ok(holds(true, &format!("holds, made {age} ago"))),
        Some(why) => {
            let told = format!("held, but {why}: `raptor access prove --keep` makes another");
            Ok(holds(false, &told))
        }
    }
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
