//! A daemon with an AWS login that programs ask for at an address.

use std::process::Command;
use std::time::Duration;

use evercred_sandbox::{AwsOptions, Mint, Options, Sandbox};
use evercred_test_support::{Daemon, Home, Talking, free_port};
use serde_json::Value;

use crate::wire::{Answer, ask};

/// Longer than anything here takes on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_mins(2);

const ENV_FILE: &str = ".local/state/evercred/aws.default.container.env";
const KEY_FILE: &str = ".local/state/evercred/aws.default.container.key";

pub(crate) struct Rig {
    // Fields are dropped in this order: the daemon ends before what it works with.
    pub(crate) daemon: Daemon,
    pub(crate) home: Home,
    pub(crate) sandbox: Sandbox,
    pub(crate) address: String,
}

impl Rig {
    /// Sessions that live so long, with a daemon that has the first one.
    pub(crate) fn start(session: Duration, more: &str) -> Self {
        let aws = AwsOptions { session_lifetime: Some(session), ..AwsOptions::default() };
        let sandbox = Sandbox::start(Options { aws, ..Options::default() }).unwrap();
        let home = Home::new();
        home.write("token", sandbox.mint(&Mint::default()));
        let address = format!("127.0.0.1:{}", free_port());
        configure(&home, &sandbox, &address, more);
        let daemon = home.start();
        let mut rig = Self { daemon, home, sandbox, address };
        rig.until_fresh();
        rig
    }

    /// Writes the config with another address, or other lines.
    pub(crate) fn configure(&self, address: &str, more: &str) {
        configure(&self.home, &self.sandbox, address, more);
    }

    pub(crate) fn until_fresh(&mut self) -> Value {
        let (home, id) = (&self.home, self.daemon.id());
        self.daemon.until("a fresh login", LIMIT, || {
            let status = home.status();
            (status["daemon"]["pid"] == id && status["logins"][0]["phase"] == "fresh")
                .then(|| status["logins"][0].clone())
        })
    }

    /// The client, with what the env file says and nothing else of evercred's.
    pub(crate) fn client(&self, client: impl Fn(&Home) -> Command) -> Talking {
        let mut command = client(&self.home);
        for line in self.home.read(ENV_FILE).unwrap().lines() {
            let (name, value) = line.split_once('=').unwrap();
            command.env(name, value);
        }
        command.env("AWS_ENDPOINT_URL", self.sandbox.url()).env("AWS_REGION", "us-east-1");
        command.env("AWS_DEFAULT_REGION", "us-east-1");
        Talking::start(&mut command)
    }

    pub(crate) fn key(&self) -> String {
        self.home.read(KEY_FILE).unwrap()
    }

    /// What is answered to who has the key; `more` are further header lines.
    pub(crate) fn ask(&self, more: &str) -> Answer {
        ask(&self.address, &self.request(more))
    }

    pub(crate) fn request(&self, more: &str) -> String {
        let (address, key) = (&self.address, self.key());
        format!(
            "GET /aws.default HTTP/1.1\r\nHost: {address}\r\nAuthorization: {key}\r\nConnection: close\r\n{more}\r\n"
        )
    }
}

fn configure(home: &Home, sandbox: &Sandbox, address: &str, more: &str) {
    let (token, role, url) = (home.path("token"), sandbox.role_arn("dev"), sandbox.url());
    home.config(&format!(
        r#"
        [source]
        type = "file"
        path = "{}"

        [aws.default]
        role_arn = "{role}"
        endpoint_url = "{url}"
        region = "us-east-1"
        {more}

        [[aws.default.outputs]]
        type = "container-endpoint"
        listen = "{address}"
        "#,
        token.display(),
    ));
}
