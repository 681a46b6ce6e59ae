//! evercred keeps the credential files that cloud SDKs and CLIs read fresh, from a machine's OIDC identity.
//!
//! `ARCHITECTURE.md` is the map: token source → provider → outputs → hooks is one login, and the engine keeps
//! every login fresh.

pub mod audit;
pub mod cli;
pub mod config;
pub mod control;
pub mod credential_process;
pub mod daemon;
mod digest;
mod doctor;
pub mod doors;
pub mod endpoints;
pub mod engine;
pub mod events;
pub mod exit;
pub mod files;
pub mod harden;
pub mod hooks;
pub mod init;
pub mod login;
pub mod metrics;
pub mod outputs;
mod program;
pub mod registry;
pub mod report;
pub mod serve;
pub mod sibling;
pub mod sources;
pub mod systemd;
pub mod time;
pub mod variables;
pub mod vault_token_helper;
