//! A place to run in: a home at a sandbox, with the environment variables and programs of a platform.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use evercred_sandbox::{Group, Options, Sandbox};
use evercred_test_support::{Home, Outcome};
use serde_json::Value;

pub(crate) const DOCUMENT: &str = ".local/state/evercred/aws.default.json";

pub(crate) struct Place {
    pub(crate) home: Home,
    pub(crate) sandbox: Sandbox,
    variables: Vec<(String, String)>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        Self { home: Home::new(), sandbox: Sandbox::start(options).unwrap(), variables: Vec::new() }
    }

    /// With this `[source]` (its lines), and the login `aws.default`.
    pub(crate) fn source(self, lines: &str) -> Self {
        self.login(lines, "dev", "");
        self
    }

    /// The same for another role, and with `more` lines of the login.
    pub(crate) fn login(&self, source: &str, role: &str, more: &str) {
        let (role, url) = (self.sandbox.role_arn(role), self.sandbox.url());
        self.home.config(&format!(
            "[source]\n{source}\n\n[aws.default]\nrole_arn = \"{role}\"\nendpoint_url = \"{url}\"\n\
             region = \"us-east-1\"\n{more}"
        ));
    }

    /// With this environment variable.
    pub(crate) fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// With these stand-ins, and no other program, on `PATH`.
    pub(crate) fn programs(self, names: &[&str]) -> Self {
        let (all, bin) = (self.home.path("all"), self.home.path("bin"));
        std::fs::create_dir(&all).unwrap();
        std::fs::create_dir(&bin).unwrap();
        Sandbox::install_commands(&all, &STAND_IN).unwrap();
        for name in names {
            std::fs::rename(all.join(name), bin.join(name)).unwrap();
        }
        let url = self.sandbox.url();
        self.variable("EVERCRED_SANDBOX_URL", url).variable("PATH", bin.display().to_string())
    }

    /// `evercred` in this place.
    pub(crate) fn evercred(&self, words: &[&str]) -> Command {
        let mut command = self.home.evercred(words);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs `evercred once`; gives its exit code and what it says of the login.
    pub(crate) fn once(&self) -> (Option<i32>, Value) {
        let outcome = Outcome::of(&mut self.evercred(&["once", "--output", "json"]));
        let status: Value = serde_json::from_str(&outcome.stdout).unwrap();
        (outcome.code(), status["logins"][0].clone())
    }

    /// Runs `evercred once`, which must succeed, and checks that the document holds what the sandbox handed out for
    /// a token that it verified. Gives what it says of the login.
    #[track_caller]
    pub(crate) fn works(&self) -> Value {
        let (code, login) = self.once();
        assert_eq!((code, &login["phase"]), (Some(0), &Value::from("fresh")), "{login}");
        let document: Value = serde_json::from_str(&self.home.read(DOCUMENT).unwrap()).unwrap();
        let granted = self.sandbox.requests_to(Group::Sts).pop().unwrap();
        assert_eq!(document["AccessKeyId"].as_str(), granted.facts.access_key_id.as_deref());
        login
    }
}

/// The sandbox's program, which plays `gp` and `ona`. Cargo builds it with the tests of the workspace, and `tests/run`
/// says where; for this test alone it has to be asked, and builds half of the workspace anew, with other features.
static STAND_IN: LazyLock<PathBuf> = LazyLock::new(|| {
    if let Some(built) = std::env::var_os("EVERCRED_TEST_SANDBOX") {
        return built.into();
    }
    let mut build = Command::new(env!("CARGO"));
    build.args([
        "build",
        "--quiet",
        "--offline",
        "--package",
        "evercred-sandbox",
        "--bin",
        "evercred-sandbox",
    ]);
    build.args((!cfg!(debug_assertions)).then_some("--release")).current_dir(env!("CARGO_MANIFEST_DIR"));
    assert!(build.status().unwrap().success());
    let program = PathBuf::from(env!("CARGO_BIN_EXE_evercred"));
    program.with_file_name("evercred-sandbox")
});
