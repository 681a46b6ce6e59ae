//! The vocabulary of evercred: what a token, a credential and a failed step *are*, and the traits that a
//! provider implements.
//!
//! This crate does no I/O, reads neither clock nor environment, and knows no async runtime. Providers depend on
//! it and never on one another; the daemon depends on both.

mod configured;
mod contact;
mod credential;
mod environment;
pub mod explain;
mod failure;
mod field;
mod gateway;
mod human_duration;
mod id_token;
mod pass;
pub mod platform;
mod provider;
mod question;
mod redact;
mod secret;
mod secret_reader;
pub mod trust;

pub use configured::Configured;
pub use contact::Contact;
pub use credential::Credential;
pub use environment::Environment;
pub use failure::{Advice, BoxError, Failure, Template};
pub use field::Field;
pub use gateway::{Gateway, Passage, Reply};
pub use human_duration::HumanDuration;
pub use id_token::{Audience, Claims, IdToken, TokenError};
pub use pass::{Base, Door, Fit, Pass, Passes};
pub use provider::{BoxFuture, BuildError, Lifetime, Provider, Surroundings, WallClock};
pub use question::Question;
pub use redact::{conceal, mask_passwords, redact};
pub use secret::Secret;
pub use secret_reader::{SecretRead, SecretReader, SecretRequest, SecretStore};
