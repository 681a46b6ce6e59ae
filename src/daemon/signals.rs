//! The signals that mean something to a daemon.

use std::future::{pending, poll_fn};
use std::task::Poll;

use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// An orderly end.
    Stop(&'static str),
    /// Reading the config again.
    Reload,
}

/// The signals as they come.
#[derive(Debug)]
pub(super) struct Signals(Vec<(Signal, Stream)>);

impl Signals {
    /// From now on, none of them does what it does by default. Needs a runtime.
    pub(super) fn listen() -> Self {
        let wanted = [
            (Signal::Stop("SIGTERM"), SignalKind::terminate()),
            (Signal::Stop("SIGINT"), SignalKind::interrupt()),
            (Signal::Reload, SignalKind::hangup()),
        ];
        Self(wanted.into_iter().filter_map(|(meaning, kind)| Some((meaning, signal(kind).ok()?))).collect())
    }

    /// The next one. Nothing is lost if the wait is given up.
    pub(super) async fn next(&mut self) -> Signal {
        if self.0.is_empty() {
            return pending().await;
        }
        poll_fn(|context| {
            let ready = self.0.iter_mut().find_map(|(meaning, stream)| {
                matches!(stream.poll_recv(context), Poll::Ready(Some(()))).then_some(*meaning)
            });
            ready.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}
