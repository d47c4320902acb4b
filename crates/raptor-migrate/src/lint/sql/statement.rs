//! What a statement is.

use super::access::{Grant, Policy, Role};
use super::alter::AlterTable;
use super::cursor::Cursor;
use super::data::{Write, writes};
use super::index::{Index, Reindex};
use super::object::{AlterDomain, Drop, EnumValue, Object, Rename};
use super::routine::Routine;
use super::table::Table;
use super::upkeep;
use super::word::{Ident, Name, Word};
use raptor_db::Engine;

/// A statement, as far as the rules need it.
#[derive(Debug, Clone)]
pub(in crate::lint) enum Statement<'s> {
    CreateTable(Box<Table<'s>>),
    AlterTable(AlterTable<'s>),
    CreateIndex(Index<'s>),
    Reindex(Reindex),
    Drop(Drop),
    Truncate {
        tables: Vec<Name>,
        cascade: Option<usize>,
    },
    /// Something that is no table, index, policy, routine or role.
    Create {
        object: Object,
        name: Name,
        or_replace: bool,
        words: Vec<Word<'s>>,
    },
    CreateEnum(Name),
    /// A domain, and whether it demands something.
    CreateDomain {
        name: Name,
        constrained: Option<usize>,
    },
    CreateTrigger {
        name: Ident,
        table: Name,
    },
    CreateRule {
        table: Name,
    },
    Rename {
        object: Object,
        name: Name,
        to: Rename,
    },
    EnumValue(EnumValue<'s>),
    AlterDomain {
        name: Name,
        change: AlterDomain,
    },
    Writes(Vec<Write<'s>>),
    Grant(Grant),
    /// REVOKE, also as a default.
    Revoke {
        on: Option<Name>,
        from: Vec<Ident>,
        is_default: bool,
    },
    Policy(Policy<'s>),
    Role(Role<'s>),
    Routine(Routine),
    /// SET or RESET: the setting's name, whether it is LOCAL, and its value.
    Set {
        name: String,
        local: bool,
        value: Vec<Word<'s>>,
    },
    Vacuum {
        full: bool,
        tables: Vec<Name>,
    },
    Cluster(Option<Name>),
    Lock {
        tables: Vec<Name>,
        mode: String,
    },
    Refresh {
        view: Name,
        concurrently: bool,
    },
    /// PRAGMA, with its value in small letters.
    Pragma {
        name: String,
        value: Option<String>,
    },
    /// BEGIN, COMMIT, SAVEPOINT and their like.
    Control(String),
    Do,
    Other,
}

/// Reads the statement that these words are.
pub(in crate::lint) fn read<'s>(words: &[Word<'s>], engine: Engine) -> Statement<'s> {
    let mut cursor = Cursor::new(words, engine);
    statement(&mut cursor).unwrap_or(Statement::Other)
}

fn statement<'s>(cursor: &mut Cursor<'_, 's>) -> Option<Statement<'s>> {
    let first = cursor.peek()?;
    let word = first.text.to_ascii_lowercase();
    match word.as_str() {
        "with" | "insert" | "replace" | "update" | "delete" | "merge" | "copy" => {
            return Some(Statement::Writes(writes(cursor)));
        }
        "select" => return upkeep::select(cursor),
        _ => cursor.bump()?,
    };
    if word == "explain" || word == "prepare" {
        return inner(cursor, &word);
    }
    Some(match word.as_str() {
        "create" => super::create::create(cursor)?,
        "alter" => alter(cursor)?,
        "drop" => Statement::Drop(Drop::read(cursor)),
        "truncate" => {
            cursor.eat("table");
            let tables = cursor.names();
            let cascade = cursor.rest().iter().find(|word| word.is("cascade"));
            Statement::Truncate {
                tables,
                cascade: cascade.map(|word| word.at),
            }
        }
        "grant" => Statement::Grant(Grant::read(cursor, false)),
        "revoke" => revoke(cursor, false),
        "set" | "reset" => upkeep::set(cursor, &word)?,
        "vacuum" => upkeep::vacuum(cursor),
        "cluster" => upkeep::cluster(cursor),
        "reindex" => Statement::Reindex(Reindex::read(cursor)),
        "lock" => upkeep::lock(cursor),
        "refresh" => {
            cursor.eat_all(&["materialized", "view"]);
            let concurrently = cursor.eat("concurrently");
            Statement::Refresh {
                view: cursor.name()?,
                concurrently,
            }
        }
        "pragma" => upkeep::pragma(cursor)?,
        "do" => Statement::Do,
        "begin" | "commit" | "end" | "rollback" | "abort" | "savepoint" | "release" | "start" => {
            Statement::Control(word.to_ascii_uppercase())
        }
        _ => Statement::Other,
    })
}

/// The statement that EXPLAIN ANALYZE runs, and the one that PREPARE keeps for EXECUTE.
fn inner<'s>(cursor: &mut Cursor<'_, 's>, word: &str) -> Option<Statement<'s>> {
    if word == "prepare" {
        if cursor.is("transaction") {
            return Some(Statement::Control("PREPARE TRANSACTION".to_owned()));
        }
        cursor.until(|next| next.is("as"));
        return if cursor.eat("as") {
            statement(cursor)
        } else {
            None
        };
    }
    let options = cursor.group().unwrap_or_default();
    let mut runs = options.iter().any(|word| word.is("analyze"));
    while cursor.is("analyze") || cursor.is("verbose") {
        runs |= cursor.is("analyze");
        cursor.bump();
    }
    if runs { statement(cursor) } else { None }
}

fn alter<'s>(cursor: &mut Cursor<'_, 's>) -> Option<Statement<'s>> {
    if cursor.eat_all(&["default", "privileges"]) {
        cursor.until(|next| next.is("grant") || next.is("revoke"));
        if cursor.eat("grant") {
            return Some(Statement::Grant(Grant::read(cursor, true)));
        }
        return cursor.eat("revoke").then(|| revoke(cursor, true));
    }
    let object = Object::read(cursor);
    match object {
        Object::Table | Object::ForeignTable => {
            return AlterTable::read(cursor).map(Statement::AlterTable);
        }
        Object::Policy => return alter_policy(cursor),
        Object::Role => return Role::read(cursor).map(Statement::Role),
        Object::Function | Object::Procedure | Object::Routine => return routine(cursor, object),
        _ => {}
    }
    cursor.eat_if_exists();
    let name = cursor.name()?;
    if object == Object::Type
        && let Some(value) = EnumValue::read(&mut cursor.clone(), &name)
    {
        return Some(Statement::EnumValue(value));
    }
    if matches!(object, Object::Trigger | Object::Rule) && cursor.eat("on") {
        cursor.name();
    }
    Some(match Rename::read(&mut cursor.clone()) {
        Rename::Other if object == Object::Domain => Statement::AlterDomain {
            name,
            change: AlterDomain::read(cursor),
        },
        to => Statement::Rename { object, name, to },
    })
}

fn alter_policy<'s>(cursor: &mut Cursor<'_, 's>) -> Option<Statement<'s>> {
    Policy::read(cursor, false).map(Statement::Policy)
}

fn routine<'s>(cursor: &mut Cursor<'_, 's>, object: Object) -> Option<Statement<'s>> {
    let mut ahead = cursor.clone();
    let name = ahead.name()?;
    ahead.group();
    match Rename::read(&mut ahead) {
        Rename::Other => Routine::read(cursor, false, false).map(Statement::Routine),
        to => Some(Statement::Rename { object, name, to }),
    }
}

fn revoke<'s>(cursor: &mut Cursor<'_, 's>, is_default: bool) -> Statement<'s> {
    cursor.until(|next| next.is("on") || next.is("from"));
    let on = if cursor.eat("on") {
        let _ = Object::read(cursor);
        cursor.name()
    } else {
        None
    };
    cursor.until(|next| next.is("from"));
    cursor.eat("from");
    let from = cursor.names();
    let ident = |name: Name| Ident {
        text: name.name,
        at: name.at,
    };
    Statement::Revoke {
        on,
        from: from.into_iter().map(ident).collect(),
        is_default,
    }
}
