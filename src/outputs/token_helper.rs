//! `token-helper`: the token with the server and the namespace that it is good for, from where
//! `evercred-vault-token-helper` hands it to `bao` and `vault`.
//!
//! The address stands in the file because nobody else may decide it: the helper runs in the environment of a command,
//! where `VAULT_ADDR` is the address that is asked for, and a token of one server must never go to another. There is
//! no expiry in it: the server is the judge of that, and without it a renewal leaves the file alone.

use std::path::Path;

use evercred_core::{Advice, BuildError, Configured, Credential, Environment, Failure, Field, Secret};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::command_settings::{ADDRESS, NAMESPACE, helpers, shadowing_variables, way};
use super::whole_file::{Document, WholeFile, target};
use super::{Output, OutputContext, Way, required};
use crate::files::Target;
use crate::vault_token_helper::PROGRAM;

/// The token in a file of evercred's own, for its token helper: `bao` and `vault` then get the right token for each
/// server and namespace. Write `token_helper = "/path/to/evercred-vault-token-helper"` into `~/.bao` or `~/.vault`. Of
/// several logins at one server that of the nearest namespace counts, then the one named `default`, then the first.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {}

impl Configured<OutputContext> for Config {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &OutputContext) -> Result<Self::Built, BuildError> {
        let document = ForHelper {
            login: context.login(),
            environment: context.environment.clone(),
            program: context.program.with_file_name(PROGRAM).display().to_string(),
            way: way(context),
        };
        let target = target(None, None, EXTENSION, context)?;
        Ok(vec![Box::new(WholeFile { target, needs: vec![Field::VAULT_TOKEN, ADDRESS], document })])
    }
}

/// The end of such a file's name; all of them lie in the state folder.
pub const EXTENSION: &str = "token-helper.json";

/// What is in the file.
#[derive(Debug, Serialize, Deserialize)]
pub struct HelperToken {
    /// Whose token it is, such as `vault.default`.
    pub login: String,
    /// The server, as `VAULT_ADDR` has it.
    pub address: String,
    /// The namespace on it, without slashes around it; empty for the root.
    #[serde(default)]
    pub namespace: String,
    /// The token.
    #[serde(with = "exposed")]
    pub token: Secret,
}

mod exposed {
    use evercred_core::Secret;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}

/// The file, and what the two commands are told about their token helper.
#[derive(Debug)]
struct ForHelper {
    login: String,
    environment: Environment,
    program: String,
    way: Way,
}

impl Document for ForHelper {
    fn write(&self, credential: &Credential, target: &Target) -> Result<Vec<u8>, Failure> {
        let place = target.path.display();
        let namespace = credential.field(NAMESPACE).map(Secret::expose);
        let document = HelperToken {
            login: self.login.clone(),
            address: required(credential, ADDRESS, &place)?.expose().to_owned(),
            namespace: namespace.unwrap_or_default().to_owned(),
            token: required(credential, Field::VAULT_TOKEN, &place)?.clone(),
        };
        serde_json::to_vec(&document).map_err(|error| {
            Failure::new("write the credential", place.to_string(), Advice::NeedsAttention).caused_by(error)
        })
    }

    fn recall(&self, current: &[u8]) -> Vec<(Field, Secret)> {
        let document = serde_json::from_slice::<HelperToken>(current).ok();
        document.map(|document| (Field::VAULT_TOKEN, document.token)).into_iter().collect()
    }

    fn environment(&self) -> Option<Way> {
        Some(self.way.clone())
    }

    fn shadows(&self, read: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String> {
        let is_named = helpers(&self.environment, read).any(|helper| helper.is_ours);
        let unnamed = (!is_named).then(|| {
            format!(
                "Neither ~/.bao nor ~/.vault names evercred's token helper: write token_helper = {:?} into the one \
                 that your command reads.",
                self.program
            )
        });
        shadowing_variables(&self.environment, "ask the token helper").chain(unnamed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{context, text};
    use super::*;

    fn output() -> Box<dyn Output> {
        let context = OutputContext { kind: "vault".to_owned(), ..context() };
        Config::default().build(&context).unwrap().pop().unwrap()
    }

    fn credential() -> Credential {
        Credential::new("dev", std::time::SystemTime::UNIX_EPOCH)
            .with(Field::VAULT_TOKEN, Secret::new("s.token"))
            .with(ADDRESS, Secret::new("https://vault.acme.dev:8200"))
    }

    #[test]
    fn the_file_says_what_the_token_is_good_for_and_gives_it_back() {
        let written = output().render(&credential(), None).unwrap();
        assert_eq!(output().recall(&written)[0].1.expose(), "s.token");
        insta::assert_snapshot!(text(written), @r#"{"login":"vault.default","address":"https://vault.acme.dev:8200","namespace":"","token":"s.token"}"#);
        let in_a_namespace = credential().with(NAMESPACE, Secret::new("team/dev"));
        assert!(text(output().render(&in_a_namespace, None).unwrap()).contains(r#""namespace":"team/dev""#));
    }

    #[test]
    fn how_to_name_the_helper_is_told_until_somebody_has() {
        let notes = output().shadows(&|_| None);
        assert!(notes[0].contains("token_helper = \"/usr/bin/evercred-vault-token-helper\""), "{notes:?}");
        let named = b"token_helper = \"/home/dev/.local/bin/evercred-vault-token-helper\"\n";
        let read = |path: &Path| (path == Path::new("/home/dev/.vault")).then(|| named.to_vec());
        assert_eq!(output().shadows(&read), [""; 0]);
    }
}
