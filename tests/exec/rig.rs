//! A home with AWS logins at a sandbox, and commands that run in `evercred exec`.

use std::process::Command;
use std::time::Duration;

use evercred_sandbox::{AwsOptions, Group, Mint, Options, Request, Sandbox};
use evercred_test_support::Home;

/// Generous: the machine may be busy compiling something else.
pub(crate) const LIMIT: Duration = Duration::from_mins(2);

const SESSION: Duration = Duration::from_secs(20);

/// A home and its sandbox, whose sessions live for twenty seconds.
#[derive(Debug)]
pub(crate) struct Rig {
    pub(crate) home: Home,
    pub(crate) sandbox: Sandbox,
}

impl Rig {
    /// With the login `aws.default`; `more` is added to its table.
    pub(crate) fn new(more: &str) -> Self {
        let aws = AwsOptions { session_lifetime: Some(SESSION), ..AwsOptions::default() };
        let sandbox = Sandbox::start(Options { aws, ..Options::default() }).unwrap();
        let rig = Self { home: Home::new(), sandbox };
        rig.home.write("token", rig.sandbox.mint(&Mint::default()));
        rig.configure(&rig.login("default", more));
        rig
    }

    /// The table of an AWS login.
    pub(crate) fn login(&self, name: &str, more: &str) -> String {
        let (role, url) = (self.sandbox.role_arn("dev"), self.sandbox.url());
        format!(
            "[aws.{name}]\nrole_arn = \"{role}\"\nendpoint_url = \"{url}\"\nregion = \"us-east-1\"\n\
             refresh_every = \"2s\"\n{more}\n"
        )
    }

    /// Writes the config anew, with these logins.
    pub(crate) fn configure(&self, logins: &str) {
        let token = self.home.path("token");
        self.home.config(&format!("[source]\ntype = \"file\"\npath = \"{}\"\n\n{logins}", token.display()));
    }

    /// `command` in `evercred exec`, with these words before it.
    pub(crate) fn exec(&self, words: &[&str], command: &Command) -> Command {
        // A test that runs in the background of a script ignores some signals, and would hand that on.
        let mut exec = self.home.command("/usr/bin/env");
        exec.arg("--default-signal")
            .arg(evercred_test_support::program())
            .arg("exec")
            .args(words)
            .arg("--")
            .arg(command.get_program())
            .args(command.get_args());
        for (name, value) in command.get_envs() {
            value.map(|value| exec.env(name, value));
        }
        exec
    }

    /// How often a credential was got.
    pub(crate) fn exchanges(&self) -> usize {
        let is_exchange = |request: &Request| {
            request.succeeded() && request.facts.action.as_deref() == Some("AssumeRoleWithWebIdentity")
        };
        self.sandbox.requests_to(Group::Sts).iter().filter(|request| is_exchange(request)).count()
    }

    /// A shell with this script in `evercred exec aws.default`.
    pub(crate) fn shell(&self, script: &str) -> Command {
        let mut shell = self.home.command("/bin/sh");
        shell.args(["-c", script]);
        self.exec(&["aws.default"], &shell)
    }
}
