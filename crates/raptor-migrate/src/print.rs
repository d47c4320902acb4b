//! Writes a revision in the canonical form of the file format: what is read back is the same.

use crate::revision::{Call, Part, Revision, Section};
use std::fmt;

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-- raptor: id={}", self.id)?;
        list(f, "revises", &self.revises)?;
        list(f, "depends", &self.depends)?;
        list(f, "labels", &self.labels)?;
        if let Some(replaces) = &self.replaces {
            write!(f, " replaces={replaces}")?;
        }
        f.write_str("\n")?;
        self.settings(f)?;
        if let Some(title) = &self.title {
            writeln!(f, "-- {title}")?;
        }
        parts(f, "up", &self.up)?;
        if let Some(why) = &self.irreversible {
            writeln!(f, "-- raptor:down irreversible {}", quoted(why))?;
        }
        if let Some(down) = &self.down {
            parts(f, "down", down)?;
        }
        self.verify
            .iter()
            .try_for_each(|part| section(f, "verify", part))
    }
}

impl Revision {
    fn settings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = [
            (!self.transactional).then(|| " tx=off".to_owned()),
            self.phase.map(|phase| format!(" phase={}", phase.as_str())),
            self.role.as_ref().map(|role| format!(" role={role}")),
            self.lock.map(|lock| format!(" lock={lock}")),
        ];
        let settings: String = settings.into_iter().flatten().collect();
        if settings.is_empty() {
            return Ok(());
        }
        writeln!(f, "-- raptor:{settings}")
    }
}

fn list(f: &mut fmt::Formatter<'_>, key: &str, items: &[impl ToString]) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    write!(f, " {key}={}", items.join(","))
}

fn parts(f: &mut fmt::Formatter<'_>, direction: &str, parts: &[Part]) -> fmt::Result {
    for part in parts {
        match part {
            Part::Sql(part) => section(f, direction, part)?,
            Part::Call(part) => call(f, part)?,
            Part::Rebuild(part) => {
                writeln!(f, "-- raptor:rebuild {}", part.table)?;
                text(f, &part.section.text)?;
            }
        }
    }
    Ok(())
}

fn section(f: &mut fmt::Formatter<'_>, name: &str, section: &Section) -> fmt::Result {
    match section.engine {
        Some(engine) => writeln!(f, "-- raptor:{name} {engine}")?,
        None => writeln!(f, "-- raptor:{name}")?,
    }
    text(f, &section.text)
}

fn text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    if text.is_empty() {
        return Ok(());
    }
    writeln!(f, "{text}")
}

fn call(f: &mut fmt::Formatter<'_>, call: &Call) -> fmt::Result {
    write!(f, "-- raptor:call {}", call.name)?;
    for (key, value) in &call.arguments {
        let plain = !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || c == '"');
        if plain {
            write!(f, " {key}={value}")?;
        } else {
            write!(f, " {key}={}", quoted(value))?;
        }
    }
    f.write_str("\n")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
