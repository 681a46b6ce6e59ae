//! Which platform minted an ID token, and what each of its claims identifies.
//!
//! Told from the claims alone, so that it holds for tokens that come from files, too, and for installations under any
//! name. Nothing is verified here: a relying party never asks evercred who minted a token. What is known is what the
//! platforms document; a token of any other platform is still told by its issuer and its subject.

mod claims;
mod subject;

use crate::Claims;

pub use claims::{Identifies, KnownClaim, Lasting, Level};
pub use subject::{Reach, Subject};

/// Who minted a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Platform {
    /// Gitpod Classic, in the cloud or as an installation (<https://ona.com/docs/classic/user/configure/workspaces/oidc>).
    Gitpod,
    /// Ona, version 2: the subject is `org:…/prj:…/env:…` (<https://ona.com/docs/ona/configuration/oidc>).
    OnaV2,
    /// Ona, version 3: flat claims, and a subject of names and values that the organisation may add to.
    OnaV3,
    /// GitHub Actions (<https://docs.github.com/actions/reference/security/oidc>).
    GithubActions,
    /// GitLab CI/CD (<https://docs.gitlab.com/ci/secrets/id_token_authentication/>).
    Gitlab,
    /// A service account of a Kubernetes cluster
    /// (<https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/>).
    Kubernetes,
    /// Anybody else.
    Other,
}

/// Who has to be told apart by the claims: an issuer may mint for one customer, or for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tenancy {
    /// Anybody can get a token of this issuer, and with any audience.
    Shared,
    /// Only the users of one installation, enterprise or cluster can.
    Own,
    /// Nobody here knows, so it has to be taken for shared.
    Unknown,
}

/// Issuers that mint for everybody, without a slash at their end.
const SHARED: [&str; 13] = [
    "https://accounts.google.com",
    "https://agent.buildkite.com",
    "https://api.gitpod.io/idp",
    "https://api.pulumi.com/oidc",
    "https://app.gitpod.io",
    "https://app.ona.com",
    "https://app.terraform.io",
    "https://gitlab.com",
    "https://oidc.codefresh.io",
    "https://oidc.vercel.com",
    "https://oidc.prod-aws.scalr.io",
    "https://storage.googleapis.com/spacelift",
    "https://token.actions.githubusercontent.com",
];

impl Platform {
    /// The platform whose claims these are.
    pub fn of(claims: &Claims) -> Self {
        let has = |name: &str| claims.text(name).is_some();
        let subject = claims.subject().unwrap_or_default();
        if claims.all().get("kubernetes.io").is_some_and(serde_json::Value::is_object)
            || subject.starts_with("system:serviceaccount:")
        {
            Self::Kubernetes
        } else if has("repository_owner") && has("repository") && has("run_id") {
            Self::GithubActions
        } else if has("project_path") && has("namespace_path") {
            Self::Gitlab
        } else if has("organization_id") && subject.starts_with("organization_id:") {
            Self::OnaV3
        } else if is_ona_v2(subject) {
            Self::OnaV2
        } else if has("workspace_id") && (has("context") || has("org_id"))
            || has("org_id") && claims.issuer().is_some_and(|issuer| issuer.ends_with("/idp"))
        {
            Self::Gitpod
        } else {
            Self::Other
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gitpod => "Gitpod Classic",
            Self::OnaV2 => "Ona (token version 2)",
            Self::OnaV3 => "Ona (token version 3)",
            Self::GithubActions => "GitHub Actions",
            Self::Gitlab => "GitLab",
            Self::Kubernetes => "Kubernetes",
            Self::Other => "an unknown platform",
        }
    }

    /// Its name with what the issuer tells besides, such as whose Kubernetes it is.
    pub fn title(self, issuer: &str) -> String {
        match cluster(issuer).filter(|_| self == Self::Kubernetes) {
            Some(kind) => format!("{} ({kind})", self.name()),
            None => self.name().to_owned(),
        }
    }

    /// Whether `issuer`, which is one of this platform's, mints for others, too.
    pub fn tenancy(self, issuer: &str) -> Tenancy {
        let issuer = issuer.trim_end_matches('/');
        match self {
            _ if SHARED.contains(&issuer) => Tenancy::Shared,
            // An installation under a name of its own, an enterprise's path, a cluster.
            Self::Gitpod | Self::GithubActions | Self::Gitlab | Self::Kubernetes => Tenancy::Own,
            // Installations of Ona's runners share its issuer.
            Self::OnaV2 | Self::OnaV3 => Tenancy::Shared,
            Self::Other => Tenancy::Unknown,
        }
    }
}

/// `org:…/prj:…/env:…`, `org:…/env:…`, `org:…/user:…` or `org:…/rnr:…`.
fn is_ona_v2(subject: &str) -> bool {
    let mut segments = subject.split('/');
    let is = |segment: Option<&str>, names: &[&str]| {
        segment.and_then(|segment| segment.split_once(':')).is_some_and(|(name, _)| names.contains(&name))
    };
    is(segments.next(), &["org"]) && is(segments.next(), &["prj", "env", "user", "rnr"])
}

/// Whose Kubernetes an issuer is, as far as its name tells.
fn cluster(issuer: &str) -> Option<&'static str> {
    let host = issuer.strip_prefix("https://")?.split('/').next()?;
    match host {
        "container.googleapis.com" => Some("GKE"),
        _ if host.starts_with("oidc.eks.") || host.starts_with("oidc-eks.") => Some("EKS"),
        _ if host.ends_with(".oic.prod-aks.azure.com") || host.starts_with("oidc.prod-aks.") => Some("AKS"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_platform_is_told_by_its_claims_under_any_issuer() {
        let cases = [
            (json!({"sub": "https://github.com/a/b", "workspace_id": "w", "org_id": "o"}), Platform::Gitpod),
            (json!({"sub": "x", "org_id": "o", "iss": "https://services.acme.dev/idp"}), Platform::Gitpod),
            (json!({"sub": "org:1/prj:2/env:3", "org": "1"}), Platform::OnaV2),
            (json!({"sub": "org:1/user:4"}), Platform::OnaV2),
            (json!({"sub": "organization_id:1:project_id:2", "organization_id": "1"}), Platform::OnaV3),
            (
                json!({"sub": "repo:a/b:ref:r", "repository": "a/b", "repository_owner": "a", "run_id": "1"}),
                Platform::GithubActions,
            ),
            (
                json!({"sub": "project_path:a/b:…", "project_path": "a/b", "namespace_path": "a"}),
                Platform::Gitlab,
            ),
            (json!({"sub": "system:serviceaccount:dev:app"}), Platform::Kubernetes),
            (json!({"sub": "app", "kubernetes.io": {"namespace": "dev"}}), Platform::Kubernetes),
            (json!({"sub": "org:acme/app"}), Platform::Other),
            (json!({"sub": "me", "org_id": "o", "iss": "https://acme.auth0.com/"}), Platform::Other),
            (json!({}), Platform::Other),
        ];
        for (claims, platform) in cases {
            let told = Platform::of(&Claims::from(claims.as_object().unwrap().clone()));
            assert_eq!(told, platform, "{claims}");
        }
    }

    #[test]
    fn an_issuer_is_shared_unless_it_is_known_to_be_somebodys_own() {
        let cases = [
            (Platform::GithubActions, "https://token.actions.githubusercontent.com", Tenancy::Shared),
            (Platform::GithubActions, "https://token.actions.githubusercontent.com/acme", Tenancy::Own),
            (Platform::Gitlab, "https://gitlab.com", Tenancy::Shared),
            (Platform::Gitlab, "https://gitlab.acme.dev", Tenancy::Own),
            (Platform::Gitpod, "https://api.gitpod.io/idp", Tenancy::Shared),
            (Platform::Gitpod, "https://services.acme.gitpod.cloud/idp", Tenancy::Own),
            (Platform::OnaV3, "https://app.gitpod.io", Tenancy::Shared),
            (Platform::OnaV3, "https://ona.acme.dev", Tenancy::Shared),
            (Platform::Kubernetes, "https://oidc.eks.eu-west-1.amazonaws.com/id/0", Tenancy::Own),
            (Platform::Other, "https://accounts.google.com", Tenancy::Shared),
            (Platform::Other, "https://acme.auth0.com/", Tenancy::Unknown),
        ];
        for (platform, issuer, tenancy) in cases {
            assert_eq!(platform.tenancy(issuer), tenancy, "{issuer}");
        }
    }

    #[test]
    fn whose_kubernetes_it_is_stands_in_the_title() {
        let of = |issuer| Platform::Kubernetes.title(issuer);
        assert_eq!(of("https://oidc.eks.eu-west-1.amazonaws.com/id/0"), "Kubernetes (EKS)");
        assert_eq!(
            of("https://container.googleapis.com/v1/projects/p/locations/l/clusters/c"),
            "Kubernetes (GKE)"
        );
        assert_eq!(of("https://eastus.oic.prod-aks.azure.com/t/c/"), "Kubernetes (AKS)");
        assert_eq!(of("https://kubernetes.default.svc.cluster.local"), "Kubernetes");
    }
}
