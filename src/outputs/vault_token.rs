//! `vault-token`: the token in `~/.vault-token`, where `bao`, `vault`, hvac and most other clients look for it.
//!
//! They read it once, when they start ([token helpers](https://openbao.org/docs/commands/token-helper/)); so the
//! provider keeps the same token alive, and this file rarely changes. It has no final newline and belongs to the
//! user alone, as those of `bao login` and `vault login` do.
//!
//! Those two commands write the same file, and take it over without asking. So does this: as long as the login is kept
//! fresh, the file is its own, and what they write there is replaced. Whoever wants another token beside it sets
//! `VAULT_TOKEN` for a while, logs in with `-no-store`, or gives this output another `path`.

use std::path::Path;

use evercred_core::{BuildError, Configured, Credential, Environment, Failure, Field, Secret};
use schemars::JsonSchema;
use serde::Deserialize;

use super::command_settings::{helpers, shadowing_variables, way};
use super::mode::Mode;
use super::token_file::RawField;
use super::whole_file::{Document, WholeFile, target};
use super::{Output, OutputContext, Way};
use crate::files::Target;

/// The token in `~/.vault-token`, for `bao`, `vault` and every client that looks there. The file is evercred's then: it
/// replaces what `vault login` writes there.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    /// Where the file is, absolute or with `~/`; `~/.vault-token` if not set.
    path: Option<String>,
    /// The file's permission bits, `"0600"` if not set.
    mode: Option<Mode>,
}

impl Configured<OutputContext> for Config {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &OutputContext) -> Result<Self::Built, BuildError> {
        let path = self.path.as_deref().unwrap_or(USUAL);
        let target = target(Some(path), self.mode, "token", context)?;
        let environment = self.path.is_none().then(|| context.environment.clone());
        // Wherever else it lies, most clients do not find it.
        let is_usual = target.path == context.environment.expand(USUAL);
        let document = VaultToken { environment, way: is_usual.then(|| way(context)) };
        Ok(vec![Box::new(WholeFile { target, needs: vec![Field::VAULT_TOKEN], document })])
    }
}

/// Where clients look.
pub(super) const USUAL: &str = "~/.vault-token";

/// The token, and the environment in which clients look for it; none, if it is not where they look.
#[derive(Debug)]
struct VaultToken {
    environment: Option<Environment>,
    way: Option<Way>,
}

/// What the file is.
const TOKEN: RawField = RawField(Field::VAULT_TOKEN);

impl Document for VaultToken {
    fn write(&self, credential: &Credential, target: &Target) -> Result<Vec<u8>, Failure> {
        TOKEN.write(credential, target)
    }

    fn recall(&self, current: &[u8]) -> Vec<(Field, Secret)> {
        TOKEN.recall(current)
    }

    fn environment(&self) -> Option<Way> {
        self.way.clone()
    }

    fn shadows(&self, read: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String> {
        let Some(environment) = &self.environment else { return Vec::new() };
        let foreign = helpers(environment, read).filter(|helper| !helper.is_ours).map(|helper| {
            format!(
                "{} names a token helper, so that the command line does not read ~/.vault-token.",
                helper.file.display()
            )
        });
        shadowing_variables(environment, "read ~/.vault-token").chain(foreign).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::context;
    use super::*;

    fn output(context: &OutputContext) -> Box<dyn Output> {
        Config::default().build(context).unwrap().pop().unwrap()
    }

    #[test]
    fn the_file_is_the_token_alone_for_the_user_alone() {
        let credential = Credential::new("dev", std::time::SystemTime::UNIX_EPOCH)
            .with(Field::VAULT_TOKEN, Secret::new("s.token"));
        let output = output(&context());
        assert_eq!(output.target(), &Target::new("/home/dev/.vault-token", 0o600));
        let written = output.render(&credential, Some(b"somebody's")).unwrap();
        assert_eq!(written, b"s.token");
        assert_eq!(output.recall(&written)[0].1.expose(), "s.token");
    }

    #[test]
    fn what_keeps_clients_from_reading_the_file_is_told() {
        let mut context = context();
        let read =
            |path: &Path| (path == Path::new("/home/dev/.bao")).then(|| b"token_helper = \"/x\"\n".to_vec());
        assert_eq!(output(&context).shadows(&|_| None), [""; 0]);
        let shadows = output(&context).shadows(&read);
        assert!(shadows[0].starts_with("/home/dev/.bao names a token helper"), "{shadows:?}");
        context.environment = [("HOME", "/home/dev"), ("VAULT_TOKEN", "root")].into_iter().collect();
        assert!(output(&context).shadows(&|_| None)[0].starts_with("VAULT_TOKEN is set"));
    }
}
