//! The steps to what guards rows: the functions that find out whom a session acts for, policies, views that ask with
//! the rights of who asks.

use super::{About, Plan, Step, is_resolvers, text};
use crate::declaration::Name;
use crate::facts::{Facts, Object, Policy, Routine};
use crate::kept;
use crate::wanted::resolver;
use crate::wanted::rows::SCHEMA;
use std::collections::BTreeMap;

impl Plan {
    /// The schema of what is made here, its keys and its functions.
    pub(super) fn resolver(&mut self, wanted: &Facts, there: &mut Facts) {
        self.places(wanted, there);
        self.functions(wanted, there);
    }

    fn places(&mut self, wanted: &Facts, there: &Facts) {
        let schema = Object::Schema(SCHEMA.to_owned());
        if wanted.owners.contains_key(&schema) && !there.owners.contains_key(&schema) {
            let sql = format!("CREATE SCHEMA \"{SCHEMA}\"");
            self.lacking(sql, "there is no place for its functions".to_owned());
        }
        let keys = resolver::keys();
        if wanted.relations.contains_key(&keys) && !there.relations.contains_key(&keys) {
            let sql = format!(
                "CREATE TABLE {} (name text PRIMARY KEY, inner_pad bytea NOT NULL CHECK (octet_length(inner_pad) = 64), \
                 outer_pad bytea NOT NULL CHECK (octet_length(outer_pad) = 64), created_at timestamptz NOT NULL DEFAULT now())",
                text::full(&keys)
            );
            self.lacking(sql, "there is no place for its keys".to_owned());
        }
        let proofs = kept::table();
        if wanted.relations.contains_key(&proofs) && !there.relations.contains_key(&proofs) {
            let sql = format!("CREATE TABLE {} {}", text::full(&proofs), kept::COLUMNS);
            self.lacking(sql, "there is no place for proofs".to_owned());
        }
    }

    fn functions(&mut self, wanted: &Facts, there: &mut Facts) {
        // Those that others ask come first.
        let ours = wanted.routines.iter().filter(|(_, it)| it.schema == SCHEMA);
        let mut ours: Vec<_> = ours.collect();
        ours.sort_by_key(|(_, it)| it.returns.ends_with("[]"));
        for (signature, routine) in ours {
            let is = there.routines.get(signature).cloned();
            let is = is.as_ref();
            if is == Some(routine) {
                continue;
            }
            if is.is_some_and(|is| is.returns != routine.returns) {
                self.drop_function(signature, &routine.returns, there);
            }
            let is_made = is.is_none_or(|is| is.returns != routine.returns);
            let (about, why) = match is {
                Some(_) => (
                    About::Closed,
                    format!("{signature} is another than it is to be"),
                ),
                None => (About::Open, format!("there is no {signature}")),
            };
            self.steps.push(Step {
                about,
                is_resolvers: true,
                ..Step::new(created(signature, routine), why)
            });
            if is_made {
                there.acls.insert(super::everybody_calls(signature));
            }
        }
    }

    /// Policies hold on to it; those that are to be come back after it. What else does is not ours to take away.
    fn drop_function(&mut self, signature: &str, returns: &str, there: &mut Facts) {
        let why = format!("{signature} is to answer {returns}");
        for (name, relation) in &mut there.relations {
            let uses = |it: &Policy| {
                let mut texts = it.shown.iter().chain(&it.written);
                texts.any(|it| it.replace('"', "").contains(signature))
            };
            let (dropped, left) = std::mem::take(&mut relation.policies)
                .into_iter()
                .partition(|(_, it)| uses(it));
            relation.policies = left;
            let dropped: BTreeMap<String, Policy> = dropped;
            for policy in dropped.keys() {
                let (policy, of) = (text::quoted(policy), text::full(name));
                self.step(format!("DROP POLICY {policy} ON {of}"), why.clone());
            }
        }
        let object = Object::Function(signature.to_owned());
        there.owners.remove(&object);
        there.acls.retain(|it| it.object != object);
        self.steps.push(Step {
            is_resolvers: true,
            ..Step::new(format!("DROP FUNCTION {signature}"), why)
        });
    }

    /// Whoever is not superuser becomes the resolver for as long as something is done to its functions, and lets it
    /// make some.
    pub(super) fn become_resolver(&mut self, wanted: &Facts, there: &Facts) {
        let mut its = wanted.owners.iter().filter(|(it, _)| is_resolvers(it));
        let Some(role) = its.next().map(|(_, role)| text::quoted(role)) else {
            return;
        };
        let Some(first) = self.steps.iter().position(|it| it.is_resolvers) else {
            return;
        };
        if there.here.superuser {
            return;
        }
        let me = text::quoted(&there.here.login);
        let steps = |give: &str, to: &str, why: &str| {
            let member = format!("{give} {role} {to} {me}");
            let makes = format!("{give} CREATE ON SCHEMA \"{SCHEMA}\" {to} {role}");
            [member, makes].map(|sql| Step {
                lends: true,
                ..Step::new(sql, why)
            })
        };
        let lent = steps("GRANT", "TO", "its functions are made by this login");
        self.steps.splice(first..first, lent);
        let back = steps("REVOKE", "FROM", "its functions were made by this login");
        self.steps.extend(back);
    }

    /// What others may call runs with their rights, or with a path that nobody puts something before.
    pub(super) fn definers(&mut self, wanted: &Facts, there: &Facts) {
        for (signature, is) in &there.routines {
            match wanted.routines.get(signature) {
                Some(routine) if routine.schema == SCHEMA => {}
                Some(routine) => {
                    if !is.definer {
                        let why = format!("{signature} is to run with the rights of its owner");
                        self.step(format!("ALTER ROUTINE {signature} SECURITY DEFINER"), why);
                    }
                    let lacking = routine.settings.difference(&is.settings);
                    for setting in lacking {
                        let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
                        let value = text::value(name, value);
                        let why = format!(
                            "{signature} runs with the rights of its owner, and finds what others put before"
                        );
                        let sql = format!("ALTER ROUTINE {signature} SET {name} = {value}");
                        self.step(sql, why);
                    }
                }
                None if is.definer => {
                    let why = format!(
                        "{signature} runs with the rights of its owner, which is not declared"
                    );
                    self.step(format!("ALTER ROUTINE {signature} SECURITY INVOKER"), why);
                }
                None => {}
            }
        }
    }

    /// Guards of tables, views that ask with the rights of who asks.
    pub(super) fn relations(&mut self, wanted: &Facts, there: &Facts) {
        for (name, wanted) in &wanted.relations {
            let Some(is) = there.relations.get(name).filter(|_| name.schema != SCHEMA) else {
                continue;
            };
            let of = text::full(name);
            if is.kind == 'v' {
                if wanted.invoker && !is.invoker {
                    let sql = format!("ALTER VIEW {of} SET (security_invoker = true)");
                    self.step(sql, format!("{name} asks with the rights of its owner"));
                }
                continue;
            }
            if !matches!(is.kind, 'r' | 'p') {
                continue;
            }
            for (policy, it) in &is.policies {
                if wanted
                    .policies
                    .get(policy)
                    .is_none_or(|to_be| !is_same(it, to_be))
                {
                    let why = format!("the policy {policy} of {name} is not declared so");
                    self.step(format!("DROP POLICY {} ON {of}", text::quoted(policy)), why);
                }
            }
            for (policy, it) in &wanted.policies {
                let there = is.policies.get(policy);
                if there.is_none_or(|is| !is_same(is, it)) {
                    let why = format!("{name} has no policy {policy}");
                    let about = match there {
                        // One that says something else is taken away before.
                        Some(_) => About::Closed,
                        None => About::Open,
                    };
                    let step = Step::new(policy_of(name, policy, it), why);
                    self.steps.push(step.about(about));
                }
            }
            self.guard(
                name,
                (is.guard.enabled, wanted.guard.enabled),
                "ENABLE",
                "DISABLE",
            );
            self.guard(
                name,
                (is.guard.forced, wanted.guard.forced),
                "FORCE",
                "NO FORCE",
            );
        }
    }

    fn guard(&mut self, name: &Name, (is, wanted): (bool, bool), on: &str, off: &str) {
        let (word, why) = match (is, wanted) {
            (false, true) if on == "ENABLE" => (on, "policies hold nobody"),
            (false, true) => (on, "policies do not hold its owner"),
            (true, false) => (off, "no rows of it belong to somebody"),
            _ => return,
        };
        let sql = format!("ALTER TABLE {} {word} ROW LEVEL SECURITY", text::full(name));
        self.step(sql, format!("{name}: {why}"));
    }
}

/// Whether two policies say the same; quotes around names are Postgres's own business.
fn is_same(is: &Policy, wanted: &Policy) -> bool {
    let plain = |it: &Option<String>| it.as_ref().map(|it| it.replace('"', ""));
    (is.command, is.permissive, &is.roles) == (wanted.command, wanted.permissive, &wanted.roles)
        && plain(&is.shown) == plain(&wanted.shown)
        && plain(&is.written) == plain(&wanted.written)
}

fn policy_of(name: &Name, policy: &str, it: &Policy) -> String {
    let roles: Vec<String> = it.roles.iter().map(|it| text::grantee(it)).collect();
    let shown = it.shown.as_deref().unwrap_or("true");
    format!(
        "CREATE POLICY {} ON {} FOR {} TO {} USING ({shown})",
        text::quoted(policy),
        text::full(name),
        it.command,
        roles.join(", ")
    )
}

fn created(signature: &str, routine: &Routine) -> String {
    let settings = routine.settings.iter().map(|it| {
        let (name, value) = it.split_once('=').unwrap_or((it, ""));
        format!(" SET {name} = {}", text::value(name, value))
    });
    format!(
        "CREATE OR REPLACE FUNCTION {signature} RETURNS {} LANGUAGE {} STABLE PARALLEL SAFE SECURITY DEFINER{} AS $raptor${}$raptor$",
        routine.returns,
        routine.language,
        settings.collect::<String>(),
        routine.source
    )
}
