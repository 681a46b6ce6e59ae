//! A process of the AWS SDK for Rust that stays alive: the test binary itself, started again as its ignored test
//! `client_process`. It finds everything by `aws-config`, and says the same as its siblings in `tests/peers`.

use std::env;
use std::io::{self, Write};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use evercred_test_support::{Call, Home, Talking};
use serde_json::json;

use super::{LIMIT, Rig, keys};

/// Ten seconds before the end, the SDK asks again.
const SESSION: Duration = Duration::from_secs(14);
const ENOUGH_KEYS: usize = 4;

#[test]
fn one_process_of_the_rust_sdk_works_through_many_rotations() {
    let rig = Rig::living(SESSION);
    let mut client = Talking::start(process(&rig.home).env("AWS_ENDPOINT_URL", rig.sandbox.url()));
    let calls = client.calls(LIMIT, |calls| keys(calls).len() >= ENOUGH_KEYS);
    let failed: Vec<&Call> = calls.iter().filter(|call| !call.ok).collect();
    assert!(failed.is_empty(), "{failed:#?}\n{}", rig.daemon.log());
    assert_eq!(keys(&calls).difference(&rig.verified_keys()).count(), 0, "the sandbox verified each of them");
}

fn process(home: &Home) -> Command {
    let mut command = home.command(env::current_exe().unwrap());
    command.args(["--exact", "client_process", "--ignored", "--nocapture"]);
    command
}

/// What the process does, until its output closes.
pub(crate) fn work() {
    // The HTTP client wants a TLS provider even where there is no TLS.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let wire = Wire::default();
        let config = aws_config::defaults(BehaviorVersion::latest()).http_client(wire.clone());
        // A client that asks again would hide the failed call that a test is looking for.
        let config = config.retry_config(RetryConfig::disabled()).load().await;
        let client = aws_sdk_sts::Client::new(&config);
        let mut output = io::stdout();
        // The harness has not ended its line.
        writeln!(output).unwrap();
        loop {
            let error = client.get_caller_identity().send().await.err().map(|error| format!("{error:?}"));
            let said = json!({"ok": error.is_none(), "access_key_id": wire.signer(), "error": error});
            if writeln!(output, "{said}").and_then(|()| output.flush()).is_err() {
                // The harness could not say how it ended either.
                std::process::exit(0);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
}

/// The SDK comes without an HTTP client here. This one notes who signed.
#[derive(Debug, Clone, Default)]
struct Wire {
    client: reqwest::Client,
    authorization: Arc<Mutex<String>>,
}

impl Wire {
    /// The access key that signed the last request.
    fn signer(&self) -> Option<String> {
        let header = self.authorization.lock().unwrap();
        let (_, credential) = header.split_once("Credential=")?;
        credential.split('/').next().map(str::to_owned)
    }

    async fn send(
        self,
        request: HttpRequest,
    ) -> Result<HttpResponse, Box<dyn std::error::Error + Send + Sync>> {
        let header = request.headers().get("authorization").unwrap_or_default();
        header.clone_into(&mut self.authorization.lock().unwrap());
        let request = request.try_into_http1x()?.map(|body| body.bytes().unwrap_or_default().to_vec());
        let answer = self.client.execute(reqwest::Request::try_from(request)?).await?;
        let status = answer.status().as_u16().try_into()?;
        Ok(HttpResponse::new(status, SdkBody::from(answer.bytes().await?.to_vec())))
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let wire = self.clone();
        HttpConnectorFuture::new(async move {
            wire.send(request).await.map_err(|error| ConnectorError::other(error, None))
        })
    }
}
