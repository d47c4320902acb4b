//! What a SQLite file keeps for its users in its header.

use crate::catalog::Other;
use crate::generate::way::Way;

pub(super) fn write(from: &[Other], to: &[Other], way: &mut Way) {
    for name in ["application_id", "user_version"] {
        let (old, new) = (value(from, name), value(to, name));
        if old != new {
            way.run(format!("PRAGMA {name} = {}", new.unwrap_or("0")));
        }
    }
    let (old, new) = (value(from, "encoding"), value(to, "encoding"));
    if old != new {
        way.note(format!(
            "setting encoding: it is {} and should be {}, which only a new file can have",
            old.unwrap_or("UTF-8"),
            new.unwrap_or("UTF-8")
        ));
    }
}

fn value<'o>(settings: &'o [Other], name: &str) -> Option<&'o str> {
    let found = settings.iter().find(|it| it.name == name)?;
    found.properties.get("value")
}
