//! Every object, every verb, every column: what is declared must work, and what is not must be refused. The server is
//! asked what it holds a login to, and then the login tries.

use super::asked::{self, Held};
use super::attempt::{Hand, Outcome};
use super::line::{Line, Proof, Verdict};
use super::whole;
use crate::declaration::{Declaration, Name, Place, Verb};
use crate::error::Result;
use crate::facts::{Facts, Object, Relation};
use crate::text::{full, literal, quoted};
use crate::wanted::Wanted;
use std::collections::{BTreeMap, BTreeSet};

/// What is declared for a login, with its place.
pub(super) type Expected = BTreeMap<(Object, Verb), Option<Place>>;

/// Tries all of it with one login.
pub(super) async fn attempt(
    declared: &Declaration,
    wanted: &Wanted,
    there: &Facts,
    hand: &Hand,
    proof: &mut Proof,
) -> Result<()> {
    let mine = roles_of(wanted, &hand.login);
    if mine.contains(declared.owner()) {
        let line = Line::new(&hand.login, "everything that it owns", Verdict::Allowed);
        proof.add(line.why("it is the owner, or becomes it: what it may not is tried beside"));
        return Ok(());
    }
    let held = asked::held(hand, there).await?;
    let expected = expected(wanted, there, &mine);
    let universe = universe(there);
    for key in &universe {
        let place = expected.get(key).copied();
        let is_held = held.contains(key);
        let outcome = match statement(&key.0, key.1, there, is_held) {
            Some(sql) => Some((hand.attempt(&sql).await?, sql)),
            None => None,
        };
        proof.add(judged(hand, key, place, is_held, outcome));
    }
    beyond(hand, &held, &expected, &universe, proof);
    whole::attempt(there, (&expected, &held), hand, proof).await
}

/// What the server says is held of objects that no list here knows.
fn beyond(
    hand: &Hand,
    held: &Held,
    expected: &Expected,
    universe: &[(Object, Verb)],
    proof: &mut Proof,
) {
    let known: BTreeSet<&(Object, Verb)> = universe.iter().collect();
    let others = held.iter().filter(|it| !known.contains(it));
    for (object, verb) in others.filter(|it| !expected.contains_key(it)) {
        let line = Line::new(&hand.login, format!("{verb} on {object}"), Verdict::Hole);
        proof.add(line.why("the server says that it may"));
    }
}

fn judged(
    hand: &Hand,
    (object, verb): &(Object, Verb),
    expected: Option<Option<Place>>,
    is_held: bool,
    outcome: Option<(Outcome, String)>,
) -> Line {
    let (may, why) = match outcome {
        Some((Outcome::Done, sql)) => (true, sql),
        Some((Outcome::Denied(why), _)) => (false, why),
        // It came past the rights, or did not come to them: what the server says of them decides.
        Some((Outcome::Failed(_, why), _)) => (is_held, why),
        None => (is_held, "as the server says when it is asked".to_owned()),
    };
    let verdict = match (expected.is_some(), may || is_held) {
        (true, true) if may => Verdict::Allowed,
        (true, _) => Verdict::Broken,
        (false, true) => Verdict::Hole,
        (false, false) => Verdict::Denied,
    };
    let mut line = Line::new(&hand.login, format!("{verb} on {object}"), verdict).why(why);
    line.place = expected.flatten();
    line
}

/// A login, and the roles whose rights it has.
pub(super) fn roles_of(wanted: &Wanted, login: &str) -> BTreeSet<String> {
    let mut roles = BTreeSet::from([login.to_owned()]);
    loop {
        let members = wanted.facts.members.keys();
        let more: Vec<String> = members
            .filter(|it| roles.contains(&it.member) && !roles.contains(&it.role))
            .map(|it| it.role.clone())
            .collect();
        if more.is_empty() {
            return roles;
        }
        roles.extend(more);
    }
}

/// What is declared for these roles, with its place; a verb of a table is one of each of its columns.
fn expected(wanted: &Wanted, there: &Facts, roles: &BTreeSet<String>) -> Expected {
    let mut expected = BTreeMap::new();
    let acls = wanted.facts.acls.iter();
    for acl in acls.filter(|it| roles.contains(&it.grantee) || it.grantee == "public") {
        let place = wanted.places.get(acl).copied();
        if let Object::Relation(name) = &acl.object
            && acl.verb.has_columns()
            && let Some(relation) = there.relations.get(name)
        {
            for column in relation.columns.keys() {
                let column = Object::Column(name.clone(), column.clone());
                expected.insert((column, acl.verb), place);
            }
        }
        expected.insert((acl.object.clone(), acl.verb), place);
    }
    expected
}

/// Every object with every verb that it has.
fn universe(there: &Facts) -> Vec<(Object, Verb)> {
    const TABLE: [Verb; 4] = [Verb::Delete, Verb::Truncate, Verb::Trigger, Verb::Maintain];
    const WHOLE: [Verb; 4] = [Verb::Select, Verb::Insert, Verb::Update, Verb::References];
    let mut all = Vec::new();
    for (name, relation) in &there.relations {
        if relation.kind == 'S' {
            for verb in [Verb::Select, Verb::Usage, Verb::Update] {
                all.push((Object::Sequence(name.clone()), verb));
            }
            continue;
        }
        let is_new = there.here.version >= 170_000 && matches!(relation.kind, 'r' | 'p' | 'm');
        for verb in TABLE {
            if verb != Verb::Maintain || is_new {
                all.push((Object::Relation(name.clone()), verb));
            }
        }
        for verb in WHOLE {
            all.push((Object::Relation(name.clone()), verb));
            for column in relation.columns.keys() {
                all.push((Object::Column(name.clone(), column.clone()), verb));
            }
        }
    }
    for object in there.owners.keys() {
        match object {
            Object::Schema(_) => {
                all.push((object.clone(), Verb::Usage));
                all.push((object.clone(), Verb::Create));
            }
            Object::Type(_) => all.push((object.clone(), Verb::Usage)),
            _ => {}
        }
    }
    for signature in there.routines.keys() {
        all.push((Object::Function(signature.clone()), Verb::Execute));
    }
    for verb in [Verb::Create, Verb::Connect, Verb::Temporary] {
        all.push((Object::Database(there.here.database.clone()), verb));
    }
    all
}

/// What tries a verb; none where trying would leave something behind, and where nothing but asking tells.
fn statement(object: &Object, verb: Verb, there: &Facts, is_held: bool) -> Option<String> {
    match object {
        Object::Relation(name) => of_table(name, verb, there.relations.get(name)?),
        Object::Column(name, column) => of_column(name, column, verb, there.relations.get(name)?),
        Object::Sequence(name) => match verb {
            Verb::Select => Some(format!("SELECT last_value FROM {} WHERE false", full(name))),
            // A number that is taken stays taken.
            _ if is_held => None,
            Verb::Usage => Some(format!("SELECT nextval({})", literal(&full(name)))),
            _ => Some(format!("SELECT setval({}, 1)", literal(&full(name)))),
        },
        Object::Schema(name) if verb == Verb::Create => Some(format!(
            "CREATE TABLE {}.raptor_access_probe ()",
            quoted(name)
        )),
        Object::Schema(name) => Some(format!(
            "SELECT {}::regclass",
            literal(&format!("{}.\"raptor access probe\"", quoted(name)))
        )),
        Object::Database(_) => match verb {
            Verb::Create => Some("CREATE SCHEMA raptor_access_probe".to_owned()),
            Verb::Temporary => Some("CREATE TEMPORARY TABLE raptor_access_probe ()".to_owned()),
            // It has: it is logged in.
            _ => None,
        },
        // What a function does may stay, so that nobody calls one that it may call.
        Object::Function(signature) if !is_held => called(signature),
        _ => None,
    }
}

fn of_table(name: &Name, verb: Verb, relation: &Relation) -> Option<String> {
    let of = full(name);
    let is_table = matches!(relation.kind, 'r' | 'p');
    match verb {
        Verb::Delete => Some(format!("DELETE FROM {of} WHERE false")),
        Verb::Truncate if is_table => Some(format!("TRUNCATE {of}")),
        Verb::Trigger if is_table => Some(format!(
            "CREATE TRIGGER raptor_access_probe BEFORE UPDATE ON {of} FOR EACH ROW \
             EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()"
        )),
        // What is of all columns is tried column by column.
        _ => None,
    }
}

fn of_column(name: &Name, column: &str, verb: Verb, relation: &Relation) -> Option<String> {
    let of = full(name);
    let is = relation.columns.get(column)?;
    let column = quoted(column);
    let null = format!("NULL::{}", is.type_name);
    match verb {
        Verb::Select => Some(format!("SELECT {column} FROM {of} WHERE false")),
        Verb::Insert if is.computed => None,
        Verb::Insert if is.identity => Some(format!(
            "INSERT INTO {of} ({column}) OVERRIDING SYSTEM VALUE SELECT {null} WHERE false"
        )),
        Verb::Insert => Some(format!(
            "INSERT INTO {of} ({column}) SELECT {null} WHERE false"
        )),
        Verb::Update if is.computed || is.identity => {
            Some(format!("UPDATE {of} SET {column} = DEFAULT WHERE false"))
        }
        Verb::Update => Some(format!("UPDATE {of} SET {column} = NULL WHERE false")),
        // A foreign key is a table's own, and this login makes none.
        _ => None,
    }
}

/// Calls it with nothing, in a statement without rows: rights are looked at before there is one.
fn called(signature: &str) -> Option<String> {
    let (name, rest) = signature.split_once('(')?;
    let types = rest.strip_suffix(')')?;
    let types: Vec<&str> = match types.is_empty() {
        true => Vec::new(),
        false => types.split(',').collect(),
    };
    if types.iter().any(|it| it.starts_with("VARIADIC ")) {
        return None;
    }
    let columns: Vec<String> = (0..types.len()).map(|at| format!("a.a{at}")).collect();
    let nulls = types.iter().enumerate();
    let nulls: Vec<String> = nulls
        .map(|(at, it)| format!("NULL::{it} AS a{at}"))
        .collect();
    let from = match nulls.is_empty() {
        true => "(SELECT 1 OFFSET 0) AS a".to_owned(),
        false => format!("(SELECT {} OFFSET 0) AS a", nulls.join(", ")),
    };
    Some(format!("SELECT {name}({}) FROM {from}", columns.join(", ")))
}
