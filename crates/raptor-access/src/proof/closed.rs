//! The closed world: whatever the catalogs have beyond the declaration is a hole, also of roles that nobody logs in
//! as, or whose credential nobody gave; and a table without a line.

use super::line::{Line, Proof, Verdict};
use crate::declaration::Declaration;
use crate::error::{Error, Result};
use crate::facts::{Attributes, Facts};
use crate::plan::{About, Plan, Step};
use crate::wanted::Wanted;
use raptor_db::{Db, Session};

/// Compares the catalogs with the declaration.
pub(super) async fn look(
    declared: &Declaration,
    db: &Db,
    wanted: &Wanted,
    there: &Facts,
    proof: &mut Proof,
) -> Result<()> {
    let plan = Plan::of(declared, wanted, there);
    let mut session = None;
    for step in &plan.steps {
        let verdict = match step.about {
            About::Open => Verdict::Broken,
            About::Closed => Verdict::Hole,
            About::BuiltIn => {
                let session = match &session {
                    Some(session) => session,
                    None => session.insert(db.session().await?),
                };
                match is_refused(session, step).await? {
                    true => Verdict::NotClosable,
                    false => Verdict::Hole,
                }
            }
        };
        let mut line = Line::new("catalogs", &step.why, verdict).why(&step.sql);
        line.place = step.place;
        proof.add(line);
    }
    if plan.steps.is_empty() {
        let what = "roles, memberships, settings, owners, rights and policies are as declared";
        proof.add(Line::new("catalogs", what, Verdict::Denied));
    }
    above(wanted, there, proof);
    for name in &plan.unlisted {
        let what = format!("{name} is not in the file");
        let line = Line::new("catalogs", what, Verdict::Hole);
        proof.add(
            line.why("every table and view has a line, one without grants where nobody needs it"),
        );
    }
    Ok(())
}

/// Roles of others that nothing of this holds.
fn above(wanted: &Wanted, there: &Facts, proof: &mut Proof) {
    let others = there
        .roles
        .iter()
        .filter(|(name, _)| !wanted.facts.roles.contains_key(*name));
    let named = |is: fn(&Attributes) -> bool| {
        let names = others.clone().filter(|(_, it)| is(it));
        names
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    // Before Postgres 16 they become a member of any role that is no superuser's.
    let is_early = there.here.version < 160_000;
    let makers = named(|it| it.create_role && !it.superuser);
    for (what, names) in [
        ("nothing holds a superuser", named(|it| it.superuser)),
        (
            "policies do not hold it, where it may connect",
            named(|it| it.bypass_rls && !it.superuser),
        ),
        (
            "it makes itself a member of any role",
            if is_early { makers } else { String::new() },
        ),
    ] {
        if !names.is_empty() {
            let line = Line::new("catalogs", format!("{what}: {names}"), Verdict::Residual);
            proof.add(line.why("not of the file: whoever runs the server sees that they are few"));
        }
    }
}

/// Whether this host lets nobody of ours close it.
async fn is_refused(session: &Session, step: &Step) -> Result<bool> {
    let cannot = |error| Error::database(&format!("`{}` cannot be tried", step.sql), error);
    let text = format!(
        "BEGIN; SET LOCAL lock_timeout = '2s'; {}; ROLLBACK",
        step.sql
    );
    let Err(error) = session.execute_raw(&text).await else {
        return Ok(false);
    };
    session.execute_raw("ROLLBACK").await.map_err(cannot)?;
    Ok(error.code() == Some("42501"))
}
