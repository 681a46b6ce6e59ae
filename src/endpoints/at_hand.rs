//! A login's credential for those who ask at an endpoint: from memory, or else from one attempt for all of them.
//!
//! The engine tries by itself, and backs off; who asks again and again while it fails is told so without another attempt.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use evercred_core::{Advice, BoxFuture, Credential, Failure};
use tokio::sync::watch;
use tokio::time::Instant;

use super::AtHand;
use super::on_demand::OnDemand;
use crate::engine::attempt::Attempts;
use crate::engine::attempt_error::{AttemptError, Stage};
use crate::login::Login;

/// For so long after a failure, who asks is told of it.
const REST: Duration = Duration::from_secs(5);

type Got = Result<Arc<Credential>, AttemptError>;

/// A login that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Served(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    login: Arc<Login>,
    attempts: Arc<Attempts>,
    flight: Mutex<Option<Flight>>,
    on_demand: OnDemand,
}

/// An attempt that is under way, or has failed.
#[derive(Debug, Clone)]
struct Flight {
    /// What was received up to then would not do.
    after: SystemTime,
    landed: watch::Receiver<Option<(Instant, Got)>>,
}

impl Served {
    pub(super) fn new(login: &Arc<Login>, attempts: &Arc<Attempts>) -> Self {
        let (login, attempts) = (Arc::clone(login), Arc::clone(attempts));
        let on_demand = OnDemand::new(&login, &attempts);
        Self(Arc::new(Inner { login, attempts, flight: Mutex::default(), on_demand }))
    }

    /// What an attempt gets that was received after `after`.
    async fn fetched(&self, after: SystemTime, patience: Duration) -> Got {
        let mut landed = self.flight(after).landed;
        let got = match tokio::time::timeout(patience, landed.wait_for(Option::is_some)).await {
            Ok(Ok(landed)) => landed.as_ref().map(|(_, got)| got.clone()),
            Ok(Err(_)) | Err(_) => None,
        };
        got.unwrap_or_else(|| Err(AttemptError::new(Stage::Exchange, &under_way(&self.0.login))))
    }

    /// The attempt that is under way or has just failed, or else a new one.
    fn flight(&self, after: SystemTime) -> Flight {
        let mut flight = self.0.flight();
        if let Some(known) = flight.as_ref().filter(|known| known.after >= after && !known.is_over()) {
            return known.clone();
        }
        let (landing, landed) = watch::channel(None);
        let inner = Arc::clone(&self.0);
        tokio::spawn(async move {
            let got = inner.fetch(after).await;
            if got.is_ok() {
                // From now on it is in memory, and only there.
                *inner.flight() = None;
            }
            landing.send_replace(Some((Instant::now(), got)));
        });
        flight.insert(Flight { after, landed }).clone()
    }
}

impl AtHand for Served {
    fn for_recipient<'a>(&'a self, recipient: &'a str, patience: Duration) -> BoxFuture<'a, Got> {
        Box::pin(self.0.on_demand.get(recipient, patience))
    }

    fn now(&self) -> SystemTime {
        self.0.attempts.now()
    }

    fn login(&self) -> &Login {
        &self.0.login
    }

    fn credential(&self, patience: Duration) -> BoxFuture<'_, Got> {
        match self.0.attempts.in_memory(&self.0.login) {
            Some(credential) => Box::pin(std::future::ready(Ok(credential))),
            None => Box::pin(self.fetched(SystemTime::UNIX_EPOCH, patience)),
        }
    }

    fn successor<'a>(&'a self, refused: &'a Arc<Credential>, patience: Duration) -> BoxFuture<'a, Got> {
        match self.0.attempts.received_at(&self.0.login, refused) {
            Some(after) => Box::pin(self.fetched(after, patience)),
            // There is another one already, or none.
            None => self.credential(patience),
        }
    }
}

impl Inner {
    async fn fetch(&self, after: SystemTime) -> Got {
        let got = self.attempts.at_hand_after(&self.login, after).await;
        let (_, credential) = got?;
        Ok(self.attempts.in_memory(&self.login).unwrap_or_else(|| Arc::new(credential)))
    }

    fn flight(&self) -> MutexGuard<'_, Option<Flight>> {
        self.flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    fn is_over(&self) -> bool {
        match &*self.landed.borrow() {
            Some((at, Err(_))) => at.elapsed() > REST,
            Some((_, Ok(_))) => true,
            // A panic has ended it.
            None => self.landed.has_changed().is_err(),
        }
    }
}

fn under_way(login: &Login) -> Failure {
    Failure::new("have a credential at hand", login.id.to_string(), Advice::RETRY)
        .message("an attempt for it is still under way")
        .hint("Ask again in a moment; \"evercred status\" says what it waits for.")
}
