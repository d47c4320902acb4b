//! The testkit against real servers.

mod child;
mod client;
mod end;
mod reset;
mod roles;
mod run;
mod server;
mod shop;
mod spoilt;
mod start;
mod warm;
