//! Who reads what evercred writes, and when they look again: the one table of that.
//!
//! A client of a cloud either reads a credential once, when it starts, or asks again: some time before the end of what it
//! has, each time it needs one, or when it has held what it read for a while. The times are constants in each client's
//! code; each row names the place they were read from, in the versions that the tests pin, and `examples/README.md` the
//! test that shows the client at work. From this table follows when a credential is replaced ([`Demand`]), what is warned
//! of, and what `status` says of each output.
//!
//! [`Demand`]: super::demand::Demand

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use evercred_core::HumanDuration;

use super::Output;

/// One way in which programs get at a credential, and the programs that do.
#[derive(Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The output's word in config.
    pub way: &'static str,
    /// Who reads it, as far as that is known.
    pub consumers: &'static [Consumer],
    /// Whether the end that they are told is a little before the real one.
    pub tells_an_early_end: bool,
    /// Whether those who read once work on because their credential is kept alive rather than replaced.
    pub lives_on: bool,
}

/// A program, or a library in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consumer {
    /// What it is called.
    pub name: &'static str,
    /// When it reads.
    pub reads: Reading,
}

/// When a program reads a credential again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Never: once, when it starts.
    AtStart,
    /// Whenever it needs it, and it keeps nothing.
    AtNeed,
    /// So long before the end of what it has.
    BeforeEnd(Duration),
    /// When it has used what it read for so long, whatever its end is.
    Holding(Duration),
}

/// A delivery of a login's, and the files that it is made of.
#[derive(Debug)]
pub struct Served {
    /// How, and to whom.
    pub delivery: &'static Delivery,
    /// The files, or the parts of files.
    pub files: Vec<PathBuf>,
}

impl Served {
    /// What an output with this word in config is made of.
    pub fn new(way: &str, outputs: &[Box<dyn Output>]) -> Self {
        let files = outputs.iter().map(|output| output.target().path.clone()).collect();
        Self { delivery: Delivery::of(way), files }
    }
}

impl Delivery {
    /// The row of the output that has this word in config; outputs that are not in the table are for whoever reads them.
    pub fn of(way: &str) -> &'static Self {
        DELIVERIES.iter().find(|delivery| delivery.way == way).unwrap_or(&ANY)
    }

    /// Whether everybody who is served gets a newer credential without being started again.
    pub fn refreshes_by_itself(&self) -> bool {
        let asks_again = |consumer: &Consumer| consumer.reads != Reading::AtStart;
        !self.consumers.is_empty() && (self.lives_on || self.consumers.iter().all(asks_again))
    }
}

/// Whatever nobody but its user knows the readers of.
static ANY: Delivery = Delivery::new("file", &[]);

/// All ways there are. Those that are no files are served by endpoints.
pub static DELIVERIES: &[Delivery] = &[
    Delivery { tells_an_early_end: true, ..Delivery::new("profile", PROCESS) },
    Delivery::new("static-profile", KEYS),
    Delivery::new("web-identity", WEB_IDENTITY),
    Delivery { tells_an_early_end: true, ..Delivery::new("container-endpoint", CONTAINER) },
    Delivery::new("external-account", EXTERNAL_ACCOUNT),
    Delivery::new("gcloud", GCLOUD),
    Delivery::new("gce-metadata", METADATA),
    Delivery::new("workload-identity", FEDERATED_TOKEN),
    Delivery::new("azure-cli", AZURE_CLI),
    Delivery::new("managed-identity", MANAGED_IDENTITY),
    Delivery { lives_on: true, ..Delivery::new("vault-token", VAULT_TOKEN) },
    Delivery::new("token-helper", TOKEN_HELPER),
    Delivery::new("vault-api", VAULT_API),
    // Their readers are the user's own.
    Delivery::new("azure-token", &[]),
    Delivery::new("env-file", &[]),
    Delivery::new("json", &[]),
    Delivery::new("secret", &[]),
    Delivery::new("token-file", &[]),
];

/// `credential_process`. botocore 1.44 `credentials.py` (`_DEFAULT_ADVISORY_REFRESH_TIMEOUT`; ten minutes before the end a
/// failure is an error); JavaScript 3.1169 `credential-provider-node` (`credentialsTreatedAsExpired`); aws-sdk-go-v2 1.30
/// `aws/credential_cache.go`, which Terraform and the ECR helper are made with; aws-smithy-runtime 1.16 `identity/cache/lazy.rs`
/// (`DEFAULT_BUFFER_TIME`); Java 2 `ProcessCredentialsProvider.java`.
const PROCESS: &[Consumer] = &[
    Consumer::before_end("boto3", 15 * 60),
    Consumer::before_end("aws CLI", 15 * 60),
    Consumer::before_end("AWS SDK for JavaScript", 5 * 60),
    Consumer::before_end("AWS SDK for Go", 0),
    Consumer::before_end("aws-config for Rust", 10),
    Consumer::before_end("AWS SDK for Java", 15),
    Consumer::before_end("Terraform s3 backend", 0),
    Consumer::before_end("docker-credential-ecr-login", 0),
];

/// Keys in `~/.aws/credentials` have no end that anybody reads.
const KEYS: &[Consumer] = &[
    Consumer::at_start("boto3"),
    Consumer::at_start("aws CLI"),
    Consumer::at_start("AWS SDK for JavaScript"),
    Consumer::at_start("AWS SDK for Go"),
    Consumer::at_start("aws-config for Rust"),
    Consumer::at_start("Terraform s3 backend"),
    Consumer::at_start("docker-credential-ecr-login"),
];

/// They read the ID token at each exchange; the session they get for it does not end with it.
const WEB_IDENTITY: &[Consumer] = &[
    Consumer::at_need("boto3"),
    Consumer::at_need("aws CLI"),
    Consumer::at_need("AWS SDK for JavaScript"),
    Consumer::at_need("AWS SDK for Go"),
    Consumer::at_need("aws-config for Rust"),
    Consumer::at_need("Terraform s3 backend"),
    Consumer::at_need("docker-credential-ecr-login"),
];

/// As [`PROCESS`]; aws-sdk-go-v2 `config/resolve_credentials.go`, and Java 2 `ContainerCredentialsProvider.java`.
const CONTAINER: &[Consumer] = &[
    Consumer::before_end("boto3", 15 * 60),
    Consumer::before_end("aws CLI", 15 * 60),
    Consumer::before_end("AWS SDK for JavaScript", 5 * 60),
    Consumer::before_end("AWS SDK for Go", 5 * 60),
    Consumer::before_end("aws-config for Rust", 10),
    Consumer::before_end("AWS SDK for Java", 15 * 60),
];

/// They exchange the ID token, and a token that comes of it alone ends with it. google-auth 2.62 `_helpers.py`
/// (`REFRESH_THRESHOLD`); google-auth-library 10.9 `baseexternalclient.js` (`EXPIRATION_TIME_OFFSET`); cloud.google.com/go/auth
/// `auth.go`; google-cloud-auth 1.18 `token_cache.rs` (`NORMAL_REFRESH_SLACK`); Java `OAuth2Credentials.java`. Terraform's backend
/// has golang.org/x/oauth2 0.27 `token.go` (`defaultExpiryDelta`).
const EXTERNAL_ACCOUNT: &[Consumer] = &[
    Consumer::before_end("google-auth for Python", 3 * 60 + 45),
    Consumer::before_end("google-auth-library for Node", 5 * 60),
    Consumer::before_end("Google's libraries for Go", 3 * 60 + 45),
    Consumer::before_end("google-cloud-auth for Rust", 4 * 60),
    Consumer::before_end("google-auth for Java", 3 * 60 + 45),
    Consumer::before_end("Terraform gcs backend", 10),
    Consumer::at_need("gsutil"),
];

/// gcloud's `google_auth_credentials.py` (`AccessTokenCredentials`): to refresh a token of a file is to do nothing.
const GCLOUD: &[Consumer] =
    &[Consumer::at_start("gcloud"), Consumer::at_start("bq"), Consumer::at_start("docker-credential-gcloud")];

/// As [`EXTERNAL_ACCOUNT`]; gcloud 528 `store.py` (`_CREDENTIALS_EXPIRY_WINDOW`).
const METADATA: &[Consumer] = &[
    Consumer::before_end("google-auth for Python", 3 * 60 + 45),
    Consumer::before_end("google-auth-library for Node", 5 * 60),
    Consumer::before_end("Google's libraries for Go", 3 * 60 + 45),
    Consumer::before_end("google-cloud-auth for Rust", 4 * 60),
    Consumer::before_end("google-auth for Java", 3 * 60 + 45),
    Consumer::before_end("gcloud", 5 * 60),
];

/// azure-identity 1.27 for Python `workload_identity.py` (600 s), 4.13 for JavaScript `workloadIdentityCredential.js` (300 s), 1.0
/// for Rust `workload_identity_credential.rs` (600 s), azidentity `workload_identity.go` (10 min), which azcopy is made with, and
/// .NET `FileContentsCache` (5 min).
const FEDERATED_TOKEN: &[Consumer] = &[
    Consumer::holding("azure-identity for Python", 10 * 60),
    Consumer::holding("azure-identity for JavaScript", 5 * 60),
    Consumer::holding("azure-identity for Go", 10 * 60),
    Consumer::holding("azure-identity for Rust", 10 * 60),
    Consumer::holding("azure-identity for .NET", 5 * 60),
    Consumer::holding("azcopy", 10 * 60),
    Consumer::at_need("Terraform azurerm backend"),
];

/// msal 1.39 `application.py` asks for an access token when less than 300 s of the last are left, and reads the ID token then.
const AZURE_CLI: &[Consumer] =
    &[Consumer::at_need("az"), Consumer::at_need("AzureCliCredential of azure-identity")];

/// azure-identity 1.27 for Python `_constants.py` (`DEFAULT_REFRESH_OFFSET`), 1.0 for Rust `cache.rs`; msal 1.39 in `az` and for
/// JavaScript.
const MANAGED_IDENTITY: &[Consumer] = &[
    Consumer::before_end("azure-identity for Python", 5 * 60),
    Consumer::before_end("azure-identity for JavaScript", 5 * 60),
    Consumer::before_end("azure-identity for Rust", 5 * 60),
    Consumer::before_end("az", 5 * 60),
];

/// hvac 2.4 `utils.py` (`get_token_from_env`) and `v1/__init__.py`: at construction. The commands are short.
const VAULT_TOKEN: &[Consumer] = &[
    Consumer::at_start("bao"),
    Consumer::at_start("vault"),
    Consumer::at_start("hvac"),
    Consumer::at_start("terraform-provider-vault"),
];

const TOKEN_HELPER: &[Consumer] = &[Consumer::at_need("bao"), Consumer::at_need("vault")];

/// The endpoint adds the token to each request.
const VAULT_API: &[Consumer] =
    &[Consumer::at_need("bao"), Consumer::at_need("vault"), Consumer::at_need("hvac")];

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtStart => f.write_str("only at its start"),
            Self::AtNeed => f.write_str("when it needs it"),
            Self::BeforeEnd(Duration::ZERO) => f.write_str("at the end"),
            Self::BeforeEnd(time) => write!(f, "{} before the end", HumanDuration::from(*time)),
            Self::Holding(time) => write!(f, "after {}", HumanDuration::from(*time)),
        }
    }
}

impl Delivery {
    const fn new(way: &'static str, consumers: &'static [Consumer]) -> Self {
        Self { way, consumers, tells_an_early_end: false, lives_on: false }
    }
}

impl Consumer {
    const fn at_start(name: &'static str) -> Self {
        Self { name, reads: Reading::AtStart }
    }

    const fn at_need(name: &'static str) -> Self {
        Self { name, reads: Reading::AtNeed }
    }

    const fn before_end(name: &'static str, seconds: u64) -> Self {
        Self { name, reads: Reading::BeforeEnd(Duration::from_secs(seconds)) }
    }

    const fn holding(name: &'static str, seconds: u64) -> Self {
        Self { name, reads: Reading::Holding(Duration::from_secs(seconds)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outputs::KINDS;

    #[test]
    fn every_output_has_a_row() {
        let rows: Vec<&str> = DELIVERIES.iter().map(|delivery| delivery.way).collect();
        let without: Vec<&str> =
            KINDS.iter().map(|kind| kind.name).filter(|name| !rows.contains(name)).collect();
        assert_eq!(without, [""; 0]);
    }

    #[test]
    fn what_is_read_once_refreshes_by_itself_only_if_it_is_kept_alive() {
        let by_itself = |way| Delivery::of(way).refreshes_by_itself();
        assert!(by_itself("profile") && by_itself("workload-identity") && by_itself("vault-token"));
        assert!(!by_itself("static-profile") && !by_itself("gcloud") && !by_itself("json"));
    }
}
