//! How much a server takes from those who talk to it.

use std::sync::Arc;
use std::time::Duration;

use super::Crowd;

/// Bounds of number, size and time.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Who is connected. Servers that share it share its bound.
    pub crowd: Arc<Crowd>,
    /// Whether a connection may carry one request after another.
    pub keep_alive: bool,
    /// How long the head of a request may take, and how long a connection that is kept may have nothing to say.
    pub quiet: Duration,
    /// How long the body of a request may take.
    pub body: Duration,
    /// How long a connection may last.
    pub life: Duration,
    /// How large the head of a request may be.
    pub largest_head: usize,
    /// How large its body may be.
    pub largest_body: usize,
    /// Whether requests that somebody passed on are answered.
    pub forwarded: bool,
}

impl Bounds {
    /// For monitors: they are few, and each connection carries one request, so there is nothing to keep alive.
    pub fn monitors() -> Self {
        Self {
            crowd: Arc::new(Crowd::waiting(32)),
            keep_alive: false,
            quiet: Duration::from_secs(5),
            body: Duration::from_secs(5),
            life: Duration::from_secs(15),
            largest_head: 16 * 1024,
            largest_body: 64 * 1024,
            forwarded: true,
        }
    }

    /// For programs that come for credentials: they may be many, and may keep their connections.
    pub fn programs(crowd: Arc<Crowd>) -> Self {
        Self {
            crowd,
            keep_alive: true,
            quiet: Duration::from_secs(30),
            body: Duration::from_secs(5),
            life: Duration::from_mins(5),
            forwarded: false,
            ..Self::monitors()
        }
    }
}
