//! What the engine's tests run it with.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evercred_core::{
    Advice, Audience, BoxFuture, Credential, Failure, Field, IdToken, Provider, Secret, WallClock as _,
};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::engine::attempt::Attempts;
use crate::engine::record::Records;
use crate::engine::status::{Daemon, LoginStatus, Status};
use crate::engine::{Command, Engine};
use crate::files::{Publisher, Target};
use crate::login::{Login, LoginId, Policy};
use crate::outputs::Output;
use crate::sources::TokenSource;
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

/// What the scripted provider answers when it is to keep a credential alive.
#[derive(Debug, Clone, Copy)]
pub(super) enum Renewed {
    /// It lives so long from now, and may be renewed again.
    For(Duration),
    /// It lives so long from now for the last time.
    Last(Duration),
    /// It is dead.
    Dead,
    /// Nobody could say.
    Unknown,
}

/// Answers by a script, the last line of it for ever.
#[derive(Debug)]
pub(super) struct Script {
    clock: Arc<FakeClock>,
    audience: Audience,
    answers: Mutex<VecDeque<Answer>>,
    renewals: Mutex<VecDeque<Renewed>>,
    asked_at: Mutex<Vec<Duration>>,
}

impl Script {
    pub(super) fn set(&self, answers: &[Answer]) {
        *self.answers.lock().unwrap() = answers.iter().copied().collect();
    }

    /// What renewals are answered with, each once; without an answer, a credential is dead.
    pub(super) fn set_renewals(&self, renewals: &[Renewed]) {
        *self.renewals.lock().unwrap() = renewals.iter().copied().collect();
    }

    fn renewed(&self, held: &Credential) -> Result<Option<Credential>, Failure> {
        let secret = held.field(Field::SESSION_TOKEN).unwrap().clone();
        let now = self.clock.now();
        let same = Credential::new("me", now).with(Field::SESSION_TOKEN, secret);
        match self.renewals.lock().unwrap().pop_front() {
            Some(Renewed::For(life)) => Ok(Some(same.expiring_at(now + life).renewable())),
            Some(Renewed::Last(life)) => Ok(Some(same.expiring_at(now + life))),
            Some(Renewed::Dead) | None => Ok(None),
            Some(Renewed::Unknown) => Err(Failure::new("renew", "nowhere", Advice::Unreachable)),
        }
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

/// Mints tokens that live an hour.
#[derive(Debug)]
struct Mint {
    clock: Arc<FakeClock>,
    minted: AtomicU32,
    /// Whether all tokens of the same second are the same.
    repeats: bool,
}

impl TokenSource for Mint {
    fn describe(&self) -> String {
        "a test".to_owned()
    }

    fn mint<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<IdToken, Failure>> {
        let now = self.clock.now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let number = if self.repeats { 0 } else { self.minted.fetch_add(1, Ordering::Relaxed) };
        let payload = serde_json::json!({"aud": audience, "iat": now, "exp": now + 3_600, "jti": number});
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let token = format!("{}.{}.{}", encode("{}"), encode(&payload.to_string()), encode("signed"));
        Box::pin(async move { Ok(IdToken::parse(&token).unwrap()) })
    }
}

/// The session token as a file.
#[derive(Debug)]
struct Plain(Target);

impl Output for Plain {
    fn target(&self) -> &Target {
        &self.0
    }

    fn needs(&self) -> &[Field] {
        &[Field::SESSION_TOKEN]
    }

    fn render(&self, credential: &Credential, _: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
        Ok(credential.field(Field::SESSION_TOKEN).unwrap().expose().as_bytes().to_vec())
    }

    fn own_part(&self, current: &[u8]) -> Option<Vec<u8>> {
        Some(current.to_vec())
    }

    fn recall(&self, current: &[u8]) -> Vec<(Field, Secret)> {
        vec![(Field::SESSION_TOKEN, Secret::new(String::from_utf8_lossy(current)))]
    }

    fn retract(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

/// One login under an engine that runs.
pub(super) struct Rig {
    pub(super) clock: Arc<FakeClock>,
    pub(super) script: Arc<Script>,
    pub(super) commands: mpsc::Sender<Command>,
    folder: tempfile::TempDir,
    status: watch::Receiver<Status>,
    task: JoinHandle<()>,
}

impl Rig {
    pub(super) fn start(answers: &[Answer]) -> Self {
        Self::with_policy(answers, Policy::default())
    }

    pub(super) fn with_policy(answers: &[Answer], policy: Policy) -> Self {
        let clock = Arc::new(FakeClock::new());
        Self::in_folder(tempfile::tempdir().unwrap(), clock, answers, policy, false)
    }

    pub(super) fn with_source_that_repeats_itself(answers: &[Answer]) -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(FakeClock::new()));
        Self::in_folder(folder, clock, answers, Policy::default(), true)
    }

    fn in_folder(
        folder: tempfile::TempDir,
        clock: Arc<FakeClock>,
        answers: &[Answer],
        policy: Policy,
        repeats: bool,
    ) -> Self {
        let script = Arc::new(Script {
            clock: Arc::clone(&clock),
            audience: Audience::new("test"),
            answers: Mutex::new(answers.iter().copied().collect()),
            renewals: Mutex::default(),
            asked_at: Mutex::default(),
        });
        let login = Login {
            id: LoginId::new("test", "one"),
            fingerprint: "same".to_owned(),
            source: Arc::new(Mint { clock: Arc::clone(&clock), minted: AtomicU32::new(0), repeats }),
            provider: Arc::clone(&script) as Arc<dyn Provider>,
            outputs: vec![Box::new(Plain(Target::new(folder.path().join("credential"), 0o600)))],
            policy,
        };
        let runtime = folder.path().join("run");
        let publisher = Publisher::new(runtime.clone());
        let records = Records::new(runtime, publisher.clone());
        let jitter = || 0.5;
        let attempts = Arc::new(Attempts::new(clock.clone(), publisher, records, jitter));
        let daemon = Daemon { pid: 1, started_at: clock.now() };
        let (engine, commands) = Engine::new(clock.clone(), attempts, vec![login], daemon, jitter);
        let status = engine.status();
        Self { clock, script, commands, folder, status, task: tokio::spawn(engine.run()) }
    }

    /// Ends this engine and starts another on the same files.
    pub(super) async fn restart(self, answers: &[Answer]) -> Self {
        self.task.abort();
        let _ = self.task.await;
        Self::in_folder(self.folder, self.clock, answers, Policy::default(), false)
    }

    /// Waits until the login's status is as wanted.
    pub(super) async fn until(&mut self, wanted: impl Fn(&LoginStatus) -> bool) -> LoginStatus {
        let found = self.status.wait_for(|status| wanted(&status.logins[0])).await.unwrap();
        found.logins[0].clone()
    }

    /// The status now.
    pub(super) fn now(&self) -> LoginStatus {
        self.status.borrow().logins[0].clone()
    }

    /// Lets somebody else write the output.
    pub(super) fn overwrite(&self, bytes: &[u8]) {
        let somebody_else = Publisher::new(self.folder.path().join("elsewhere"));
        somebody_else.update_private(&self.path(), bytes).unwrap();
    }

    /// The output's content, if it is there.
    pub(super) fn file(&self) -> Option<String> {
        std::fs::read_to_string(self.path()).ok()
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("credential")
    }

    /// Whether the engine still runs.
    pub(super) fn lives(&self) -> bool {
        !self.task.is_finished()
    }
}
