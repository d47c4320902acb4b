//! A file that holds a credential, or a line of one. It is replaced as a whole: whoever reads finds the one or the other.

use anyhow::{Context, Result, bail, ensure};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

/// Who made the file alone may read it, where there was none before.
const MODE: u32 = 0o600;

/// What it holds.
pub(super) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).context("no such file can be read")
}

/// Puts a text in its place; mode and owner stay, and so does a link that leads to it.
pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    let there = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = match there.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder).context("its folder takes no file")?;
    file.write_all(text.as_bytes())?;
    let mut mode = MODE;
    if let Ok(before) = std::fs::metadata(&there) {
        ensure!(
            !has_acl(&there),
            "it has an access control list, which a new file would not have: use mode and owner alone"
        );
        mode = before.mode() & 0o7777;
        let own = file.as_file().metadata()?;
        if (own.uid(), own.gid()) != (before.uid(), before.gid()) {
            chown(file.path(), Some(before.uid()), Some(before.gid()))
                .context("it would belong to somebody else than before")?;
        }
    }
    file.as_file()
        .set_permissions(std::fs::Permissions::from_mode(mode))?;
    file.as_file().sync_all()?;
    file.persist(&there).context("it cannot be replaced")?;
    std::fs::File::open(folder)?.sync_all()?;
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
    match text.lines().rev().find_map(|line| value(line, name)) {
        Some(value) => Ok(unquoted(value).1.to_owned()),
        None => bail!("it has no line {name}=…"),
    }
}

/// Gives the line another value, in the quotes that it had; all other lines stay.
pub(super) fn write_line(path: &Path, name: &str, value_now: &str) -> Result<()> {
    let text = read(path)?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let Some(at) = lines.iter().rposition(|it| value(it, name).is_some()) else {
        bail!("it has no line {name}=…");
    };
    let mut out = String::with_capacity(text.len() + value_now.len());
    for (number, line) in lines.iter().enumerate() {
        match value(line, name) {
            Some(before) if number == at => {
                let head = &line[..line.len() - before.len()];
                let (quote, _) = unquoted(before);
                let end = before.trim_end().len();
                out.push_str(&format!(
                    "{head}{quote}{value_now}{quote}{}",
                    &before[end..]
                ));
            }
            _ => out.push_str(line),
        }
    }
    write(path, &out)
}

/// What stands behind `NAME=` or `export NAME=`.
fn value<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let line = line.trim_start();
    let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
    line.strip_prefix(name)?.strip_prefix('=')
}

/// A value with the quotes it stands in.
fn unquoted(value: &str) -> (&str, &str) {
    let value = value.trim_end();
    for quote in ["\"", "'"] {
        let inner = value
            .strip_prefix(quote)
            .and_then(|it| it.strip_suffix(quote));
        if let Some(inner) = inner {
            return (quote, inner);
        }
    }
    ("", value)
}
