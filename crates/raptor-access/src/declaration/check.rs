//! What must hold between the parts of a file.

use super::file::refused;
use super::sql::{fault_of_condition, fault_of_part};
use super::{Declaration, Kind, Name, Place, Role, Rows, Table, Verb, Way};
use crate::error::Result;
use std::collections::BTreeSet;

/// A name of Postgres's has up to so many bytes, and a policy is called `raptor_ROLE`.
const LONGEST: usize = 63;
const LONGEST_ROLE: usize = LONGEST - "raptor_".len();

/// The schema of what is made here.
pub(crate) const OWN: &str = "raptor_access";

/// Refuses what cannot be meant.
pub(super) fn check(declared: &Declaration) -> Result<()> {
    let owners: Vec<&Role> = {
        let roles = declared.roles.values();
        roles.filter(|it| it.kind == Kind::Owner).collect()
    };
    match owners[..] {
        [_] => {}
        [] => {
            return Err(refused(
                Place::default(),
                "no role is the owner: `is = \"owner\"`",
            ));
        }
        [_, second, ..] => return Err(refused(second.place, "a second owner")),
    }
    names(declared)?;
    logins(declared)?;
    scopes(declared)?;
    if let Some((name, scope)) = declared.scopes.iter().next()
        && declared.of_kind(Kind::Resolver).is_none()
    {
        let why = format!(
            "the scope {name} is found out by functions, which belong to a role of their own: one that `is = \"resolver\"`"
        );
        return Err(refused(scope.place, why));
    }
    for (name, table) in &declared.tables {
        rows(declared, name, table)?;
        appended(name, table)?;
    }
    Ok(())
}

/// Names that Postgres would cut, or that end where a list of names goes on.
fn names(declared: &Declaration) -> Result<()> {
    if declared.schema.contains([',', '"']) {
        let why = format!(
            "the schema {} has a comma or a quote in its name, which no search_path of a function can say",
            declared.schema
        );
        return Err(refused(Place::default(), why));
    }
    let own = |schema: &str| schema == OWN;
    let names = declared.tables.keys().chain(declared.views.keys());
    let mut names = names.chain(declared.sequences.keys());
    if own(&declared.schema)
        || declared.schemas.contains_key(OWN)
        || names.any(|it| own(&it.schema))
        || declared
            .functions
            .keys()
            .any(|it| it.split_once('.').is_some_and(|(it, _)| own(it)))
    {
        let why =
            format!("{OWN} is the schema of what guards rows, and nothing else is declared in it");
        return Err(refused(place_in_own(declared), why));
    }
    for (name, role) in &declared.roles {
        let too_long = |name: &str, longest: usize| {
            let why = format!("{name} is longer than {longest} bytes");
            (name.len() > longest).then(|| refused(role.place, why))
        };
        let mut all = role.logins.iter().map(|it| too_long(it, LONGEST));
        let all = all.find_map(|it| it);
        if let Some(error) = too_long(name, LONGEST_ROLE).or(all) {
            return Err(error);
        }
    }
    Ok(())
}

/// The first table that is declared in it, if it is one.
fn place_in_own(declared: &Declaration) -> Place {
    let mut tables = declared.tables.iter();
    let found = tables.find(|(name, _)| name.schema == OWN);
    found.map_or_else(Place::default, |(_, it)| it.place)
}

/// What stands in the file of SQL is a part of a function.
fn scopes(declared: &Declaration) -> Result<()> {
    for (name, scope) in &declared.scopes {
        let fault = match &scope.way {
            Way::Token { when, .. } => fault_of_condition(when).map(|why| format!("`when`: {why}")),
            Way::Query { text, .. } => fault_of_part(text).map(|why| format!("`text`: {why}")),
            Way::Signed => None,
        };
        let length = scope
            .type_name
            .contains('(')
            .then(|| "its type has no length: a value would be cut to it".to_owned());
        if let Some(why) = fault.or(length) {
            return Err(refused(scope.place, format!("the scope {name}: {why}")));
        }
    }
    Ok(())
}

/// A login inherits one role, so that what it may is what the role may.
fn logins(declared: &Declaration) -> Result<()> {
    let mut seen = BTreeSet::new();
    for (name, role) in &declared.roles {
        for login in &role.logins {
            if !seen.insert(login) {
                return Err(refused(
                    role.place,
                    format!("the login {login} is of two roles"),
                ));
            }
            if login != name && declared.roles.contains_key(login) {
                return Err(refused(role.place, format!("{login} is a role of its own")));
            }
        }
    }
    Ok(())
}

/// Where rows belong to somebody, each role that may do something says which it sees.
fn rows(declared: &Declaration, name: &Name, table: &Table) -> Result<()> {
    for which in table.rows.values() {
        let Rows::Of(seen) = &which.it else {
            continue;
        };
        let mut seen = seen.iter();
        if let Some(it) = seen.find(|it| !declared.scopes.contains_key(&it.scope)) {
            let why = format!("there is no scope {}; `all` is every row", it.scope);
            return Err(refused(which.place, why));
        }
    }
    if table.tenant.is_none() && table.rows.is_empty() {
        return Ok(());
    }
    let mut granted = table.grants.iter();
    match granted.find(|(role, _)| !table.rows.contains_key(*role)) {
        Some((role, grant)) => {
            let why = format!(
                "which rows of {name} does {role} see? `rows.{role}` is a scope or \"all\""
            );
            Err(refused(grant.place, why))
        }
        None => Ok(()),
    }
}

fn appended(name: &Name, table: &Table) -> Result<()> {
    const CHANGING: [Verb; 3] = [Verb::Update, Verb::Delete, Verb::Truncate];
    if !table.append_only {
        return Ok(());
    }
    for (role, grant) in &table.grants {
        if let Some(verb) = CHANGING.into_iter().find(|it| grant.it.of(*it).is_some()) {
            let why = format!("{name} is append_only, and {role} may {verb}");
            return Err(refused(grant.place, why));
        }
        if grant.it.of(Verb::Insert).is_some_and(BTreeSet::is_empty) {
            let why = format!(
                "{name} is append_only: name the columns that {role} writes, as the others, such as a number or a time, are the database's"
            );
            return Err(refused(grant.place, why));
        }
    }
    Ok(())
}
