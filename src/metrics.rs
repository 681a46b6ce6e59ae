//! Metrics for Prometheus, health and readiness: what a monitor asks a daemon.
//!
//! Names and labels are stable. Nothing here is secret, but logins, sources and errors are named, so only this machine
//! is answered ([`crate::serve`]), and nobody unless asked for.
//!
//! - `/metrics`: [OpenMetrics](https://prometheus.io/docs/specs/om/open_metrics_spec/) text.
//! - `/healthz`: 200 if the engine's loop turns.
//! - `/readyz`: 200 if every login is fresh, or else 503 and the reasons.

mod endpoint;
mod monitors;
mod readiness;

use evercred_core::{BuildError, Configured, Failure};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime};

use crate::engine::attempt_error::Stage;
use crate::engine::state::Phase;
use crate::engine::status::Status;
use crate::events::{Event, Observer};
use crate::login::Login;
use crate::serve::Listen;
use crate::sources::TokenSource;

pub use monitors::Monitors;

/// Where monitors are answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where to listen.
    pub listen: Listen,
}

/// Answers monitors: `/metrics` for Prometheus, `/healthz`, `/readyz`. Without this table, nothing listens.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// A loopback address with a port, or `unix:` and the absolute path of a socket for this user alone.
    #[serde(default = "usual")]
    listen: Listen,
}

/// The port that exporters of OpenTelemetry use, too.
fn usual() -> Listen {
    Listen::Loopback(([127, 0, 0, 1], 9464).into())
}

impl Configured<()> for Config {
    type Built = Settings;

    fn build(self, (): &()) -> Result<Settings, BuildError> {
        Ok(Settings { listen: self.listen })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfLogin {
    login: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfFailure {
    login: String,
    class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfExchange {
    provider: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSource {
    source: String,
    outcome: &'static str,
}

/// Latencies from a server next door to one that is about to time out, in seconds.
const BUCKETS: [f64; 10] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Counts what happens.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    refreshes: Family<OfLogin, Counter>,
    failures: Family<OfFailure, Counter>,
    exchanges: Family<OfExchange, Histogram>,
    token_requests: Family<OfSource, Counter>,
    file_writes: Family<OfLogin, Counter>,
    seconds_left: Family<OfLogin, Gauge<f64, AtomicU64>>,
    fresh: Family<OfLogin, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            registry: Registry::with_prefix("evercred"),
            refreshes: Family::default(),
            failures: Family::default(),
            exchanges: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            token_requests: Family::default(),
            file_writes: Family::default(),
            seconds_left: Family::default(),
            fresh: Family::default(),
        }
        .registered()
    }
}

impl Metrics {
    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register("refreshes", "Attempts that renewed a login's outputs", self.refreshes.clone());
        registry.register(
            "failures",
            "Attempts that failed, by what is done about it",
            self.failures.clone(),
        );
        registry.register_with_unit(
            "exchange_duration",
            "How long providers took to answer an exchange or a renewal",
            Unit::Seconds,
            self.exchanges.clone(),
        );
        let help = "How often a token source was asked for an ID token";
        registry.register("token_requests", help, self.token_requests.clone());
        registry.register(
            "file_writes",
            "Files written, of all outputs of a login",
            self.file_writes.clone(),
        );
        let help = "Time left of the credential in use; negative after its end";
        registry.register_with_unit("time_to_expiry", help, Unit::Seconds, self.seconds_left.clone());
        registry.register("login_fresh", "Whether the login is fresh", self.fresh.clone());
        self
    }

    /// All metrics as text, given how the logins are `now`.
    pub fn text(&self, status: &Status, now: SystemTime) -> String {
        self.seconds_left.clear();
        self.fresh.clear();
        for login in &status.logins {
            let labels = OfLogin { login: login.login.clone() };
            let fresh = readiness::phase(login, now) == Phase::Fresh;
            self.fresh.get_or_create(&labels).set(i64::from(fresh));
            if let Some(end) = login.expires_at {
                self.seconds_left.get_or_create(&labels).set(seconds_until(end, now));
            }
        }
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    fn exchanged(&self, login: &Login, outcome: &'static str, took: Duration) {
        let labels = OfExchange { provider: login.id.kind().to_owned(), outcome };
        self.exchanges.get_or_create(&labels).observe(took.as_secs_f64());
    }
}

impl Observer for Metrics {
    fn noted(&self, login: &Login, event: &Event<'_>) {
        let labels = || OfLogin { login: login.id.to_string() };
        match event {
            Event::Exchanged { took, .. } | Event::Renewed { took, .. } => self.exchanged(login, OK, *took),
            Event::Refused { stage: Stage::Exchange | Stage::Renew, failure, took, .. } => {
                self.exchanged(login, failure.advice().class(), *took);
            }
            Event::Published { .. } => {
                self.file_writes.get_or_create(&labels()).inc();
            }
            Event::Attempted { error: None } => {
                self.refreshes.get_or_create(&labels()).inc();
            }
            Event::Attempted { error: Some(error) } => {
                let labels = OfFailure { login: login.id.to_string(), class: error.advice.class() };
                self.failures.get_or_create(&labels).inc();
            }
            Event::Refused { .. } | Event::Unpublished { .. } | Event::Revoked { .. } | Event::LoggedOut => {}
        }
    }

    fn minted(&self, source: &dyn TokenSource, failure: Option<&Failure>) {
        let outcome = failure.map_or(OK, |failure| failure.advice().class());
        self.token_requests.get_or_create(&OfSource { source: source.describe(), outcome }).inc();
    }
}

/// The outcome of what went well.
const OK: &str = "ok";

fn seconds_until(end: SystemTime, now: SystemTime) -> f64 {
    match end.duration_since(now) {
        Ok(left) => left.as_secs_f64(),
        Err(past) => -past.duration().as_secs_f64(),
    }
}
