//! A day in the life of `evercred run`, with the real program, the real clock and the sandbox.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]
#![expect(clippy::disallowed_methods, reason = "these tests play the other programs, in real time")]

#[path = "life/background.rs"]
mod background;
#[path = "life/control.rs"]
mod control;
#[path = "life/crowd.rs"]
mod crowd;
#[path = "life/daemon.rs"]
mod daemon;
#[path = "life/edits.rs"]
mod edits;
#[path = "life/outputs.rs"]
mod outputs;
#[path = "life/reload.rs"]
mod reload;
#[path = "life/time.rs"]
mod time;
#[path = "life/workspace.rs"]
mod workspace;
