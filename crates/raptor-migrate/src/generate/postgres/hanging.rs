//! Triggers, policies and rules, and the comments of foreign keys: what hangs on relations.

use super::tables::constraint_comment;
use super::view::word;
use super::{Sides, comment, is_inherited, q};
use crate::catalog::{Policy, Relation, Rule, Trigger};
use crate::generate::way::Way;
use crate::generate::words::Words;

pub(super) fn write(sides: &Sides<'_>, way: &mut Way) {
    for new in &sides.to.relations {
        let old = sides.before(&new.name);
        for constraint in new.constraints.iter().filter(|it| it.kind == "foreign key") {
            let said = constraint_comment(sides, old, new, constraint);
            said.into_iter().for_each(|it| way.run(it));
        }
        for rule in &new.rules {
            make_rule(sides, old, new, rule, way);
        }
        for trigger in new
            .triggers
            .iter()
            .filter(|it| !is_inherited(&it.properties))
        {
            make_trigger(sides, old, new, trigger, way);
        }
        for trigger in &new.triggers {
            constraint_remark(sides, old, new, trigger, way);
        }
        for policy in &new.policies {
            make_policy(sides, old, new, policy, way);
        }
    }
}

/// Drops those that go, if only to come again.
pub(super) fn drop(sides: &Sides<'_>, way: &mut Way) {
    for (old, _) in sides.kept() {
        let table = q(&old.name);
        for policy in old.policies.iter().filter(|it| policy_goes(sides, old, it)) {
            way.run(format!("DROP POLICY {} ON {table}", q(&policy.name)));
        }
        let own = |it: &&Trigger| !is_inherited(&it.properties) && trigger_goes(sides, old, it);
        for trigger in old.triggers.iter().filter(own) {
            way.run(format!("DROP TRIGGER {} ON {table}", q(&trigger.name)));
        }
        for rule in old.rules.iter().filter(|it| rule_goes(sides, old, it)) {
            way.run(format!("DROP RULE {} ON {table}", q(&rule.name)));
        }
    }
}

fn is_loose(sides: &Sides<'_>, old: &Relation, text: &str) -> bool {
    let mut words = Words::of(text);
    // The table itself stays.
    words.forget(&old.name);
    sides.loose.is_named(&words, Some(&old.name))
}

fn trigger_goes(sides: &Sides<'_>, old: &Relation, trigger: &Trigger) -> bool {
    let new = sides.to.relation(&old.name);
    let now = new.and_then(|it| it.triggers.iter().find(|it| it.name == trigger.name));
    now.is_none_or(|now| now.definition != trigger.definition)
        || is_loose(sides, old, &trigger.definition)
}

fn rule_goes(sides: &Sides<'_>, old: &Relation, rule: &Rule) -> bool {
    let new = sides.to.relation(&old.name);
    let now = new.and_then(|it| it.rules.iter().find(|it| it.name == rule.name));
    now.is_none_or(|now| now.definition != rule.definition)
        || is_loose(sides, old, &rule.definition)
}

fn policy_goes(sides: &Sides<'_>, old: &Relation, policy: &Policy) -> bool {
    let new = sides.to.relation(&old.name);
    let now = new.and_then(|it| it.policies.iter().find(|it| it.name == policy.name));
    let facts = |it: &Policy| {
        let Policy {
            command,
            permissive,
            roles,
            using,
            check,
            ..
        } = it.clone();
        (command, permissive, roles, using, check)
    };
    let expressions = [&policy.using, &policy.check];
    now.is_none_or(|now| facts(now) != facts(policy))
        || expressions
            .into_iter()
            .flatten()
            .any(|it| is_loose(sides, old, it))
}

fn make_trigger(
    sides: &Sides<'_>,
    old: Option<&Relation>,
    new: &Relation,
    trigger: &Trigger,
    way: &mut Way,
) {
    let was = old.and_then(|old| {
        let was = old.triggers.iter().find(|it| it.name == trigger.name)?;
        (!trigger_goes(sides, old, was)).then_some(was)
    });
    if was.is_none() {
        way.run(trigger.definition.clone());
    }
    let had = was.map_or("yes", |it| it.enabled.as_str());
    if had != trigger.enabled {
        way.run(state(new, "TRIGGER", &trigger.name, &trigger.enabled));
    }
    let on = format!("TRIGGER {} ON {}", q(&trigger.name), q(&new.name));
    let had = was.and_then(|it| it.comment.as_deref());
    comment(&on, had, trigger.comment.as_deref())
        .into_iter()
        .for_each(|it| way.run(it));
}

/// A constraint trigger can have a comment as a constraint too.
fn constraint_remark(
    sides: &Sides<'_>,
    old: Option<&Relation>,
    new: &Relation,
    trigger: &Trigger,
    way: &mut Way,
) {
    let remark = |it: &Relation| {
        let mut constraints = it.constraints.iter();
        let found = constraints
            .find(|it| it.kind == "trigger" && it.name.as_deref() == Some(trigger.name.as_str()));
        found.and_then(|it| it.comment.clone())
    };
    let old = old.filter(|old| {
        let was = old.triggers.iter().find(|it| it.name == trigger.name);
        was.is_some_and(|was| !trigger_goes(sides, old, was))
    });
    let on = format!("CONSTRAINT {} ON {}", q(&trigger.name), q(&new.name));
    let (had, has) = (old.and_then(remark), remark(new));
    comment(&on, had.as_deref(), has.as_deref())
        .into_iter()
        .for_each(|it| way.run(it));
}

/// `ALTER TABLE … DISABLE TRIGGER …` and its like.
fn state(relation: &Relation, what: &str, name: &str, enabled: &str) -> String {
    let verb = match enabled {
        "no" => "DISABLE",
        "replica" => "ENABLE REPLICA",
        "always" => "ENABLE ALWAYS",
        _ => "ENABLE",
    };
    // Of a view, too, Postgres wants it said of a table.
    let word = if word(relation) == "FOREIGN TABLE" {
        "FOREIGN TABLE"
    } else {
        "TABLE"
    };
    format!(
        "ALTER {word} {} {verb} {what} {}",
        q(&relation.name),
        q(name)
    )
}

fn make_rule(
    sides: &Sides<'_>,
    old: Option<&Relation>,
    new: &Relation,
    rule: &Rule,
    way: &mut Way,
) {
    let was = old.and_then(|old| {
        let was = old.rules.iter().find(|it| it.name == rule.name)?;
        (!rule_goes(sides, old, was)).then_some(was)
    });
    if was.is_none() {
        way.run(rule.definition.trim_end_matches(';').to_owned());
    }
    let had = was.map_or("yes", |it| it.enabled.as_str());
    if had != rule.enabled {
        way.run(state(new, "RULE", &rule.name, &rule.enabled));
    }
    let on = format!("RULE {} ON {}", q(&rule.name), q(&new.name));
    let had = was.and_then(|it| it.comment.as_deref());
    comment(&on, had, rule.comment.as_deref())
        .into_iter()
        .for_each(|it| way.run(it));
}

fn make_policy(
    sides: &Sides<'_>,
    old: Option<&Relation>,
    new: &Relation,
    policy: &Policy,
    way: &mut Way,
) {
    let was = old.and_then(|old| {
        let was = old.policies.iter().find(|it| it.name == policy.name)?;
        (!policy_goes(sides, old, was)).then_some(was)
    });
    let table = q(&new.name);
    if was.is_none() {
        way.run(policy_text(&table, policy));
    }
    let on = format!("POLICY {} ON {table}", q(&policy.name));
    let had = was.and_then(|it| it.comment.as_deref());
    comment(&on, had, policy.comment.as_deref())
        .into_iter()
        .for_each(|it| way.run(it));
}

fn policy_text(table: &str, policy: &Policy) -> String {
    let mut text = format!("CREATE POLICY {} ON {table}", q(&policy.name));
    if !policy.permissive {
        text.push_str(" AS RESTRICTIVE");
    }
    if policy.command != "ALL" {
        text.push_str(&format!(" FOR {}", policy.command));
    }
    // Roles are quoted in the catalog.
    text.push_str(&format!(" TO {}", policy.roles.join(", ")));
    if let Some(using) = &policy.using {
        text.push_str(&format!(" USING {}", bracketed(using)));
    }
    if let Some(check) = &policy.check {
        text.push_str(&format!(" WITH CHECK {}", bracketed(check)));
    }
    text
}

fn bracketed(expression: &str) -> String {
    format!("({expression})")
}
