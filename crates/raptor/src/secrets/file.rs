//! A file that holds a credential, or a line of one. It is replaced as a whole: whoever reads finds the one or the other.

use anyhow::{Context, Result, bail, ensure};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::Path;

/// Who made the file alone may read it, where there was none before.
const MODE: u32 = 0o600;

/// What it holds.
pub(super) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).context("the file cannot be read")
}

/// Puts a text in its place; mode and owner stay, and so does a link that leads to it.
pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    let there = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = match there.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Under one name, so that what a process that was killed has left is gone with the next one.
    let name = there.file_name().unwrap_or_default().to_string_lossy();
    let name = format!(".{name}.new");
    match std::fs::remove_file(folder.join(&name)) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).context("what stands beside it from before cannot be removed");
        }
        _ => {}
    }
    let mut file = tempfile::Builder::new()
        .prefix(&name)
        .rand_bytes(0)
        .tempfile_in(folder)
        .context("its folder takes no file")?;
    put(file.as_file_mut(), &there, text)?;
    file.persist(&there).context("it cannot be replaced")?;
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}

/// Writes it, with mode and owner of the one that is there.
fn put(file: &mut File, there: &Path, text: &str) -> Result<()> {
    file.write_all(text.as_bytes())?;
    let mut mode = MODE;
    if let Ok(before) = std::fs::metadata(there) {
        ensure!(
            !has_acl(there),
            "it has an access control list, which a new file would not have: use mode and owner alone"
        );
        mode = before.mode() & 0o7777;
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (before.uid(), before.gid()) {
            // Of the open file, not of what has its name by now.
            fchown(&*file, Some(before.uid()), Some(before.gid()))
                .context("it would belong to somebody else than before")?;
        }
    }
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    file.sync_all()?;
    Ok(())
}

/// Whether somebody else reads it than mode and owner say.
fn has_acl(path: &Path) -> bool {
    let mut names = [0_u8; 4096];
    let read = rustix::fs::listxattr(path, &mut names[..]).unwrap_or_default();
    let mut all = names[..read].split(|byte| *byte == 0);
    all.any(|name| name == b"system.posix_acl_access")
}

/// The value of the line `NAME=…`, without quotes.
pub(super) fn read_line(path: &Path, name: &str) -> Result<String> {
    let text = read(path)?;
    match text.lines().rev().find_map(|line| Line::of(line, name)) {
        Some(line) => Ok(line.value.to_owned()),
        None => bail!("it has no line {name}=…"),
    }
}

/// Gives the line another value, in the quotes that it had; what stands behind it and all other lines stay.
pub(super) fn write_line(path: &Path, name: &str, value_now: &str) -> Result<()> {
    let text = read(path)?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let Some(at) = lines.iter().rposition(|it| Line::of(it, name).is_some()) else {
        bail!("it has no line {name}=…");
    };
    let mut out = String::with_capacity(text.len() + value_now.len());
    for (number, line) in lines.iter().enumerate() {
        match Line::of(line, name) {
            Some(before) if number == at => {
                out.extend([before.head, value_now, before.tail]);
            }
            _ => out.push_str(line),
        }
    }
    write(path, &out)
}

/// A line of an environment file: `NAME=value`, `export NAME="value"  # a comment`.
struct Line<'l> {
    /// Up to the value, with its quote.
    head: &'l str,
    value: &'l str,
    /// From the value's quote on.
    tail: &'l str,
}

impl<'l> Line<'l> {
    fn of(line: &'l str, name: &str) -> Option<Self> {
        let rest = line.trim_start();
        let rest = rest.strip_prefix("export ").unwrap_or(rest).trim_start();
        let rest = rest.strip_prefix(name)?.strip_prefix('=')?;
        let quote = rest.chars().next().filter(|it| ['"', '\''].contains(it));
        let quoted = quote.and_then(|it| rest[1..].find(it));
        let (from, length) = match quoted {
            Some(length) => (1, length),
            // A comment stands behind white space alone: a URL may hold the sign.
            None => {
                let comment = rest.find([' ', '\t']).filter(|at| {
                    let behind = rest[*at..].trim_start();
                    behind.is_empty() || behind.starts_with('#')
                });
                (0, comment.unwrap_or_else(|| rest.trim_end().len()))
            }
        };
        let begins = line.len() - rest.len() + from;
        let (head, behind) = line.split_at(begins);
        let (value, tail) = behind.split_at(length);
        Some(Self { head, value, tail })
    }
}
