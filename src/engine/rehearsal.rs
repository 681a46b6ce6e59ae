//! An attempt that publishes nothing: each of its steps by itself, timed, so that a person sees which one fails.
//!
//! The steps are the attempt's own; only what comes before them (whether the servers are there, what their clocks show)
//! and what is left out at the end (the files' new content) is particular to it. A credential that can be ended is
//! ended again.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use evercred_core::{Contact, Credential, Failure, HumanDuration, IdToken, Provider};

use crate::files::Rehearsed;
use crate::login::{Login, Origin};
use crate::outputs::Output;
use crate::sources::TokenSource;
use crate::sources::shared::Want;
use crate::time::rfc3339;

use super::attempt::{Attempts, panicked};

/// Clocks that differ by more begin to be a reason for refusals; a `Date` has no fractions of a second.
const TOLERABLE: Duration = Duration::from_secs(30);

/// One step.
#[derive(Debug)]
pub struct Step {
    /// What was tried: `token`, `server`, `clock`, `exchange`, `life`, `output` or `revoke`.
    pub name: &'static str,
    /// How long it took.
    pub took: Duration,
    /// How it went.
    pub verdict: Verdict,
}

/// How a step went.
#[derive(Debug)]
pub enum Verdict {
    /// Well: what was found.
    Passed(String),
    /// Well, but somebody should know.
    Warned(String),
    /// It failed, and so would an attempt.
    Failed(Failure),
    /// It was not tried, and why.
    Skipped(String),
}

/// The steps so far, and when the present one began.
struct Protocol<'a> {
    attempts: &'a Attempts,
    steps: Vec<Step>,
    began: Duration,
}

impl Protocol<'_> {
    fn note(&mut self, name: &'static str, verdict: Verdict) {
        let now = self.attempts.clock.read().boot;
        self.steps.push(Step { name, took: now.saturating_sub(self.began), verdict });
        self.began = now;
    }

    /// Notes how a step went, and gives what came of it.
    fn result<T>(
        &mut self,
        name: &'static str,
        result: Result<T, Failure>,
        tell: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        match result {
            Ok(found) => {
                self.note(name, Verdict::Passed(tell(&found)));
                Some(found)
            }
            Err(failure) => {
                self.note(name, Verdict::Failed(failure));
                None
            }
        }
    }
}

impl Attempts {
    /// Goes through an attempt for `login` without publishing anything.
    pub async fn rehearse(self: &Arc<Self>, login: &Arc<Login>) -> Vec<Step> {
        let began = self.clock.read().boot;
        let mut protocol = Protocol { attempts: self, steps: Vec::new(), began };
        match &login.origin {
            Origin::Exchange { source, provider } => {
                self.go_through(login, source, provider.as_ref(), &mut protocol).await;
            }
            Origin::Secret { .. } => {
                let why = "reading a secret may make a lease or a certificate; `evercred once` reads it";
                protocol.note("read", Verdict::Skipped(why.to_owned()));
            }
        }
        protocol.steps
    }

    async fn go_through(
        self: &Arc<Self>,
        login: &Arc<Login>,
        source: &Arc<dyn TokenSource>,
        provider: &dyn Provider,
        protocol: &mut Protocol<'_>,
    ) {
        let minted = self.tokens.token(source, provider.audience(), Want::Fresh).await;
        let now = self.clock.now();
        let token = protocol.result("token", minted, |token| describe(token, source.as_ref(), now));
        for contact in provider.greet().await {
            greeted(contact, now, protocol);
        }
        if let Some(problem) = token.as_ref().and_then(|token| from_the_future(token, now)) {
            protocol.note("clock", Verdict::Warned(problem));
        }
        let Some(_) = token else { return };
        // The token that was minted is the one that is exchanged: it is shared.
        let obtained = self.obtain(login).await.map_err(|(_, failure)| failure);
        let Some(credential) = protocol.result("exchange", obtained, |credential| received(credential, now))
        else {
            return;
        };
        suits(login, &credential, now, protocol);
        for index in 0..login.outputs.len() {
            self.output(login, index, &credential, protocol).await;
        }
        if let Some(end) = provider.revoke(&credential) {
            protocol.result("revoke", end.await, |()| "it was ended again".to_owned());
        }
    }

    async fn output(
        self: &Arc<Self>,
        login: &Arc<Login>,
        index: usize,
        credential: &Credential,
        protocol: &mut Protocol<'_>,
    ) {
        let credential = credential.clone();
        let work = move |this: Arc<Self>, login: Arc<Login>| {
            let output = login.outputs[index].as_ref();
            this.publisher.rehearse(output.target(), &mut |current| output.render(&credential, current))
        };
        let tried =
            self.in_background(login, work).await.unwrap_or_else(|| Err(panicked("write the outputs")));
        protocol.result("output", tried, |done| place(login.outputs[index].as_ref(), *done));
    }
}

fn describe(token: &IdToken, source: &dyn TokenSource, now: SystemTime) -> String {
    let claims = token.claims();
    let named = |claim: Option<&str>| claim.unwrap_or("nobody").to_owned();
    format!(
        "{}: issuer {}, subject {}, audience {}, {}",
        source.describe(),
        named(claims.issuer()),
        named(claims.subject()),
        claims.audiences().join(" "),
        claims.expires_at().map_or_else(|| "without an end".to_owned(), |end| lasting(end, now)),
    )
}

fn lasting(end: SystemTime, now: SystemTime) -> String {
    let left = end.duration_since(now).unwrap_or_default();
    format!("good for {}", HumanDuration::from(Duration::from_secs(left.as_secs())))
}

/// A server that is there, and its clock beside ours.
fn greeted(contact: Contact, now: SystemTime, protocol: &mut Protocol<'_>) {
    let Contact { server, outcome } = contact;
    let Some(date) = protocol.result("server", outcome, |_| format!("{server} answers")) else { return };
    let Some(theirs) = date else {
        return protocol.note("clock", Verdict::Skipped(format!("{server} does not say what time it is")));
    };
    let apart = theirs.duration_since(now).unwrap_or_else(|earlier| earlier.duration());
    let apart_in_words = format!("{} s apart from that of {server}", apart.as_secs());
    protocol.note(
        "clock",
        if apart < TOLERABLE {
            Verdict::Passed(apart_in_words)
        } else {
            let shown = format!("{} here, {} there", rfc3339::seconds(now), rfc3339::seconds(theirs));
            Verdict::Warned(format!(
                "{apart_in_words} ({shown}); set this machine's clock right, or tokens will be refused"
            ))
        },
    );
}

fn from_the_future(token: &IdToken, now: SystemTime) -> Option<String> {
    let ahead = token.claims().issued_at()?.duration_since(now).ok()?;
    (ahead >= TOLERABLE).then(|| {
        format!(
            "the issuer's clock is {} s ahead of this machine's; set this one right, or tokens will be refused",
            ahead.as_secs()
        )
    })
}

/// Warns of a life that is too short for those who read the outputs.
fn suits(login: &Login, credential: &Credential, now: SystemTime, protocol: &mut Protocol<'_>) {
    let life = credential.expires_at().and_then(|end| end.duration_since(now).ok());
    let misfits = life.map(|life| login.demand().misfits(life)).unwrap_or_default();
    for misfit in misfits {
        protocol.note("life", Verdict::Warned(misfit.note()));
    }
}

fn received(credential: &Credential, now: SystemTime) -> String {
    let end = credential.expires_at().map(|end| format!(", {}", lasting(end, now))).unwrap_or_default();
    format!("{}{end}", credential.subject())
}

fn place(output: &dyn Output, done: Rehearsed) -> String {
    let what = match done {
        Rehearsed::Unchanged => "is as it should be",
        Rehearsed::New => "would be made",
        Rehearsed::Changed => "would be replaced",
    };
    match output.section() {
        Some(section) => format!("[{section}] in {} {what}", output.target().path.display()),
        None => format!("{} {what}", output.target().path.display()),
    }
}
