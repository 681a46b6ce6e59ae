//! `evercred exec` and `evercred env`: programs that find their logins by variables, run as a shell would run them.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]
#![expect(clippy::disallowed_methods, reason = "these tests play the other programs, in real time")]

#[path = "exec/aws.rs"]
mod aws;
#[path = "exec/rig.rs"]
mod rig;
