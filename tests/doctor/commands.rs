//! The command lines themselves, which are too slow for hundreds of cases: aws, gcloud, az and bao.

use std::process::Command;

use evercred_test_support::{Home, Outcome, clients};
use serde_json::Value;

/// Environment variables.
type Variables<'v> = &'v [(&'v str, &'v str)];

/// What the doctor says that a client takes, in this home and with these variables.
fn predicted(home: &Home, client: &str, variables: Variables<'_>) -> Value {
    let mut doctor = home.evercred(["doctor", "--output", "json"]);
    let outcome = Outcome::of(doctor.envs(variables.iter().copied()));
    let said: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome:?}"));
    let mut predictions = said["predictions"].as_array().unwrap().iter();
    predictions.find(|prediction| prediction["client"] == client).unwrap()["choice"].clone()
}

fn output(command: &mut Command, variables: Variables<'_>) -> Outcome {
    Outcome::of(command.envs(variables.iter().copied()))
}

#[test]
fn the_aws_cli_takes_what_was_predicted() {
    let home = Home::new();
    home.write(".aws/config", "[profile work]\ncredential_process = /bin/false\n");
    home.write(".aws/credentials", "[default]\naws_access_key_id = AKFILE\naws_secret_access_key = s\n");
    let cases: [(Variables<'_>, &str, &str); 5] = [
        (&[], "shared-credentials-file", "shared-credentials-file"),
        (&[("AWS_ACCESS_KEY_ID", "AKENV"), ("AWS_SECRET_ACCESS_KEY", "s")], "env", "env"),
        (&[("AWS_PROFILE", "default")], "shared-credentials-file", "shared-credentials-file"),
        (&[("AWS_PROFILE", "ghost")], "", ""),
        (&[("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")], "", ""),
    ];
    for (variables, method, shown) in cases {
        let choice = predicted(&home, "aws", variables);
        let outcome = output(clients::aws(&home).args(["configure", "list"]), variables);
        let line = outcome.stdout.lines().find(|line| line.trim_start().starts_with("access_key"));
        let line = line.unwrap_or_default();
        match choice["method"].as_str() {
            Some(predicted) => assert!(predicted == method && line.contains(shown), "{choice} {outcome:?}"),
            None => assert!(
                method.is_empty() && (line.contains("<not set>") || line.is_empty()),
                "{choice} {outcome:?}"
            ),
        }
    }
}

#[test]
fn gcloud_takes_what_was_predicted() {
    let home = Home::new();
    let (token, other) = (home.write("token", "ya29.file"), home.write("other", "ya29.other"));
    let folder = ".config/gcloud/configurations";
    // Without this, gcloud makes a new and empty configuration in the place of that of the same name.
    home.write(".config/gcloud/active_config", "default");
    home.write(format!("{folder}/config_default"), "[core]\naccount = dev@acme.example\n");
    home.write(format!("{folder}/config_ours"), format!("[auth]\naccess_token_file = {}\n", token.display()));
    let other = other.display().to_string();
    let cases: [(Variables<'_>, Option<&str>); 6] = [
        (&[("CLOUDSDK_ACTIVE_CONFIG_NAME", "ours")], Some("ya29.file")),
        (&[("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", &other)], Some("ya29.other")),
        (
            &[("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", &other), ("CLOUDSDK_ACTIVE_CONFIG_NAME", "ours")],
            Some("ya29.other"),
        ),
        (
            &[("CLOUDSDK_AUTH_ACCESS_TOKEN", "ya29.env"), ("CLOUDSDK_ACTIVE_CONFIG_NAME", "ours")],
            Some("ya29.env"),
        ),
        (&[("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", "/nowhere")], None),
        (&[], None),
    ];
    for (variables, token) in cases {
        let choice = predicted(&home, "gcloud", variables);
        let outcome = output(clients::gcloud(&home).args(["auth", "print-access-token"]), variables);
        assert_eq!(outcome.status.success().then(|| outcome.stdout.trim()), token, "{outcome:?}");
        let place = choice.get("from").unwrap_or(&choice)["place"].clone();
        let said = match place["kind"].as_str() {
            Some("file") => Some(std::fs::read_to_string(place["file"].as_str().unwrap()).unwrap()),
            Some("variable") if choice["outcome"] == "takes" => Some("ya29.env".to_owned()),
            _ => None,
        };
        assert_eq!(said.as_deref(), token, "{choice}");
        // Without a token it is an account, as which nobody is logged in here.
        assert_eq!(choice["method"] == "account", variables.is_empty(), "{choice}");
    }
}

#[test]
fn bao_takes_what_was_predicted() {
    let home = Home::new();
    home.write(".vault-token", "s.file\n");
    let other = home.write("other-token", "s.other").display().to_string();
    let helper = home.write("helper", "#!/bin/sh\n[ \"$1\" = get ] && echo s.helper\n");
    std::process::Command::new("chmod").arg("700").arg(&helper).status().unwrap();
    let settings =
        home.write("settings", format!("token_helper = \"{}\"\n", helper.display())).display().to_string();
    let cases: [(Variables<'_>, &str); 8] = [
        (&[], "s.file"),
        (&[("VAULT_TOKEN", "s.vault")], "s.vault"),
        (&[("BAO_TOKEN", "s.bao"), ("VAULT_TOKEN", "s.vault")], "s.bao"),
        (&[("BAO_TOKEN", ""), ("VAULT_TOKEN", "s.vault")], "s.file"),
        (&[("BAO_TOKEN_PATH", &other)], "s.other"),
        (&[("BAO_CONFIG_PATH", &settings)], "s.helper"),
        (&[("VAULT_CONFIG_PATH", &settings)], "s.helper"),
        (&[("BAO_CONFIG_PATH", &settings), ("VAULT_TOKEN", "s.vault")], "s.vault"),
    ];
    for (variables, token) in cases {
        let choice = predicted(&home, "bao", variables);
        let place = choice.get("from").unwrap_or(&choice)["place"].clone();
        let said = match place["kind"].as_str().unwrap_or_else(|| panic!("{choice}")) {
            "variable" => variables.iter().find(|(name, _)| place["name"] == *name).unwrap().1.to_owned(),
            "file" => std::fs::read_to_string(place["file"].as_str().unwrap()).unwrap().trim().to_owned(),
            _ => "s.helper".to_owned(),
        };
        let outcome = output(clients::bao(&home).args(["print", "token"]), variables);
        assert_eq!(
            (outcome.stdout.trim(), said.as_str()),
            (token, token),
            "{variables:?} {choice} {outcome:?}"
        );
    }
}
