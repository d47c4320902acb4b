//! What has to be done so that a database is as it is declared: each statement with why, in an order in which they
//! can run.

mod members;
mod rows;
mod text;

use crate::declaration::{Declaration, Place, Verb};
use crate::facts::{Acl, Attributes, Facts, Object};
use crate::wanted::Wanted;
use crate::wanted::rows::SCHEMA;
use serde::Serialize;

/// A statement, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// The statement.
    pub sql: String,
    /// What is not as it is declared.
    pub why: String,
    /// Where it stands in the file; what stands nowhere is not to be, or follows from something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What of the declaration it brings about.
    #[serde(skip)]
    pub(crate) about: About,
    /// Whether it is done to a function of the resolver.
    #[serde(skip)]
    pub(crate) is_resolvers: bool,
    /// Whether this login gets a right by it for as long as it applies, or gives it back.
    #[serde(skip)]
    pub(crate) lends: bool,
    /// The role that it makes what it is to be.
    #[serde(skip)]
    pub(crate) role: Option<String>,
}

/// What of the declaration a step brings about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// Nothing more than is declared is possible.
    Closed,
    /// The same, where Postgres itself gives it to everybody.
    BuiltIn,
    /// What is declared is possible.
    Open,
}

impl Step {
    fn new(sql: String, why: impl Into<String>) -> Self {
        Self {
            sql,
            why: why.into(),
            place: None,
            about: About::Closed,
            is_resolvers: false,
            lends: false,
            role: None,
        }
    }

    fn about(self, about: About) -> Self {
        Self { about, ..self }
    }

    fn of_role(mut self, role: &str) -> Self {
        self.role = Some(role.to_owned());
        self
    }
}

/// What has to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// Statements, in an order in which they can run.
    pub steps: Vec<Step>,
    /// Tables and views that the file has no line for, which no statement mends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unlisted: Vec<String>,
}

impl Plan {
    /// Whether nothing has to be done.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Compares what is to be with what is.
    pub(crate) fn of(declared: &Declaration, wanted: &Wanted, there: &Facts) -> Self {
        let owner = declared.owner();
        let mut plan = Self::default();
        let mut there = there.clone();
        let taken = declared
            .catalog
            .keys()
            .filter_map(|it| there.catalog.get(it));
        let taken: Vec<Acl> = taken.flat_map(|it| it.acls.clone()).collect();
        there.acls.extend(taken);
        if !there.roles.contains_key(owner) {
            there.acls.extend(built_in(owner));
        }
        let facts = &wanted.facts;
        plan.roles(facts, &there);
        plan.members(facts, &there);
        plan.settings(facts, &there);
        plan.resolver(facts, &mut there);
        plan.owners(owner, facts, &there);
        plan.definers(facts, &there);
        plan.relations(facts, &there);
        plan.rights(wanted, &there);
        plan.become_resolver(facts, &there);
        plan.unlisted = unlisted(declared, &there);
        plan
    }

    fn step(&mut self, sql: String, why: String) {
        self.steps.push(Step::new(sql, why));
    }

    fn step_of(&mut self, role: &str, sql: String, why: String) {
        self.steps.push(Step::new(sql, why).of_role(role));
    }

    /// Something that is declared is lacking.
    fn lacking(&mut self, sql: String, why: String) {
        self.steps.push(Step::new(sql, why).about(About::Open));
    }

    fn lacking_of(&mut self, role: &str, sql: String, why: String) {
        let step = Step::new(sql, why).about(About::Open);
        self.steps.push(step.of_role(role));
    }

    /// Roles that are missing, and those that are more or less than they are to be.
    fn roles(&mut self, wanted: &Facts, there: &Facts) {
        for (name, attributes) in &wanted.roles {
            match there.roles.get(name) {
                None => self.lacking_of(
                    name,
                    format!(
                        "CREATE ROLE {} {}",
                        text::quoted(name),
                        text::attributes(attributes)
                    ),
                    format!("there is no role {name}"),
                ),
                Some(is) if is != attributes => self.step_of(
                    name,
                    format!(
                        "ALTER ROLE {} {}",
                        text::quoted(name),
                        text::changes(is, attributes)
                    ),
                    format!("the role {name} {}", differing(is, attributes)),
                ),
                Some(_) => {}
            }
        }
    }

    /// What logins have set, and what the database has set for all; what is not declared is reset.
    fn settings(&mut self, wanted: &Facts, there: &Facts) {
        let database = text::quoted(&there.here.database);
        let whose = |role: &str| match role {
            "" => format!("DATABASE {database}"),
            role => format!("ROLE {}", text::quoted(role)),
        };
        let told = |role: &str| match role {
            "" => "the database".to_owned(),
            role => role.to_owned(),
        };
        for ((role, name), value) in &wanted.settings {
            let is = there.settings.get(&(role.clone(), name.clone()));
            if is != Some(value) {
                let now = is.map_or("is not set", String::as_str);
                let value_of = text::value(name, value);
                self.step_of(
                    role,
                    format!("ALTER {} SET {name} = {value_of}", whose(role)),
                    format!("{name} of {} is to be {value}, and {now}", told(role)),
                );
            }
        }
        for (role, name) in &there.here_alone {
            if wanted.roles.contains_key(role) {
                self.step_of(
                    role,
                    format!("ALTER {} IN DATABASE {database} RESET {name}", whose(role)),
                    format!("{role} has {name} set for this database alone, which is not declared"),
                );
            }
        }
        for (role, name) in there.settings.keys() {
            let key = (role.clone(), name.clone());
            let is_ours = role.is_empty() || wanted.roles.contains_key(role);
            if is_ours && !wanted.settings.contains_key(&key) {
                let why = format!("{} has {name} set, which is not declared", told(role));
                self.step_of(role, format!("ALTER {} RESET {name}", whose(role)), why);
            }
        }
    }

    /// Whoever owns something may do everything with it: that is for one role alone, but for what finds out whom
    /// a session acts for.
    fn owners(&mut self, owner: &str, wanted: &Facts, there: &Facts) {
        let new = wanted
            .owners
            .keys()
            .filter(|it| !there.owners.contains_key(it));
        for object in there.owners.keys().chain(new) {
            let to_be = wanted.owners.get(object).map_or(owner, String::as_str);
            let is = there.owners.get(object);
            // The database itself may be of somebody who has no part in this.
            let is_others = |is: &String| !wanted.roles.contains_key(is);
            if matches!(object, Object::Database(_)) && is.is_some_and(is_others) {
                continue;
            }
            if is.is_some_and(|is| is == to_be) {
                continue;
            }
            let of = text::named(object);
            let why = match is {
                Some(is) => format!("{object} is owned by {is}"),
                None => format!("{object} is to be of {to_be}"),
            };
            let sql = format!("ALTER {of} OWNER TO {}", text::quoted(to_be));
            self.steps.push(Step {
                is_resolvers: is_resolvers(object),
                ..Step::new(sql, why)
            });
        }
    }

    /// Rights that are too many, then those that are missing.
    fn rights(&mut self, wanted: &Wanted, there: &Facts) {
        let (wanted, places) = (&wanted.facts, &wanted.places);
        for acl in there.acls.difference(&wanted.acls) {
            let plain = Acl {
                grantable: false,
                ..acl.clone()
            };
            let is_of_grant = acl.grantable && wanted.acls.contains(&plain);
            let option = if is_of_grant { "GRANT OPTION FOR " } else { "" };
            let (what, of) = text::right(acl);
            let grantee = text::grantee(&acl.grantee);
            let sql = match &acl.object {
                Object::Future { owner, schema, .. } => {
                    format!(
                        "{} REVOKE {option}{what} ON {of} FROM {grantee}",
                        text::future(owner, schema.as_deref())
                    )
                }
                // What it has passed on goes with it, and comes back where it is declared.
                _ => {
                    let others = if acl.grantable { " CASCADE" } else { "" };
                    format!("REVOKE {option}{what} ON {of} FROM {grantee}{others}")
                }
            };
            let has = if is_of_grant {
                "may give others"
            } else {
                "has"
            };
            let why = format!(
                "{} {has} {} on {}, which is not declared",
                acl.grantee, acl.verb, acl.object
            );
            let about = match is_built_in(acl) {
                true => About::BuiltIn,
                false => About::Closed,
            };
            self.steps.push(Step {
                about,
                is_resolvers: is_resolvers(&acl.object),
                ..Step::new(sql, why)
            });
        }
        for acl in wanted.acls.difference(&there.acls) {
            let more = Acl {
                grantable: true,
                ..acl.clone()
            };
            if there.acls.contains(&more) {
                continue;
            }
            let (what, of) = text::right(acl);
            let sql = format!("GRANT {what} ON {of} TO {}", text::grantee(&acl.grantee));
            let why = format!("{} lacks {} on {}", acl.grantee, acl.verb, acl.object);
            self.steps.push(Step {
                place: places.get(acl).copied(),
                about: About::Open,
                is_resolvers: is_resolvers(&acl.object),
                ..Step::new(sql, why)
            });
        }
    }
}

/// Tables and views without a line: every one has one, without grants where nobody needs it.
fn unlisted(declared: &Declaration, there: &Facts) -> Vec<String> {
    let relations = there.relations.iter().filter(|(name, relation)| {
        let is_listed = declared.tables.contains_key(name) || declared.views.contains_key(name);
        let is_ours = name.schema == SCHEMA || relation.kind == 'S';
        !is_listed && !is_ours && relation.part_of.is_none()
    });
    relations.map(|(name, _)| name.to_string()).collect()
}

/// What everybody may do with what a role makes that is made itself now.
fn built_in(owner: &str) -> [Acl; 2] {
    let everybody = |what: &str, verb| Acl {
        object: Object::Future {
            owner: owner.to_owned(),
            schema: None,
            what: what.to_owned(),
        },
        grantee: "public".to_owned(),
        verb,
        grantable: false,
    };
    [
        everybody("FUNCTIONS", Verb::Execute),
        everybody("TYPES", Verb::Usage),
    ]
}

/// Whether it is one of the functions that find out whom a session acts for.
fn is_resolvers(object: &Object) -> bool {
    let ours = format!("{SCHEMA}.");
    matches!(object, Object::Function(signature) if signature.starts_with(&ours))
}

/// Whether Postgres gives it to everybody by itself.
fn is_built_in(acl: &Acl) -> bool {
    let of_all = match (&acl.object, acl.verb) {
        (Object::Schema(name), Verb::Usage | Verb::Create) => name == "public",
        (Object::Function(name), Verb::Execute) => name.starts_with("pg_catalog."),
        (Object::Language(_), Verb::Usage) => true,
        (Object::Database(_), Verb::Connect | Verb::Temporary) => true,
        _ => false,
    };
    of_all && acl.grantee == "public"
}

/// As Postgres has it of a function that is made.
fn everybody_calls(signature: &str) -> Acl {
    Acl {
        object: Object::Function(signature.to_owned()),
        grantee: "public".to_owned(),
        verb: Verb::Execute,
        grantable: false,
    }
}

/// What a role is more or less than it is to be.
fn differing(is: &Attributes, wanted: &Attributes) -> String {
    let mut all = Vec::new();
    for ((word, is), (_, wanted)) in text::flags(is).into_iter().zip(text::flags(wanted)) {
        match (is, wanted) {
            (true, false) => all.push(format!("is {word}")),
            (false, true) => all.push(format!("is not {word}")),
            _ => {}
        }
    }
    if is.connections != wanted.connections {
        all.push(format!("may have {} connections", is.connections));
    }
    all.join(", ")
}
