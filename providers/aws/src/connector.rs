//! The shared HTTP client, as the AWS SDK wants to be given one.

use std::fmt;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

/// STS answers take two kilobytes; whatever is much longer is no answer of STS, and must not fill the memory.
const LONGEST_ANSWER: usize = 256 * 1024;

/// Sends the SDK's requests through the shared client, whose time limits hold instead of the SDK's.
#[derive(Clone)]
pub(crate) struct Connector(pub(crate) reqwest::Client);

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The client's own Debug would show the passwords of proxies.
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move { send(&client, request).await })
    }
}

async fn send(client: &reqwest::Client, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    // STS requests are forms, which the SDK holds in memory.
    let request = request.map(|body| body.bytes().unwrap_or_default().to_vec());
    let request = reqwest::Request::try_from(request).map_err(|error| ConnectorError::user(error.into()))?;
    let mut answer = client.execute(request).await.map_err(broken)?;
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(broken)? {
        if body.len() + part.len() > LONGEST_ANSWER {
            return Err(ConnectorError::other("the answer is too long to be one of AWS STS".into(), None));
        }
        body.extend_from_slice(&part);
    }
    let mut whole = http::Response::new(SdkBody::from(body));
    *whole.status_mut() = answer.status();
    *whole.headers_mut() = std::mem::take(answer.headers_mut());
    HttpResponse::try_from(whole).map_err(|error| ConnectorError::other(error.into(), None))
}

/// Keeps the client's own error inside, for the wording of network failures.
fn broken(error: reqwest::Error) -> ConnectorError {
    if error.is_timeout() { ConnectorError::timeout(error.into()) } else { ConnectorError::io(error.into()) }
}
