//! The functions that find out whom a session acts for. They belong to a role that nobody logs in as and that reads
//! what they need, so that whoever serves cannot make them say something else.
//!
//! The setting `raptor.token` holds 64 hexadecimal digits, of which the table of sessions keeps the SHA-256: what
//! the server's log may show of a statement is good for nothing at the door. The setting `raptor.context` is signed with HMAC-SHA256
//! (RFC 2104), whose two padded keys stand in a table that the resolver alone reads.

use super::rows::SCHEMA;
use super::{Wanted, asked, settled};
use crate::declaration::{Declaration, Name, Scope, Verb, Way};
use crate::facts::{Facts, Object, Relation, Routine};
use crate::text::{full, literal, quoted};
use std::collections::{BTreeMap, BTreeSet};

/// The table of keys.
pub(crate) const KEYS: &str = "keys";

/// The value of a signed context, in one statement, as what a function asks costs far more than what it computes. Before
/// the MAC is known to be right nothing is read of what the text says, so that no text that somebody made up raises an
/// error (bytes that are no text do, in the session that sent them); `CASE` alone keeps that order.
const SIGNED: &str = "\
SELECT substr(p.message, @value@ + length(split_part(p.message, ';', 3)))::@type@
FROM (SELECT current_setting('raptor.context', true) AS mac, substr(current_setting('raptor.context', true), 66) AS message
OFFSET 0) AS p, raptor_access.keys AS k
WHERE CASE WHEN starts_with(p.mac, encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to(p.message, 'UTF8'))), 'hex'))
THEN starts_with(p.message, @scope@) AND to_timestamp(substr(p.message, @expiry@, 12)::float8) > statement_timestamp()
AND pg_has_role(session_user, split_part(p.message, ';', 3)::name, 'USAGE') END
LIMIT 1";

/// The statement that finds it, as a type: `scope;expiry;role;value` is what was signed, and its expiry has 12 digits.
fn signed(scope: &str, type_name: &str) -> String {
    let scope = format!("{scope};");
    let expiry = scope.chars().count() + 1;
    SIGNED
        .replace("@scope@", &literal(&scope))
        .replace("@type@", type_name)
        .replace("@expiry@", &expiry.to_string())
        .replace("@value@", &(expiry + 12 + ";;".len()).to_string())
}

/// The text of a query in which signed scopes that something is compared with stand as what they are: a call costs more.
fn inlined(text: &str, declared: &Declaration) -> String {
    let mut inlined = text.to_owned();
    for it in asked::scopes(text).into_iter().rev() {
        if let Some(scope) = declared.scopes.get(&it.scope)
            && matches!(scope.way, Way::Signed)
            && it.is_compared
        {
            let statement = signed(&it.scope, &scope.full_type());
            inlined.replace_range(it.at, &format!("({statement})"));
        }
    }
    inlined
}

/// Whether a scope's SQL, and what it asks, mean the same whatever a session has set.
fn is_settled(declared: &Declaration, there: &Facts, scope: &Scope) -> bool {
    let of = |table| there.relations.get_key_value::<Name>(table);
    let type_of = |name: &str| declared.scopes.get(name).map(Scope::full_type);
    let (text, tables): (&str, Vec<&Name>) = match &scope.way {
        Way::Signed => return settled::is_settled_from_text(&scope.full_type()),
        Way::Token { table, when, .. } => (when, vec![table]),
        Way::Query { text, reads } => (text, reads.keys().collect()),
    };
    let relations = tables.into_iter().map(|it| Some((it, of(it)?.1)));
    relations
        .collect::<Option<Vec<_>>>()
        .is_some_and(|relations| settled::is_settled(text, &declared.schema, &relations, type_of))
        && settled::is_settled_from_text(&scope.full_type())
}

/// `raptor_access.customer()`.
pub(crate) fn signature(scope: &str) -> String {
    format!("{SCHEMA}.{scope}()")
}

/// Adds the functions, and what they need.
pub(super) fn add(
    declared: &Declaration,
    (there, reads): (&Facts, &BTreeMap<Name, BTreeSet<String>>),
    role: &str,
    wanted: &mut Wanted,
) {
    let owner = declared.owner().to_owned();
    let facts = &mut wanted.facts;
    facts
        .owners
        .insert(Object::Schema(SCHEMA.to_owned()), owner.clone());
    let keys = keys();
    facts.owners.insert(Object::Relation(keys.clone()), owner);
    facts.relations.insert(keys.clone(), Relation::default());
    for (name, scope) in &declared.scopes {
        let (signature, routine) = (signature(name), of_scope(declared, there, name, scope));
        let object = Object::Function(signature.clone());
        facts.owners.insert(object, role.to_owned());
        facts.routines.insert(signature, routine);
    }
    wanted.give(Object::Schema(SCHEMA.to_owned()), role, Verb::Usage);
    // A name that is not found there would be looked for in `pg_temp`, where anybody may put something.
    let place = Object::Schema(declared.schema.clone());
    if there.owners.contains_key(&place) {
        wanted.give(place, role, Verb::Usage);
    }
    // Of the whole table: rights on columns are looked up one by one at every call.
    wanted.give(Object::Relation(keys), role, Verb::Select);
    for (name, scope) in declared
        .scopes
        .iter()
        .filter(|(it, _)| asks_itself(declared, it))
    {
        wanted.refuse(scope.place, format!("the scope {name} asks itself"));
    }
    for (table, columns) in reads {
        let is = there.relations.get(table);
        let columns = columns.iter();
        let mut lacking = columns.filter(|it| is.is_none_or(|is| !is.columns.contains_key(*it)));
        if let Some(column) = lacking.next() {
            let place = declared.scopes.values().next().map(|it| it.place);
            let why = format!("a scope reads {table}.{column}, which is not there");
            wanted.refuse(place.unwrap_or_default(), why);
        }
    }
}

/// Whether a scope's query asks the scope, or others that do.
fn asks_itself(declared: &Declaration, name: &str) -> bool {
    let (mut seen, mut ahead) = (BTreeSet::new(), vec![name.to_owned()]);
    while let Some(it) = ahead.pop() {
        let Some(Way::Query { text, .. }) = declared.scopes.get(&it).map(|it| &it.way) else {
            continue;
        };
        for asked in asked::scopes(text) {
            if asked.scope == name {
                return true;
            }
            if seen.insert(asked.scope.clone()) {
                ahead.push(asked.scope);
            }
        }
    }
    false
}

/// The table of keys.
pub(crate) fn keys() -> Name {
    Name {
        schema: SCHEMA.to_owned(),
        name: KEYS.to_owned(),
    }
}

/// PL/pgSQL keeps its plans for as long as a connection lives; a function in SQL is planned at every statement that asks
/// it, which takes longer than all that it does.
fn routine(returns: &str, source: String) -> Routine {
    Routine {
        schema: SCHEMA.to_owned(),
        definer: true,
        volatility: "s".to_owned(),
        parallel: "s".to_owned(),
        returns: returns.to_owned(),
        language: "plpgsql".to_owned(),
        source,
        // Types of `pg_temp` come before all others where nobody says that they come last.
        settings: BTreeSet::from(["search_path=pg_catalog, pg_temp".to_owned()]),
    }
}

/// The same, where names of the application's schema may stand in the text.
fn of_application(schema: &str, returns: &str, source: String) -> Routine {
    Routine {
        settings: BTreeSet::from([pinned(schema)]),
        ..routine(returns, source)
    }
}

/// A column may be called as a variable of PL/pgSQL's own is.
const CONFLICT: &str = "#variable_conflict use_column";

/// What a function that runs with the rights of its owner has set, so that nobody puts something else before it.
pub(crate) fn pinned(schema: &str) -> String {
    format!("search_path=pg_catalog, {schema}, pg_temp")
}

fn of_scope(declared: &Declaration, there: &Facts, name: &str, scope: &Scope) -> Routine {
    let mut routine = as_written(declared, name, scope);
    if !is_settled(declared, there, scope) {
        routine
            .settings
            .extend(settled::SETTINGS.map(str::to_owned));
    }
    routine
}

fn as_written(declared: &Declaration, name: &str, scope: &Scope) -> Routine {
    let schema = &declared.schema;
    let type_name = scope.full_type();
    let signed = signed(name, &type_name);
    match &scope.way {
        Way::Signed => {
            let source = format!("\nBEGIN\nRETURN (\n{signed}\n);\nEND\n");
            routine(&type_name, source)
        }
        Way::Token {
            table,
            hash,
            gives,
            when,
        } => {
            let source = format!(
                "\n{CONFLICT}\nDECLARE\nraptor_value {type_name};\n\
                 BEGIN\n\
                 IF octet_length(current_setting('raptor.token', true)) = 64 THEN\n\
                 SELECT s.{} INTO raptor_value FROM {} AS s\n\
                 WHERE s.{} = CASE WHEN translate(current_setting('raptor.token', true), '0123456789abcdef', '') = ''\n\
                 THEN sha256(decode(current_setting('raptor.token', true), 'hex')) END AND (\n{when}\n);\n\
                 IF raptor_value IS NOT NULL THEN RETURN raptor_value; END IF;\n\
                 END IF;\n\
                 RETURN (\n{signed}\n);\n\
                 END\n",
                quoted(gives),
                full(table),
                quoted(hash)
            );
            of_application(schema, &type_name, source)
        }
        Way::Query { text, .. } => {
            let text = inlined(text, declared);
            let source = format!("\n{CONFLICT}\nBEGIN\nRETURN ARRAY(\n{text}\n);\nEND\n");
            of_application(schema, &format!("{type_name}[]"), source)
        }
    }
}

/// The columns that the functions read, by table.
pub(super) fn reads(declared: &Declaration, there: &Facts) -> BTreeMap<Name, BTreeSet<String>> {
    let mut reads: BTreeMap<Name, BTreeSet<String>> = BTreeMap::new();
    for scope in declared.scopes.values() {
        match &scope.way {
            Way::Token {
                table,
                hash,
                gives,
                when,
            } => {
                let columns = reads.entry(table.clone()).or_default();
                columns.extend([hash.clone(), gives.clone()]);
                if let Some(relation) = there.relations.get(table) {
                    let names = asked::names(when);
                    columns.extend(names.filter(|it| relation.columns.contains_key(it)));
                }
            }
            Way::Query { reads: of_it, .. } => {
                for (table, columns) in of_it {
                    let entry = reads.entry(table.clone()).or_default();
                    entry.extend(columns.iter().cloned());
                }
            }
            Way::Signed => {}
        }
    }
    reads
}
