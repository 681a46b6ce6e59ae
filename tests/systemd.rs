//! evercred under systemd: what `systemd-analyze` says of the units, and what systemd itself, as PID 1 of a container,
//! makes of them.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]
#![expect(clippy::disallowed_methods, reason = "these tests play the administrator, in real time")]

#[path = "systemd/analysis.rs"]
mod analysis;
#[path = "systemd/installation.rs"]
mod installation;
#[path = "systemd/machine.rs"]
mod machine;
#[path = "systemd/notices.rs"]
mod notices;
#[path = "systemd/system.rs"]
mod system;
#[path = "systemd/users.rs"]
mod users;
