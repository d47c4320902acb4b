//! Tables as a whole: whoever may change rows of a table may lock it against everybody, and COPY reads what SELECT does.

use super::asked::Held;
use super::attempt::{Hand, Outcome};
use super::line::{Line, Proof, Verdict};
use super::matrix::Expected;
use crate::declaration::{Name, Verb};
use crate::error::Result;
use crate::facts::{Facts, Object};
use crate::text::full;

/// It takes the rights of ACCESS EXCLUSIVE, and stands in nobody's way but VACUUM's.
const LOCK: &str = "LOCK TABLE {} IN SHARE UPDATE EXCLUSIVE MODE";

/// Locks and copies every table that this login may not.
pub(super) async fn attempt(
    there: &Facts,
    (expected, held): (&Expected, &Held),
    hand: &Hand,
    proof: &mut Proof,
) -> Result<()> {
    let tables = there.relations.iter();
    for (name, _) in tables.filter(|(_, it)| matches!(it.kind, 'r' | 'p')) {
        lock(expected, name, hand, proof).await?;
        copy((expected, held), name, hand, proof).await?;
    }
    Ok(())
}

async fn lock(expected: &Expected, name: &Name, hand: &Hand, proof: &mut Proof) -> Result<()> {
    const CHANGING: [Verb; 4] = [Verb::Update, Verb::Delete, Verb::Truncate, Verb::Maintain];
    let object = Object::Relation(name.clone());
    let may = CHANGING
        .iter()
        .any(|verb| expected.contains_key(&(object.clone(), *verb)));
    let what = format!("lock {name} against everybody");
    let line = match hand.attempt(&LOCK.replace("{}", &full(name))).await? {
        Outcome::Denied(why) => Line::new(&hand.login, what, Verdict::Denied).why(why),
        _ if may => Line::new(&hand.login, what, Verdict::Residual).why(
            "whoever may change rows of a whole table may: name the columns of UPDATE, where DELETE is not needed",
        ),
        _ => Line::new(&hand.login, what, Verdict::Hole).why("LOCK TABLE"),
    };
    proof.add(line);
    Ok(())
}

/// Only what the server says is refused is tried: nobody reads what would be sent, and what is held beyond the
/// declaration is a hole already.
async fn copy(
    (expected, held): (&Expected, &Held),
    name: &Name,
    hand: &Hand,
    proof: &mut Proof,
) -> Result<()> {
    let is_read = |(object, verb): &(Object, Verb)| {
        let is_of_it = match object {
            Object::Relation(it) | Object::Column(it, _) => it == name,
            _ => false,
        };
        is_of_it && *verb == Verb::Select
    };
    if expected.keys().chain(held).any(is_read) {
        return Ok(());
    }
    let sql = format!("COPY {} TO STDOUT", full(name));
    let (verdict, why) = match hand.attempt(&sql).await? {
        Outcome::Denied(why) => (Verdict::Denied, why),
        Outcome::Failed(_, why) => (Verdict::Hole, why),
        Outcome::Done => (Verdict::Hole, sql),
    };
    proof.add(Line::new(&hand.login, format!("copy {name} out"), verdict).why(why));
    Ok(())
}
