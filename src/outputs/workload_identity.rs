//! `workload-identity`: the ID token as a file, and the variables that tell Azure's clients of it.
//!
//! azure-identity of every language and azcopy ([workload identity]) and Terraform's azurerm ([OIDC]) exchange the token
//! themselves. They read the file again when they need a new access token, but keep what they read for some minutes in
//! between (`consumers.rs`), so every version of the file must outlive that. There is no final newline: the clients for
//! Python, Rust and Go would send it along.
//!
//! The file is written when Entra has taken the token, so that a broken trust shows here and not in the middle of
//! somebody's deployment, unless the login has `resources = []`.
//!
//! [workload identity]: https://learn.microsoft.com/azure/aks/workload-identity-overview
//! [OIDC]: https://developer.hashicorp.com/terraform/language/backend/azurerm

use std::path::Path;

use evercred_core::{BuildError, Configured, Credential, Environment, Failure, Field};
use schemars::JsonSchema;
use serde::Deserialize;

use super::env_file::{self, Value, Variable, Variables};
use super::mode::Mode;
use super::token_file::RawField;
use super::whole_file::{Document, WholeFile, target};
use super::{Output, OutputContext, Readers, Way};
use crate::files::Target;

/// The ID token as a file, and a file of variables (`AZURE_FEDERATED_TOKEN_FILE`, `AZURE_CLIENT_ID`, `AZURE_TENANT_ID`,
/// `ARM_USE_OIDC` and so on) that lets azure-identity, azcopy and Terraform exchange it by themselves.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    /// Where the token is, absolute or with `~/`; `LOGIN.jwt` in the state folder if not set.
    path: Option<String>,
    /// Where the file of variables is; `LOGIN.env` in the state folder if not set. It changes only with the config.
    env_path: Option<String>,
    /// The permission bits of both files, `"0600"` if not set.
    mode: Option<Mode>,
    /// Whether each line of the file of variables begins with `export `, for shells.
    export: bool,
}

impl Configured<OutputContext> for Config {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &OutputContext) -> Result<Self::Built, BuildError> {
        let token = target(self.path.as_deref(), self.mode, "jwt", context)?;
        let path = token.path.to_str().filter(|path| !path.contains('\n')).ok_or_else(|| {
            BuildError::at("path", format!("`{}` cannot stand in a variable", token.path.display()))
                .hint("Choose a path that is plain text.")
        })?;
        let variables = variables(path, context);
        let way = env_file::way(Readers::Azure, &variables, context);
        let target = target(self.env_path.as_deref(), self.mode, "env", context)
            .map_err(|error| BuildError { key: error.key.map(|_| "env_path"), ..error })?;
        let document = WorkloadEnvironment {
            variables: env_file::lines(variables, self.export),
            environment: context.environment.clone(),
            token: path.to_owned(),
            way,
        };
        let needs = vec![Field::CLIENT_ID, Field::TENANT_ID];
        let environment = WholeFile { target, needs, document };
        let (needs, document) = (vec![Field::ID_TOKEN], RawField(Field::ID_TOKEN));
        Ok(vec![Box::new(WholeFile { target: token, needs, document }), Box::new(environment)])
    }
}

fn variables(path: &str, context: &OutputContext) -> Vec<Variable> {
    let fixed =
        |name: &str, value: &str| Variable { name: name.to_owned(), value: Value::Fixed(value.to_owned()) };
    let mut variables = vec![
        fixed("AZURE_FEDERATED_TOKEN_FILE", path),
        fixed("ARM_USE_OIDC", "true"),
        fixed("ARM_OIDC_TOKEN_FILE_PATH", path),
    ];
    variables.extend(env_file::of_provider(context));
    variables
}

/// The variables, and what would keep programs from obeying them.
#[derive(Debug)]
struct WorkloadEnvironment {
    variables: Variables,
    environment: Environment,
    token: String,
    way: Way,
}

impl Document for WorkloadEnvironment {
    fn write(&self, credential: &Credential, target: &Target) -> Result<Vec<u8>, Failure> {
        self.variables.write(credential, target)
    }

    fn environment(&self) -> Option<Way> {
        Some(self.way.clone())
    }

    fn shadows(&self, _: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String> {
        let set = |name: &&str| self.environment.get(name).is_some();
        let stronger = STRONGER.into_iter().filter(|(name, _)| set(name)).map(|(name, who)| {
            format!(
                "{name} is set in the environment, and {who} takes it rather than the ID token: unset it."
            )
        });
        let other = self.environment.get("AZURE_FEDERATED_TOKEN_FILE").filter(|path| *path != self.token).map(|path| {
            format!("AZURE_FEDERATED_TOKEN_FILE names {path} in the environment, which evercred does not keep fresh.")
        });
        let pinned = self.environment.get("AZURE_TOKEN_CREDENTIALS");
        let pinned = pinned.filter(|chosen| !takes_workload_identity(chosen)).map(|chosen| {
            format!(
                "AZURE_TOKEN_CREDENTIALS is \"{chosen}\" in the environment, which keeps DefaultAzureCredential from the \
                 ID token: unset it, or set it to WorkloadIdentityCredential."
            )
        });
        stronger.chain(other).chain(pinned).collect()
    }
}

/// Variables that go before the ID token, and with whom.
const STRONGER: [(&str, &str); 4] = [
    ("AZURE_CLIENT_SECRET", "DefaultAzureCredential"),
    ("AZURE_CLIENT_CERTIFICATE_PATH", "DefaultAzureCredential"),
    ("ARM_CLIENT_SECRET", "Terraform"),
    ("ARM_CLIENT_CERTIFICATE_PATH", "Terraform"),
];

fn takes_workload_identity(chosen: &str) -> bool {
    ["prod", "workloadidentitycredential"].contains(&chosen.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use evercred_core::Secret;

    use super::super::testing::{context, credential, text};
    use super::*;

    /// The login `azure.default`.
    fn azure() -> OutputContext {
        OutputContext {
            kind: "azure".to_owned(),
            provides: vec![Field::CLIENT_ID, Field::TENANT_ID, Field::CLOUD],
            variables: vec![("AZURE_CLIENT_ID", Field::CLIENT_ID), ("ARM_TENANT_ID", Field::TENANT_ID)],
            ..context()
        }
    }

    fn of_azure() -> Credential {
        credential().with(Field::CLIENT_ID, Secret::new("c-1")).with(Field::TENANT_ID, Secret::new("t-1"))
    }

    #[test]
    fn the_token_has_no_newline_and_the_variables_point_at_it() {
        let outputs = Config::default().build(&azure()).unwrap();
        assert_eq!(text(outputs[0].render(&of_azure(), None).unwrap()), "e30.e30.c2ln");
        assert_eq!(
            outputs[1].target().path.to_str(),
            Some("/home/dev/.local/state/evercred/azure.default.env")
        );
        insta::assert_snapshot!(text(outputs[1].render(&of_azure(), None).unwrap()), @"
        AZURE_FEDERATED_TOKEN_FILE=/home/dev/.local/state/evercred/azure.default.jwt
        ARM_USE_OIDC=true
        ARM_OIDC_TOKEN_FILE_PATH=/home/dev/.local/state/evercred/azure.default.jwt
        AZURE_CLIENT_ID=c-1
        ARM_TENANT_ID=t-1
        ");
    }

    #[test]
    fn a_path_with_a_space_needs_a_shell() {
        let config = |export| Config { path: Some("/a b/token".into()), export, ..Config::default() };
        let render = |export| config(export).build(&azure()).unwrap()[1].render(&of_azure(), None);
        assert!(render(false).is_err());
        assert!(text(render(true).unwrap()).starts_with("export AZURE_FEDERATED_TOKEN_FILE='/a b/token'\n"));
    }

    #[test]
    fn a_mistake_in_a_path_is_told_by_its_key() {
        let error = Config { env_path: Some("a".into()), ..Config::default() }.build(&azure()).unwrap_err();
        assert_eq!(error.key, Some("env_path"));
        let error = Config { path: Some("a".into()), ..Config::default() }.build(&azure()).unwrap_err();
        assert_eq!(error.key, Some("path"));
    }

    #[test]
    fn what_goes_before_the_token_is_told_and_its_value_is_not() {
        let shadows = |variables: &[(&str, &str)]| {
            let environment = variables.iter().copied().chain([("HOME", "/home/dev")]).collect();
            let outputs = Config::default().build(&OutputContext { environment, ..azure() }).unwrap();
            outputs[1].shadows(&|_| None)
        };
        assert_eq!(shadows(&[("AZURE_TOKEN_CREDENTIALS", "prod")]), [""; 0]);
        let own = "/home/dev/.local/state/evercred/azure.default.jwt";
        assert_eq!(shadows(&[("AZURE_FEDERATED_TOKEN_FILE", own)]), [""; 0]);
        for (name, value) in [
            ("AZURE_CLIENT_SECRET", "hunter2"),
            ("ARM_CLIENT_SECRET", "hunter2"),
            ("AZURE_CLIENT_CERTIFICATE_PATH", "/hunter2"),
            ("AZURE_FEDERATED_TOKEN_FILE", "/var/run/secrets/token"),
            ("AZURE_TOKEN_CREDENTIALS", "dev"),
        ] {
            let told = shadows(&[(name, value)]);
            assert!(told.len() == 1 && told[0].starts_with(name) && !told[0].contains("hunter2"), "{told:?}");
        }
    }
}
