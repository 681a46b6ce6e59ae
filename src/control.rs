//! The control socket: how the commands of the same user talk to the daemon.
//!
//! It is `control.sock` in the runtime folder, mode 0600. A connection carries one request and its answers, each a JSON
//! object on a line of its own; [`Request::Watch`] is answered again and again. The daemon looks at the user id of
//! whoever connects (`SO_PEERCRED`, unix(7)) and answers nobody but its own user and root. No secret goes through it.

mod client;
mod server;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::engine::status::Status;
use crate::login::LoginId;
use crate::report::Report;

pub use client::{Client, Watch};
pub use server::{Order, Server};

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// How the logins are.
    Status,
    /// The same, and again whenever it changes.
    Watch,
    /// An attempt for these logins now; for all, if none is named.
    Refresh {
        /// The logins.
        #[serde(default)]
        logins: Vec<LoginId>,
    },
    /// Reading the config again.
    Reload,
    /// The daemon's orderly end.
    Stop,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    /// How the logins are.
    Status(Status),
    /// It is done, or has begun.
    Done,
    /// It cannot be done.
    Failed(Report),
}

/// Where the socket is.
pub fn socket_path(runtime_folder: &Path) -> PathBuf {
    runtime_folder.join("control.sock")
}

/// Longer requests are nobody's.
const LONGEST_REQUEST: u64 = 64 * 1024;
