//! What the tests stand on: a [`Home`] of their own with the program in it, real servers ([`Seaweed`], [`OpenBao`],
//! [`Postgres`], [`Moto`]), unmodified clients ([`clients`]), a [`Container`] with systemd, and for what no real server says
//! on demand, [`scripted`] ones.
//!
//! Whatever is missing or hangs fails the test with a sentence that names the remedy: nothing here is skipped. No
//! process outlives its test, however that ends, and nothing waits for a time, only for conditions with a limit.
//! It is a crate rather than modules of each test, so that it is compiled once and each test may use a part of it.

#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a rig that does not stand must fail the test at once; it lives outside of the program and its clock"
)]

pub mod clients;
mod container;
mod daemon;
mod home;
mod leash;
mod moto;
mod openbao;
mod outcome;
mod ports;
mod postgres;
pub mod refusals;
pub mod scripted;
mod seaweed;
mod talking;
pub mod tokens;
mod wait;

pub use container::Container;
pub use daemon::Daemon;
pub use home::{Home, program};
pub use moto::Moto;
pub use openbao::OpenBao;
pub use outcome::Outcome;
pub use ports::free_port;
pub use postgres::Postgres;
pub use seaweed::Seaweed;
pub use talking::{Call, Talking};
pub use wait::until;
