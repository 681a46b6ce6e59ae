//! A machine with a secret at every door: each kind of token source, a proxy, and an AWS that echoes.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evercred_sandbox::{Group, Mint, Options, PlatformOptions, Request, Sandbox};
use evercred_test_support::{Daemon, Home, Outcome};
use std::time::Duration;

use super::LIMIT;
use super::canaries::Canaries;
use super::config::{GOOD_LOGINS, config};
use super::recorder::Recorder;
use super::witness::Witness;

const SUPERVISOR: &str = "canary-supervisor-bearer-5517";
const GITHUB: &str = "canary-github-request-8261";
const HEADER: &str = "canary-secret-header-3094";
const ECHOED_HEADER: &str = "canary-echoed-header-7720";
const PROXY: &str = "canary-proxy-password-1483";
const TUNNEL: &str = "canary-tunnel-password-6639";

/// The machine.
#[derive(Debug)]
pub(crate) struct Rig {
    pub(crate) home: Home,
    pub(crate) sandbox: Sandbox,
    recorder: Recorder,
    /// What the user put into the environment.
    variables: Vec<(&'static str, String)>,
    planted: Canaries,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let platform = PlatformOptions {
            supervisor_token: SUPERVISOR.to_owned(),
            github_token: GITHUB.to_owned(),
            // Short, so that the platform is asked often.
            token_lifetime: Duration::from_secs(6),
            ..PlatformOptions::default()
        };
        let sandbox = Sandbox::start(Options { platform, ..Options::default() }).unwrap();
        let recorder = Recorder::start();
        let mut rig = Self {
            home: Home::new(),
            sandbox,
            recorder,
            variables: Vec::new(),
            planted: Canaries::default(),
        };
        rig.plant();
        let config = config(&rig.home, &rig.sandbox, rig.recorder.address(), PROXY);
        rig.home.config(&config);
        rig
    }

    /// A command with all that the user set, and the loudest log.
    fn command(&self, words: &[&str]) -> std::process::Command {
        let mut command = self.home.evercred(words);
        if !words.contains(&"--log-format") {
            command.args(["--log-format", "json"]);
        }
        command.args(["--log", "trace"]);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Outcome {
        Outcome::of(&mut self.command(words))
    }

    pub(crate) fn start(&self) -> Daemon {
        self.home.start_as(self.command(&["run"]))
    }

    pub(crate) fn watch(&self) -> Witness {
        Witness::start(self.home.path(""), self.home.path("seen"))
    }

    /// Every secret up to now.
    pub(crate) fn canaries(&self) -> Canaries {
        let mut canaries = self.planted.clone();
        for secret in self.sandbox.secrets() {
            canaries.plant_parts("a secret of the sandbox", &secret);
        }
        canaries
    }

    /// What the user put into the environment, where it stays.
    pub(crate) fn environment(&self) -> Canaries {
        let mut given = Canaries::default();
        for (name, value) in &self.variables {
            given.plant(name, value);
            given.plant_parts(name, value);
        }
        for secret in [GITHUB, ECHOED_HEADER, TUNNEL] {
            given.plant("a part of a variable", secret);
        }
        given
    }

    /// Whether the test put the secrets into `file`.
    pub(crate) fn is_planted(&self, file: &Path) -> bool {
        ["planted", "bin", ".config"].iter().any(|folder| file.starts_with(self.home.path(folder)))
            // The log is searched by itself.
            || file == self.home.path("run/stderr")
    }

    /// Waits until every good login is fresh and AWS has been asked `count` times more.
    pub(crate) fn wait_for_rotations(&self, daemon: &mut Daemon, count: usize) {
        let exchanges = |requests: &[Request]| {
            let good = |request: &&Request| request.group == Group::Sts && request.succeeded();
            requests.iter().filter(good).count()
        };
        let before = exchanges(&self.sandbox.requests());
        daemon.until("rotations", LIMIT, || {
            (exchanges(&self.sandbox.requests()) >= before + count && self.all_good_are_fresh()).then_some(())
        });
    }

    /// Waits until a fault has hit each group.
    pub(crate) fn wait_for_failures(&self, daemon: &mut Daemon) {
        self.sandbox.forget_requests();
        for group in [Group::Sts, Group::Supervisor, Group::Github, Group::Http] {
            daemon.until(&format!("a failure of {group:?}"), LIMIT, || {
                let hit = |request: &Request| request.error.as_deref() == Some("fault");
                self.sandbox.requests_to(group).iter().any(hit).then_some(())
            });
        }
    }

    fn all_good_are_fresh(&self) -> bool {
        let status = self.home.status();
        let is_fresh = |login: &str| {
            let logins = status["logins"].as_array().into_iter().flatten();
            logins.filter(|entry| entry["login"] == login).any(|entry| entry["phase"] == "fresh")
        };
        GOOD_LOGINS.iter().all(|login| is_fresh(login))
    }

    /// Fails the test if a secret did not come in at its door: then nothing would be proved.
    pub(crate) fn assert_all_came_by(&self) {
        let heads = self.recorder.heads();
        for secret in [ECHOED_HEADER, &encoded(PROXY), &encoded(TUNNEL)] {
            assert!(heads.contains(secret), "{secret} never went out: {heads}");
        }
        // These check the bearer token.
        for group in [Group::Api, Group::Github] {
            assert!(self.canary_was_taken(group), "{group:?} was never asked with its token");
        }
    }

    fn canary_was_taken(&self, group: Group) -> bool {
        let output = if group == Group::Github { "token.github.token" } else { "token.gitpod.token" };
        self.home.path(".local/state/evercred").join(output).exists()
    }

    fn plant(&mut self) {
        for (what, secret) in [
            ("the supervisor's bearer token", SUPERVISOR),
            ("GitHub's request token", GITHUB),
            ("the secret header", HEADER),
            ("the echoed header", ECHOED_HEADER),
            ("the proxy's password", PROXY),
            ("the tunnel's password", TUNNEL),
        ] {
            self.planted.plant(what, secret);
        }
        for (what, password) in [("the proxy's authorization", PROXY), ("the tunnel's authorization", TUNNEL)]
        {
            self.planted.plant(what, &encoded(password));
        }
        std::fs::create_dir(self.home.path("seen")).unwrap();
        self.home.write("planted/header", HEADER);
        for name in ["file", "command", "gp", "ona", "bad"] {
            let token = self.token(name);
            self.home.write(format!("planted/{name}"), token);
        }
        let malformed = self.token("malformed").rsplit_once('.').unwrap().0.to_owned();
        self.home.write("planted/malformed", malformed);
        for name in ["command", "gp", "ona"] {
            self.script(&format!("good-{name}"), &format!("cat planted/{name}"));
        }
        self.script("hook", "true");
        self.script("bad-command", "cat planted/bad; echo \"refused: $(cat planted/bad)\" >&2; exit 1");
        let tunnel = format!("http://me:{TUNNEL}@{}", self.recorder.address());
        self.variables = vec![
            ("ACTIONS_ID_TOKEN_REQUEST_URL", self.sandbox.github_request_url()),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", GITHUB.to_owned()),
            ("CI_TOKEN", self.token("variable")),
            ("ECHOED_HEADER", ECHOED_HEADER.to_owned()),
            ("HTTPS_PROXY", tunnel),
        ];
    }

    fn token(&mut self, name: &str) -> String {
        let google = format!("https://iam.googleapis.com/{}", self.sandbox.gcp_provider("gitpod"));
        let mint = Mint::default().and_audience("a").and_audience(google);
        let mint = mint.claim("jti", name).lifetime(Duration::from_hours(1));
        let token = self.sandbox.mint(&mint);
        self.planted.plant_parts(&format!("the token of {name}"), &token);
        token
    }

    /// A program that goes on only when the witness has seen it.
    fn script(&self, name: &str, body: &str) -> PathBuf {
        let wait = "n=0\nwhile [ ! -e seen/$$ ] && [ $n -lt 1000 ]; do n=$((n + 1)); sleep 0.01; done";
        let text = format!("#!/bin/sh\ncd \"$HOME\"\n{wait}\n{body}\n");
        let path = self.home.write(format!("bin/{name}"), text);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}

fn encoded(password: &str) -> String {
    STANDARD.encode(format!("me:{password}"))
}
