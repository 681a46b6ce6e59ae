//! The Google Cloud provider: exchanges an ID token for an access token by workload identity federation.
//!
//! One [token exchange] (RFC 8693) at the Security Token Service; then, if the config names a service account,
//! [`generateAccessToken`] in its name, and `generateIdToken` if programs want a token that Google signs. Both go over
//! the shared HTTP client, because Google's own library tells neither when a token ends nor lets anybody choose its
//! lifetime, delegates, certificate authorities or time limits, and ends for good at the first refusal.
//!
//! That library, `google-cloud-auth`, is the proof instead: with `verify = true` it has to obtain a token from the very
//! settings that programs will read, before anything is published (`proof.rs`).
//!
//! What it leaves out: sources that are not OIDC (AWS, SAML, X.509), and the names that Google's introspection gives
//! to direct tokens, since that asks for an OAuth client.
//!
//! [token exchange]: https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
//! [`generateAccessToken`]: https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken

mod account;
mod answer;
mod call;
mod config;
mod endpoint;
mod explain;
mod external_account;
mod identity;
mod impersonation;
mod instance;
mod pass;
mod proof;
mod provider;
mod questions;
mod refusal;
mod resource;
mod settings;
mod sts;
mod trust;

pub use account::ServiceAccount;
pub use config::Config;
pub use explain::EXPLAINER;
pub use questions::QUESTIONS;
pub use resource::ProjectNumber;
pub use trust::Trust;
