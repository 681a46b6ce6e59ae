//! `evercred explain` against servers that verify: what it says of a rule is what the server does, and of a token with one
//! claim changed it names just that claim.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a rig that does not stand must fail the test")]

#[path = "explain/aws.rs"]
mod aws;
#[path = "explain/azure.rs"]
mod azure;
#[path = "explain/case.rs"]
mod case;
#[path = "explain/documents.rs"]
mod documents;
#[path = "explain/gcp.rs"]
mod gcp;
#[path = "explain/vault.rs"]
mod vault;
