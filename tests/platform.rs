//! Every token source, end to end: the real program in the environment of each platform, the sandbox as platform and
//! as AWS, which verifies every token it is shown.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]
#![expect(clippy::disallowed_methods, reason = "these tests play the platform, which writes token files")]

#[path = "platform/auto.rs"]
mod auto;
#[path = "platform/init.rs"]
mod init;
#[path = "platform/place.rs"]
mod place;
#[path = "platform/refusals.rs"]
mod refusals;
#[path = "platform/sources.rs"]
mod sources;
