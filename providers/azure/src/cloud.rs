//! Microsoft's clouds, each with an Entra of its own.

use schemars::JsonSchema;
use serde::Deserialize;

/// A cloud of Microsoft's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cloud {
    /// The one that everybody can use.
    #[default]
    Public,
    /// That of the government of the United States.
    UsGovernment,
    /// That in China, run by 21Vianet.
    China,
}

const ALL: [Cloud; 3] = [Cloud::Public, Cloud::UsGovernment, Cloud::China];

impl Cloud {
    /// Where its Entra is (<https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>).
    pub(crate) const fn authority(self) -> &'static str {
        match self {
            Self::Public => "https://login.microsoftonline.com/",
            Self::UsGovernment => "https://login.microsoftonline.us/",
            Self::China => "https://login.chinacloudapi.cn/",
        }
    }

    /// The audience that its federated credentials take
    /// (<https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust>).
    pub(crate) const fn audience(self) -> &'static str {
        match self {
            Self::Public => "api://AzureADTokenExchange",
            Self::UsGovernment => "api://AzureADTokenExchangeUSGov",
            Self::China => "api://AzureADTokenExchangeChina",
        }
    }

    /// Where its resources are managed, which is also the resource of the tokens for that.
    pub(crate) const fn resource_manager(self) -> &'static str {
        match self {
            Self::Public => "https://management.azure.com/",
            Self::UsGovernment => "https://management.usgovcloudapi.net/",
            Self::China => "https://management.chinacloudapi.cn/",
        }
    }

    /// Its name in Terraform (`ARM_ENVIRONMENT`).
    pub(crate) const fn terraform_name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::UsGovernment => "usgovernment",
            Self::China => "china",
        }
    }

    pub(crate) const fn is_public(self) -> bool {
        matches!(self, Self::Public)
    }

    /// The one whose Entra is at `host`, by any of its names.
    pub(crate) fn of_authority(host: &str) -> Option<Self> {
        let other_names = [
            ("login.windows.net", Self::Public),
            ("login.microsoft.com", Self::Public),
            ("sts.windows.net", Self::Public),
            ("login.partner.microsoftonline.cn", Self::China),
        ];
        let own = ALL.into_iter().find(|cloud| cloud.authority() == format!("https://{host}/"));
        own.or_else(|| other_names.into_iter().find(|(name, _)| *name == host).map(|(_, cloud)| cloud))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_known_by_each_of_its_names() {
        assert_eq!(Cloud::of_authority("login.microsoftonline.us"), Some(Cloud::UsGovernment));
        assert_eq!(Cloud::of_authority("login.windows.net"), Some(Cloud::Public));
        assert_eq!(Cloud::of_authority("login.partner.microsoftonline.cn"), Some(Cloud::China));
        assert_eq!(Cloud::of_authority("login.acme.dev"), None);
    }
}
