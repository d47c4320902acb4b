//! Chains taken over from Alembic and from hand-rolled runners, with what those tools really do.

mod chains;
mod made_up;
mod project;
mod real;
mod refused;

pub(crate) use made_up::is_taken_over_and_proved as made_up_is_taken_over_and_proved;
