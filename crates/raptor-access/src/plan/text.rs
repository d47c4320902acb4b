//! Facts as SQL.

use crate::facts::{Acl, Attributes, Object};
pub(super) use crate::text::{full, quoted, value};

/// Everybody has no quotes.
pub(super) fn grantee(name: &str) -> String {
    match name {
        "public" => "PUBLIC".to_owned(),
        name => quoted(name),
    }
}

/// What a role is, each with the word that makes it so.
pub(super) fn flags(it: &Attributes) -> [(&'static str, bool); 7] {
    [
        ("LOGIN", it.login),
        ("SUPERUSER", it.superuser),
        ("BYPASSRLS", it.bypass_rls),
        ("CREATEROLE", it.create_role),
        ("CREATEDB", it.create_db),
        ("REPLICATION", it.replication),
        ("INHERIT", it.inherit),
    ]
}

/// `LOGIN INHERIT CONNECTION LIMIT 5`: what is not said is not so.
pub(super) fn attributes(it: &Attributes) -> String {
    let words = flags(it).into_iter().filter(|(_, is)| *is);
    let mut words: Vec<String> = words.map(|(word, _)| word.to_owned()).collect();
    if !it.inherit {
        words.push("NOINHERIT".to_owned());
    }
    if it.connections >= 0 {
        words.push(format!("CONNECTION LIMIT {}", it.connections));
    }
    words.join(" ")
}

/// What makes a role another one; only what differs, as some of it needs more rights than others.
pub(super) fn changes(is: &Attributes, wanted: &Attributes) -> String {
    let pairs = flags(is).into_iter().zip(flags(wanted));
    let differing = pairs.filter(|((_, is), (_, wanted))| is != wanted);
    let words = differing.map(|(_, (word, wanted))| match wanted {
        true => word.to_owned(),
        false => format!("NO{word}"),
    });
    let mut words: Vec<String> = words.collect();
    if is.connections != wanted.connections {
        words.push(format!("CONNECTION LIMIT {}", wanted.connections));
    }
    words.join(" ")
}

/// A verb with its columns, and what it is of.
pub(super) fn right(acl: &Acl) -> (String, String) {
    let verb = acl.verb.sql();
    match &acl.object {
        Object::Column(_, column) => (format!("{verb} ({})", quoted(column)), named(&acl.object)),
        object => (verb.to_owned(), named(object)),
    }
}

/// `TABLE "app"."notes"`.
pub(super) fn named(object: &Object) -> String {
    match object {
        Object::Database(name) => format!("DATABASE {}", quoted(name)),
        Object::Schema(name) => format!("SCHEMA {}", quoted(name)),
        Object::Relation(name) | Object::Column(name, _) => format!("TABLE {}", full(name)),
        Object::Sequence(name) => format!("SEQUENCE {}", full(name)),
        Object::Function(signature) => format!("ROUTINE {signature}"),
        Object::Type(name) => format!("TYPE {}", full(name)),
        Object::Language(name) => format!("LANGUAGE {}", quoted(name)),
        Object::Wrapper(name) => format!("FOREIGN DATA WRAPPER {}", quoted(name)),
        Object::Server(name) => format!("FOREIGN SERVER {}", quoted(name)),
        Object::LargeObject(oid) => format!("LARGE OBJECT {oid}"),
        Object::Parameter(name) => format!("PARAMETER {name}"),
        Object::Tablespace(name) => format!("TABLESPACE {}", quoted(name)),
        Object::Future { what, .. } => what.clone(),
    }
}

/// `ALTER DEFAULT PRIVILEGES FOR ROLE "owner" IN SCHEMA "app"`.
pub(super) fn future(owner: &str, schema: Option<&str>) -> String {
    let place = schema.map_or_else(String::new, |it| format!(" IN SCHEMA {}", quoted(it)));
    format!("ALTER DEFAULT PRIVILEGES FOR ROLE {}{place}", quoted(owner))
}
