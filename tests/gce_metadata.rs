//! The metadata server: Google's own libraries and gcloud, unmodified, and everything that must be refused.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]
#![expect(clippy::disallowed_methods, reason = "the clients are programs of their own")]

#[path = "gce_metadata/alive.rs"]
mod alive;
#[path = "gce_metadata/gcloud.rs"]
mod gcloud;
#[path = "observability/http.rs"]
#[expect(dead_code, reason = "each test takes what it needs")]
mod http;
#[path = "gce_metadata/identity.rs"]
mod identity;
#[path = "gce_metadata/protocol.rs"]
mod protocol;
#[path = "gce_metadata/rig.rs"]
mod rig;
#[path = "gce_metadata/users.rs"]
mod users;

#[test]
#[ignore = "not a test: the process that one of them starts"]
fn client_process() {
    alive::work();
}
