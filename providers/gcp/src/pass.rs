//! Where Google's access token is a password or a bearer token: clusters, registries and repositories.
//!
//! - GKE takes it as the bearer token that `gke-gcloud-auth-plugin` gives kubectl.
//! - Artifact Registry and gcr.io take it as the password of
//!   [`oauth2accesstoken`](https://cloud.google.com/artifact-registry/docs/docker/authentication#token).
//! - Cloud Source Repositories and Secure Source Manager take it as the password of anybody.

use evercred_core::{Base, BoxFuture, Credential, Door, Failure, Field, Fit, Pass, Passes, Secret};

use crate::provider::Gcp;

impl Passes for Gcp {
    fn fit(&self, door: &Door) -> Option<Fit> {
        let is_ours = match door {
            Door::Cluster { .. } => true,
            Door::Registry { host } => is_registry(host),
            Door::Repository { host, .. } => is_git(host),
        };
        is_ours.then_some(Fit::Cloud)
    }

    fn base(&self, _: &Door) -> Base {
        Base::Login
    }

    fn pass<'a>(
        &'a self,
        door: &'a Door,
        credential: &'a Credential,
    ) -> BoxFuture<'a, Result<Pass, Failure>> {
        // Every credential has it.
        let token = credential.field(Field::ACCESS_TOKEN).cloned().unwrap_or_else(|| Secret::new(""));
        let pass = match door {
            Door::Cluster { .. } => Pass::bearer(token),
            Door::Registry { .. } => Pass::password("oauth2accesstoken", token),
            Door::Repository { .. } => Pass::password("git-evercred", token),
        };
        // The credential may have been obtained for this.
        Box::pin(async { Ok(pass.asked_for()) })
    }
}

fn is_registry(host: &str) -> bool {
    host == "gcr.io" || host.ends_with(".gcr.io") || host.ends_with("-docker.pkg.dev")
}

fn is_git(host: &str) -> bool {
    host == "source.developers.google.com" || host.ends_with(".sourcemanager.dev")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_of_googles_get_its_tokens() {
        for host in ["gcr.io", "eu.gcr.io", "europe-west1-docker.pkg.dev", "docker.pkg.dev"] {
            assert_eq!(is_registry(host), host != "docker.pkg.dev", "{host}");
        }
        for host in ["evilgcr.io", "gcr.io.evil.dev", "gcr.io:444", "docker.io"] {
            assert!(!is_registry(host), "{host}");
        }
        assert!(is_git("source.developers.google.com") && is_git("acme-123.europe-west1.sourcemanager.dev"));
        assert!(!is_git("sourcemanager.dev") && !is_git("github.com"));
    }
}
