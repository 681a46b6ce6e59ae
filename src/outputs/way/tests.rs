//! The ways of every kind of output, in one picture.

use std::fmt::Write as _;

use evercred_core::{Environment, Secret};
use toml::Spanned;
use toml::de::DeTable;

use super::*;
use crate::config::schema::Schemas;
use crate::outputs::testing::context;
use crate::outputs::{KINDS, Output};

/// A login that has whatever any provider gives, in `environment`.
fn outputs(kind: &str, environment: Environment) -> Vec<Box<dyn Output>> {
    let fixed = [
        (Field::REGION, "eu-west-1"),
        (Field::CLIENT_ID, "c-1"),
        (Field::TENANT_ID, "t-1"),
        (Field::new("project"), "acme-dev"),
        (Field::new("vault_addr"), "https://vault.acme.dev:8200"),
        (Field::new("vault_namespace"), "team"),
    ];
    let others = [Field::ROLE_ARN, Field::ACCESS_TOKEN, Field::VAULT_TOKEN, Field::new("external_account")];
    let mut context = OutputContext { environment, ..context() };
    context.provides.extend(fixed.iter().map(|(field, _)| *field).chain(others));
    context.variables =
        vec![("AZURE_CLIENT_ID", Field::CLIENT_ID), ("AZURE_AUTHORITY_HOST", Field::AUTHORITY_HOST)];
    context.fixed = fixed.map(|(field, value)| (field, Secret::new(value))).to_vec();
    let kind = KINDS.iter().find(|known| known.name == kind).unwrap();
    kind.build(&Schemas::default(), &Spanned::new(0..0, DeTable::new()), &[], &context).unwrap()
}

fn home() -> Environment {
    [("HOME", "/home/dev")].into_iter().collect()
}

#[test]
fn each_output_says_by_what_it_is_found_and_none_says_a_secret() {
    let mut picture = String::new();
    for kind in KINDS {
        for way in outputs(kind.name, home()).iter().filter_map(|output| output.environment()) {
            let refreshes = if way.refreshes { "refreshes" } else { "is read once" };
            writeln!(picture, "{}: {:?} {refreshes}", kind.name, way.readers).unwrap();
            for Variable { name, value } in way.variables {
                match value {
                    Value::Plain(text) => writeln!(picture, "  {name}={text}").unwrap(),
                    Value::Place { path, usual } => {
                        writeln!(picture, "  {name}={path} if not {usual}").unwrap();
                    }
                    Value::Secret(field) => panic!("{name} is the secret {field}"),
                }
            }
        }
    }
    insta::assert_snapshot!(picture, @"
    profile: Aws refreshes
      AWS_PROFILE=default
      AWS_CONFIG_FILE=/home/dev/.aws/config if not ~/.aws/config
      AWS_SHARED_CREDENTIALS_FILE=/home/dev/.aws/credentials if not ~/.aws/credentials
    static-profile: Aws is read once
      AWS_PROFILE=default
      AWS_SHARED_CREDENTIALS_FILE=/home/dev/.aws/credentials if not ~/.aws/credentials
      AWS_CONFIG_FILE=/home/dev/.aws/config if not ~/.aws/config
    web-identity: Aws refreshes
      AWS_PROFILE=default
      AWS_CONFIG_FILE=/home/dev/.aws/config if not ~/.aws/config
      AWS_SHARED_CREDENTIALS_FILE=/home/dev/.aws/credentials if not ~/.aws/credentials
    container-endpoint: Aws refreshes
      AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:7311/aws.default
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/home/dev/.local/state/evercred/aws.default.container.key
      AWS_REGION=eu-west-1
      AWS_DEFAULT_REGION=eu-west-1
    vault-token: Vault refreshes
      VAULT_ADDR=https://vault.acme.dev:8200
      VAULT_NAMESPACE=team
    workload-identity: Azure refreshes
      AZURE_FEDERATED_TOKEN_FILE=/home/dev/.local/state/evercred/aws.default.jwt
      ARM_USE_OIDC=true
      ARM_OIDC_TOKEN_FILE_PATH=/home/dev/.local/state/evercred/aws.default.jwt
      AZURE_CLIENT_ID=c-1
    azure-cli: Az refreshes
      AZURE_CONFIG_DIR=/home/dev/.azure if not ~/.azure
    token-helper: Vault refreshes
      VAULT_ADDR=https://vault.acme.dev:8200
      VAULT_NAMESPACE=team
    external-account: Google refreshes
      GOOGLE_APPLICATION_CREDENTIALS=/home/dev/.local/state/evercred/aws.default.external-account.json
      GOOGLE_CLOUD_PROJECT=acme-dev
    gcloud: Gcloud refreshes
      CLOUDSDK_ACTIVE_CONFIG_NAME=evercred-default
      CLOUDSDK_CONFIG=/home/dev/.config/gcloud if not ~/.config/gcloud
    gce-metadata: Google refreshes
      GCE_METADATA_HOST=127.0.0.1:7312
      GCE_METADATA_IP=127.0.0.1:7312
      GCE_METADATA_ROOT=127.0.0.1:7312
      CLOUDSDK_CORE_CHECK_GCE_METADATA=true
      GOOGLE_CLOUD_PROJECT=acme-dev
    ");
}

#[test]
fn whatever_an_output_warns_of_in_the_environment_is_taken_out_for_its_readers() {
    let all = Readers::ALL.iter().flat_map(|readers| readers.choosing());
    let stale = all.map(|name| (*name, "/stale")).chain([("HOME", "/home/dev")]);
    let stale: Environment = stale.filter(|(name, _)| !name.ends_with("_CONFIG_FILE")).collect();
    let mut warned = 0;
    for kind in KINDS {
        let built = outputs(kind.name, stale.clone());
        let Some(way) = built.iter().find_map(|output| output.environment()) else { continue };
        for shadow in built.iter().flat_map(|output| output.shadows(&|_| None)) {
            let names = shadow.split(|c: char| !c.is_ascii_uppercase() && c != '_');
            for name in
                names.filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()) && name.contains('_'))
            {
                assert!(way.readers.choosing().contains(&name), "{}: {name} in {shadow:?}", kind.name);
                warned += 1;
            }
        }
    }
    assert!(warned >= 8, "{warned}");
}
