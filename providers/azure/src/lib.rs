//! The Azure provider: exchanges an ID token for access tokens of Microsoft Entra, by a federated credential of an
//! application or of a managed identity.
//!
//! One request a resource to the tenant's token endpoint: client credentials with the ID token as the client's
//! assertion ([Entra's documentation], [RFC 7523]). It goes through `azure_identity` on the shared HTTP client, without
//! its retries, and with a credential of its own for each exchange, since it would answer from its cache otherwise.
//! Its parser loses the code of every error whose text has an escape in it, so answers are read on their way to it.
//!
//! What it leaves out: AD FS and Azure Stack, whose authorities have other paths; claims challenges; tokens for users.
//!
//! [Entra's documentation]: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#third-case-access-token-request-with-a-federated-credential
//! [RFC 7523]: https://www.rfc-editor.org/rfc/rfc7523#section-2.2

mod authority;
mod cloud;
mod config;
mod explain;
mod failure;
mod guard;
mod pass;
mod provider;
mod questions;
mod refusal;
mod registry;
mod resource;
mod settings;
mod subscriptions;
mod transport;
mod trust;

pub use config::Config;
pub use explain::EXPLAINER;
pub use questions::QUESTIONS;
pub use trust::Trust;
