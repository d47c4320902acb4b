//! The steps to who is a member of what.

use super::{Plan, text};
use crate::facts::{Attributes, Facts, Member, Membership};

/// Since this version several may give the same membership, and each takes back their own.
const GRANTORS: i64 = 160_000;

impl Plan {
    /// Memberships of the roles that are declared, and in them.
    pub(super) fn members(&mut self, wanted: &Facts, there: &Facts) {
        for (it, given) in &there.members {
            let is_ours =
                wanted.roles.contains_key(&it.role) || wanted.roles.contains_key(&it.member);
            if !is_ours {
                continue;
            }
            // Whoever may make roles is given back the same by the server when it makes one.
            let makes_roles = wanted
                .roles
                .get(&it.member)
                .is_some_and(|it| it.create_role);
            let is_makers = makes_roles && is_ordinary(&it.role, there);
            let given = given.iter().filter(|it| !(is_makers && it.of_maker));
            match wanted.members.contains_key(it) {
                true => self.less(it, given.filter(|it| it.admin), there.here.version),
                false => self.none(it, given, there.here.version),
            }
        }
        for it in wanted.members.keys() {
            let given = there.members.get(it);
            if given.is_some_and(|it| it.iter().any(|it| it.inherit)) {
                continue;
            }
            let (role, member) = (text::quoted(&it.role), text::quoted(&it.member));
            let (options, why) = match given {
                Some(_) => (" WITH INHERIT TRUE", "has not the rights of"),
                None => ("", "is no member of"),
            };
            let why = format!("{} {why} {}", it.member, it.role);
            let sql = format!("GRANT {role} TO {member}{options}");
            self.lacking_of(&it.member, sql, why);
        }
    }

    /// It is a member, and makes nobody else one.
    fn less<'g>(&mut self, it: &Member, given: impl Iterator<Item = &'g Membership>, version: i64) {
        for given in given {
            let why = format!("{} may make others members of {}", it.member, it.role);
            self.step_of(
                &it.member,
                revoked("ADMIN OPTION FOR ", it, given, version),
                why,
            );
        }
    }

    /// It is no member.
    fn none<'g>(&mut self, it: &Member, given: impl Iterator<Item = &'g Membership>, version: i64) {
        for given in given {
            let why = format!(
                "{} is a member of {}, and is not declared so",
                it.member, it.role
            );
            self.step_of(&it.member, revoked("", it, given, version), why);
        }
    }
}

/// Whether it is a role that whoever makes roles can have made.
fn is_ordinary(role: &str, there: &Facts) -> bool {
    let special = |it: &Attributes| it.superuser || it.bypass_rls || it.replication;
    !role.starts_with("pg_") && !there.roles.get(role).is_some_and(special)
}

/// What the member has given to others goes with it; what of that is declared is given again.
fn revoked(option: &str, it: &Member, given: &Membership, version: i64) -> String {
    let (role, member) = (text::quoted(&it.role), text::quoted(&it.member));
    let by = match version >= GRANTORS {
        true => format!(" GRANTED BY {} CASCADE", text::quoted(&given.by)),
        false => String::new(),
    };
    format!("REVOKE {option}{role} FROM {member}{by}")
}
