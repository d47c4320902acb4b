//! What a declaration comes to, as facts: what does not follow from it is not to be.

use crate::declaration::{Declaration, Grant, Kind, Name, Verb};
use crate::facts::{Acl, Attributes, Facts, Member, Object};
use std::collections::BTreeMap;

/// What a declaration says of roles, memberships, settings and rights.
pub(crate) fn facts(declared: &Declaration, database: &str) -> Facts {
    let mut facts = Facts::default();
    for (name, role) in &declared.roles {
        let is_login = role.logins.contains(name);
        let connections = role.connections.map_or(-1, i64::from);
        facts.roles.insert(
            name.clone(),
            Attributes {
                login: is_login,
                inherit: true,
                connections: if is_login { connections } else { -1 },
                ..Attributes::default()
            },
        );
        for login in role.logins.iter().filter(|it| *it != name) {
            let attributes = Attributes {
                login: true,
                inherit: true,
                connections,
                ..Attributes::default()
            };
            facts.roles.insert(login.clone(), attributes);
            facts.members.insert(member(name, login));
        }
        for login in &role.logins {
            for (setting, value) in &role.settings {
                let of = (login.clone(), setting.clone());
                facts.settings.insert(of, value.clone());
            }
        }
        for other in &role.member_of {
            facts.members.insert(member(other, name));
        }
        if role.kind == Kind::Migrator {
            facts.members.insert(member(declared.owner(), name));
        }
    }
    rights(declared, database, &mut facts);
    facts
}

fn member(role: &str, member: &str) -> Member {
    Member {
        role: role.to_owned(),
        member: member.to_owned(),
        admin: false,
    }
}

fn rights(declared: &Declaration, database: &str, facts: &mut Facts) {
    let mut give = |object: Object, grantee: &str, verb: Verb| {
        facts.acls.insert(Acl {
            object,
            grantee: grantee.to_owned(),
            verb,
            grantable: false,
        });
    };
    let plain = |grants: &BTreeMap<String, crate::declaration::At<Grant>>| -> Vec<(String, Verb)> {
        let each = |(role, grant): (&String, &crate::declaration::At<Grant>)| {
            let verbs = grant.it.verbs().map(|(verb, _)| (role.clone(), verb));
            verbs.collect::<Vec<_>>()
        };
        grants.iter().flat_map(each).collect()
    };
    for (role, verb) in plain(&declared.database) {
        give(Object::Database(database.to_owned()), &role, verb);
    }
    for (schema, grants) in &declared.schemas {
        for (role, verb) in plain(grants) {
            give(Object::Schema(schema.clone()), &role, verb);
        }
    }
    for (name, grants) in &declared.sequences {
        for (role, verb) in plain(grants) {
            give(Object::Sequence(name.clone()), &role, verb);
        }
    }
    for (function, grants) in &declared.functions {
        for (role, verb) in plain(grants) {
            give(Object::Function(function.clone()), &role, verb);
        }
    }
    let tables = declared.tables.iter().map(|(name, it)| (name, &it.grants));
    for (name, grants) in tables.chain(&declared.views) {
        for (role, grant) in grants {
            of_relation(name, role, &grant.it, &mut give);
        }
    }
}

/// A verb of some columns is one of each of them.
fn of_relation(name: &Name, role: &str, grant: &Grant, give: &mut impl FnMut(Object, &str, Verb)) {
    for (verb, columns) in grant.verbs() {
        if columns.is_empty() {
            give(Object::Relation(name.clone()), role, verb);
        }
        for column in columns {
            give(Object::Column(name.clone(), column.clone()), role, verb);
        }
    }
}
