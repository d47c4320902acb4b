//! The rules for what is hard on a Postgres that is in use.

pub(super) mod columns;
pub(super) mod constraints;
pub(super) mod guarantees;
pub(super) mod indexes;
pub(super) mod keys;
pub(super) mod kinds;
pub(super) mod long;
pub(super) mod partitions;
pub(super) mod policies;
pub(super) mod preferences;
pub(super) mod privileges;
pub(super) mod replaced;
pub(super) mod roles;
pub(super) mod routines;
pub(super) mod server;
pub(super) mod settings;
pub(super) mod storage;
pub(super) mod strict;
pub(super) mod transaction;
pub(super) mod triggers;
pub(super) mod types;
pub(super) mod unseen;

use super::rule::Found;
use super::scene::Scene;
use super::step::Step;

/// Looks at one statement.
pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    columns::look(step, scene, out);
    constraints::look(step, scene, out);
    guarantees::look(step, scene, out);
    indexes::look(step, scene, out);
    keys::look(step, scene, out);
    kinds::look(step, scene, out);
    long::look(step, out);
    partitions::look(step, scene, out);
    policies::look(step, scene, out);
    preferences::look(step, scene, out);
    privileges::look(step, scene, out);
    replaced::look(step, scene, out);
    roles::look(step, scene, out);
    routines::look(step, scene, out);
    server::look(step, scene, out);
    settings::look(step, scene, out);
    storage::look(step, scene, out);
    strict::look(step, scene, out);
    transaction::look(step, scene, out);
    triggers::look(step, scene, out);
    types::look(step, scene, out);
    unseen::look(step, scene, out);
}
