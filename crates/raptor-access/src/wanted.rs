//! What a declaration comes to, as facts: what does not follow from it is not to be.

pub(crate) mod asked;
mod family;
pub(crate) mod resolver;
pub(crate) mod rows;
mod settled;

use crate::declaration::{Declaration, Grants, Kind, Name, Place, Role, Table, Verb};
use crate::error::{Error, ErrorKind, Result};
use crate::facts::{Acl, Attributes, Facts, Member, Object, Routine};
use crate::text::plain_value;
use std::collections::{BTreeMap, BTreeSet};

/// What is to be, and what of the declaration cannot be meant for this database.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) facts: Facts,
    /// Where rights stand in the file; those that follow from something else stand nowhere.
    pub(crate) places: BTreeMap<Acl, Place>,
    faults: BTreeSet<(Place, String)>,
}

impl Wanted {
    /// What a declaration says of a database in which these things are there.
    ///
    /// # Errors
    /// [`ErrorKind::Declaration`] with all that it names and is not there, each with line and column.
    pub(crate) fn of(declared: &Declaration, there: &Facts) -> Result<Self> {
        old_enough(there.here.version)?;
        let mut wanted = Self::default();
        wanted.roles(declared, there);
        wanted.rights(declared, &there.here.database);
        wanted.catalog(declared, there);
        wanted.backup(declared);
        wanted.serials(there);
        wanted.implied(declared, there);
        rows::add(declared, there, &mut wanted);
        wanted.definers(declared);
        wanted.held_against(declared, there);
        family::hold(declared, there, &mut wanted);
        if wanted.faults.is_empty() {
            return Ok(wanted);
        }
        let faults = wanted.faults.iter();
        let faults = faults.map(|(place, why)| format!("{place}: {why}"));
        let faults: Vec<String> = faults.collect();
        Err(Error::new(ErrorKind::Declaration, faults.join("\n")))
    }

    fn give(&mut self, object: Object, grantee: &str, verb: Verb) -> Acl {
        let acl = Acl {
            object,
            grantee: grantee.to_owned(),
            verb,
            grantable: false,
        };
        self.facts.acls.insert(acl.clone());
        acl
    }

    fn refuse(&mut self, place: Place, why: impl Into<String>) {
        self.faults.insert((place, why.into()));
    }

    fn roles(&mut self, declared: &Declaration, there: &Facts) {
        let facts = &mut self.facts;
        for (setting, value) in &declared.settings {
            let of_all = (String::new(), setting.to_lowercase());
            let value = plain_value(&of_all.1, value);
            facts.settings.insert(of_all, value);
        }
        for (name, role) in &declared.roles {
            let is_login = role.logins.contains(name);
            let can_log_in = |login: &str| !role.rests(login, there);
            let connections = role.connections.map_or(-1, i64::from);
            facts.roles.insert(
                name.clone(),
                Attributes {
                    login: is_login && can_log_in(name),
                    inherit: true,
                    connections: if is_login { connections } else { -1 },
                    ..Attributes::default()
                },
            );
            // Where the host has the owner log in, it makes the roles, too.
            if role.kind == Kind::Owner
                && is_login
                && let Some(is) = there.roles.get(name)
                && let Some(wanted) = facts.roles.get_mut(name)
            {
                wanted.create_role = is.create_role;
                wanted.create_db = is.create_db;
            }
            for login in role.logins.iter().filter(|it| *it != name) {
                let attributes = Attributes {
                    login: can_log_in(login),
                    inherit: true,
                    connections,
                    ..Attributes::default()
                };
                facts.roles.insert(login.clone(), attributes);
                facts.members.insert(member(name, login), Vec::new());
            }
            for login in &role.logins {
                for (setting, value) in &role.settings {
                    let of = (login.clone(), setting.to_lowercase());
                    let value = plain_value(&of.1, value);
                    facts.settings.insert(of, value);
                }
            }
            for other in &role.member_of {
                facts.members.insert(member(other, name), Vec::new());
            }
            if role.kind == Kind::Migrator {
                let member = member(declared.owner(), name);
                facts.members.insert(member, Vec::new());
            }
        }
    }

    fn rights(&mut self, declared: &Declaration, database: &str) {
        self.granted(&declared.database, || Object::Database(database.to_owned()));
        for (schema, grants) in &declared.schemas {
            self.granted(grants, || Object::Schema(schema.clone()));
        }
        for (name, grants) in &declared.sequences {
            self.granted(grants, || Object::Sequence(name.clone()));
        }
        for (function, it) in &declared.functions {
            self.granted(&it.grants, || Object::Function(function.clone()));
        }
        let tables = declared.tables.iter().map(|(name, it)| (name, &it.grants));
        for (name, grants) in tables.chain(&declared.views) {
            self.granted(grants, || Object::Relation(name.clone()));
        }
    }

    /// A verb of some columns is one of each of them.
    fn granted(&mut self, grants: &Grants, object: impl Fn() -> Object) {
        for (role, grant) in grants {
            for (verb, columns) in grant.it.verbs() {
                let mut acls = Vec::new();
                match object() {
                    Object::Relation(name) if !columns.is_empty() => {
                        for column in columns {
                            let column = Object::Column(name.clone(), column.clone());
                            acls.push(self.give(column, role, verb));
                        }
                    }
                    object => acls.push(self.give(object, role, verb)),
                }
                let places = acls.into_iter().map(|acl| (acl, grant.place));
                self.places.extend(places);
            }
        }
    }

    /// Of what Postgres gives everybody, what is left to some.
    fn catalog(&mut self, declared: &Declaration, there: &Facts) {
        for (group, grants) in &declared.catalog {
            let given = there.catalog.get(group);
            for object in given.into_iter().flat_map(|it| &it.objects) {
                self.granted(grants, || object.clone());
            }
        }
    }

    /// Whoever keeps all reads all.
    fn backup(&mut self, declared: &Declaration) {
        let roles = declared.roles.iter();
        for (role, _) in roles.filter(|(_, it)| it.kind == Kind::Backup) {
            for name in declared.tables.keys() {
                self.give(Object::Relation(name.clone()), role, Verb::Select);
            }
            for name in declared.sequences.keys() {
                self.give(Object::Sequence(name.clone()), role, Verb::Select);
            }
            for name in declared.schemas.keys() {
                self.give(Object::Schema(name.clone()), role, Verb::Usage);
            }
        }
    }

    /// Whoever adds rows to a table takes numbers of its `serial` columns.
    fn serials(&mut self, there: &Facts) {
        let relations = there.relations.iter().filter(|(_, it)| it.kind == 'S');
        for (sequence, table) in
            relations.filter_map(|(name, it)| Some((name, it.part_of.as_ref()?)))
        {
            let adds = self.facts.acls.iter().filter(|it| {
                let is_of_it = match &it.object {
                    Object::Relation(name) | Object::Column(name, _) => name == table,
                    _ => false,
                };
                is_of_it && it.verb == Verb::Insert
            });
            let roles: BTreeSet<String> = adds.map(|it| it.grantee.clone()).collect();
            for role in roles {
                self.give(Object::Sequence(sequence.clone()), &role, Verb::Usage);
            }
        }
    }

    /// Whoever logs in connects, and whoever may do something with an object gets into its schema.
    fn implied(&mut self, declared: &Declaration, there: &Facts) {
        let database = Object::Database(there.here.database.clone());
        for (role, it) in &declared.roles {
            // Whose the database is connects without.
            if !it.logins.is_empty() && there.owners.get(&database) != Some(role) {
                self.give(database.clone(), role, Verb::Connect);
            }
        }
        let of_schemas = self.facts.acls.iter().filter_map(|it| {
            let schema = match &it.object {
                Object::Relation(name)
                | Object::Column(name, _)
                | Object::Sequence(name)
                | Object::Type(name) => &name.schema,
                Object::Function(signature) => signature.split_once('.')?.0,
                _ => return None,
            };
            Some((schema.to_owned(), it.grantee.clone()))
        });
        let of_schemas: BTreeSet<(String, String)> = of_schemas.collect();
        for (schema, role) in of_schemas {
            self.give(Object::Schema(schema), &role, Verb::Usage);
        }
    }

    /// Functions that run with the rights of their owner have a pinned search path.
    fn definers(&mut self, declared: &Declaration) {
        let definers = declared.functions.iter().filter(|(_, it)| it.definer);
        for (signature, _) in definers {
            let pinned = resolver::pinned(&declared.schema);
            let routine = Routine {
                definer: true,
                settings: BTreeSet::from([pinned]),
                ..Routine::default()
            };
            self.facts.routines.insert(signature.clone(), routine);
        }
    }

    /// What is declared has to be there.
    fn held_against(&mut self, declared: &Declaration, there: &Facts) {
        self.setting_names(declared, there);
        for (name, table) in &declared.tables {
            self.relation(there, name, table.place, &table.columns());
            self.grant_columns(there, name, &table.grants);
        }
        for (name, grants) in declared.views.iter().chain(&declared.sequences) {
            let place = grants.values().next().map(|it| it.place);
            self.relation(there, name, place.unwrap_or_default(), &BTreeSet::new());
            self.grant_columns(there, name, grants);
        }
        for (name, grants) in &declared.schemas {
            let object = Object::Schema(name.clone());
            if !there.owners.contains_key(&object) {
                let place = grants.values().next().map(|it| it.place);
                self.refuse(
                    place.unwrap_or_default(),
                    format!("there is no schema {name}"),
                );
            }
        }
        for (signature, function) in &declared.functions {
            if there.routines.contains_key(signature) {
                continue;
            }
            let name = signature.split('(').next().unwrap_or_default();
            let same = there
                .routines
                .keys()
                .filter(|it| it.split('(').next() == Some(name));
            let same: Vec<&str> = same.map(String::as_str).collect();
            let place = function.grants.values().next().map(|it| it.place);
            let hint = match same.is_empty() {
                true => {
                    "; write it as SCHEMA.NAME(TYPES), such as app.touch(bigint, text)".to_owned()
                }
                false => format!("; there is {}", same.join(", ")),
            };
            let why = format!("there is no function {signature}{hint}");
            self.refuse(place.unwrap_or_default(), why);
        }
    }

    fn relation(&mut self, there: &Facts, name: &Name, place: Place, columns: &BTreeSet<&str>) {
        let Some(relation) = there.relations.get(name) else {
            let of_name = there.relations.keys().filter(|it| it.name == name.name);
            let of_name: Vec<String> = of_name.map(Name::to_string).collect();
            let hint = match of_name.is_empty() {
                true => String::new(),
                false => format!("; there is {}", of_name.join(", ")),
            };
            self.refuse(place, format!("there is no {name}{hint}"));
            return;
        };
        let mut lacking = columns
            .iter()
            .filter(|it| !relation.columns.contains_key(**it));
        if let Some(column) = lacking.next()
            && relation.kind != 'S'
        {
            self.refuse(place, format!("{name} has no column {column}"));
        }
    }

    /// Settings have the server's own names; one with a dot may be anybody's.
    fn setting_names(&mut self, declared: &Declaration, there: &Facts) {
        let of_all = declared.settings.keys().map(|it| (Place::default(), it));
        let roles = declared.roles.values();
        let of_roles = roles.flat_map(|it| it.settings.keys().map(|setting| (it.place, setting)));
        for (place, setting) in of_all.chain(of_roles) {
            if !setting.contains('.') && !there.known_settings.contains(&setting.to_lowercase()) {
                self.refuse(place, format!("this server has no setting {setting}"));
            }
        }
    }

    fn grant_columns(&mut self, there: &Facts, name: &Name, grants: &Grants) {
        let Some(relation) = there.relations.get(name) else {
            return;
        };
        for grant in grants.values() {
            let columns = grant.it.verbs().flat_map(|(_, columns)| columns);
            for column in columns.filter(|it| !relation.columns.contains_key(*it)) {
                self.refuse(grant.place, format!("{name} has no column {column}"));
            }
        }
    }
}

impl Role {
    /// Whether a login cannot log in until it is rotated to: one at least of a role can.
    pub(crate) fn rests(&self, login: &str, there: &Facts) -> bool {
        let can = |it: &String| there.roles.get(it).is_some_and(|it| it.login);
        let somebody_can = self.logins.iter().any(can);
        match there.roles.get(login) {
            Some(is) => !is.login && somebody_can,
            None => somebody_can || self.logins.first().is_some_and(|it| it != login),
        }
    }
}

impl Table {
    /// The columns that rows are told by.
    fn columns(&self) -> BTreeSet<&str> {
        self.tenant.as_deref().into_iter().collect()
    }
}

/// Before this version a view has the rights of its owner, whatever is declared.
const OLDEST: i64 = 150_000;

fn old_enough(version: i64) -> Result<()> {
    if version >= OLDEST {
        return Ok(());
    }
    let message = format!(
        "rights are declared for Postgres 15 and later, and this server is {}.{}: there a view shows what its owner sees, \
         whoever asks",
        version / 10_000,
        version % 10_000
    );
    Err(Error::new(ErrorKind::Database, message))
}

fn member(role: &str, member: &str) -> Member {
    Member {
        role: role.to_owned(),
        member: member.to_owned(),
    }
}
