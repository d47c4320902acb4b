//! The testkit against real servers.

mod client;
mod reset;
mod roles;
mod server;
mod shop;
mod spoilt;
