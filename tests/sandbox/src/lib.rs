//! A workspace platform and the clouds, played on the loopback interface, for tests and the quick start. Never linked
//! into what is shipped.
//!
//! It promises to *verify*: no credential comes out for a token that the real cloud would refuse, and every
//! refusal is in the cloud's own words. What each part checks, and what it leaves out, is in the head of its
//! module: `clouds/aws.rs`, `clouds/azure.rs`, `clouds/gcp.rs`, `verify.rs`, `platform.rs`. All is there in plain HTTP,
//! and under TLS with a certificate authority of the sandbox's own, for clients that insist; a proxy takes programs with
//! a vendor's host built in to the same place.
//!
//! ```no_run
//! use evercred_sandbox::{Mint, Options, Sandbox};
//!
//! # fn main() -> std::io::Result<()> {
//! let sandbox = Sandbox::start(Options::default())?;
//! let good = sandbox.mint(&Mint::audience("sts.amazonaws.com"));
//! let late = sandbox.mint(&Mint::audience("sts.amazonaws.com").expired());
//! println!("{} {}", sandbox.url(), sandbox.role_arn("dev"));
//! # let _ = (good, late); Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod clock;
mod clouds;
mod control;
mod digest;
mod doors;
mod fault;
mod keys;
mod log;
mod options;
mod platform;
mod random;
mod sandbox;
mod server;
pub mod standin;
mod state;
mod tls;
mod tokens;
mod tunnel;
mod verify;

pub use clouds::aws::{AwsOptions, Role};
pub use clouds::azure::{Application, AzureCloud, AzureOptions, FederatedCredential, Subscription};
pub use clouds::gcp::{Binding, GcpOptions, GcpRole, IdentityProvider, ServiceAccount};
pub use fault::{Fault, FaultKind, Group};
pub use keys::{Algorithm, OldKeys, Signer};
pub use log::{Facts, Request};
pub use options::{Options, PlatformOptions};
pub use sandbox::Sandbox;
pub use tokens::{Mint, Shape};
