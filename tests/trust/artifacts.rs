//! What others say of the artifacts: shellcheck, Terraform, cfn-lint, and the shell itself.
//!
//! Terraform's providers are not to be had here, so resources are checked as far as their syntax and layout go, and by
//! Terraform's own evaluation of the values that stand in them.

use std::collections::BTreeMap;
use std::path::Path;

use evercred_test_support::{Home, Outcome, clients};
use serde_json::{Value, json};

use crate::cases::{self, Case};
use crate::{home, platform, trust};

const PROVIDERS: [(&str, &str); 4] = [
    ("aws", "sts.amazonaws.com"),
    ("azure", "api://AzureADTokenExchange"),
    ("gcp", "https://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/b"),
    ("vault", "vault.hashicorp.com"),
];

/// Everything that a person would have to say.
fn said(provider: &str) -> &'static [&'static str] {
    match provider {
        "aws" => &["--set", "account_id=123456789012"],
        "azure" => &["--set", "client_id=5d2f0c1a-8b1e-4c9d-9f3e-6a7b8c9d0e1f"],
        "gcp" => &[
            "--set",
            "project_number=123456789012",
            "--set",
            "service_account=app@acme-dev.iam.gserviceaccount.com",
            "--set",
            "role=roles/viewer",
        ],
        _ => &["--set", "paths=kv/data/app,kv/data/team/app"],
    }
}

/// A case of each platform, and the one with the odd subject last.
fn some_cases() -> Vec<Case> {
    let mut by_shape: BTreeMap<String, Case> = BTreeMap::new();
    let cases = cases::by_subject().into_iter().filter(|case| case.scope != "organisation");
    let (odd, plain): (Vec<_>, Vec<_>) = cases.partition(|case| case.name().contains("$(id)"));
    for case in plain {
        by_shape.insert(format!("{:?}", case.minted.shape), case);
    }
    by_shape.into_values().chain(odd).collect()
}

/// Writes the artifacts of a format for all cases and providers; gives their paths.
fn write_all(
    home: &Home,
    format: &str,
    extension: &str,
    words: impl Fn(&str) -> &'static [&'static str],
) -> Vec<String> {
    let platform = platform();
    let mut names = Vec::new();
    for (number, case) in some_cases().iter().enumerate() {
        for (provider, audience) in PROVIDERS {
            let token = crate::home(&platform, &case.minted, audience);
            let artifact = trust(&token, provider, &[&["--format", format], words(provider)].concat());
            let name = format!("{provider}-{number}/{provider}.{extension}");
            home.write(&name, artifact);
            names.push(name);
        }
    }
    names
}

#[test]
fn shellcheck_and_the_shell_find_nothing_wrong_with_the_scripts() {
    let home = Home::new();
    let mut names = write_all(&home, "cli", "sh", said);
    names.extend(write_all(&home, "cli", "asking.sh", |_| &[]));
    // It wonders whether what stands between single quotes was meant to be replaced: it must not be.
    let mut shellcheck = home.command("shellcheck");
    shellcheck.env("LANG", "C.UTF-8").args(["--severity=style", "--exclude=SC1003,SC2016"]);
    Outcome::of(shellcheck.args(&names)).success();
    for name in names {
        Outcome::of(home.command("bash").arg("-n").arg(name)).success();
    }
}

#[test]
fn terraform_finds_the_configurations_well_formed_and_well_laid_out() {
    let home = Home::new();
    write_all(&home, "terraform", "tf", said);
    let out = Outcome::of(clients::terraform(&home).args(["fmt", "-check", "-diff", "-recursive", "."]));
    assert_eq!((out.code(), out.stdout.as_str()), (Some(0), ""), "{out:?}");
}

#[test]
fn terraform_makes_of_the_configurations_what_the_documents_say() {
    let platform = platform();
    let case = some_cases().pop().unwrap();
    for (provider, audience) in PROVIDERS {
        let home = home(&platform, &case.minted, audience);
        let words = |format| [&["--format", format], said(provider)].concat();
        let document: Value = serde_json::from_str(&trust(&home, provider, &words("json"))).unwrap();
        let (expression, expected) = match provider {
            "aws" => ("local.trust_policy", document.clone()),
            "azure" => ("local.credential", document.clone()),
            "gcp" => (
                "[local.attribute_mapping, local.attribute_condition]",
                json!([document["provider"]["attributeMapping"], document["provider"]["attributeCondition"]]),
            ),
            _ => ("local.role", document["auth/jwt/role/evercred"].clone()),
        };
        let configuration = trust(&home, provider, &words("terraform"));
        home.write("main.tf", without_resources(&configuration));
        assert_eq!(evaluated(&home, expression), expected, "{provider}");
    }
}

/// The variables and the values, which Terraform evaluates without its providers.
fn without_resources(configuration: &str) -> String {
    let blocks = configuration.split_inclusive("\n}\n");
    let kept = blocks.filter(|block| {
        let head = block.lines().find(|line| line.ends_with('{')).unwrap_or_default();
        (head.starts_with("locals") || head.starts_with("variable")) && !block.contains("google_iam")
    });
    kept.collect()
}

fn evaluated(home: &Home, expression: &str) -> Value {
    home.write("question", format!("jsonencode({expression})\n"));
    let mut shell = home.command("sh");
    let terraform = clients::terraform(home).get_program().to_owned();
    shell.args(["-c", "\"$0\" console -no-color < question"]).arg(terraform).env("CHECKPOINT_DISABLE", "1");
    let answer = Outcome::of(&mut shell).success();
    // It is printed as a string of Terraform's, in which `${` stands twice.
    let text: String =
        serde_json::from_str(&answer.trim().replace("$${", "${").replace("%%{", "%{")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn cfn_lint_finds_nothing_wrong_with_the_templates() {
    let (home, platform) = (Home::new(), platform());
    let mut names = Vec::new();
    for (number, case) in some_cases().iter().enumerate() {
        let token = crate::home(&platform, &case.minted, "sts.amazonaws.com");
        for (kind, words) in [("told", said("aws")), ("asking", &[])] {
            let template = trust(&token, "aws", &[&["--format", "cloudformation"], words].concat());
            let name = format!("{number}-{kind}.json");
            home.write(&name, template);
            names.push(name);
        }
    }
    let lint = clients::aws(&home).get_program().to_owned();
    let lint = Path::new(&lint).with_file_name("cfn-lint");
    Outcome::of(home.command(lint).args(["--non-zero-exit-code", "warning", "--"]).args(&names)).success();
}

#[test]
fn the_template_has_the_trust_policy() {
    let platform = platform();
    for case in some_cases() {
        let token = home(&platform, &case.minted, "sts.amazonaws.com");
        let words = |format| [&["--format", format], said("aws")].concat();
        let policy: Value = serde_json::from_str(&trust(&token, "aws", &words("json"))).unwrap();
        let template: Value = serde_json::from_str(&trust(&token, "aws", &words("cloudformation"))).unwrap();
        let mut trusting = template["Resources"]["Role"]["Properties"]["AssumeRolePolicyDocument"].clone();
        let provider = &mut trusting["Statement"][0]["Principal"]["Federated"];
        let arn = provider["Fn::Sub"].as_str().unwrap().to_owned();
        let arn = arn.replace("${AWS::Partition}", "aws").replace("${AWS::AccountId}", "123456789012");
        *provider = arn.into();
        assert_eq!(trusting, policy);
    }
}

#[test]
fn az_gets_the_credential_in_one_word() {
    let platform = platform();
    let case = some_cases().pop().unwrap();
    let home = home(&platform, &case.minted, PROVIDERS[1].1);
    // It stands in for az only as far as words go.
    home.write("bin/az", "#!/bin/sh\nfor word; do printf '%s\\0' \"$word\"; done >>words\necho 7\n");
    Outcome::of(home.command("chmod").args(["+x", "bin/az"])).success();
    home.write("evercred-trust.sh", trust(&home, "azure", said("azure")));
    let mut script = home.command("bash");
    script.arg("evercred-trust.sh").env("PATH", format!("{}:/usr/bin:/bin", home.path("bin").display()));
    Outcome::of(&mut script).success();
    let words = home.read("words").unwrap();
    let credential: Value =
        serde_json::from_str(words.trim_end_matches('\0').rsplit('\0').next().unwrap()).unwrap();
    let document = trust(&home, "azure", &[&["--format", "json"], said("azure")].concat());
    assert_eq!(credential, serde_json::from_str::<Value>(&document).unwrap());
}
