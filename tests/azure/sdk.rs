//! A process of the `azure_identity` crate that stays alive: the test binary itself, started again as its ignored test
//! `client_process`. It says the same as its siblings in `tests/peers`.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::process::Command;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, RetryOptions, Transport};
use azure_identity::{
    ClientAssertionCredentialOptions, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use evercred_test_support::Home;
use serde_json::json;

use super::rig::id;

const MANAGER: &str = "https://management.azure.com";

/// The process.
pub(crate) fn process(home: &Home) -> Command {
    let mut command = home.command(env::current_exe().unwrap());
    command.args(["--exact", "client_process", "--ignored", "--nocapture"]);
    command
}

/// What the process does, until its output closes.
pub(crate) fn work() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let http = http();
        let credential = credential(http.clone());
        let mut output = io::stdout();
        // The harness has not ended its line.
        writeln!(output).unwrap();
        loop {
            let said = match call(&http, credential.as_ref()).await {
                Ok(id) => json!({"ok": true, "access_token_id": id, "error": null}),
                Err(problem) => json!({"ok": false, "access_token_id": null, "error": problem.to_string()}),
            };
            if writeln!(output, "{said}").and_then(|()| output.flush()).is_err() {
                // The harness could not say how it ended either.
                std::process::exit(0);
            }
            // Without the environment, the pause is not hurried.
            Command::new("/bin/sleep").arg("0.1").env_clear().status().unwrap();
        }
    });
}

/// No limits of time: its clock runs much too fast for them.
fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let authority = fs::read(env::var_os("SSL_CERT_FILE").unwrap()).unwrap();
    let authority = reqwest::Certificate::from_pem(&authority).unwrap();
    reqwest::Client::builder().tls_certs_only([authority]).build().unwrap()
}

/// All that it needs to know stands in the variables that evercred has written.
fn credential(http: reqwest::Client) -> Arc<dyn TokenCredential> {
    let client_options = ClientOptions {
        transport: Some(Transport::new(Arc::new(http))),
        retry: RetryOptions::none(),
        ..ClientOptions::default()
    };
    let credential_options = ClientAssertionCredentialOptions { client_options };
    let options = WorkloadIdentityCredentialOptions {
        credential_options,
        ..WorkloadIdentityCredentialOptions::default()
    };
    WorkloadIdentityCredential::new(Some(options)).unwrap()
}

async fn call(
    http: &reqwest::Client,
    credential: &dyn TokenCredential,
) -> Result<String, Box<dyn std::error::Error>> {
    let scope = format!("{MANAGER}/.default");
    let token = credential.get_token(&[&scope], None).await?;
    let url = format!("{MANAGER}/subscriptions?api-version=2022-12-01");
    http.get(url).bearer_auth(token.token.secret()).send().await?.error_for_status()?;
    Ok(id(token.token.secret()))
}
