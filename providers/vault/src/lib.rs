//! The Vault provider: exchanges an ID token for a token of Vault or OpenBao, and keeps that token alive.
//!
//! One `POST auth/MOUNT/login` ([JWT auth method]); then, for as long as the server lets it, `auth/token/renew-self`
//! on the same token, because programs that read a token once never read it again. A token that the server will not
//! prolong (batch, not renewable, at its longest life, of limited uses, revoked) is replaced instead.
//!
//! With that token it reads secrets at any path, and keeps their leases alive ([secrets engines]).
//!
//! Requests go through vaultrs on the shared HTTP client. Its own login call loses `num_uses` and the request's
//! identifier, and it has no calls for reading at any path nor for leases, so these are endpoints of ours on its client; its retries, environment and second HTTP
//! client are not used. Its types print tokens in their `Debug`, so none of ours contains one.
//!
//! What it leaves out: HCP's own login, response wrapping, and multi-factor authentication, which needs a person.
//!
//! [secrets engines]: https://openbao.org/api-docs/secret/
//! [JWT auth method]: https://openbao.org/api-docs/auth/jwt/

mod address;
mod config;
mod explain;
mod failure;
mod gateway;
mod logical;
mod login;
mod part;
mod provider;
mod questions;
mod refusal;
mod secret;
mod server;
mod settings;
mod trust;

pub use config::Config;
pub use explain::EXPLAINER;
pub use questions::QUESTIONS;
pub use trust::Trust;
