//! A provider that answers by a script.

use std::collections::VecDeque;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evercred_core::{
    Advice, Audience, BoxFuture, Credential, Failure, Field, IdToken, Provider, Secret, WallClock as _,
};

use super::renewal::Renewed;
use crate::time::Clock as _;
use crate::time::fake::FakeClock;

/// What the scripted provider answers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    /// A credential that lives so long.
    Good(Duration),
    /// One that can be kept alive.
    Renewable(Duration),
    /// A failure.
    Bad(Advice),
    /// The SDK panics.
    Panic,
}

/// Answers by a script, the last line of it for ever.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) clock: Arc<FakeClock>,
    audience: Audience,
    answers: Mutex<VecDeque<Answer>>,
    pub(super) renewals: Mutex<VecDeque<Renewed>>,
    asked_at: Mutex<Vec<Duration>>,
    /// Whether the token source gives the same token again.
    pub(super) repeats_tokens: AtomicBool,
}

impl Script {
    pub(super) fn new(clock: &Arc<FakeClock>, answers: &[Answer]) -> Arc<Self> {
        Arc::new(Self {
            clock: Arc::clone(clock),
            audience: Audience::new("test"),
            answers: Mutex::new(answers.iter().copied().collect()),
            renewals: Mutex::default(),
            asked_at: Mutex::default(),
            repeats_tokens: AtomicBool::new(false),
        })
    }

    pub(super) fn set(&self, answers: &[Answer]) {
        *self.answers.lock().unwrap() = answers.iter().copied().collect();
    }

    /// When the provider was asked, as time since the start.
    pub(super) fn asked_at(&self) -> Vec<Duration> {
        self.asked_at.lock().unwrap().clone()
    }

    fn next(&self) -> (Answer, usize) {
        let mut asked = self.asked_at.lock().unwrap();
        asked.push(self.clock.read().boot);
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().copied() };
        (answer.expect("the script has a line"), asked.len())
    }
}

impl Provider for Script {
    fn audience(&self) -> &Audience {
        &self.audience
    }

    fn provides(&self) -> &[Field] {
        &[Field::SESSION_TOKEN]
    }

    fn exchange<'a>(&'a self, _: &'a IdToken) -> BoxFuture<'a, Result<Credential, Failure>> {
        Box::pin(async move {
            let (answer, number) = self.next();
            match answer {
                Answer::Good(life) | Answer::Renewable(life) => {
                    let now = self.clock.now();
                    let secret = Secret::new(format!("credential {number}"));
                    let good =
                        Credential::new("me", now).with(Field::SESSION_TOKEN, secret).expiring_at(now + life);
                    Ok(if matches!(answer, Answer::Renewable(_)) { good.renewable() } else { good })
                }
                Answer::Bad(advice) => Err(Failure::new("exchange", "nowhere", advice).hint("Fix it.")),
                Answer::Panic => panic!("an SDK has a bug"),
            }
        })
    }

    fn renew<'a>(&'a self, held: &'a Credential) -> BoxFuture<'a, Result<Option<Credential>, Failure>> {
        Box::pin(async move { self.renewed(held) })
    }
}
