//! `evercred exec` and `evercred env`: programs that find their logins by variables, run as a shell would run them.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a rig that does not stand must fail the test")]
#![expect(clippy::disallowed_methods, reason = "these tests play the other programs, in real time")]

#[path = "exec/aws.rs"]
mod aws;
#[path = "azure/rig.rs"]
#[expect(dead_code, reason = "each test of Azure takes what it needs")]
mod azure;
#[path = "exec/clouds.rs"]
mod clouds;
#[path = "exec/company.rs"]
mod company;
#[path = "exec/processes.rs"]
mod processes;
#[path = "exec/rig.rs"]
mod rig;
#[path = "exec/shell.rs"]
mod shell;
#[path = "exec/terminal.rs"]
mod terminal;
#[path = "exec/variables.rs"]
mod variables;
