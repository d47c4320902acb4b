//! The parts of `raptor access`, on real servers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod applied;
mod bed;
mod catalog;
mod declaration;
mod explained;
mod families;
mod fits;
mod holes;
mod leaks;
mod locks;
mod proved;
mod rows;
mod settled;
