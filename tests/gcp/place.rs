//! A home with a login to Google Cloud at a sandbox.

use std::path::PathBuf;
use std::process::Command;

use evercred_sandbox::{Facts, Group, Mint, Options, Request, Sandbox};
use evercred_test_support::Home;
use serde_json::Value;

pub(crate) const SETTINGS: &str = ".local/state/evercred/gcp.default.external-account.json";
pub(crate) const ID_TOKEN: &str = ".local/state/evercred/gcp.default.jwt";

pub(crate) struct Place {
    pub(crate) home: Home,
    pub(crate) sandbox: Sandbox,
}

impl Place {
    /// With a good token, and a login that has `more` lines.
    pub(crate) fn new(more: &str) -> Self {
        let place = Self { home: Home::new(), sandbox: Sandbox::start(Options::default()).unwrap() };
        place.give(&place.good("gitpod"));
        place.login("gitpod", more);
        place
    }

    /// A good token for a provider.
    pub(crate) fn good(&self, provider: &str) -> Mint {
        Mint::audience(format!("https://iam.googleapis.com/{}", self.sandbox.gcp_provider(provider)))
    }

    /// Replaces the token.
    pub(crate) fn give(&self, mint: &Mint) -> PathBuf {
        self.home.write("token", self.sandbox.mint(mint))
    }

    /// Replaces the login by one at this provider, with `more` lines.
    pub(crate) fn login(&self, provider: &str, more: &str) {
        self.login_named(&self.sandbox.gcp_provider(provider), more);
    }

    /// The same with the provider's name as it is written.
    pub(crate) fn login_named(&self, provider: &str, more: &str) {
        let url = self.sandbox.url();
        self.home.config(&format!(
            "[source]\ntype = \"file\"\npath = \"~/token\"\n\n[gcp.default]\nprovider = \"{provider}\"\n\
             sts_endpoint = \"{url}\"\niam_credentials_endpoint = \"{url}\"\n{more}\n"
        ));
    }

    /// Lets a program reach the sandbox at Google's own addresses, in the ways of all of Google's programs.
    pub(crate) fn at_google<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let authority = self.home.write("authority.pem", self.sandbox.authority());
        for name in [
            "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
            "NODE_EXTRA_CA_CERTS",
            "REQUESTS_CA_BUNDLE",
            "SSL_CERT_FILE",
        ] {
            command.env(name, &authority);
        }
        command.env("HTTPS_PROXY", self.sandbox.proxy_url())
    }

    /// The bearers that an API of Google's accepted so far.
    pub(crate) fn accepted(&self) -> Vec<Facts> {
        let requests = self.sandbox.requests_to(Group::GoogleApi).into_iter();
        requests.filter(Request::succeeded).map(|request| request.facts).collect()
    }

    /// Speaking for a service account of the project.
    pub(crate) fn account(name: &str) -> String {
        format!("service_account = \"{name}@acme-dev.iam.gserviceaccount.com\"\n")
    }

    /// Runs `evercred once`; gives its exit code and what it says of the login, in which no token may stand.
    pub(crate) fn once(&self) -> (Option<i32>, Value) {
        let outcome = self.home.run(["once", "--output", "json"]);
        for secret in self.sandbox.secrets().iter().map(String::as_str).chain(["eyJ"]) {
            assert!(!outcome.stdout.contains(secret) && !outcome.stderr.contains(secret), "{outcome:?}");
        }
        let status: Value = serde_json::from_str(&outcome.stdout).unwrap();
        (outcome.code(), status["logins"][0].clone())
    }
}
