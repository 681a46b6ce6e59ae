//! Who reads variables about credentials, and which.
//!
//! The order in which each of them prefers one variable to another differs from language to language, so whoever sets one
//! of a row takes the others out. What only moves a choice to another account (impersonation, a region, a project) is the
//! user's and not in here.

/// Programs that look for their credentials in the same variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Readers {
    /// The AWS SDKs and CLIs, Terraform, and whatever is built on them.
    Aws,
    /// Google's client libraries and Terraform.
    Google,
    /// gcloud, bq and gsutil.
    Gcloud,
    /// Azure's SDKs, azcopy and Terraform.
    Azure,
    /// The command line of Azure.
    Az,
    /// `bao`, `vault` and the clients of their API.
    Vault,
    /// Programs that the config speaks of, by variables of its own.
    Own,
}

impl Readers {
    /// Every row of the table.
    pub const ALL: [Self; 7] =
        [Self::Aws, Self::Google, Self::Gcloud, Self::Azure, Self::Az, Self::Vault, Self::Own];

    /// The variables that choose the credential of these programs.
    pub const fn choosing(self) -> &'static [&'static str] {
        match self {
            Self::Aws => &AWS,
            Self::Google => &GOOGLE,
            Self::Gcloud => &GCLOUD,
            Self::Azure => &AZURE,
            Self::Az => &["AZURE_CONFIG_DIR"],
            Self::Vault => &VAULT,
            Self::Own => &[],
        }
    }
}

/// <https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html>, and the older names that SDKs still read.
const AWS: [&str; 21] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_CREDENTIAL_SCOPE",
    "AWS_ACCOUNT_ID",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    // The file of keys that SDKs of Java read before all others.
    "AWS_CREDENTIAL_FILE",
];

/// <https://cloud.google.com/docs/authentication/application-default-credentials>, and what Terraform reads before that.
const GOOGLE: [&str; 10] = [
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CREDENTIALS",
    "GOOGLE_CLOUD_KEYFILE_JSON",
    "GCLOUD_KEYFILE_JSON",
    "GOOGLE_BACKEND_CREDENTIALS",
    "GOOGLE_OAUTH_ACCESS_TOKEN",
    "GOOGLE_ACCESS_TOKEN",
    "GCE_METADATA_HOST",
    "GCE_METADATA_IP",
    "GCE_METADATA_ROOT",
];

/// <https://cloud.google.com/sdk/gcloud/reference/topic/configurations>: `CLOUDSDK_SECTION_PROPERTY` goes before every
/// configuration.
const GCLOUD: [&str; 6] = [
    "CLOUDSDK_AUTH_ACCESS_TOKEN",
    "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE",
    "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
    "CLOUDSDK_ACTIVE_CONFIG_NAME",
    "CLOUDSDK_CORE_ACCOUNT",
    "CLOUDSDK_CONFIG",
];

/// <https://learn.microsoft.com/python/api/overview/azure/identity-readme#environment-variables>, managed identities, and
/// Terraform's `ARM_*`.
const AZURE: [&str; 33] = [
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_USERNAME",
    "AZURE_PASSWORD",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
    "AZURE_TOKEN_CREDENTIALS",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "IDENTITY_SERVER_THUMBPRINT",
    "IMDS_ENDPOINT",
    "MSI_ENDPOINT",
    "MSI_SECRET",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    "ARM_TENANT_ID",
    "ARM_CLIENT_ID",
    "ARM_CLIENT_SECRET",
    "ARM_CLIENT_SECRET_FILE_PATH",
    "ARM_CLIENT_CERTIFICATE",
    "ARM_CLIENT_CERTIFICATE_PATH",
    "ARM_CLIENT_CERTIFICATE_PASSWORD",
    "ARM_USE_OIDC",
    "ARM_OIDC_TOKEN",
    "ARM_OIDC_TOKEN_FILE_PATH",
    "ARM_OIDC_REQUEST_TOKEN",
    "ARM_OIDC_REQUEST_URL",
    "ARM_USE_MSI",
    "ARM_MSI_ENDPOINT",
    "ARM_USE_CLI",
    "ARM_ENVIRONMENT",
];

/// <https://openbao.org/docs/commands/#environment-variables>. A `BAO_` variable goes before its `VAULT_` twin, even when
/// it is empty; the address of an agent goes before that of the server.
const VAULT: [&str; 9] = [
    "VAULT_TOKEN",
    "BAO_TOKEN",
    "BAO_TOKEN_PATH",
    "VAULT_ADDR",
    "BAO_ADDR",
    "VAULT_AGENT_ADDR",
    "BAO_AGENT_ADDR",
    "VAULT_NAMESPACE",
    "BAO_NAMESPACE",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_variable_stands_in_two_rows() {
        let mut names: Vec<&str> =
            Readers::ALL.iter().flat_map(|readers| readers.choosing()).copied().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
