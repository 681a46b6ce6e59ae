//! Passing a program's request on to the provider's server, with the login's credential.

use std::fmt::{self, Debug};

use crate::{BoxFuture, Credential, Failure};

/// The server behind a login, for programs that can only be given an address to ask.
pub trait Gateway: Debug + Send + Sync {
    /// Passes `request` on with `held`, once, and gives back what is answered, whatever it says. A failure means that
    /// there was no answer.
    fn pass<'a>(
        &'a self,
        held: &'a Credential,
        request: &'a Passage,
    ) -> BoxFuture<'a, Result<Reply, Failure>>;
}

/// A request that is passed on.
#[derive(Clone)]
pub struct Passage {
    /// The method, such as `GET` or `LIST`.
    pub method: String,
    /// The segments of the path, decoded.
    pub path: Vec<String>,
    /// What follows the question mark, as it was asked.
    pub query: Option<String>,
    /// Headers that go from one end to the other, without those that have the credential.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What is answered to it.
#[derive(Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the credential was refused as such: it is dead, and another may not be.
    pub is_stranger: bool,
}

impl Reply {
    /// One header, if it is there.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_slice())
    }
}

impl Debug for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is written may be a secret, and so may a path be.
        f.debug_struct("Passage").field("method", &self.method).finish_non_exhaustive()
    }
}

impl Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).finish_non_exhaustive()
    }
}
