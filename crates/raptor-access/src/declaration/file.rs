//! The file as it is written, and what must hold between its parts.

use super::{
    At, Declaration, Function, Grant, Grants, Kind, Name, Place, Role, Rows, Scope, Seen, Table,
    Verb, Way,
};
use crate::error::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// The only version of the format.
const VERSION: u32 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: Spanned<u32>,
    #[serde(default = "public")]
    schema: String,
    #[serde(default)]
    roles: BTreeMap<Spanned<String>, RoleFile>,
    #[serde(default)]
    scopes: BTreeMap<Spanned<String>, ScopeFile>,
    #[serde(default)]
    database: Granted,
    #[serde(default)]
    schemas: BTreeMap<Spanned<String>, Granted>,
    #[serde(default)]
    tables: BTreeMap<Spanned<String>, TableFile>,
    #[serde(default)]
    views: BTreeMap<Spanned<String>, Granted>,
    #[serde(default)]
    sequences: BTreeMap<Spanned<String>, Granted>,
    #[serde(default)]
    functions: BTreeMap<Spanned<String>, FunctionFile>,
}

/// What has grants and nothing else.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Granted {
    #[serde(default)]
    grant: Written,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FunctionFile {
    #[serde(default)]
    definer: bool,
    #[serde(default)]
    grant: Written,
}

fn public() -> String {
    "public".to_owned()
}

/// Grants by role, as they are written.
type Written = BTreeMap<Spanned<String>, Spanned<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleFile {
    is: Kind,
    #[serde(default)]
    logins: Vec<Spanned<String>>,
    #[serde(default)]
    settings: BTreeMap<String, String>,
    connections: Option<u32>,
    #[serde(default)]
    member_of: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeFile {
    r#type: String,
    token: Option<TokenFile>,
    query: Option<QueryFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenFile {
    table: String,
    hash: String,
    gives: String,
    when: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QueryFile {
    text: String,
    reads: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    tenant: Option<String>,
    #[serde(default)]
    rows: Written,
    #[serde(default)]
    grant: Written,
    #[serde(default)]
    append_only: bool,
}

pub(super) fn read(text: &str) -> Result<Declaration> {
    let file: File = toml::from_str(text).map_err(|error| {
        let place = error.span().map(|it| Place::of(text, it.start));
        refused(place.unwrap_or_default(), error.message())
    })?;
    let reader = Reader {
        text,
        schema: file.schema.clone(),
    };
    reader.version(&file.version)?;
    let declared = reader.declared(file)?;
    check(&declared)?;
    Ok(declared)
}

/// `all`; or scopes, each by the column that tells whose a row is, or by one that is named: `customer, email = login`.
fn seen(text: &str, tenant: Option<&str>) -> Result<Rows, String> {
    if text.trim() == "all" {
        return Ok(Rows::All);
    }
    let one = |part: &str| {
        let (column, scope) = match part.split_once('=') {
            Some((column, scope)) => (Some(column.trim()), scope.trim()),
            None => (None, part.trim()),
        };
        let column = column.or(tenant).ok_or_else(|| {
            format!(
                "the table has no `tenant` column that {scope} is of; `COLUMN = {scope}` names one"
            )
        })?;
        if column.is_empty() || scope.is_empty() {
            return Err(format!(
                "{text:?} is `all`, a scope, or `COLUMN = SCOPE`, with commas between several"
            ));
        }
        Ok(Seen {
            column: column.to_owned(),
            scope: scope.to_owned(),
        })
    };
    text.split(',')
        .map(one)
        .collect::<Result<_, _>>()
        .map(Rows::Of)
}

fn refused(place: Place, why: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Declaration, format!("{place}: {why}"))
}

struct Reader<'t> {
    text: &'t str,
    schema: String,
}

impl Reader<'_> {
    fn at<T>(&self, it: &Spanned<T>) -> Place {
        Place::of(self.text, it.span().start)
    }

    fn version(&self, version: &Spanned<u32>) -> Result<()> {
        match *version.get_ref() {
            VERSION => Ok(()),
            other => Err(refused(
                self.at(version),
                format!("version {other} is not known here; {VERSION} is"),
            )),
        }
    }

    fn declared(&self, file: File) -> Result<Declaration> {
        let mut roles = BTreeMap::new();
        for (name, role) in file.roles {
            let place = self.at(&name);
            let role = self.role(name.get_ref(), role, place)?;
            roles.insert(name.into_inner(), role);
        }
        let named = |it: BTreeMap<Spanned<String>, Granted>| {
            let grants = it.into_iter().map(|(name, written)| {
                let name = self.name(name.get_ref());
                Ok((name, self.grants(written.grant, &roles)?))
            });
            grants.collect::<Result<BTreeMap<Name, Grants>>>()
        };
        let schemas = file.schemas.into_iter().map(|(name, written)| {
            let grants = self.grants(written.grant, &roles)?;
            Ok((name.into_inner(), grants))
        });
        let functions = file.functions.into_iter().map(|(signature, written)| {
            let function = Function {
                definer: written.definer,
                grants: self.grants(written.grant, &roles)?,
            };
            Ok((signature.into_inner(), function))
        });
        let scopes = file.scopes.into_iter().map(|(name, scope)| {
            let place = self.at(&name);
            Ok((name.into_inner(), self.scope(scope, place)?))
        });
        let tables = file.tables.into_iter().map(|(name, table)| {
            let place = self.at(&name);
            let name = self.name(name.get_ref());
            Ok((name, self.table(table, place, &roles)?))
        });
        Ok(Declaration {
            schema: self.schema.clone(),
            scopes: scopes.collect::<Result<_>>()?,
            database: self.grants(file.database.grant, &roles)?,
            schemas: schemas.collect::<Result<_>>()?,
            tables: tables.collect::<Result<_>>()?,
            views: named(file.views)?,
            sequences: named(file.sequences)?,
            functions: functions.collect::<Result<_>>()?,
            roles,
        })
    }

    /// `notes`, `billing.invoices`.
    fn name(&self, text: &str) -> Name {
        let (schema, name) = text.split_once('.').unwrap_or((&self.schema, text));
        Name {
            schema: schema.to_owned(),
            name: name.to_owned(),
        }
    }

    fn role(&self, name: &str, role: RoleFile, place: Place) -> Result<Role> {
        let mut logins = Vec::with_capacity(role.logins.len());
        for login in role.logins {
            let is_of_host = role.is == Kind::Owner && login.get_ref() == name;
            if matches!(role.is, Kind::Owner | Kind::Resolver) && !is_of_host {
                let why = "nobody logs in as one that owns: a migrator becomes the owner; where the host has it so, the owner logs in as itself";
                return Err(refused(self.at(&login), why));
            }
            logins.push(login.into_inner());
        }
        Ok(Role {
            kind: role.is,
            logins,
            settings: role.settings,
            connections: role.connections,
            member_of: role.member_of,
            place,
        })
    }

    fn scope(&self, scope: ScopeFile, place: Place) -> Result<Scope> {
        let way = match (scope.token, scope.query) {
            (Some(_), Some(_)) => {
                return Err(refused(
                    place,
                    "a scope is found by a token or by a query, not by both",
                ));
            }
            (Some(token), None) => Way::Token {
                table: self.name(&token.table),
                hash: token.hash,
                gives: token.gives,
                when: token.when,
            },
            (None, Some(query)) => Way::Query {
                text: query.text,
                reads: {
                    let reads = query.reads.into_iter();
                    reads
                        .map(|(table, columns)| (self.name(&table), columns))
                        .collect()
                },
            },
            (None, None) => Way::Signed,
        };
        Ok(Scope {
            type_name: scope.r#type,
            way,
            place,
        })
    }

    fn table(
        &self,
        table: TableFile,
        place: Place,
        roles: &BTreeMap<String, Role>,
    ) -> Result<Table> {
        let mut rows = BTreeMap::new();
        for (role, which) in table.rows {
            self.known(&role, roles)?;
            let place = self.at(&which);
            let seen = seen(which.get_ref(), table.tenant.as_deref());
            let it = seen.map_err(|why| refused(place, why))?;
            rows.insert(role.into_inner(), At { it, place });
        }
        Ok(Table {
            tenant: table.tenant,
            rows,
            grants: self.grants(table.grant, roles)?,
            append_only: table.append_only,
            place,
        })
    }

    fn grants(&self, written: Written, roles: &BTreeMap<String, Role>) -> Result<Grants> {
        let mut grants = Grants::new();
        for (role, verbs) in written {
            self.known(&role, roles)?;
            let place = self.at(&verbs);
            let it: Grant = verbs.get_ref().parse().map_err(|why| refused(place, why))?;
            grants.insert(role.into_inner(), At { it, place });
        }
        Ok(grants)
    }

    fn known(&self, role: &Spanned<String>, roles: &BTreeMap<String, Role>) -> Result<()> {
        let name = role.get_ref();
        if roles.contains_key(name) {
            return Ok(());
        }
        let mut of_logins = roles.iter().filter(|(_, it)| it.logins.contains(name));
        let why = match of_logins.next() {
            Some((of, _)) => format!("{name} is a login of {of}: grants are the role's"),
            None => {
                let known: Vec<&str> = roles.keys().map(String::as_str).collect();
                format!("there is no role {name} in this file: {}", known.join(", "))
            }
        };
        Err(refused(self.at(role), why))
    }
}

/// Refuses what cannot be meant.
fn check(declared: &Declaration) -> Result<()> {
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
    logins(declared)?;
    for (name, table) in &declared.tables {
        rows(declared, name, table)?;
        appended(name, table)?;
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
