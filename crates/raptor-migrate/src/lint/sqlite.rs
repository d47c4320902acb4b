//! The rules for what goes wrong on SQLite alone.

pub(super) mod children;
pub(super) mod columns;
pub(super) mod pragmas;
pub(super) mod rebuilds;
pub(super) mod refused;
pub(super) mod syntax;
pub(super) mod tables;

use super::rule::Found;
use super::scene::Scene;
use super::step::Step;

/// Looks at one statement.
pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    children::look(step, scene, out);
    columns::look(step, scene, out);
    pragmas::look(step, scene, out);
    rebuilds::look(step, scene, out);
    refused::look(step, scene, out);
    tables::look(step, scene, out);
    // Last, as it is silent where another rule has said it.
    syntax::look(step, scene, out);
}
