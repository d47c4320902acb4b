//! Whom the server runs as: Postgres refuses root.
//!
//! An ordinary user runs it as themselves. Root runs it as an unprivileged user that the machine
//! has already, changed to with `setuid` in the child: no `su`, no shell of that user, no new user.

use crate::error::{Error, ErrorKind, Result};
use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Preferred names, best first: a user made for Postgres, then one made for nobody.
const PREFERRED: [&str; 4] = ["postgres", "_postgres", "nobody", "daemon"];

/// A user and its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ids {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// The user that a server's processes and files belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    /// The one we run as.
    Own,
    /// Another one, because we are root.
    Other(Ids),
}

impl Account {
    /// The account for this process.
    ///
    /// # Errors
    /// [`ErrorKind::Account`] when root finds no other user in `/etc/passwd`.
    pub(crate) fn choose() -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        any_named().map(Self::Other).ok_or_else(|| {
            Error::new(
                ErrorKind::Account,
                "Postgres does not run as root, and /etc/passwd has no other user to run it as; \
                 add one (`useradd --system postgres`) or run as an ordinary user",
            )
        })
    }

    /// Makes a program run under this account, in no group of ours.
    pub(crate) fn put_on(self, command: &mut Command) {
        if let Self::Other(Ids { uid, gid }) = self {
            command.uid(uid).gid(gid);
        }
    }

    /// Gives a file or folder to this account.
    pub(crate) fn give(self, path: &Path) -> Result<()> {
        match self {
            Self::Own => Ok(()),
            Self::Other(Ids { uid, gid }) => chown(path, Some(uid), Some(gid))
                .map_err(|cause| Error::io(&format!("give to user {uid}"), path, &cause)),
        }
    }
}

/// The best unprivileged user that has a name here.
pub(crate) fn any_named() -> Option<Ids> {
    // A machine without the file has no such user, which is what the caller reports.
    unprivileged(&fs::read_to_string("/etc/passwd").unwrap_or_default())
}

/// The best unprivileged user of a passwd file: [`PREFERRED`], else the first that is not root.
fn unprivileged(passwd: &str) -> Option<Ids> {
    let users: Vec<(&str, Ids)> = passwd.lines().filter_map(user).collect();
    PREFERRED
        .iter()
        .find_map(|wanted| users.iter().find(|(name, _)| name == wanted))
        .or_else(|| users.first())
        .map(|(_, ids)| *ids)
}

/// `name:password:uid:gid:…`, unless it is root or in root's group.
fn user(line: &str) -> Option<(&str, Ids)> {
    let mut fields = line.split(':');
    let name = fields.next()?;
    let mut id = || fields.next()?.parse::<u32>().ok().filter(|id| *id != 0);
    // The password field is no number; skip it by asking for it.
    id();
    let (uid, gid) = (id()?, id()?);
    Some((name, Ids { uid, gid }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_made_for_postgres_comes_first_and_root_never() {
        let passwd = "root:x:0:0::/root:/bin/sh\nsync:x:4:65534::/bin:/bin/sync\n\
                      toor:x:0:0::/:/bin/sh\nnobody:x:65534:65533::/:/bin/false\n";
        let nobody = Ids {
            uid: 65534,
            gid: 65533,
        };
        assert_eq!(unprivileged(passwd), Some(nobody));
        let postgres = Ids { uid: 70, gid: 71 };
        let with = format!("{passwd}postgres:x:70:71::/:/bin/sh\n");
        assert_eq!(unprivileged(&with), Some(postgres));
        assert_eq!(
            unprivileged("root:x:0:0::/root:/bin/sh\na:x:7:8::/:/bin/sh\n"),
            Some(Ids { uid: 7, gid: 8 })
        );
        assert_eq!(unprivileged("root:x:0:0::/root:/bin/sh\n"), None);
    }
}
