//! What programs ask for besides the login's own credential: tokens for an audience, or for a resource, which the config
//! does not know.
//!
//! Each is held for as long as it is good, and replaced at half of its life, when it is asked for then: who asks gets the
//! old one at once, and the next one gets the new. Who asks for one that there is not waits, all for the same exchange. A
//! refusal is remembered for a while, for programs ask again at once. There are so many at the same time and no more: the
//! one that has not been asked for for longest goes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use evercred_core::{Advice, Credential, Failure};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::engine::attempt::Attempts;
use crate::engine::attempt_error::{AttemptError, Stage};
use crate::login::Login;

/// More than one machine's programs talk to.
const MOST: usize = 64;
/// For so long after a failure, who asks is told of it.
const REST: Duration = Duration::from_secs(5);
/// The same if somebody has to act first.
const LONG_REST: Duration = Duration::from_secs(30);

type Got = Result<Arc<Credential>, AttemptError>;

/// The tokens that a login gives on demand.
#[derive(Debug, Clone)]
pub(super) struct OnDemand {
    login: Arc<Login>,
    attempts: Arc<Attempts>,
    places: Arc<Mutex<HashMap<String, Place>>>,
}

/// The token for one recipient, and what is known besides.
#[derive(Debug)]
struct Place {
    asked: Instant,
    held: Option<Arc<Credential>>,
    refused: Option<(Instant, AttemptError)>,
    flight: Option<watch::Receiver<Option<Got>>>,
}

/// What somebody who asks has to do.
enum Turn {
    Done(Got),
    Wait(watch::Receiver<Option<Got>>),
}

impl OnDemand {
    pub(super) fn new(login: &Arc<Login>, attempts: &Arc<Attempts>) -> Self {
        Self { login: Arc::clone(login), attempts: Arc::clone(attempts), places: Arc::default() }
    }

    /// The token for `recipient`: the one that is held, or else from an exchange that may take so long as `patience`.
    pub(super) async fn get(&self, recipient: &str, patience: Duration) -> Got {
        let mut flight = match self.turn(recipient) {
            Turn::Done(got) => return got,
            Turn::Wait(flight) => flight,
        };
        let landed = tokio::time::timeout(patience, flight.wait_for(Option::is_some)).await;
        match landed.ok().and_then(Result::ok).and_then(|landed| landed.clone()) {
            Some(got) => got,
            None => Err(under_way(recipient)),
        }
    }

    fn turn(&self, recipient: &str) -> Turn {
        let now = self.attempts.now();
        let mut places = self.places();
        if !places.contains_key(recipient) && places.len() >= MOST {
            let idle = places.iter().filter(|(_, place)| place.flight.is_none());
            let Some(oldest) = idle.min_by_key(|(_, place)| place.asked).map(|(name, _)| name.clone()) else {
                return Turn::Done(Err(too_many(recipient)));
            };
            places.remove(&oldest);
        }
        let place = places.entry(recipient.to_owned()).or_insert_with(Place::new);
        place.asked = Instant::now();
        match place.held.clone().filter(|held| !has_ended(held, now)) {
            Some(held) => {
                if is_due(&held, now) && place.refusal().is_none() && place.flight.is_none() {
                    place.flight = Some(self.take_off(recipient));
                }
                Turn::Done(Ok(held))
            }
            None => match (place.refusal(), &place.flight) {
                (Some(refusal), _) => Turn::Done(Err(refusal)),
                (None, Some(flight)) => Turn::Wait(flight.clone()),
                (None, None) => Turn::Wait(place.flight.insert(self.take_off(recipient)).clone()),
            },
        }
    }

    /// Exchanges, whether or not somebody waits for it.
    fn take_off(&self, recipient: &str) -> watch::Receiver<Option<Got>> {
        let (landing, landed) = watch::channel(None);
        let (this, recipient) = (self.clone(), recipient.to_owned());
        tokio::spawn(async move {
            // A place whose exchange panicked must not wait for it for ever.
            let work = tokio::spawn(this.clone().exchange(recipient.clone()));
            let got = match work.await {
                Ok(got) => got,
                Err(_) => Err(panicked(&recipient)),
            };
            if let Some(place) = this.places().get_mut(&recipient) {
                place.landed(&got);
            }
            landing.send_replace(Some(got));
        });
        landed
    }

    async fn exchange(self, recipient: String) -> Got {
        let got = self.attempts.obtain_for(&self.login, &recipient).await;
        got.map(Arc::new).map_err(|(stage, failure)| {
            tracing::warn!(login = %self.login.id, recipient, %failure, "A program asked for a token that could not be had.");
            AttemptError::new(stage, &failure)
        })
    }

    fn places(&self) -> MutexGuard<'_, HashMap<String, Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn new() -> Self {
        Self { asked: Instant::now(), held: None, refused: None, flight: None }
    }

    fn landed(&mut self, got: &Got) {
        self.flight = None;
        match got {
            Ok(credential) => (self.held, self.refused) = (Some(Arc::clone(credential)), None),
            Err(error) => self.refused = Some((Instant::now(), error.clone())),
        }
    }

    /// The last refusal, if it was just now.
    fn refusal(&self) -> Option<AttemptError> {
        let (at, error) = self.refused.as_ref()?;
        let rest = if error.advice == Advice::NeedsAttention { LONG_REST } else { REST };
        (at.elapsed() < rest).then(|| error.clone())
    }
}

fn has_ended(held: &Credential, now: SystemTime) -> bool {
    held.expires_at().is_some_and(|end| end <= now)
}

/// Whether half of its life is over, or its clock has been set.
fn is_due(held: &Credential, now: SystemTime) -> bool {
    let Some(end) = held.expires_at() else { return false };
    let life = end.duration_since(held.issued_at()).unwrap_or_default();
    now.duration_since(held.issued_at()).map_or(true, |age| age * 2 >= life)
}

fn under_way(recipient: &str) -> AttemptError {
    error(recipient, "an exchange for it is still under way", "Ask again in a moment.")
}

fn panicked(recipient: &str) -> AttemptError {
    error(recipient, "the code for it panicked", "Please report this as a bug.")
}

fn too_many(recipient: &str) -> AttemptError {
    error(recipient, "too many others are asked for in this moment", "Ask again in a moment.")
}

fn error(recipient: &str, message: &str, hint: &str) -> AttemptError {
    let failure = Failure::new("get a token for", recipient, Advice::RETRY).message(message).hint(hint);
    AttemptError::new(Stage::Exchange, &failure)
}
