//! Faults on command: what shall go wrong, where, and how often.

use std::sync::Mutex;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clouds::{azure, doors};
use crate::state::lock;

/// The groups of routes that fail, and are counted, separately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Discovery and keys: `/idp/…`.
    Idp,
    /// The Gitpod supervisor: `/_supervisor/…`.
    Supervisor,
    /// The identity APIs of Gitpod and Ona.
    Api,
    /// GitHub Actions: `/github/…`.
    Github,
    /// The plain token routes: `/token`, `/token.json`.
    Http,
    /// AWS STS, and the tokens of ECR: `/`, `/sts`.
    Sts,
    /// AWS S3: `/s3/…`.
    S3,
    /// Entra: `/TENANT/oauth2/…`, `/TENANT/v2.0/…`, `/TENANT/discovery/…`.
    Entra,
    /// Azure Resource Manager: `/subscriptions…`, `/tenants`, `/metadata/…`.
    Arm,
    /// Azure's blob storage: everything at `ACCOUNT.blob.core.windows.net`.
    Blobs,
    /// Google's Security Token Service: `/v1/token`, `/v1/introspect`.
    GoogleSts,
    /// Google's IAM Credentials: `/v1/projects/-/serviceAccounts/…`.
    GoogleIam,
    /// API servers of Kubernetes, by their hosts.
    Cluster,
    /// Registries of container images, by their hosts.
    Registry,
    /// Git servers, by their hosts.
    Git,
    /// Google's APIs: `/v1/projects`, `/v1/projects/NAME`, `/storage/…`, `/upload/…`, `/acme-state/…`.
    GoogleApi,
}

/// Something that goes wrong with the next requests to a [`Group`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    pub kind: FaultKind,
    /// How many requests it hits; `None` means all until it is cleared.
    #[serde(default)]
    pub times: Option<u32>,
    /// Hits only requests whose path or body contains this text, such as `Action=GetCallerIdentity`.
    #[serde(default)]
    pub only: Option<String>,
    /// The value of a `Retry-After` header on the faulty answer.
    #[serde(default)]
    pub retry_after: Option<String>,
}

/// What goes wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// An answer with this status and body.
    Status {
        /// The HTTP status.
        status: u16,
        /// The body.
        #[serde(default)]
        body: String,
    },
    /// An error in the words of the group's own protocol (query XML for AWS STS, Connect JSON for the APIs, OAuth and JSON for Google).
    Refuse {
        /// The HTTP status.
        status: u16,
        /// The protocol's error code.
        code: String,
        /// Its message.
        message: String,
    },
    /// An error in the words of the group's own protocol whose message quotes the request, headers and body, as
    /// careless servers do.
    Echo {
        /// The HTTP status.
        status: u16,
        /// The protocol's error code.
        code: String,
    },
    /// The group's own way of saying that there were too many requests.
    Throttling,
    /// The right answer, late.
    Delay {
        /// How late, in milliseconds.
        milliseconds: u64,
    },
    /// The connection is reset instead of an answer.
    Reset,
    /// Status 200 with bytes that mean nothing.
    Garbage,
    /// The right answer, but the connection breaks in the middle of its body.
    HalfBody,
}

impl Fault {
    /// A fault that stays until it is cleared.
    pub fn new(kind: FaultKind) -> Self {
        Self { kind, times: None, only: None, retry_after: None }
    }

    /// An answer with this status and body.
    pub fn status(status: u16, body: impl Into<String>) -> Self {
        Self::new(FaultKind::Status { status, body: body.into() })
    }

    /// An error in the words of the group's protocol.
    pub fn refuse(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(FaultKind::Refuse { status, code: code.into(), message: message.into() })
    }

    /// An error in the words of the group's protocol whose message quotes the request.
    pub fn echo(status: u16, code: impl Into<String>) -> Self {
        Self::new(FaultKind::Echo { status, code: code.into() })
    }

    /// The right answer, late.
    pub fn delay(by: Duration) -> Self {
        Self::new(FaultKind::Delay { milliseconds: u64::try_from(by.as_millis()).unwrap_or(u64::MAX) })
    }

    /// Hits only the next `times` requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Hits only requests whose path or body contains `text`.
    #[must_use]
    pub fn only(mut self, text: impl Into<String>) -> Self {
        self.only = Some(text.into());
        self
    }

    /// Adds a `Retry-After` header.
    #[must_use]
    pub fn retry_after(mut self, value: impl Into<String>) -> Self {
        self.retry_after = Some(value.into());
        self
    }
}

impl Group {
    /// The group of a path at a host; `None` for the control routes and for what does not exist.
    pub(crate) fn of(host: &str, path: &str) -> Option<Self> {
        if azure::is_storage(host) {
            return Some(Self::Blobs);
        }
        if doors::cluster::is_one(host) {
            return Some(Self::Cluster);
        }
        if doors::registry::is_one(host) {
            return Some(Self::Registry);
        }
        if doors::git::is_one(host) {
            return Some(Self::Git);
        }
        let mut parts = path.split('/').skip(1);
        let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        match first {
            _ if ["oauth2", "v2.0", "discovery"].contains(&second) => Some(Self::Entra),
            "subscriptions" | "tenants" | "metadata" => Some(Self::Arm),
            "" | "sts" => Some(Self::Sts),
            "s3" => Some(Self::S3),
            "v1" => match (second, parts.nth(1)) {
                ("token" | "introspect", None) => Some(Self::GoogleSts),
                ("projects", None) => Some(Self::GoogleApi),
                ("projects", Some("serviceAccounts")) => Some(Self::GoogleIam),
                _ => None,
            },
            "storage" | "upload" | "acme-state" => Some(Self::GoogleApi),
            "idp" => Some(Self::Idp),
            "_supervisor" => Some(Self::Supervisor),
            "github" => Some(Self::Github),
            "token" | "token.json" => Some(Self::Http),
            _ if first.starts_with("gitpod.") => Some(Self::Api),
            _ => None,
        }
    }
}

impl Fault {
    /// Whether a cloud that looks for the platform's keys finds nobody there, rather than nonsense.
    pub(crate) fn hides_the_host(&self) -> bool {
        match &self.kind {
            FaultKind::Reset | FaultKind::Delay { .. } | FaultKind::Throttling => true,
            FaultKind::Status { status, .. }
            | FaultKind::Refuse { status, .. }
            | FaultKind::Echo { status, .. } => *status >= 500,
            FaultKind::Garbage | FaultKind::HalfBody => false,
        }
    }

    /// Whether the answer is right after all.
    pub(crate) fn is_mere_delay(&self) -> bool {
        matches!(self.kind, FaultKind::Delay { .. })
    }

    fn hits(&self, group: Group, hit: Group, text: &str) -> bool {
        group == hit && self.only.as_deref().is_none_or(|only| text.contains(only))
    }
}

/// The faults that wait for their request, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<(Group, Fault)>>);

impl Faults {
    pub(crate) fn add(&self, group: Group, fault: Fault) {
        lock(&self.0).push((group, fault));
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }

    /// The fault that hits this request, counted down.
    pub(crate) fn take(&self, group: Group, text: &str) -> Option<Fault> {
        let mut faults = lock(&self.0);
        faults.retain(|(_, fault)| fault.times != Some(0));
        let (_, fault) = faults.iter_mut().find(|(of, fault)| fault.hits(*of, group, text))?;
        fault.times = fault.times.map(|times| times - 1);
        Some(fault.clone())
    }

    /// The fault that a request to this group would meet, not counted.
    pub(crate) fn standing(&self, group: Group) -> Option<Fault> {
        let faults = lock(&self.0);
        let found = faults.iter().find(|(of, fault)| *of == group && fault.times != Some(0));
        found.map(|(_, fault)| fault.clone())
    }
}
