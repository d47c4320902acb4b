//! The testkit against real servers.

mod server;
