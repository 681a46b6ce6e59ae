//! The AWS provider: exchanges an ID token for a role session.
//!
//! One call of [`AssumeRoleWithWebIdentity`], unsigned, over the shared HTTP client; then, if the config has a
//! chain, one signed [`AssumeRole`] for each further role. Region, endpoint and certificate authorities are found
//! as every AWS SDK finds them, except that the instance metadata service is never asked: off EC2 it only stalls.
//!
//! The SDK's own retries, caches and time limits are off; the engine retries, and the shared client has the limits.
//! The official clients for files (`WebIdentityTokenCredentialsProvider`) are not used, since they take neither a
//! token from memory nor a duration.
//!
//! [`AssumeRoleWithWebIdentity`]: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
//! [`AssumeRole`]: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html

mod assume_role;
mod chain;
mod config;
mod connector;
mod explain;
mod failure;
mod guard;
mod partition;
mod pass;
mod policy;
mod provider;
mod questions;
mod refusal;
mod role_arn;
mod session;
mod session_name;
mod settings;
mod signing;
mod sts;
mod trust;
mod web_identity;

pub use chain::Link;
pub use config::Config;
pub use explain::EXPLAINER;
pub use policy::SessionPolicy;
pub use questions::QUESTIONS;
pub use role_arn::{AccountId, RoleArn};
pub use session_name::SessionName;
pub use trust::Trust;
