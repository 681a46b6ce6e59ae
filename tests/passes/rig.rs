//! A home with a login of each cloud, at a sandbox that plays them all.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use evercred_sandbox::{AwsOptions, AzureOptions, GcpOptions, Group, Options, Request, Sandbox};
use evercred_test_support::{Home, Outcome};

/// Generous: the machine may be busy compiling something else.
pub(crate) const LIMIT: Duration = Duration::from_mins(2);

const AUTHORITY: &str = "authority.pem";

/// A home and its sandbox.
pub(crate) struct Rig {
    pub(crate) home: Home,
    pub(crate) sandbox: Sandbox,
}

impl Rig {
    /// Everything that the clouds hand out lives for so long.
    pub(crate) fn new(life: Duration) -> Self {
        let options = Options {
            aws: AwsOptions { session_lifetime: Some(life), ..AwsOptions::default() },
            gcp: GcpOptions { token_lifetime: Some(life), ..GcpOptions::default() },
            azure: AzureOptions { access_token_lifetime: life, ..AzureOptions::default() },
            ..Options::default()
        };
        let rig = Self { sandbox: Sandbox::start(options).unwrap(), home: Home::new() };
        rig.configure("");
        rig
    }

    /// Writes the config anew, with `more` at its end.
    pub(crate) fn configure(&self, more: &str) {
        let authority = self.home.write(AUTHORITY, self.sandbox.authority());
        let (mut tenant, mut client) = (String::new(), String::new());
        self.sandbox.adjust(|options| {
            tenant.clone_from(&options.azure.tenant_id);
            client.clone_from(&options.azure.applications[0].client_id);
        });
        self.home.config(&format!(
            r#"
            [source]
            type = "http"
            url = "{url}/token"

            [aws.default]
            role_arn = "{role}"
            endpoint_url = "{url}"
            region = "eu-west-1"

            [gcp.default]
            provider = "{provider}"
            service_account = "{account}"
            sts_endpoint = "{url}"
            iam_credentials_endpoint = "{url}"

            [azure.default]
            tenant_id = "{tenant}"
            client_id = "{client}"
            proxy = "{proxy}"
            ca_bundle = "{authority}"

            [token.cluster]
            audience = "https://kubernetes.acme.dev"

            {more}
            "#,
            url = self.sandbox.url(),
            role = self.sandbox.role_arn("dev"),
            provider = self.sandbox.gcp_provider("gitpod"),
            account = self.sandbox.service_account("dev"),
            proxy = self.sandbox.proxy_url(),
            authority = authority.display(),
        ));
    }

    pub(crate) fn authority(&self) -> PathBuf {
        self.home.path(AUTHORITY)
    }

    /// `command` with the way to every host of the clouds.
    pub(crate) fn on_the_way(&self, mut command: Command) -> Command {
        command.env("HTTPS_PROXY", self.sandbox.proxy_url()).env("SSL_CERT_FILE", self.authority());
        command.env("AWS_ENDPOINT_URL_ECR", self.sandbox.url());
        command.env("AWS_ENDPOINT_URL_ECR_PUBLIC", self.sandbox.url());
        let programs = evercred_test_support::program();
        let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, path)| path).unwrap();
        let folders = std::iter::once(programs.parent().unwrap().to_owned());
        let path = std::env::join_paths(folders.chain(std::env::split_paths(path))).unwrap();
        command.env("PATH", path);
        command
    }

    pub(crate) fn run(&self, command: Command) -> Outcome {
        Outcome::of(&mut self.on_the_way(command))
    }
}

/// What the clouds exchanged an ID token for.
pub(crate) fn exchanges(sandbox: &Sandbox) -> Vec<Request> {
    let is_exchange = |request: &Request| match request.group {
        Group::Sts => request.facts.action.as_deref() == Some("AssumeRoleWithWebIdentity"),
        // A service account's token costs a second request, which is part of the same exchange.
        Group::GoogleSts | Group::Entra => request.method == "POST",
        _ => false,
    };
    sandbox.requests().into_iter().filter(is_exchange).collect()
}

/// The different tokens and passwords that were taken by `group`.
pub(crate) fn taken(sandbox: &Sandbox, group: Group) -> BTreeSet<String> {
    let taken = sandbox.requests_to(group).into_iter().filter(Request::succeeded);
    taken.filter_map(|request| request.facts.bearer_id.or(request.facts.granted_id)).collect()
}
