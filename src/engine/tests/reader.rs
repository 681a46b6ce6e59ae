//! A scripted store of secrets.

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use evercred_core::{Advice, BoxFuture, Credential, Failure, Field, Secret, SecretReader, WallClock as _};

use crate::files::Target;
use crate::login::{Login, Origin, Policy};
use crate::outputs::Output;
use crate::time::fake::FakeClock;

/// What the scripted store answers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Something that has no end, and may change.
    Static,
    /// Something that has no end, and stays what it is.
    Pinned,
    /// Something that lives so long, and dies with the credential it was read with.
    Leased(Duration),
    /// A failure.
    Bad(Advice),
}

/// Answers by a script, the last line of it for ever.
#[derive(Debug, Default)]
pub(super) struct Reader {
    clock: OnceLock<Arc<FakeClock>>,
    answers: Mutex<VecDeque<Kind>>,
    renewals: Mutex<VecDeque<Option<Duration>>>,
    renewed: Mutex<usize>,
    /// When it was read, and with what.
    asked: Mutex<Vec<(SystemTime, String)>>,
    dead: Mutex<BTreeSet<String>>,
    /// While it is set, the secret cannot be rendered.
    misfits: Arc<AtomicBool>,
    /// How long an answer takes.
    delay: Mutex<Duration>,
}

impl Reader {
    pub(super) fn new(answers: &[Kind]) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.iter().copied().collect()), ..Self::default() })
    }

    /// The secret that it reads with `lender`.
    pub(super) fn login(
        self: &Arc<Self>,
        folder: &Path,
        index: usize,
        (lender, clock): (&Arc<Login>, &Arc<FakeClock>),
    ) -> Arc<Login> {
        self.clock.get_or_init(|| Arc::clone(clock));
        let target = Target::new(folder.join(format!("secret-{index}")), 0o600);
        let reader = Arc::clone(self) as Arc<dyn SecretReader>;
        Arc::new(Login {
            id: lender.id.secret(&format!("secret-{index}")),
            fingerprint: "same".to_owned(),
            origin: Origin::Secret { login: Arc::clone(lender), reader },
            outputs: vec![Box::new(Rendered(target, Arc::clone(&self.misfits)))],
            served: Vec::new(),
            policy: Policy::default(),
            hooks: Vec::new(),
            reason: Target::new(folder.join(format!("secret-{index}.reason.json")), 0o600),
            hosts: Vec::new(),
            has_secrets: false,
        })
    }

    /// Answers so from now on.
    pub(super) fn set(&self, answers: &[Kind]) {
        *self.answers.lock().unwrap() = answers.iter().copied().collect();
    }

    /// What renewals are answered with: how long it lives from then, or that it can be renewed no more.
    pub(super) fn renew(&self, lives: &[Option<Duration>]) {
        *self.renewals.lock().unwrap() = lives.iter().copied().collect();
    }

    /// Knows that credential no longer.
    pub(super) fn kill(&self, credential: &str) {
        self.dead.lock().unwrap().insert(credential.to_owned());
    }

    /// Takes so long for each answer from now on.
    pub(super) fn delay(&self, delay: Duration) {
        *self.delay.lock().unwrap() = delay;
    }

    /// Whether the secret can be rendered no more.
    pub(super) fn misfit(&self, is_misfit: bool) {
        self.misfits.store(is_misfit, Ordering::Relaxed);
    }

    pub(super) fn reads(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    pub(super) fn renewals(&self) -> usize {
        *self.renewed.lock().unwrap()
    }

    pub(super) fn times(&self) -> Vec<SystemTime> {
        self.asked.lock().unwrap().iter().map(|(time, _)| *time).collect()
    }

    fn check(&self, login: &Credential) -> Result<String, Failure> {
        let token = login.field(Field::SESSION_TOKEN).unwrap().expose().to_owned();
        if self.dead.lock().unwrap().contains(&token) {
            return Err(Failure::new("read", "nowhere", Advice::NewToken));
        }
        Ok(token)
    }

    fn answer(&self, token: &str) -> Result<Credential, Failure> {
        let now = self.clock.get().unwrap().now();
        let mut asked = self.asked.lock().unwrap();
        asked.push((now, token.to_owned()));
        let mut answers = self.answers.lock().unwrap();
        let kind = if answers.len() > 1 { answers.pop_front() } else { answers.front().copied() };
        let data = Secret::new(format!("{} with {token}", asked.len()));
        let secret = Credential::new("a secret", now).with(Field::DATA, data);
        match kind.unwrap() {
            Kind::Static => Ok(secret.changing_within(Duration::from_mins(5))),
            Kind::Pinned => Ok(secret),
            Kind::Leased(life) => Ok(secret.expiring_at(now + life).bound().renewable()),
            Kind::Bad(advice) => Err(Failure::new("read", "nowhere", advice)),
        }
    }
}

impl SecretReader for Reader {
    fn describe(&self) -> String {
        "a test".to_owned()
    }

    fn read<'a>(&'a self, login: &'a Credential) -> BoxFuture<'a, Result<Credential, Failure>> {
        Box::pin(async move {
            let token = self.check(login)?;
            let delay = *self.delay.lock().unwrap();
            tokio::time::sleep(delay).await;
            self.answer(&token)
        })
    }

    fn renew<'a>(
        &'a self,
        login: &'a Credential,
        held: &'a Credential,
    ) -> BoxFuture<'a, Result<Option<Credential>, Failure>> {
        Box::pin(async move {
            self.check(login)?;
            *self.renewed.lock().unwrap() += 1;
            let now = self.clock.get().unwrap().now();
            let same = Credential::new("a secret", now).bound();
            let same = same.with(Field::DATA, held.field(Field::DATA).unwrap().clone());
            let life = self.renewals.lock().unwrap().pop_front().flatten();
            Ok(life.map(|life| same.expiring_at(now + life).renewable()))
        })
    }
}

/// The data as a file, unless it cannot be rendered.
#[derive(Debug)]
struct Rendered(Target, Arc<AtomicBool>);

impl Output for Rendered {
    fn target(&self) -> &Target {
        &self.0
    }

    fn needs(&self) -> &[Field] {
        &[Field::DATA]
    }

    fn render(&self, credential: &Credential, _: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
        if self.1.load(Ordering::Relaxed) {
            return Err(Failure::new("render", "the secret", Advice::NeedsAttention));
        }
        Ok(credential.field(Field::DATA).unwrap().expose().as_bytes().to_vec())
    }

    fn own_part(&self, current: &[u8]) -> Option<Vec<u8>> {
        Some(current.to_vec())
    }
}
