//! A workspace platform and the clouds, played on one loopback port, for tests and the quick start.

#![forbid(unsafe_code)]

mod clock;
pub mod clouds;
mod fault;
mod keys;
mod log;
mod options;
mod sandbox;
mod tokens;

pub use clouds::aws::{AwsOptions, Role};
pub use fault::{Fault, FaultKind, Group};
pub use keys::{Algorithm, OldKeys, Signer};
pub use log::{Facts, Request};
pub use options::{Options, PlatformOptions};
pub use sandbox::Sandbox;
pub use tokens::{Mint, Shape};
