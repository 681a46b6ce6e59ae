//! A home with one login, `aws.default`, at a sandbox of its own.

use std::time::{Duration, Instant};

use evercred_sandbox::{AwsOptions, Group, Mint, Options, Request, Sandbox};
use evercred_test_support::{Daemon, Home};
use serde_json::Value;

pub(crate) const DOCUMENT: &str = ".local/state/evercred/aws.default.json";
pub(crate) const CONFIG: &str = ".aws/config";

/// Longer than anything here takes on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);
/// What "within a second" may take: a second, and what a busy machine adds.
pub(crate) const SOON: Duration = Duration::from_secs(2);

pub(crate) struct Workspace {
    pub(crate) home: Home,
    pub(crate) sandbox: Sandbox,
}

impl Workspace {
    /// One whose ID token is in a file, for sessions of an hour.
    pub(crate) fn new() -> Self {
        Self::with(Options::default(), "")
    }

    /// One whose sessions live so long.
    pub(crate) fn with_sessions_of(lifetime: Duration) -> Self {
        let aws = AwsOptions { session_lifetime: Some(lifetime), ..AwsOptions::default() };
        Self::with(Options { aws, ..Options::default() }, "")
    }

    pub(crate) fn with(options: Options, more: &str) -> Self {
        let sandbox = Sandbox::start(options).unwrap();
        let workspace = Self { home: Home::new(), sandbox };
        workspace.give_token(&Mint::default());
        workspace.configure(more);
        workspace
    }

    /// Writes the config; `more` are further lines of the login.
    pub(crate) fn configure(&self, more: &str) {
        let Self { home, sandbox } = self;
        let (token, role, url) = (home.path("token"), sandbox.role_arn("dev"), sandbox.url());
        home.config(&format!(
            "[source]\ntype = \"file\"\npath = \"{}\"\n\n[aws.default]\nrole_arn = \"{role}\"\n\
             endpoint_url = \"{url}\"\nregion = \"us-east-1\"\n{more}",
            token.display(),
        ));
    }

    /// Replaces the ID token, as those who rotate one do.
    pub(crate) fn give_token(&self, mint: &Mint) {
        let new = self.home.write("token.new", self.sandbox.mint(mint));
        std::fs::rename(new, self.home.path("token")).unwrap();
    }

    /// Starts the daemon and waits for a fresh login.
    pub(crate) fn start(&self) -> Daemon {
        let mut daemon = self.home.start();
        self.until_phase(&mut daemon, "fresh");
        daemon
    }

    /// Waits until the daemon says that the login is in `phase`; gives its status.
    pub(crate) fn until_phase(&self, daemon: &mut Daemon, phase: &str) -> Value {
        let id = daemon.id();
        daemon.until(phase, LIMIT, || {
            let status = self.home.status();
            (status["daemon"]["pid"] == id && status["logins"][0]["phase"] == phase)
                .then(|| status["logins"][0].clone())
        })
    }

    /// The exchanges so far that STS granted.
    pub(crate) fn exchanges(&self) -> Vec<Request> {
        let requests = self.sandbox.requests_to(Group::Sts).into_iter();
        requests.filter(Request::succeeded).collect()
    }

    /// Waits for another document than `old`; says how long it took.
    pub(crate) fn until_other(&self, daemon: &mut Daemon, old: Option<&str>) -> Duration {
        let start = Instant::now();
        daemon.until("another document", LIMIT, || {
            let document = self.home.read(DOCUMENT)?;
            (Some(document.as_str()) != old).then_some(())
        });
        start.elapsed()
    }
}
