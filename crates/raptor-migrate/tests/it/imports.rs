//! Chains taken over from Alembic and from hand-rolled runners, with what those tools really do.

mod by_hand;
mod folders;
mod made_up;
mod odd;
mod project;
mod real;

pub(crate) use folders::{
    a_prefix_is_taken_over, a_runner_that_failed, a_table_that_is_named, each_convention_runs,
    tables_of_known_runners, what_is_no_prefix_is_shown,
};
pub(crate) use made_up::is_taken_over_and_proved as made_up_is_taken_over_and_proved;
pub(crate) use odd::{an_outer_transaction, downgrades_that_do_not_work};
