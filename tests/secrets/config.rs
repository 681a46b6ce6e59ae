//! A config with every kind of token source, good and bad, and with every kind of output.

use std::net::SocketAddr;

use evercred_sandbox::Sandbox;
use evercred_test_support::Home;

/// The logins that get their credential when nothing is wrong.
pub(crate) const GOOD_LOGINS: &[&str] = &[
    "aws.default",
    "aws.chained",
    "gcp.default",
    "gcp.direct",
    "token.file",
    "token.variable",
    "token.command",
    "token.gp",
    "token.ona",
    "token.gitpod",
    "token.github",
    "token.http",
];

/// All logins.
pub(crate) const LOGINS: &[&str] = &[
    "aws.default",
    "aws.chained",
    "aws.proxied",
    "aws.tunnelled",
    "gcp.default",
    "gcp.direct",
    "token.file",
    "token.variable",
    "token.command",
    "token.gp",
    "token.ona",
    "token.gitpod",
    "token.github",
    "token.http",
    "token.echo",
    "token.malformed",
    "token.bad",
];

/// The token sources, good and bad.
pub(crate) const SOURCES: &[&str] =
    &["file", "variable", "command", "gp", "ona", "gitpod", "github", "http", "echo", "malformed", "bad"];

/// The files that are to hold secrets.
pub(crate) const OUTPUTS: &[&str] = &[
    "aws.default.json",
    "aws.default.credential.json",
    "aws.default.env",
    "aws.default.jwt",
    "aws.chained.json",
    "credentials",
    "gcp.default.jwt",
    "gcp.default.access-token",
    "gcp.direct.env",
    "token.file.token",
    "token.variable.token",
    "token.command.token",
    "token.gp.token",
    "token.ona.token",
    "token.gitpod.token",
    "token.github.token",
    "token.http.token",
];

/// The config. `recorder` is a token service and a proxy.
pub(crate) fn config(home: &Home, sandbox: &Sandbox, recorder: SocketAddr, proxy_password: &str) -> String {
    let (url, address, home) = (sandbox.url(), sandbox.address(), home.path(""));
    let home = home.display();
    let aws = |role: &str| {
        let arn = sandbox.role_arn(role);
        format!("role_arn = '{arn}'\nregion = 'us-east-1'\nrefresh_every = '1s'")
    };
    let (dev, deploy) = (aws("dev"), sandbox.role_arn("deploy"));
    let mut config = format!(
        r#"
        [source]
        type = "file"
        path = "{home}/planted/file"

        [audit]

        [sources]
        file = {{ type = "file", path = "{home}/planted/file" }}
        variable = {{ type = "env", variable = "CI_TOKEN" }}
        command = {{ type = "command", command = ["{home}/bin/good-command"] }}
        gp = {{ type = "gp", program = "{home}/bin/good-gp" }}
        ona = {{ type = "ona", program = "{home}/bin/good-ona" }}
        gitpod = {{ type = "gitpod", supervisor_address = "{address}", api_url = "{url}" }}
        github = {{ type = "github-actions" }}
        http = {{ type = "http", url = "{url}/token", secret_header = {{ file = "{home}/planted/header" }} }}
        malformed = {{ type = "file", path = "{home}/planted/malformed" }}
        bad = {{ type = "command", command = ["{home}/bin/bad-command"] }}

        [sources.echo]
        type = "http"
        url = "http://{recorder}/token"
        secret_header = {{ name = "x-secret", prefix = "", env = "ECHOED_HEADER" }}

        [aws.default]
        {dev}
        endpoint_url = "{url}"
        outputs = ["profile", "static-profile", "json", "env-file", {{ type = "web-identity", profile = "web" }}]
        hooks = [{{ command = ["{home}/bin/hook"], on = ["change", "failure", "recovery"] }}]

        [aws.chained]
        {dev}
        endpoint_url = "{url}"
        verify = true
        chain = [{{ role_arn = "{deploy}" }}]

        [aws.proxied]
        {dev}
        endpoint_url = "{url}"
        proxy = "http://me:{proxy_password}@{recorder}"

        [aws.tunnelled]
        {dev}
        endpoint_url = "https://sts.example.invalid"
        "#
    );
    let login = |source: &&str| format!("[token.{source}]\naudience = 'a'\nsource = '{source}'\n");
    config.extend(SOURCES.iter().map(login));
    config + &google(sandbox)
}

fn google(sandbox: &Sandbox) -> String {
    let (url, provider) = (sandbox.url(), sandbox.gcp_provider("gitpod"));
    let common = format!(
        "provider = '{provider}'\nsts_endpoint = '{url}'\niam_credentials_endpoint = '{url}'\nrefresh_every = '1s'"
    );
    format!(
        r#"
        [gcp.default]
        {common}
        service_account = "dev@acme-dev.iam.gserviceaccount.com"
        id_token_audience = "a"
        verify = true
        outputs = [{{ type = "external-account", well_known = true, gsutil = true }}, "gcloud"]

        [gcp.direct]
        {common}
        outputs = ["env-file"]
        "#
    )
}
