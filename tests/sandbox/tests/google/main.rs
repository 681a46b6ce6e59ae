//! What Google's side of the sandbox takes, and what it refuses with Google's status, code and words.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

mod bearers;
mod exchange;
mod http;
mod rig;
mod service_accounts;
