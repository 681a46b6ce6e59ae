//! The tenant: its applications and whom they trust, and what else there is in it.

use std::time::Duration;

/// The set-up of Azure: one tenant in one cloud.
#[derive(Debug, Clone)]
pub struct AzureOptions {
    /// The cloud that the tenant lives in.
    pub cloud: AzureCloud,
    /// The tenant's id.
    pub tenant_id: String,
    /// The applications.
    pub applications: Vec<Application>,
    /// The resources that tokens can be had for, without a slash at their end.
    pub resources: Vec<String>,
    /// How long access tokens live.
    pub access_token_lifetime: Duration,
    /// Whether the parts of an error's description stand in lines of their own, as in older answers of Entra, or
    /// in one.
    pub error_lines: bool,
}

impl Default for AzureOptions {
    /// A tenant of the public cloud whose application trusts the platform's `gitpod` tokens for the usual audience;
    /// tokens of an hour for Resource Manager, storage, key vaults, Graph, AKS, Azure DevOps and container registries.
    fn default() -> Self {
        Self {
            cloud: AzureCloud::Public,
            tenant_id: "72f1c6a4-0d5e-4b5a-9a51-3c2f6d0b7e11".to_owned(),
            applications: vec![Application::default()],
            resources: RESOURCES.iter().map(|&resource| resource.to_owned()).collect(),
            access_token_lifetime: Duration::from_hours(1),
            error_lines: true,
        }
    }
}

const RESOURCES: &[&str] = &[
    "6dae42f8-4368-4678-94ff-3960e28e3630",
    "499b84ac-1321-427f-aa17-267ca6975798",
    "https://containerregistry.azure.net",
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://management.usgovcloudapi.net",
    "https://management.core.usgovcloudapi.net",
    "https://management.chinacloudapi.cn",
    "https://management.core.chinacloudapi.cn",
    "https://storage.azure.com",
    "https://vault.azure.net",
    "https://graph.microsoft.com",
];

/// The clouds of Azure, which know nothing of one another's tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AzureCloud {
    /// `login.microsoftonline.com`.
    Public,
    /// `login.microsoftonline.us`.
    UsGovernment,
    /// `login.partner.microsoftonline.cn`.
    China,
}

impl AzureCloud {
    /// The cloud that a host belongs to; an authority host of the sandbox's own belongs to none.
    pub(super) fn of(host: &str) -> Option<Self> {
        match host.split(':').next()? {
            "login.microsoftonline.com" => Some(Self::Public),
            "login.microsoftonline.us" => Some(Self::UsGovernment),
            "login.partner.microsoftonline.cn" | "login.chinacloudapi.cn" => Some(Self::China),
            _ => None,
        }
    }
}

/// An application with its service principal.
#[derive(Debug, Clone)]
pub struct Application {
    /// The client id.
    pub client_id: String,
    /// The object id of its service principal.
    pub object_id: String,
    /// Whom it trusts. Those beyond the twentieth do not count, for Entra would not have taken them.
    pub federated_credentials: Vec<FederatedCredential>,
    /// The subscriptions that it has a role in.
    pub subscriptions: Vec<Subscription>,
}

impl Default for Application {
    fn default() -> Self {
        Self::new("5d2f0c1a-8b1e-4c9d-9f3e-6a7b8c9d0e1f").trusting(FederatedCredential::default())
    }
}

impl Application {
    /// One that trusts nobody yet.
    pub fn new(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            object_id: "b7e6a2d4-3f1c-4e8a-8c5b-9d0e1f2a3b4c".to_owned(),
            federated_credentials: Vec::new(),
            subscriptions: vec![Subscription::default()],
        }
    }

    /// Trusting this, too.
    #[must_use]
    pub fn trusting(mut self, credential: FederatedCredential) -> Self {
        self.federated_credentials.push(credential);
        self
    }

    /// Seeing this subscription, and no other.
    #[must_use]
    pub fn seeing(mut self, subscription: Subscription) -> Self {
        self.subscriptions = vec![subscription];
        self
    }

    /// The federated credentials that count.
    pub(super) fn trusted(&self) -> impl Iterator<Item = &FederatedCredential> {
        self.federated_credentials.iter().take(MOST_CREDENTIALS)
    }
}

/// <https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations>
const MOST_CREDENTIALS: usize = 20;

/// A federated identity credential: whose tokens an application takes.
#[derive(Debug, Clone)]
pub struct FederatedCredential {
    /// The issuer; `None` means the sandbox's platform.
    pub issuer: Option<String>,
    /// The subject.
    pub subject: String,
    /// The audience.
    pub audience: String,
}

impl Default for FederatedCredential {
    /// The platform's `gitpod` tokens.
    fn default() -> Self {
        Self {
            issuer: None,
            subject: "https://github.com/acme/app".to_owned(),
            audience: "api://AzureADTokenExchange".to_owned(),
        }
    }
}

/// A subscription and its resource groups.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The names of its resource groups.
    pub resource_groups: Vec<String>,
}

impl Default for Subscription {
    fn default() -> Self {
        Self {
            id: "c0ffee00-1234-4abc-8def-0123456789ab".to_owned(),
            name: "Sandbox subscription".to_owned(),
            resource_groups: vec!["rg-one".to_owned(), "rg-two".to_owned()],
        }
    }
}
