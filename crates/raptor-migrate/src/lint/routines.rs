//! The functions and procedures that a chain defines on Postgres, so that a call of one is looked at
//! as what it runs. Their definition alone runs nothing.

use super::sql::{self, Object, Rename, Statement, Word};
use super::step::Step;
use raptor_db::Engine;
use std::collections::BTreeMap;

/// How deep calls in what is called are followed.
const DEPTH: usize = 6;

/// The statements of one routine, and the text that they stand in.
#[derive(Debug, Clone)]
pub(super) struct Body<'r> {
    pub(super) text: &'r str,
    pub(super) statements: Vec<Vec<Word<'r>>>,
}

/// What there is so far, by name and number of arguments.
#[derive(Debug, Clone, Default)]
pub(super) struct Routines<'r>(BTreeMap<(String, usize), Body<'r>>);

impl<'r> Routines<'r> {
    /// Goes through the steps of a direction, and puts behind each what it calls.
    pub(super) fn run(&mut self, steps: Vec<Step<'r>>) -> Vec<Step<'r>> {
        let mut all = Vec::with_capacity(steps.len());
        for step in steps {
            let called = if step.engine == Engine::Postgres && !self.0.is_empty() {
                self.called(&step, &mut Vec::new())
            } else {
                Vec::new()
            };
            self.note(&step);
            all.push(step);
            all.extend(called);
        }
        all
    }

    fn note(&mut self, step: &Step<'r>) {
        match &step.statement {
            Statement::Routine(routine) if routine.is_new && step.engine == Engine::Postgres => {
                let (count, statements) = sql::body(&step.words);
                let body = Body {
                    text: step.written(),
                    statements,
                };
                self.0.insert((routine.name.name.clone(), count), body);
            }
            Statement::Drop(drop) if is_routine(drop.object) => {
                let gone = |name: &String| drop.names.iter().any(|it| it.name == *name);
                self.0.retain(|(name, _), _| !gone(name));
            }
            Statement::Rename {
                object,
                name,
                to: Rename::To(to),
            } if is_routine(*object) => {
                let all = std::mem::take(&mut self.0).into_iter();
                let renamed = |((it, count), body): ((String, usize), Body<'r>)| {
                    let it = if it == name.name { to.text.clone() } else { it };
                    ((it, count), body)
                };
                self.0 = all.map(renamed).collect();
            }
            _ => {}
        }
    }

    /// The statements that a step runs by calling something, and what they call in turn.
    fn called(&self, step: &Step<'r>, through: &mut Vec<String>) -> Vec<Step<'r>> {
        let mut names: Vec<String> = Vec::new();
        for call in sql::calls(&step.words) {
            if !names.contains(&call.name) && !through.contains(&call.name) {
                names.push(call.name);
            }
        }
        let mut steps = Vec::new();
        if through.len() >= DEPTH {
            return steps;
        }
        for name in names {
            let bodies = self.0.range((name.clone(), 0)..=(name.clone(), usize::MAX));
            for (_, body) in bodies {
                through.push(name.clone());
                for words in &body.statements {
                    let inner = step.calling(body.text, words.clone());
                    let more = self.called(&inner, through);
                    steps.push(inner);
                    steps.extend(more);
                }
                through.pop();
            }
        }
        steps
    }
}

fn is_routine(object: Object) -> bool {
    matches!(
        object,
        Object::Function | Object::Procedure | Object::Routine
    )
}
