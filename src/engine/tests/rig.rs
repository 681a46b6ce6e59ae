//! What the engine's tests run it with.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;

use evercred_core::{Provider, WallClock as _};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::ends::{Mint, Plain};
use super::reader::Reader;
pub(super) use super::script::{Answer, Script};
use crate::engine::attempt::{Attempts, Outcome};
use crate::engine::record::Records;
use crate::engine::status::{ConfigStatus, Daemon, LoginStatus, Status};
use crate::engine::{Command, Engine};
use crate::files::{Publisher, Target};
use crate::login::{Login, LoginId, Origin, Policy};
use crate::outputs::Output;
use crate::outputs::consumers::{Delivery, Served};
use crate::time::fake::FakeClock;

/// A login's choices about time, and the way in which its outputs are read.
type Terms = (Policy, &'static str);

/// Readers of which nothing is known.
const NOBODY: &str = "json";

/// Logins under an engine that runs; most tests have one.
pub(super) struct Rig {
    pub(super) clock: Arc<FakeClock>,
    /// What the first login's provider answers.
    pub(super) script: Arc<Script>,
    pub(super) commands: mpsc::Sender<Command>,
    /// While it is set, the logins' second output cannot be written.
    pub(super) refuse: Arc<AtomicBool>,
    folder: tempfile::TempDir,
    status: watch::Receiver<Status>,
    task: JoinHandle<()>,
}

impl Rig {
    pub(super) fn start(answers: &[Answer]) -> Self {
        Self::with_policy(answers, Policy::default())
    }

    pub(super) fn with_policy(answers: &[Answer], policy: Policy) -> Self {
        Self::anew(&[answers], (policy, NOBODY), &[])
    }

    /// One login whose outputs are read in this way.
    pub(super) fn serving(way: &'static str, answers: &[Answer]) -> Self {
        Self::anew(&[answers], (Policy::default(), way), &[])
    }

    /// One login, and the secrets that are read with it.
    pub(super) fn family(answers: &[Answer], readers: &[Arc<Reader>]) -> Self {
        Self::anew(&[answers], (Policy::default(), NOBODY), readers)
    }

    /// A login for each of these scripts.
    pub(super) fn crowd(scripts: &[&[Answer]]) -> Self {
        Self::anew(scripts, (Policy::default(), NOBODY), &[])
    }

    fn anew(scripts: &[&[Answer]], terms: Terms, readers: &[Arc<Reader>]) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), Arc::new(FakeClock::new()), scripts, terms, readers)
    }

    fn in_folder(
        folder: tempfile::TempDir,
        clock: Arc<FakeClock>,
        scripts: &[&[Answer]],
        terms: Terms,
        readers: &[Arc<Reader>],
    ) -> Self {
        let scripts: Vec<Arc<Script>> = scripts.iter().map(|answers| Script::new(&clock, answers)).collect();
        let refuse = Arc::new(AtomicBool::new(false));
        let make = |(index, script)| Login {
            hosts: Vec::new(),
            has_secrets: !readers.is_empty(),
            ..login(folder.path(), index, script, &refuse, terms)
        };
        let mut logins: Vec<_> = scripts.iter().enumerate().map(make).map(Arc::new).collect();
        let secrets = readers.iter().enumerate();
        logins.extend(
            secrets
                .map(|(index, reader)| reader.login(folder.path(), index, (&logins[0], &clock)))
                .collect::<Vec<_>>(),
        );
        let attempts = attempts(folder.path(), &clock);
        let daemon = Daemon { pid: 1, started_at: clock.now(), config: config_status(&clock) };
        let (mut engine, commands) = Engine::new(clock.clone(), attempts, logins, daemon, || 0.5);
        let status = engine.status();
        let script = Arc::clone(&scripts[0]);
        let task = tokio::spawn(async move { engine.run().await });
        Self { clock, script, commands, refuse, folder, status, task }
    }

    /// Ends this engine and starts another on the same files.
    pub(super) async fn restart(self, answers: &[Answer]) -> Self {
        self.restart_with(answers, Policy::default()).await
    }

    pub(super) async fn restart_with(self, answers: &[Answer], policy: Policy) -> Self {
        self.restart_family(answers, policy, &[]).await
    }

    pub(super) async fn restart_family(
        self,
        answers: &[Answer],
        policy: Policy,
        readers: &[Arc<Reader>],
    ) -> Self {
        self.task.abort();
        let _ = self.task.await;
        Self::in_folder(self.folder, self.clock, &[answers], (policy, NOBODY), readers)
    }

    /// An attempt for the first login by another process.
    pub(super) async fn attempt_elsewhere(&self, answer: Answer) -> Outcome {
        let script = Script::new(&self.clock, &[answer]);
        let login = login(self.folder.path(), 0, &script, &self.refuse, (Policy::default(), NOBODY));
        attempts(self.folder.path(), &self.clock).run(&Arc::new(login), SystemTime::UNIX_EPOCH).await
    }

    /// Waits until the login's status is as wanted.
    pub(super) async fn until(&mut self, wanted: impl Fn(&LoginStatus) -> bool) -> LoginStatus {
        self.until_in(0, wanted).await
    }

    /// The same for one of a crowd.
    pub(super) async fn until_in(
        &mut self,
        index: usize,
        wanted: impl Fn(&LoginStatus) -> bool,
    ) -> LoginStatus {
        let found = self.status.wait_for(|status| wanted(&status.logins[index])).await.unwrap();
        found.logins[index].clone()
    }

    /// Waits until that is so of the login and of all its secrets.
    pub(super) async fn until_all(&mut self, wanted: impl Fn(&LoginStatus) -> bool) {
        self.status.wait_for(|status| status.logins.iter().all(&wanted)).await.unwrap();
    }

    /// The status of one of them now.
    pub(super) fn status_of(&self, index: usize) -> LoginStatus {
        self.status.borrow().logins[index].clone()
    }

    /// The status now.
    pub(super) fn now(&self) -> LoginStatus {
        self.status.borrow().logins[0].clone()
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("credential")
    }

    /// Where the runtime files are.
    pub(super) fn runtime(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// The lock that an attempt for the first login takes.
    pub(super) fn lock_path(&self) -> PathBuf {
        let publisher = Publisher::new(self.runtime());
        Records::new(self.runtime(), publisher).lock_path(&LoginId::new("test", "one"))
    }

    /// Lets somebody else write the output.
    pub(super) fn overwrite(&self, bytes: &[u8]) {
        let somebody_else = Publisher::new(self.folder.path().join("elsewhere"));
        somebody_else.update_private(&self.path(), bytes).unwrap();
    }

    /// Lets somebody else remove the output.
    pub(super) fn remove(&self) {
        let somebody_else = Publisher::new(self.folder.path().join("elsewhere"));
        somebody_else.remove(&Target::new(self.path(), 0o600)).unwrap();
    }

    /// What the secret of that index is published as, if it is.
    pub(super) fn secret(&self, index: usize) -> Option<String> {
        std::fs::read_to_string(self.folder.path().join(format!("secret-{index}"))).ok()
    }

    /// The output's content, if it is there.
    pub(super) fn file(&self) -> Option<String> {
        std::fs::read_to_string(self.path()).ok()
    }

    /// Whether the engine still runs.
    pub(super) fn lives(&self) -> bool {
        !self.task.is_finished()
    }
}

fn config_status(clock: &FakeClock) -> ConfigStatus {
    ConfigStatus { file: PathBuf::from("config.toml"), loaded_at: clock.now(), problems: Vec::new() }
}

fn login(
    folder: &Path,
    index: usize,
    script: &Arc<Script>,
    refuse: &Arc<AtomicBool>,
    (policy, way): Terms,
) -> Login {
    let name = |name: &str| if index == 0 { name.to_owned() } else { format!("{name}-{index}") };
    let output = |file: &str, refuse| -> Box<dyn Output> {
        Box::new(Plain(Target::new(folder.join(name(file)), 0o600), refuse))
    };
    Login {
        id: LoginId::new("test", &name("one")),
        fingerprint: "same".to_owned(),
        origin: Origin::Exchange {
            source: Mint::new(script),
            provider: Arc::clone(script) as Arc<dyn Provider>,
        },
        outputs: vec![output("credential", Arc::default()), output("copy", Arc::clone(refuse))],
        served: vec![Served { delivery: Delivery::of(way), files: Vec::new() }],
        policy,
        hooks: Vec::new(),
        reason: Target::new(folder.join(name("reason.json")), 0o600),
        hosts: Vec::new(),
        has_secrets: false,
    }
}

fn attempts(folder: &Path, clock: &Arc<FakeClock>) -> Arc<Attempts> {
    let runtime = folder.join("run");
    let publisher = Publisher::new(runtime.clone());
    let records = Records::new(runtime, publisher.clone());
    Arc::new(Attempts::new(clock.clone(), publisher, records, || 0.5))
}
