//! What kubectl, docker and git show, made from a login's credential, at servers that verify it with the cloud.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]
#![expect(
    clippy::disallowed_methods,
    reason = "the clients are programs of their own, with clocks of their own"
)]

#[path = "passes/crowd.rs"]
mod crowd;
#[path = "passes/git.rs"]
mod git;
#[path = "passes/identity.rs"]
mod identity;
#[path = "passes/kubectl.rs"]
mod kubectl;
#[path = "passes/registries.rs"]
mod registries;
#[path = "passes/rig.rs"]
mod rig;
