//! The managed identity: Azure's own SDKs and command line, unmodified, and everything that must be refused.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]
#![expect(clippy::disallowed_methods, reason = "the clients are programs of their own")]

#[path = "managed_identity/alive.rs"]
mod alive;
#[path = "azure/rig.rs"]
#[expect(dead_code, reason = "each test of Azure takes what it needs")]
mod azure;
#[path = "observability/http.rs"]
#[expect(dead_code, reason = "each test takes what it needs")]
mod http;
#[path = "managed_identity/protocol.rs"]
mod protocol;
#[path = "managed_identity/rig.rs"]
mod rig;
#[path = "managed_identity/terraform.rs"]
mod terraform;

#[test]
#[ignore = "not a test: the process that one of them starts"]
fn client_process() {
    alive::work();
}
