//! Takes over what another tool migrated so far.

mod script;
