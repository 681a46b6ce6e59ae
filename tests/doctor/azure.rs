//! azure-identity for Python: which link of `DefaultAzureCredential` gives the token.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use evercred_sandbox::{Options, Sandbox};
use evercred_test_support::Home;
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::rig::{Case, Peer, Tally, content};

const CASES: u64 = 200;
/// What evercred keeps.
const OURS: &str = ".local/state/evercred/azure.default.jwt";

#[test]
fn default_azure_credential_takes_what_was_predicted_in_every_case() {
    let (_platform, base) = published();
    let token = base.read(OURS).unwrap();
    let mut peer = Peer::start(&base, "azure");
    let mut tally = Tally::default();
    for seed in 1..=CASES {
        let case = case(&base, seed, &peer);
        let predicted = case.predicted(&base, "azure-identity (Python)");
        let actual = peer.takes("azure", &case);
        let is_ours = actual["key"].as_str().is_some_and(|key| key.contains(&token));
        tally.compare(&case, &predicted, &actual, |choice| fits(choice, &actual, &case), is_ours);
    }
    tally.finish(
        "azure-identity",
        &[
            "EnvironmentCredential",
            "WorkloadIdentityCredential",
            "ManagedIdentityCredential",
            "AzureCliCredential",
        ],
    );
}

fn fits(choice: &Value, actual: &Value, case: &Case) -> bool {
    let key = actual["key"].as_str().unwrap_or("nothing");
    let from = &choice["from"];
    choice["method"] == actual["method"]
        && match key.split_once('~') {
            Some(("assertion", token)) => content(&from["place"], case) == token,
            Some(("managed", segment)) => content(&from["place"], case).ends_with(segment),
            Some(("az", account)) => content(&from["place"], case) == account,
            _ if key == "certificate" => choice["place"]["name"] == "AZURE_CLIENT_CERTIFICATE_PATH",
            _ => content(&choice["place"], case) == key,
        }
}

fn published() -> (Sandbox, Home) {
    let platform = Sandbox::start(Options::default()).unwrap();
    let home = Home::new();
    let authority = home.write("authority.pem", platform.authority());
    let (mut tenant, mut client) = (String::new(), String::new());
    platform.adjust(|options| {
        tenant.clone_from(&options.azure.tenant_id);
        client.clone_from(&options.azure.applications[0].client_id);
    });
    home.config(&format!(
        "[source]\ntype = \"http\"\nurl = \"{}/token\"\n[azure.default]\ntenant_id = \"{tenant}\"\nclient_id = \
         \"{client}\"\nproxy = \"{}\"\nca_bundle = \"{}\"\noutputs = [\"workload-identity\"]\n",
        platform.url(),
        platform.proxy_url(),
        authority.display(),
    ));
    home.run(["once"]).success();
    (platform, home)
}

fn case(base: &Home, seed: u64, peer: &Peer) -> Case {
    let mut case = Case::new(base, seed);
    let mut chance = Chance::new(seed + 11_000);
    identity(&mut case, &mut chance);
    secrets(&mut case, &mut chance, peer);
    workload(&mut case, &mut chance, base);
    managed(&mut case, &mut chance, peer);
    command_line(&mut case, &mut chance);
    let pins = [
        "prod",
        "dev",
        " Prod ",
        "WorkloadIdentityCredential",
        "EnvironmentCredential",
        "azureclicredential",
    ];
    match chance.one(&["", "", "", "", "pinned", "pinned", "managed", "strange", "empty"]) {
        "pinned" => case.set("AZURE_TOKEN_CREDENTIALS", chance.one(&pins)),
        "managed" => case.set("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential"),
        "strange" => case.set("AZURE_TOKEN_CREDENTIALS", "everything"),
        "empty" => case.set("AZURE_TOKEN_CREDENTIALS", ""),
        _ => {}
    }
    let hosts = [
        "",
        "",
        "",
        "https://login.microsoftonline.com",
        "login.partner.microsoftonline.cn",
        "http://127.0.0.1:1",
    ];
    let host = chance.one(&hosts);
    if !host.is_empty() {
        case.set("AZURE_AUTHORITY_HOST", host);
    }
    case
}

fn identity(case: &mut Case, chance: &mut Chance) {
    for (name, often) in [("AZURE_CLIENT_ID", 75), ("AZURE_TENANT_ID", 85)] {
        if chance.percent(often) {
            let id = if chance.percent(94) { "11111111-2222-4333-8444-555555555555" } else { "" };
            case.set(name, id);
        }
    }
}

fn secrets(case: &mut Case, chance: &mut Chance, peer: &Peer) {
    let way = chance.one(&[
        "",
        "",
        "",
        "",
        "secret",
        "certificate",
        "missing",
        "password",
        "empty",
        "half",
        "both",
    ]);
    if matches!(way, "secret" | "both") {
        let secret = case.unique("SECRET");
        case.set("AZURE_CLIENT_SECRET", secret);
    }
    if way == "empty" {
        case.set("AZURE_CLIENT_SECRET", "");
    }
    if matches!(way, "certificate" | "both") {
        let pem = ["key", "certificate"].map(|name| peer.hello[name].as_str().unwrap()).concat();
        let path = case.write("dev.pem", &pem);
        case.set("AZURE_CLIENT_CERTIFICATE_PATH", path);
    }
    if way == "missing" {
        case.set("AZURE_CLIENT_CERTIFICATE_PATH", "/nowhere.pem");
    }
    if matches!(way, "password" | "half") {
        let password = case.unique("PASSWORD");
        case.set("AZURE_PASSWORD", password);
    }
    if way == "password" {
        case.set("AZURE_USERNAME", "dev@acme.example");
    }
}

fn workload(case: &mut Case, chance: &mut Chance, base: &Home) {
    let path = match chance.one(&["", "", "ours", "ours", "other", "other", "missing", "empty"]) {
        "ours" => base.path(OURS).display().to_string(),
        "other" => {
            let token = case.unique("TOKEN");
            case.write("federated.jwt", &token)
        }
        "missing" => "/nowhere.jwt".to_owned(),
        "empty" => String::new(),
        _ => return,
    };
    case.set("AZURE_FEDERATED_TOKEN_FILE", path);
}

fn managed(case: &mut Case, chance: &mut Chance, peer: &Peer) {
    let url = |case: &mut Case| format!("http://{}/{}", peer.server(), case.unique("MI"));
    match chance.one(&["", "", "", "service", "service", "headless", "ml", "shell", "both"]) {
        "service" | "both" => {
            let url = url(case);
            case.set("IDENTITY_ENDPOINT", url);
            case.set("IDENTITY_HEADER", "header");
        }
        "headless" => {
            let url = url(case);
            case.set("IDENTITY_ENDPOINT", url);
        }
        _ => {}
    }
    match chance.one(&["", "", "", "ml", "shell"]) {
        "ml" => {
            let url = url(case);
            case.set("MSI_ENDPOINT", url);
            case.set("MSI_SECRET", "secret");
        }
        "shell" => {
            let url = url(case);
            case.set("MSI_ENDPOINT", url);
        }
        _ => {}
    }
}

/// `az` as azure-identity starts it: a program that says a token of its default account, or that nobody is logged in. The
/// real one takes a second for that; `tests/doctor/commands.rs` has it.
fn command_line(case: &mut Case, chance: &mut Chance) {
    let is_there = chance.percent(60);
    if is_there {
        let program = case.write("bin/az", AZ);
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:/usr/bin:/bin", case.home.join("bin").display());
        case.set("PATH", path);
    }
    let account = case.unique("account");
    let user = json!({"name": account, "type": "user"});
    let subscription = json!({"id": "s", "isDefault": true, "environmentName": "AzureCloud", "user": user});
    match chance.one(&["", "in", "in", "in", "out"]) {
        "in" => {
            case.write(
                ".azure/azureProfile.json",
                &format!("\u{feff}{}", json!({"subscriptions": [subscription]})),
            );
            case.write(".azure/account", &account);
        }
        "out" => drop(case.write(".azure/azureProfile.json", "\u{feff}{\"subscriptions\": []}")),
        _ => {}
    }
}

const AZ: &str = r#"#!/bin/sh
[ -f "$HOME/.azure/account" ] || { echo "Please run 'az login' to setup account." >&2; exit 1; }
printf '{"accessToken": "az~%s", "expires_on": 4070908800}' "$(cat "$HOME/.azure/account")"
"#;
