//! Who may do what. An object that is made has what `ALTER DEFAULT PRIVILEGES` says; so what may
//! come of it is taken back first.

use crate::catalog::{Catalog, Grant};
use crate::generate::way::Way;
use std::collections::BTreeMap;

/// What an object is in `GRANT`, and what it is called.
pub(super) struct On<'o> {
    /// `TABLE customers`.
    pub(super) what: String,
    /// `tables`, `sequences`, `functions` or `types`, as default privileges call its kind.
    pub(super) kind: &'o str,
}

/// The statements that change who may do what; `old` is none for an object that is made.
pub(super) fn change(
    on: &On<'_>,
    from: &Catalog,
    old: Option<&[Grant]>,
    new: &[Grant],
    way: &mut Way,
) -> Vec<String> {
    let mut statements = Vec::new();
    let had: Vec<Grant> = match old {
        Some(old) => old.to_vec(),
        None => {
            let (had, doubtful) = at_birth(from, on.kind);
            for role in doubtful {
                statements.push(format!("REVOKE ALL ON {} FROM {role}", on.what));
            }
            had
        }
    };
    foreign_hands(&on.what, &had, new, way);
    statements.extend(differences(&on.what, "", &plain(&had), &plain(new)));
    statements
}

/// The same for columns, each with what it had and has.
pub(super) fn of_column(on: &On<'_>, column: &str, old: &[Grant], new: &[Grant]) -> Vec<String> {
    let column = format!(" ({})", super::q(column));
    differences(&on.what, &column, &plain(old), &plain(new))
}

/// What an object of that kind has when it is made, and the roles of which that is not sure.
fn at_birth(from: &Catalog, kind: &str) -> (Vec<Grant>, Vec<String>) {
    let prefix = format!("{kind} that ");
    let mut doubtful: Vec<String> = Vec::new();
    let mut is_public_doubtful = false;
    for default in &from.default_privileges {
        if default.name.starts_with(&prefix) {
            is_public_doubtful |= default.name.ends_with("anywhere");
            doubtful.extend(default.grants.iter().map(|it| it.to.clone()));
        }
    }
    let public = match kind {
        "functions" => Some("EXECUTE"),
        "types" => Some("USAGE"),
        _ => None,
    };
    if public.is_some() && is_public_doubtful {
        doubtful.push("PUBLIC".to_owned());
    }
    doubtful.retain(|role| role != "OWNER");
    doubtful.sort();
    doubtful.dedup();
    let is_sure = !doubtful.iter().any(|role| role == "PUBLIC");
    let had = public.filter(|_| is_sure).map(|privilege| Grant {
        to: "PUBLIC".to_owned(),
        privilege: privilege.to_owned(),
        grantable: false,
        by: None,
    });
    (had.into_iter().collect(), doubtful)
}

/// Roles, and what each has with the option to hand it on or without.
type ByRole<'g> = BTreeMap<&'g str, BTreeMap<&'g str, bool>>;

fn plain(grants: &[Grant]) -> ByRole<'_> {
    let mut by_role = ByRole::new();
    for grant in grants.iter().filter(|it| is_plain(it)) {
        let role = by_role.entry(&grant.to).or_default();
        role.insert(&grant.privilege, grant.grantable);
    }
    by_role
}

fn is_plain(grant: &Grant) -> bool {
    grant.to != "OWNER" && grant.by.is_none()
}

fn differences(what: &str, column: &str, old: &ByRole<'_>, new: &ByRole<'_>) -> Vec<String> {
    let mut statements = Vec::new();
    let nothing = BTreeMap::new();
    let roles: std::collections::BTreeSet<&&str> = old.keys().chain(new.keys()).collect();
    for role in roles {
        let had = old.get(*role).unwrap_or(&nothing);
        let has = new.get(*role).unwrap_or(&nothing);
        let listed = |side: &BTreeMap<&str, bool>, is: &dyn Fn(&str, bool) -> bool| {
            let all = side.iter().filter(|(name, option)| is(name, **option));
            let all: Vec<_> = all.map(|(name, _)| format!("{name}{column}")).collect();
            (!all.is_empty()).then(|| all.join(", "))
        };
        if let Some(gone) = listed(had, &|name, _| !has.contains_key(name)) {
            statements.push(format!("REVOKE {gone} ON {what} FROM {role}"));
        }
        if let Some(less) = listed(had, &|name, option| option && has.get(name) == Some(&false)) {
            statements.push(format!(
                "REVOKE GRANT OPTION FOR {less} ON {what} FROM {role}"
            ));
        }
        if let Some(more) = listed(has, &|name, option| !option && !had.contains_key(name)) {
            statements.push(format!("GRANT {more} ON {what} TO {role}"));
        }
        let handed = |name: &str, option: bool| option && had.get(name) != Some(&true);
        if let Some(more) = listed(has, &handed) {
            statements.push(format!(
                "GRANT {more} ON {what} TO {role} WITH GRANT OPTION"
            ));
        }
    }
    statements
}

/// What an owner gave up, and what was granted by others than the owner, is said and not done.
fn foreign_hands(what: &str, old: &[Grant], new: &[Grant], way: &mut Way) {
    let rest = |grants: &[Grant]| -> Vec<Grant> {
        let mut rest: Vec<_> = grants.iter().filter(|it| !is_plain(it)).cloned().collect();
        rest.sort();
        rest
    };
    if rest(old) != rest(new) {
        way.note(format!(
            "{what}: what its owner may do with it, or what others than its owner granted, differs; grant and revoke that by hand"
        ));
    }
}
