//! `managed-identity`: an address that Azure's clients ask for access tokens, as they do on a machine of Azure's.
//!
//! azure-identity of every language, `az login --identity` and azcopy find it by `IDENTITY_ENDPOINT` and
//! `IDENTITY_HEADER`, and ask again by themselves some minutes before a token ends. The second is a secret, and the
//! protocol has no file for it: it stands in the environment of each client. It is good for nothing outside of this
//! machine. Clients that are told of an ID token in a file (`AZURE_FEDERATED_TOKEN_FILE`) may take that first.
//!
//! With `imds = true` a virtual machine's protocol is answered, too, which has no secret: for clients that know only that
//! one, such as Terraform.

use std::path::Path;
use std::sync::Arc;

use evercred_core::{Advice, BuildError, Configured, Credential, Environment, Failure, Field};
use schemars::JsonSchema;
use serde::Deserialize;

use super::endpoint_files::{KeyFile, url};
use super::whole_file::{Document, WholeFile, target};
use super::{Output, OutputContext, Readers, Way};
use crate::endpoints::{APP_SERVICE, IdentityRules, Key, MACHINE, ManagedIdentity, Users};
use crate::files::Target;
use crate::serve::Listen;

/// An address on this machine that Azure's SDKs and `az login --identity` ask for access tokens, for as long as they run,
/// with `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`. Only `evercred run` and `evercred up` answer there. The header is a
/// secret in the environment of each program, and of no use outside of this machine.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    /// A loopback address with a port.
    listen: Listen,
    /// Whether programs get tokens for resources that the login's `resources` do not name, too. Each is exchanged for when
    /// somebody asks, and kept.
    other_resources: bool,
    /// Whether programs are answered, too, that ask as on a virtual machine of Azure's. They present no secret, so every
    /// program of the same user, and of root, is answered.
    imds: bool,
    /// With `imds`: answer programs of every user of this machine, as for containers in the same network whose users have
    /// other numbers. Every process that reaches the port then gets tokens.
    allow_other_users: bool,
    /// The resource ID of the managed identity, for programs that ask for it by that
    /// (`/subscriptions/…/userAssignedIdentities/NAME`).
    resource_id: Option<String>,
    /// Where the file with the secret is, absolute or with `~/`; `LOGIN.identity.key` in the state folder if not set.
    key_file: Option<String>,
    /// Where the file with the variables is, for shells, systemd and Docker, absolute or with `~/`; `LOGIN.identity.env` in
    /// the state folder if not set. The secret is in it, too.
    env_file: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: Listen::Loopback(([127, 0, 0, 1], 7313).into()),
            other_resources: true,
            imds: false,
            allow_other_users: false,
            resource_id: None,
            key_file: None,
            env_file: None,
        }
    }
}

const NEEDS: [Field; 3] = [Field::CLIENT_ID, Field::ACCESS_TOKEN, Field::ACCESS_TOKENS];

impl Configured<OutputContext> for Config {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &OutputContext) -> Result<Self::Built, BuildError> {
        let url = url(&self.listen)?;
        if self.allow_other_users && !self.imds {
            return Err(BuildError::at("allow_other_users", "who presents the secret is answered anyway")
                .hint("Leave it out, or set `imds = true` for programs that present none."));
        }
        let at = |path: Option<String>, key, extension| {
            target(path.as_deref(), None, extension, context)
                .map_err(|error| BuildError { key: error.key.map(|_| key), ..error })
        };
        let key = Key::new(at(self.key_file, "key_file", "identity.key")?);
        let variables = Variables { url, imds: self.imds, key: Arc::clone(&key) };
        let file = at(self.env_file, "env_file", "identity.env")?;
        let users = if self.allow_other_users { Users::All } else { Users::Of(context.users()) };
        let endpoint = Arc::new(ManagedIdentity::new(IdentityRules {
            listen: self.listen,
            key: Arc::clone(&key),
            other_resources: self.other_resources,
            machine: self.imds.then_some(users),
            resource_id: self.resource_id,
        }));
        let surroundings = (context.login(), context.environment.clone());
        let key = KeyFile { key, needs: NEEDS.to_vec(), endpoint, shadows, surroundings };
        // The key comes first: the variables hold it.
        Ok(vec![Box::new(key), Box::new(WholeFile { target: file, needs: Vec::new(), document: variables })])
    }
}

/// The variables, the secret among them.
#[derive(Debug)]
struct Variables {
    url: String,
    imds: bool,
    key: Arc<Key>,
}

impl Variables {
    /// What leads programs to a virtual machine's protocol: SDKs and az, and then Terraform.
    fn machine(&self) -> [(&'static str, String); 3] {
        [
            ("AZURE_POD_IDENTITY_AUTHORITY_HOST", self.url.clone()),
            ("ARM_USE_MSI", "true".to_owned()),
            ("ARM_MSI_ENDPOINT", format!("{}{MACHINE}", self.url)),
        ]
    }
}

impl Document for Variables {
    fn write(&self, _: &Credential, target: &Target) -> Result<Vec<u8>, Failure> {
        let key = self.key.known_text().ok_or_else(|| {
            Failure::new("write the variables", target.path.display().to_string(), Advice::RETRY)
                .message("the file of the secret could not be written")
                .hint("It is tried again.")
        })?;
        let (url, key) = (&self.url, key.expose());
        let app_service = format!("IDENTITY_ENDPOINT={url}{APP_SERVICE}\nIDENTITY_HEADER={key}\n");
        let machine = self.machine().into_iter().filter(|_| self.imds);
        let lines = machine.flat_map(|(name, value)| [name, "=", &value, "\n"].concat().into_bytes());
        Ok(app_service.into_bytes().into_iter().chain(lines).collect())
    }

    /// Without the secret, which is not for others to hand on: only as on a virtual machine.
    fn environment(&self) -> Option<Way> {
        let way = Way::refreshing(Readers::Azure);
        self.imds.then(|| self.machine().into_iter().fold(way, |way, (name, value)| way.with(name, value)))
    }
}

/// Variables that clients obey before those of a managed identity.
const STRONGER: [&str; 4] = [
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_FEDERATED_TOKEN_FILE",
    "IDENTITY_SERVER_THUMBPRINT",
];

fn shadows(_: &str, environment: &Environment, _: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String> {
    let set = STRONGER.into_iter().filter(|name| environment.get(name).is_some());
    let told = |name| {
        format!(
            "{name} is set in the environment, and keeps DefaultAzureCredential from asking evercred's address: unset it."
        )
    };
    set.map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{context, credential, text};
    use super::*;

    fn build(config: Config) -> Vec<Box<dyn Output>> {
        config.build(&OutputContext { kind: "azure".to_owned(), ..context() }).unwrap()
    }

    #[test]
    fn the_variables_hold_the_address_and_the_secret_of_the_file() {
        let outputs = build(Config { imds: true, ..Config::default() });
        assert!(outputs[1].render(&credential(), None).is_err(), "there is no secret yet");
        let key = text(outputs[0].render(&credential(), None).unwrap());
        let variables = text(outputs[1].render(&credential(), None).unwrap());
        insta::assert_snapshot!(variables.replace(&key, "KEY"), @"
        IDENTITY_ENDPOINT=http://127.0.0.1:7313/msi/token
        IDENTITY_HEADER=KEY
        AZURE_POD_IDENTITY_AUTHORITY_HOST=http://127.0.0.1:7313
        ARM_USE_MSI=true
        ARM_MSI_ENDPOINT=http://127.0.0.1:7313/metadata/identity/oauth2/token
        ");
        let way = outputs[1].environment().unwrap();
        assert!(way.refreshes && !format!("{way:?}").contains(&key), "{way:?}");
        let without = build(Config::default());
        assert!(without[1].environment().is_none(), "there would be no way without the secret");
        without[0].render(&credential(), None).unwrap();
        assert_eq!(text(without[1].render(&credential(), None).unwrap()).lines().count(), 2);
    }

    #[test]
    fn other_users_matter_only_where_there_is_no_secret() {
        let error = Config { allow_other_users: true, ..Config::default() }.build(&context()).unwrap_err();
        assert_eq!(error.key, Some("allow_other_users"));
    }

    #[test]
    fn what_goes_before_a_managed_identity_is_told_and_its_value_is_not() {
        let environment = [("HOME", "/home/dev"), ("AZURE_CLIENT_SECRET", "hunter2")].into_iter().collect();
        let outputs = Config::default().build(&OutputContext { environment, ..context() }).unwrap();
        let told = outputs[0].shadows(&|_| None);
        assert!(
            told.len() == 1 && told[0].starts_with("AZURE_CLIENT_SECRET") && !told[0].contains("hunter2")
        );
        assert_eq!(build(Config::default())[0].shadows(&|_| None), [""; 0]);
    }
}
