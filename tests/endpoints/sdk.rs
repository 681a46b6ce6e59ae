//! A process of the AWS SDK for Rust that stays alive: the test binary itself, started again as its ignored test
//! `client_process`. It says the same as its siblings in `tests/peers`.

use std::env;
use std::io::{self, Write};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::display::DisplayErrorContext;
use evercred_test_support::Home;
use serde_json::json;

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
        let wire = Wire::new();
        let config = aws_config::defaults(BehaviorVersion::latest()).http_client(wire.clone()).load().await;
        let sts = aws_sdk_sts::Client::new(&config);
        let mut output = io::stdout();
        // The harness has not ended its line.
        writeln!(output).unwrap();
        loop {
            let error = sts.get_caller_identity().send().await.err();
            let error = error.map(|error| DisplayErrorContext(error).to_string());
            let said = json!({"ok": error.is_none(), "access_key_id": wire.signer(), "error": error});
            if writeln!(output, "{said}").and_then(|()| output.flush()).is_err() {
                // The harness could not say how it ended either.
                std::process::exit(0);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
}

/// What the SDK's requests go through; its own client would be a second HTTP stack.
#[derive(Debug, Clone)]
struct Wire {
    http: reqwest::Client,
    signer: Arc<Mutex<Option<String>>>,
}

impl Wire {
    fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { http: reqwest::Client::builder().no_proxy().build().unwrap(), signer: Arc::default() }
    }

    /// The access key that signed the last request.
    fn signer(&self) -> Option<String> {
        self.signer.lock().unwrap().clone()
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().unwrap();
            let authorization = request.headers().get("authorization").and_then(|value| value.to_str().ok());
            if let Some((_, rest)) = authorization.and_then(|text| text.split_once("Credential=")) {
                *this.signer.lock().unwrap() = rest.split('/').next().map(str::to_owned);
            }
            let request = request.map(|body| body.bytes().unwrap_or_default().to_vec());
            let request = reqwest::Request::try_from(request).unwrap();
            let broken = |error: reqwest::Error| ConnectorError::io(error.into());
            let answer = this.http.execute(request).await.map_err(broken)?;
            let mut whole = http::Response::builder().status(answer.status());
            whole.headers_mut().unwrap().clone_from(answer.headers());
            let whole = whole.body(SdkBody::from(answer.bytes().await.map_err(broken)?)).unwrap();
            Ok(HttpResponse::try_from(whole).unwrap())
        })
    }
}
