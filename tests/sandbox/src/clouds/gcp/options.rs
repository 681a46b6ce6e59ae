//! The set-up: one project with its identity providers and service accounts.

use std::collections::BTreeMap;
use std::time::Duration;

/// The set-up of Google Cloud: one project with its identity providers and service accounts.
#[derive(Debug, Clone)]
pub struct GcpOptions {
    /// The project's number, by which pools are named.
    pub project_number: String,
    /// The project's id, by which everything else is named.
    pub project_id: String,
    /// The providers of all workload identity pools.
    pub providers: Vec<IdentityProvider>,
    /// The service accounts.
    pub service_accounts: Vec<ServiceAccount>,
    /// How long tokens of service accounts really live, whatever was asked for; for tests of rotation. The others
    /// live as long as their ID tokens.
    pub token_lifetime: Option<Duration>,
}

/// The pool of all providers that [`GcpOptions::default`] has.
const POOL: &str = "workspaces";

impl Default for GcpOptions {
    /// Project `acme-dev`, number 123456789012, with the pool `workspaces`. Its providers: `gitpod`; `others` (its
    /// condition wants another repository), `acme` (wants the audience `acme`), `closed` (disabled), `elsewhere`
    /// (another issuer); and `people`, in the organization's pool `acme-people`, for the audience
    /// `acme-people-client`. Its service accounts: `dev`, for everybody in the pool; `long`, likewise, with tokens
    /// of 12 h; `app`, for the repository of the default tokens; `stranger`, for somebody else; `deploy`, for `dev`
    /// to act as.
    fn default() -> Self {
        let number = "123456789012";
        let pool =
            format!("iam.googleapis.com/projects/{number}/locations/global/workloadIdentityPools/{POOL}");
        let everybody = format!("principalSet://{pool}/*");
        let repository =
            format!("principalSet://{pool}/attribute.repository/https://github.com/acme/app.git");
        let account = |name: &str| ServiceAccount::new(format!("{name}@acme-dev.iam.gserviceaccount.com"));
        let dev = account("dev");
        Self {
            project_number: number.to_owned(),
            project_id: "acme-dev".to_owned(),
            providers: vec![
                IdentityProvider::new(POOL, "gitpod"),
                IdentityProvider::new(POOL, "others")
                    .condition("assertion.repository == 'https://github.com/acme/other.git'"),
                IdentityProvider::new(POOL, "acme").audience("acme"),
                IdentityProvider { disabled: true, ..IdentityProvider::new(POOL, "closed") },
                IdentityProvider {
                    issuer: Some("https://issuer.example".to_owned()),
                    ..IdentityProvider::new(POOL, "elsewhere")
                },
                IdentityProvider::new("acme-people", "people").workforce("acme-people-client"),
            ],
            service_accounts: vec![
                account("deploy").bind(GcpRole::TokenCreator, dev.member()),
                dev.bind(GcpRole::WorkloadIdentityUser, &everybody).bind(GcpRole::TokenCreator, &everybody),
                account("long")
                    .bind(GcpRole::WorkloadIdentityUser, &everybody)
                    .longest(Duration::from_hours(12)),
                account("app").bind(GcpRole::WorkloadIdentityUser, repository),
                account("stranger")
                    .bind(GcpRole::WorkloadIdentityUser, format!("principal://{pool}/subject/somebody-else")),
            ],
            token_lifetime: None,
        }
    }
}

/// A provider of a workload identity pool: whose ID tokens are taken, and what they turn into.
#[derive(Debug, Clone)]
pub struct IdentityProvider {
    /// The pool's id.
    pub pool: String,
    /// The provider's id.
    pub id: String,
    /// The issuer; `None` means the sandbox's platform.
    pub issuer: Option<String>,
    /// The audiences; none means the provider's own resource name, with and without `https:`.
    pub allowed_audiences: Vec<String>,
    /// What each attribute is, in CEL, of `assertion`.
    pub mapping: BTreeMap<String, String>,
    /// Who is let in, in CEL, of `assertion`, `google` and `attribute`.
    pub condition: Option<String>,
    /// Whether nobody is let in.
    pub disabled: bool,
    /// Whether the pool is an organization's, for people, rather than the project's.
    pub workforce: bool,
}

impl IdentityProvider {
    /// One for the platform's tokens, whose subject is theirs, and whose attribute `repository` too.
    pub fn new(pool: impl Into<String>, id: impl Into<String>) -> Self {
        let mapping = [
            ("google.subject", "assertion.sub"),
            ("attribute.repository", "has(assertion.repository) ? assertion.repository : ''"),
        ];
        Self {
            pool: pool.into(),
            id: id.into(),
            issuer: None,
            allowed_audiences: Vec::new(),
            mapping: mapping.map(|(name, cel)| (name.to_owned(), cel.to_owned())).into(),
            condition: None,
            disabled: false,
            workforce: false,
        }
    }

    /// With this condition.
    #[must_use]
    pub fn condition(mut self, cel: impl Into<String>) -> Self {
        self.condition = Some(cel.into());
        self
    }

    /// With this attribute.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, cel: impl Into<String>) -> Self {
        self.mapping.insert(name.into(), cel.into());
        self
    }

    /// In an organization's pool, for this audience.
    #[must_use]
    pub fn workforce(self, audience: impl Into<String>) -> Self {
        Self { workforce: true, ..self }.audience(audience)
    }

    /// For this audience, rather than for its own name.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.allowed_audiences.push(audience.into());
        self
    }
}

/// A service account, and who may act as it.
#[derive(Debug, Clone)]
pub struct ServiceAccount {
    /// Its address.
    pub email: String,
    /// Who may do what with it.
    pub bindings: Vec<Binding>,
    /// The longest life of its tokens: an hour, or up to twelve by organization policy.
    pub longest_lifetime: Duration,
}

/// A line of a service account's policy.
#[derive(Debug, Clone)]
pub struct Binding {
    /// What is granted.
    pub role: GcpRole,
    /// To whom: `principal://…`, `principalSet://…` or `serviceAccount:…`.
    pub member: String,
}

/// The roles that let somebody act as a service account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GcpRole {
    /// `roles/iam.workloadIdentityUser`: its tokens.
    WorkloadIdentityUser,
    /// `roles/iam.serviceAccountTokenCreator`: its tokens, and those of whom it may act as.
    TokenCreator,
}

impl ServiceAccount {
    /// One that nobody may act as.
    pub fn new(email: impl Into<String>) -> Self {
        Self { email: email.into(), bindings: Vec::new(), longest_lifetime: Duration::from_hours(1) }
    }

    /// With this binding.
    #[must_use]
    pub fn bind(mut self, role: GcpRole, member: impl Into<String>) -> Self {
        self.bindings.push(Binding { role, member: member.into() });
        self
    }

    /// With tokens of at most so long.
    #[must_use]
    pub fn longest(mut self, lifetime: Duration) -> Self {
        self.longest_lifetime = lifetime;
        self
    }

    /// It, as a binding names it.
    pub fn member(&self) -> String {
        format!("serviceAccount:{}", self.email)
    }
}

impl GcpOptions {
    /// The address of a service account, by its name.
    pub(crate) fn email(&self, name: &str) -> String {
        format!("{name}@{}.iam.gserviceaccount.com", self.project_id)
    }

    /// The resource name of a provider, by its id; of one in the pool `workspaces` if it does not exist.
    pub(crate) fn provider_name(&self, id: &str) -> String {
        let known = self.providers.iter().find(|provider| provider.id == id);
        self.resource_name(known.unwrap_or(&IdentityProvider::new(POOL, id)))
    }

    /// The resource name of a provider.
    pub(super) fn resource_name(&self, provider: &IdentityProvider) -> String {
        format!("{}/providers/{}", self.pool_name(provider), provider.id)
    }

    /// The resource name of a provider's pool.
    pub(super) fn pool_name(&self, provider: &IdentityProvider) -> String {
        if provider.workforce {
            format!("locations/global/workforcePools/{}", provider.pool)
        } else {
            let (number, pool) = (&self.project_number, &provider.pool);
            format!("projects/{number}/locations/global/workloadIdentityPools/{pool}")
        }
    }

    /// The service account with this address.
    pub(super) fn service_account(&self, email: &str) -> Option<&ServiceAccount> {
        self.service_accounts.iter().find(|account| account.email == email)
    }
}
