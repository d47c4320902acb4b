//! Sequences, those of identity columns too.

use super::grants::{self, On};
use super::needs::{Unit, Units};
use super::{Sides, comment, q};
use crate::catalog::Sequence;
use crate::generate::way::Way;
use crate::generate::words::plain;
use raptor_db::lexer::{self, TokenKind};

pub(super) fn write(sides: &Sides<'_>, units: &mut Units, way: &mut Way) {
    for new in &sides.to.sequences {
        let old = sides.from.sequences.iter().find(|it| it.name == new.name);
        let name = q(&new.name);
        let mut unit = Unit::new(&new.name);
        match old {
            None => {
                let logged = match new.properties.get("persistence") {
                    Some("unlogged") => "UNLOGGED ",
                    _ => "",
                };
                let options = spaced(shown(&new.options, false));
                unit.run(format!("CREATE {logged}SEQUENCE {name}{options}"));
            }
            Some(old) => {
                let mut options = differing(&old.options, &new.options);
                if begins_anew(&old.options, &new.options) {
                    options.push("RESTART".to_owned());
                    way.note(anew(&format!("sequence {}", new.name)));
                }
                if !options.is_empty() {
                    unit.run(format!("ALTER SEQUENCE {name} {}", options.join(" ")));
                }
                let persistence =
                    |it: &Sequence| it.properties.get("persistence").map(str::to_owned);
                if persistence(old) != persistence(new) {
                    let word = if persistence(new).is_some() {
                        "UNLOGGED"
                    } else {
                        "LOGGED"
                    };
                    unit.run(format!("ALTER SEQUENCE {name} SET {word}"));
                }
            }
        }
        let on = On {
            what: format!("SEQUENCE {name}"),
            kind: "sequences",
        };
        let said = comment(
            &on.what,
            old.and_then(|it| it.comment.as_deref()),
            new.comment.as_deref(),
        );
        said.into_iter().for_each(|it| unit.run(it));
        let had = old.map(|it| it.grants.as_slice());
        for statement in grants::change(&on, sides.from, had, &new.grants, way) {
            unit.run(statement);
        }
        units.add(unit);
    }
}

/// Lets sequences go from columns that go, or with which they are no longer to go.
pub(super) fn let_go(sides: &Sides<'_>, way: &mut Way) {
    for new in &sides.to.sequences {
        let old = sides.from.sequences.iter().find(|it| it.name == new.name);
        let Some(owner) = old.and_then(|it| it.owned_by.as_deref()) else {
            continue;
        };
        if new.owned_by.as_deref() != Some(owner) || goes(sides, owner) {
            way.run(format!("ALTER SEQUENCE {} OWNED BY NONE", q(&new.name)));
        }
    }
}

/// Whether `TABLE.COLUMN` goes, with what it owns.
pub(super) fn goes(sides: &Sides<'_>, owner: &str) -> bool {
    let names = names(owner);
    let (Some(relation), Some(column)) = (names.first(), names.get(1)) else {
        return false;
    };
    let Some(old) = sides.before(relation) else {
        return true;
    };
    let now = sides.to.relation(relation).and_then(|it| it.column(column));
    let was = old.column(column);
    match (was, now) {
        (Some(was), Some(now)) => super::loose::is_recomputed(was, now),
        _ => true,
    }
}

/// Gives sequences to the columns with which they go.
pub(super) fn owners(sides: &Sides<'_>, way: &mut Way) {
    for new in &sides.to.sequences {
        let old = sides.from.sequences.iter().find(|it| it.name == new.name);
        let had = old.and_then(|it| it.owned_by.as_deref());
        if let Some(owner) = &new.owned_by
            && (had != Some(owner) || goes(sides, owner))
        {
            way.run(format!("ALTER SEQUENCE {} OWNED BY {owner}", q(&new.name)));
        }
    }
}

/// The names of `a."b c"`.
pub(super) fn names(text: &str) -> Vec<String> {
    let tokens = lexer::tokens(text).unwrap_or_default();
    let names = tokens
        .iter()
        .filter(|it| matches!(it.kind, TokenKind::Word | TokenKind::QuotedIdent));
    names.map(|it| plain(it.text(text))).collect()
}

/// The options of an identity that are not what they are without a word.
pub(super) fn identity_options(options: &str) -> Vec<String> {
    shown(options, true)
}

pub(super) fn identity_changes(old: &str, new: &str) -> Vec<String> {
    let mut changes = differing(old, new);
    // It follows the column's.
    changes.retain(|it| !it.starts_with("AS "));
    changes
}

/// The value of an option.
pub(super) fn option(options: &str, word: &str) -> Option<String> {
    let found = cut(options).into_iter().find(|(it, _)| *it == word)?;
    Some(found.1)
}

/// Whether a sequence may stand where it may not from now on: it counts the other way, or its start
/// is out of its bounds.
pub(super) fn begins_anew(old: &str, new: &str) -> bool {
    let number = |options, word| option(options, word).and_then(|it| it.parse::<i64>().ok());
    let falls = |options| number(options, "INCREMENT BY").is_some_and(|it| it < 0);
    let (low, high) = (number(new, "MINVALUE"), number(new, "MAXVALUE"));
    let start = number(old, "START WITH");
    falls(old) != falls(new) || start < low || start > high
}

/// The note that says so.
pub(super) fn anew(what: &str) -> String {
    format!(
        "{what}: it begins anew, as where it stands may be out of its bounds; rows that have its new numbers already are to be seen to"
    )
}

/// What stands behind the options of an identity whose sequence is logged and its table is not, or
/// the other way round.
const UNLIKE: &str = " not as lasting as its table";

pub(super) fn is_unlike_its_table(options: &str) -> bool {
    options.ends_with(UNLIKE)
}

/// `AS t START WITH 1 …` cut into options.
fn cut(options: &str) -> Vec<(&'static str, String)> {
    let options = options.trim_end_matches(UNLIKE);
    const WORDS: [&str; 6] = [
        "AS",
        "START WITH",
        "INCREMENT BY",
        "MINVALUE",
        "MAXVALUE",
        "CACHE",
    ];
    let mut all = Vec::new();
    for word in WORDS {
        let Some((_, rest)) = options.split_once(&format!("{word} ")) else {
            continue;
        };
        let value = rest.split(' ').next().unwrap_or_default();
        all.push((word, value.to_owned()));
    }
    let cycles = if options.ends_with(" CYCLE") {
        "CYCLE"
    } else {
        "NO CYCLE"
    };
    all.push((cycles, String::new()));
    all
}

fn written((word, value): (&'static str, String)) -> String {
    format!("{word} {value}").trim_end().to_owned()
}

fn differing(old: &str, new: &str) -> Vec<String> {
    let old = cut(old);
    let changed = cut(new).into_iter().filter(|it| !old.contains(it));
    changed.map(written).collect()
}

/// All but what a sequence of its type has anyway.
fn shown(options: &str, is_identity: bool) -> Vec<String> {
    let all = cut(options);
    let type_name = all.iter().find(|(word, _)| *word == "AS");
    let most = match type_name.map(|(_, name)| name.as_str()) {
        Some("smallint") => "32767",
        Some("integer") => "2147483647",
        _ => "9223372036854775807",
    };
    let is_shown = |(word, value): &(&'static str, String)| match *word {
        "AS" => !is_identity && value != "bigint",
        "MAXVALUE" => value != most,
        "NO CYCLE" => false,
        "CYCLE" => true,
        _ => value != "1",
    };
    all.into_iter().filter(is_shown).map(written).collect()
}

fn spaced(options: Vec<String>) -> String {
    options.iter().map(|it| format!(" {it}")).collect()
}
