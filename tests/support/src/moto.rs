//! moto: answers as AWS does in all its shapes, but validates nothing.

use std::process::Command;

use crate::clients;
use crate::leash::Leash;

/// A running moto server, for the shapes of answers and for what comes after an exchange; never as the proof that
/// an exchange is right.
#[derive(Debug)]
pub struct Moto {
    _leash: Leash,
    endpoint: String,
}

impl Moto {
    /// Starts one; when this returns, it answers.
    pub fn start() -> Self {
        let folder =
            tempfile::Builder::new().prefix("evercred-moto-").tempdir().expect("a folder can be made");
        let mut server = Command::new(clients::installed("moto_server"));
        server.args(["-H", "127.0.0.1", "-p", "0"]).env("PATH", "/usr/bin:/bin").env("HOME", folder.path());
        let leash = Leash::start(&server, folder, &[]);
        let ready = leash
            .until_ready("moto", |log| Some(log.split_once("Running on ")?.1.lines().next()?.to_owned()));
        let (leash, endpoint) = ready.unwrap_or_else(|error| panic!("{error}"));
        Self { _leash: leash, endpoint }
    }

    /// `http://127.0.0.1:port`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}
