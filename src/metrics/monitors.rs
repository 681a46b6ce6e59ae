//! Answering monitors beside the engine.

use std::future::pending;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::endpoint::Endpoint;
use super::{Metrics, Settings};
use crate::engine::Command;
use crate::engine::status::Status;
use crate::events::Observer;
use crate::serve::{Bounds, serve};
use crate::time::Clock;

/// What counts, and where it is asked.
#[derive(Debug)]
pub struct Monitors {
    settings: Settings,
    metrics: Arc<Metrics>,
}

impl Monitors {
    /// Nothing is counted yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings, metrics: Arc::default() }
    }

    /// What has to be told of everything that happens.
    pub fn observer(&self) -> Arc<dyn Observer> {
        Arc::clone(&self.metrics) as Arc<dyn Observer>
    }

    /// Answers until dropped, if there is anybody to answer.
    pub async fn serve(
        monitors: Option<&Self>,
        status: watch::Receiver<Status>,
        commands: mpsc::Sender<Command>,
        clock: Arc<dyn Clock>,
    ) {
        let Some(Self { settings, metrics }) = monitors else { return pending().await };
        let endpoint = Endpoint { metrics: Arc::clone(metrics), status, commands, clock };
        serve(&settings.listen, Arc::new(endpoint), Bounds::monitors(), |_| {}).await;
    }
}
