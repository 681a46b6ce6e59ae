//! What is asked, and who answers.

use std::sync::Arc;
use std::time::Duration;

use evercred_core::BoxFuture;
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use tokio::sync::{mpsc, oneshot, watch};

use super::Metrics;
use super::readiness::Readiness;
use crate::engine::Command;
use crate::engine::status::Status;
use crate::serve::{Answer, Handler, refusal, text};
use crate::time::Clock;

/// A loop that has not turned in this time is stuck: nothing in it waits for anybody.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers monitors.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// What was counted.
    pub(super) metrics: Arc<Metrics>,
    /// How the logins are.
    pub(super) status: watch::Receiver<Status>,
    /// Where the engine is told things.
    pub(super) commands: mpsc::Sender<Command>,
    /// Both clocks.
    pub(super) clock: Arc<dyn Clock>,
}

impl Handler for Endpoint {
    fn answer<'a>(&'a self, request: &'a Request<Bytes>) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            if !matches!(*request.method(), Method::GET | Method::HEAD) {
                return refusal(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD are answered.");
            }
            match request.uri().path() {
                "/metrics" => self.metrics(),
                "/healthz" => self.health().await,
                "/readyz" => self.readiness(),
                _ => refusal(StatusCode::NOT_FOUND, "There are /metrics, /healthz and /readyz."),
            }
        })
    }
}

/// The media type of the text that `/metrics` answers with.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

impl Endpoint {
    fn metrics(&self) -> Answer {
        let body = self.metrics.text(&self.status.borrow(), self.clock.now());
        text(StatusCode::OK, OPEN_METRICS, body)
    }

    async fn health(&self) -> Answer {
        let (answer, answered) = oneshot::channel();
        let asked = async {
            self.commands.send(Command::Ping(answer)).await.ok()?;
            answered.await.ok()
        };
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Some(())) => text(StatusCode::OK, "text/plain; charset=utf-8", "The engine answers.\n"),
            _ => refusal(StatusCode::SERVICE_UNAVAILABLE, "The engine does not answer."),
        }
    }

    fn readiness(&self) -> Answer {
        let status = self.status.borrow();
        let readiness = Readiness::of(&status, self.clock.now());
        let code = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        text(code, "application/json", serde_json::to_vec_pretty(&readiness).unwrap_or_default())
    }
}
