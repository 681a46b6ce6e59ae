//! A process of the crate google-cloud-auth that stays alive: the test binary itself, started again as its ignored test
//! `client_process`. It says the same as its siblings in `tests/peers`.

use std::env;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::Command;
use std::time::Duration;

use evercred_test_support::Home;
use google_cloud_auth::credentials::{AccessTokenCredentials, external_account::Builder};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// The process, which lists projects at `url`.
pub(crate) fn process(home: &Home, url: &str) -> Command {
    let mut command = home.command(env::current_exe().unwrap());
    command.args(["--exact", "client_process", "--ignored", "--nocapture"]).env("SANDBOX_URL", url);
    command
}

/// What the process does, until its output closes.
pub(crate) fn work() {
    // The library wants a TLS provider even where there is no TLS.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let settings = std::fs::read(env::var_os("GOOGLE_APPLICATION_CREDENTIALS").unwrap()).unwrap();
        let scopes = ["https://www.googleapis.com/auth/cloud-platform"];
        let credentials = Builder::new(serde_json::from_slice(&settings).unwrap()).with_scopes(scopes);
        let credentials = credentials.build_access_token_credentials().unwrap();
        let url = format!("{}/v1/projects", env::var("SANDBOX_URL").unwrap());
        let mut output = io::stdout();
        // The harness has not ended its line.
        writeln!(output).unwrap();
        loop {
            let said = match call(&credentials, &url).await {
                Ok(id) => json!({"ok": true, "token_id": id, "error": null}),
                Err(problem) => json!({"ok": false, "token_id": null, "error": format!("{problem:?}")}),
            };
            if writeln!(output, "{said}").and_then(|()| output.flush()).is_err() {
                // The harness could not say how it ended either.
                std::process::exit(0);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
}

/// Lists the projects; gives the name of the token on the wire.
async fn call(credentials: &AccessTokenCredentials, url: &str) -> Result<String, Box<dyn std::error::Error>> {
    let token = credentials.access_token().await?.token;
    reqwest::Client::new().get(url).bearer_auth(&token).send().await?.error_for_status()?;
    let hex = |mut text: String, byte: &u8| {
        let _ = write!(text, "{byte:02x}");
        text
    };
    Ok(Sha256::digest(&token).iter().take(6).fold(String::new(), hex))
}
