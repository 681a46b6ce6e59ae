//! `evercred doctor` against the clients themselves: in hundreds of generated homes and environments, what it says that a
//! client will take is what that client, unmodified, takes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::format_push_string,
    reason = "a rig that does not stand must fail the test, which writes homes and prints its figures"
)]

#[path = "doctor/aws_sdks.rs"]
mod aws_sdks;
#[path = "doctor/azure.rs"]
mod azure;
#[path = "doctor/botocore.rs"]
mod botocore;
#[path = "doctor/chance.rs"]
mod chance;
#[path = "doctor/commands.rs"]
mod commands;
#[path = "doctor/findings.rs"]
mod findings;
#[path = "doctor/google.rs"]
mod google;
#[path = "doctor/hvac.rs"]
mod hvac;
#[path = "doctor/rig.rs"]
mod rig;
