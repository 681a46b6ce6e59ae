//! The config: from TOML text to logins that are built.

pub mod kind;
