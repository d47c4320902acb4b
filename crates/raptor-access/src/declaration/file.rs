//! The file as it is written, and what must hold between its parts.

use super::check;
use super::{
    At, Declaration, Function, Grant, Grants, Group, Kind, Name, Place, Role, Rows, Scope, Seen,
    Table, Way,
};
use crate::error::{Error, ErrorKind, Result};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
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
    database: DatabaseFile,
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
    catalog: Option<CatalogFile>,
    #[serde(default)]
    keep_proofs: bool,
}

/// Only a superuser takes back what Postgres gives, and the file says that it knows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogFile {
    requires: Spanned<String>,
    large_objects: Option<Granted>,
    advisory_locks: Option<Granted>,
    sleep: Option<Granted>,
    sql_from_text: Option<Granted>,
    statistics: Option<Granted>,
    languages: Option<Granted>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DatabaseFile {
    #[serde(default)]
    grant: Written,
    #[serde(default)]
    settings: BTreeMap<String, String>,
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
    check::check(&declared)?;
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

pub(super) fn refused(place: Place, why: impl std::fmt::Display) -> Error {
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
            let scope = self.scope(name.get_ref(), scope, place)?;
            Ok((name.into_inner(), scope))
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
            settings: file.database.settings,
            schemas: schemas.collect::<Result<_>>()?,
            tables: tables.collect::<Result<_>>()?,
            views: named(file.views)?,
            sequences: named(file.sequences)?,
            functions: functions.collect::<Result<_>>()?,
            catalog: self.catalog(file.catalog, &roles)?,
            keeps_proofs: file.keep_proofs,
            digest: Sha256::digest(self.text).into(),
            roles,
        })
    }

    fn catalog(
        &self,
        catalog: Option<CatalogFile>,
        roles: &BTreeMap<String, Role>,
    ) -> Result<BTreeMap<Group, Grants>> {
        let Some(catalog) = catalog else {
            return Ok(BTreeMap::new());
        };
        if catalog.requires.get_ref() != "superuser" {
            let why = "what Postgres gives everybody is taken back by a superuser alone: requires = \"superuser\"";
            return Err(refused(self.at(&catalog.requires), why));
        }
        let groups = [
            (Group::LargeObjects, catalog.large_objects),
            (Group::AdvisoryLocks, catalog.advisory_locks),
            (Group::Sleep, catalog.sleep),
            (Group::SqlFromText, catalog.sql_from_text),
            (Group::Statistics, catalog.statistics),
            (Group::Languages, catalog.languages),
        ];
        let groups = groups
            .into_iter()
            .filter_map(|(group, it)| Some((group, it?)));
        let groups = groups.map(|(group, it)| Ok((group, self.grants(it.grant, roles)?)));
        groups.collect()
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

    fn scope(&self, name: &str, scope: ScopeFile, place: Place) -> Result<Scope> {
        let is_plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
        let begins_well = name.starts_with(|it: char| it.is_ascii_lowercase());
        if !begins_well || name.len() > 63 || !name.chars().all(is_plain) {
            let why = format!(
                "{name:?} is no name of a scope: up to 63 small letters, digits and _, a letter first"
            );
            return Err(refused(place, &why));
        }
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
