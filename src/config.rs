//! The config: from TOML text to logins that are built.
//!
//! Everything wrong with a config is reported at once, each mistake with its line, its column and a remedy; a config
//! without mistakes becomes [`Resolved`]. The keys of a table come from the type that it is read into, by serde; the
//! JSON schema comes out of the same types. There is neither `untagged` nor `flatten` anywhere: a login's table is
//! split by key, each part is read by its own type, and so each message speaks of one type only.

mod account;
mod common;
mod error;
mod keys;
pub mod kind;
mod load;
mod nearest;
mod private;
mod problem;
mod resolve;
pub(crate) mod schema;
mod secret;
mod show;
mod tree;

pub use error::ConfigError;
pub use load::{Machine, Paths, credential_process, environment, load, place_for_new, program, read};
pub use private::in_folder;
pub use problem::{Located, Problem, Problems};
pub use resolve::{Resolved, Services, default_source, resolve};
pub use schema::schema;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

/// The token source of a config that names none.
const DEFAULT_SOURCE: &str = "auto";
