//! The names of what a credential is made of.

use std::fmt;

/// The name of one part of a credential, as outputs and config speak of it.
///
/// The constants are the names that more than one crate uses; a provider of your own may add others with
/// [`Field::new`]. Names are lower-case words joined by underscores.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Field(&'static str);

impl Field {
    /// The OIDC ID token itself; the attempt adds it for outputs that ask for it.
    pub const ID_TOKEN: Self = Self("id_token");
    /// The public half of an AWS session key.
    pub const ACCESS_KEY_ID: Self = Self("access_key_id");
    /// The secret half of an AWS session key.
    pub const SECRET_ACCESS_KEY: Self = Self("secret_access_key");
    /// The token that must accompany an AWS session key.
    pub const SESSION_TOKEN: Self = Self("session_token");
    /// The AWS account a session belongs to.
    pub const ACCOUNT_ID: Self = Self("account_id");
    /// The AWS role the session came from, as configured.
    pub const ROLE_ARN: Self = Self("role_arn");
    /// The AWS region to use with the session.
    pub const REGION: Self = Self("region");

    /// An OAuth 2.0 bearer token, as Google Cloud and Azure take it.
    pub const ACCESS_TOKEN: Self = Self("access_token");

    /// A token of Vault or OpenBao.
    pub const VAULT_TOKEN: Self = Self("vault_token");

    /// All access tokens of a login, as a JSON object by resource: `{"RESOURCE": {"access_token": …, "expires_on": …}}`.
    pub const ACCESS_TOKENS: Self = Self("access_tokens");
    /// The client ID of an application of Microsoft Entra.
    pub const CLIENT_ID: Self = Self("client_id");
    /// The tenant of Microsoft Entra that a login is to.
    pub const TENANT_ID: Self = Self("tenant_id");
    /// The cloud of Microsoft's that a login is to, as Terraform calls it.
    pub const CLOUD: Self = Self("cloud");
    /// The Azure subscriptions that a login sees, as a JSON list of what `az` keeps of them.
    pub const SUBSCRIPTIONS: Self = Self("subscriptions");
    /// Where Microsoft Entra is, if programs have to be told.
    pub const AUTHORITY_HOST: Self = Self("authority_host");
    /// What a secret holds: a JSON object, of one read or of several by name.
    pub const DATA: Self = Self("data");

    /// A field of a provider of your own.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name, as it stands in config and JSON.
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
