//! Chains taken over from Alembic and from hand-rolled runners, with what those tools really do.

mod by_hand;
mod evidence;
mod folders;
mod made_up;
mod odd;
mod project;
mod real;

pub(crate) use evidence::{
    a_prefix_taken_by_three_at_once, a_prefix_that_was_taken_over_before,
    a_runner_that_marks_its_rows, a_runner_that_sets_the_session,
    a_table_that_is_about_something_else, a_table_that_is_empty, a_table_that_is_held,
    each_convention_of_a_table_built_anew, each_convention_of_diesel,
    tables_of_known_runners_with_odd_rows,
};
pub(crate) use folders::{
    a_prefix_is_taken_over, a_runner_that_failed, a_table_that_is_named, each_convention_runs,
    tables_of_known_runners, what_is_no_prefix_is_shown,
};
pub(crate) use made_up::is_taken_over_and_proved as made_up_is_taken_over_and_proved;
pub(crate) use odd::{an_outer_transaction, downgrades_that_do_not_work};
