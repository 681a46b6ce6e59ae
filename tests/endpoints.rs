//! Programs that ask the daemon for a credential: unmodified clients that nobody restarts, and others that mean no good.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]
#![expect(clippy::disallowed_methods, reason = "these tests play the other programs, in real time")]

#[path = "endpoints/abuse.rs"]
mod abuse;
#[path = "endpoints/aws.rs"]
mod aws;
#[path = "endpoints/life.rs"]
mod life;
#[path = "endpoints/rig.rs"]
mod rig;
#[path = "endpoints/sdk.rs"]
mod sdk;
#[path = "endpoints/vault.rs"]
mod vault;
#[path = "endpoints/wire.rs"]
mod wire;

#[test]
#[ignore = "not a test: the process that another test starts"]
fn client_process() {
    sdk::work();
}
