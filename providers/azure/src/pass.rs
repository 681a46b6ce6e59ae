//! Where a token of Entra's is a bearer token or buys a password: clusters, registries and repositories.
//!
//! - AKS takes a token for [its server application](https://azure.github.io/kubelogin/concepts/aks.html) in each cloud.
//! - A container registry takes a token for registries in exchange for
//!   [one of its own](https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md), which is a password then.
//! - Azure Repos takes a token for
//!   [Azure DevOps](https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/service-principal-managed-identity),
//!   as a bearer token or as a password of anybody.

use evercred_core::{Base, BoxFuture, Credential, Door, Failure, Field, Fit, Pass, Passes, Secret};

use crate::provider::Azure;
use crate::registry;

/// The application of every AKS cluster.
const AKS: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";
/// Azure DevOps.
const DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";
/// Container registries.
const REGISTRIES: &str = "https://containerregistry.azure.net";

impl Passes for Azure {
    fn fit(&self, door: &Door) -> Option<Fit> {
        let is_ours = match door {
            Door::Cluster { .. } => true,
            Door::Registry { host } => registry::is_one(host),
            Door::Repository { host, .. } => is_git(host),
        };
        is_ours.then_some(Fit::Cloud)
    }

    fn base(&self, door: &Door) -> Base {
        let recipient = match door {
            Door::Cluster { .. } => AKS,
            Door::Registry { .. } => REGISTRIES,
            Door::Repository { .. } => DEVOPS,
        };
        Base::For(recipient.to_owned())
    }

    fn pass<'a>(
        &'a self,
        door: &'a Door,
        credential: &'a Credential,
    ) -> BoxFuture<'a, Result<Pass, Failure>> {
        Box::pin(async move {
            let token = credential.field(Field::ACCESS_TOKEN).cloned().unwrap_or_else(|| Secret::new(""));
            match door {
                Door::Cluster { .. } | Door::Repository { takes_bearer: true, .. } => {
                    Ok(Pass::bearer(token).asked_for())
                }
                Door::Repository { .. } => Ok(Pass::password("evercred", token).asked_for()),
                Door::Registry { host } => registry::exchange(self.http(), host, self.tenant(), &token).await,
            }
        })
    }
}

fn is_git(host: &str) -> bool {
    host == "dev.azure.com" || host.ends_with(".visualstudio.com")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_of_azures_get_its_tokens() {
        assert!(is_git("dev.azure.com") && is_git("acme.visualstudio.com"));
        assert!(
            !is_git("visualstudio.com") && !is_git("dev.azure.com.evil.dev") && !is_git("evildev.azure.com")
        );
    }
}
