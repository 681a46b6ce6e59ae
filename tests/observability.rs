//! What monitors and auditors see of a real daemon, with the parser of Prometheus's Python client and a validator of
//! JSON schemas that are not ours.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]
#![expect(clippy::disallowed_methods, reason = "these tests play the other programs, in real time")]

#[path = "observability/audit.rs"]
mod audit;
#[path = "observability/http.rs"]
mod http;
#[path = "observability/metrics.rs"]
mod metrics;
#[path = "observability/server.rs"]
mod server;
#[path = "life/workspace.rs"]
#[expect(dead_code, reason = "the tests of life use more of it")]
mod workspace;

use workspace::Workspace;

/// Adds tables to the config of the workspace, whose login gets `more` lines.
fn configure(workspace: &Workspace, more: &str, tables: &str) {
    workspace.configure(&format!("{more}\n{tables}\n"));
}
