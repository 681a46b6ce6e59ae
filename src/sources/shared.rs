//! One ID token for all logins that need the same one.
//!
//! A token is minted once for each source and audience, and shared until near its end; whoever asks while it is
//! being minted waits for the same one, or for the same failure, so that a thousand logins are one request. Every
//! token passes the local checks before anybody gets it. While a source is down, a token near its end is given
//! until its very end.
//!
//! There is no retry here and no wait: the engine has both. Local sources are always read again, because what
//! they hold may have been replaced.

mod life;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::SystemTime;

use evercred_core::{Advice, Audience, Failure, IdToken, WallClock};

use self::life::Life;
use super::{TokenSource, problem};
use crate::events::Observers;

/// Which token will do.
#[derive(Debug, Clone)]
pub enum Want {
    /// One that is not near its end.
    Usable,
    /// One with most of its life ahead: for a credential that dies with its token, and for outputs that hold the
    /// token itself.
    Fresh,
    /// Any but this one, which the provider refused.
    OtherThan(Arc<IdToken>),
}

/// The ID tokens that are at hand.
#[derive(Debug)]
pub struct SharedTokens {
    clock: Arc<dyn WallClock>,
    observers: Observers,
    slots: Mutex<HashMap<Key, Arc<Slot>>>,
}

/// A source is known by its address, which stays taken as long as the slot holds a [`Weak`] of it.
type Key = (usize, Audience);

#[derive(Debug)]
struct Slot {
    source: Weak<dyn TokenSource>,
    /// How many mints have ended, well or not.
    ended: AtomicU64,
    last: tokio::sync::Mutex<Last>,
}

/// What the last mint left. The lock is held while one is under way.
#[derive(Debug, Default)]
struct Last {
    token: Option<(Arc<IdToken>, Life)>,
    failure: Option<Arc<Failure>>,
}

impl SharedTokens {
    /// None yet.
    pub fn new(clock: Arc<dyn WallClock>) -> Self {
        Self { clock, observers: Observers::default(), slots: Mutex::default() }
    }

    /// The same, observed.
    #[must_use]
    pub fn observed_by(self, observers: Observers) -> Self {
        Self { observers, ..self }
    }

    /// A token of `source` for `audience`: one at hand if it will do, or else a new one.
    pub async fn token(
        &self,
        source: &Arc<dyn TokenSource>,
        audience: &Audience,
        want: Want,
    ) -> Result<Arc<IdToken>, Failure> {
        let token = if source.is_local() {
            self.mint(source, audience).await.map(|(token, _)| token).map_err(Arc::new)
        } else {
            self.shared(source, audience, &want).await
        };
        token
            .and_then(|token| want.unless_refused(token, source.as_ref()).map_err(Arc::new))
            .map_err(|failure| report(failure, source.as_ref(), audience))
    }

    async fn shared(
        &self,
        source: &Arc<dyn TokenSource>,
        audience: &Audience,
        want: &Want,
    ) -> Result<Arc<IdToken>, Arc<Failure>> {
        let slot = self.slot(source, audience);
        let ended_before = slot.ended.load(Ordering::Relaxed);
        let mut last = slot.last.lock().await;
        let waited = slot.ended.load(Ordering::Relaxed) != ended_before;
        let just_minted = waited && last.failure.is_none();
        if let Some((token, life)) = &last.token
            && want.is_met_by(token, life, self.clock.now(), just_minted)
        {
            return Ok(Arc::clone(token));
        }
        let failure = if let Some(failure) = last.failure.as_ref().filter(|_| waited) {
            Arc::clone(failure)
        } else {
            let minted = self.mint(source, audience).await;
            slot.ended.fetch_add(1, Ordering::Relaxed);
            match last.keep(minted) {
                Ok(token) => return Ok(token),
                Err(failure) => failure,
            }
        };
        want.last_resort(&last, self.clock.now()).ok_or(failure)
    }

    async fn mint(
        &self,
        source: &Arc<dyn TokenSource>,
        audience: &Audience,
    ) -> Result<(Arc<IdToken>, Life), Failure> {
        let minted = source.mint(audience).await;
        self.observers.minted(source.as_ref(), minted.as_ref().err());
        let token = minted?;
        let now = self.clock.now();
        let unfit = |problem| problem::unfit(&problem, source.as_ref());
        token.check(audience, now).map_err(unfit)?;
        let life = Life::of(&token, now).map_err(unfit)?;
        Ok((Arc::new(token), life))
    }

    fn slot(&self, source: &Arc<dyn TokenSource>, audience: &Audience) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|_, slot| slot.source.strong_count() > 0);
        let key = (Arc::as_ptr(source).addr(), audience.clone());
        let new = || Slot {
            source: Arc::downgrade(source),
            ended: AtomicU64::new(0),
            last: tokio::sync::Mutex::default(),
        };
        Arc::clone(slots.entry(key).or_insert_with(|| Arc::new(new())))
    }
}

impl Last {
    /// Keeps what came of a mint; after a failure the token before it stays.
    fn keep(&mut self, minted: Result<(Arc<IdToken>, Life), Failure>) -> Result<Arc<IdToken>, Arc<Failure>> {
        let minted = minted.map_err(Arc::new);
        self.failure = minted.as_ref().err().cloned();
        let (token, life) = minted?;
        self.token = Some((Arc::clone(&token), life));
        Ok(token)
    }
}

impl Want {
    /// Whether a token at hand will do. One that was minted while we waited is as new as any, even if it is the
    /// refused one once more: asking again at once would only hammer.
    fn is_met_by(&self, token: &Arc<IdToken>, life: &Life, now: SystemTime, just_minted: bool) -> bool {
        life.is_usable(now)
            && match self {
                Self::Usable => true,
                Self::Fresh => just_minted || life.is_fresh(now),
                Self::OtherThan(refused) => just_minted || !same(token, refused),
            }
    }

    /// The token that is near its end, where there is no other: it may still do.
    fn last_resort(&self, last: &Last, now: SystemTime) -> Option<Arc<IdToken>> {
        let (token, life) = last.token.as_ref()?;
        (matches!(self, Self::Usable) && !life.is_over(now)).then(|| Arc::clone(token))
    }

    /// The token, unless it is the refused one once more.
    fn unless_refused(&self, token: Arc<IdToken>, source: &dyn TokenSource) -> Result<Arc<IdToken>, Failure> {
        match self {
            Self::OtherThan(refused) if same(&token, refused) => Err(same_again(source)),
            _ => Ok(token),
        }
    }
}

fn same(one: &IdToken, other: &IdToken) -> bool {
    one.raw().expose() == other.raw().expose()
}

fn same_again(source: &dyn TokenSource) -> Failure {
    let advice = if source.is_local() { Advice::NeedsAttention } else { Advice::RETRY };
    Failure::new("get another ID token", source.describe(), advice)
        .message("the source still gives the one that the provider refused")
        .hint(
            "If the source keeps tokens, have it renew this one; evercred tries again as soon as it changes.",
        )
}

fn report(failure: Arc<Failure>, source: &dyn TokenSource, audience: &Audience) -> Failure {
    let report = Failure::new(format!("get an ID token for {audience}"), source.describe(), failure.advice());
    let report = match failure.remedy() {
        Some(hint) => report.hint(hint),
        None => report,
    };
    report.caused_by(failure)
}

#[cfg(test)]
mod tests;
