//! The AWS SDKs for JavaScript and Rust, in a smaller sample: their orders differ from botocore's and from each other's.

use std::collections::BTreeMap;
use std::process::Command;

use aws_config::BehaviorVersion;
use aws_sdk_sts::config::ProvideCredentials as _;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use evercred_test_support::{Home, Outcome};
use serde_json::{Value, json};

use crate::botocore::{Ours, published};
use crate::chance::Chance;
use crate::rig::{Case, Peer, Tally, content};

const CASES: u64 = 60;

#[test]
fn the_javascript_sdk_takes_what_was_predicted_in_every_case() {
    let (_platform, base, ours) = published();
    let mut peer = Peer::start_javascript(&base);
    let mut tally = Tally::default();
    for seed in 1..=CASES {
        let case = case(&base, seed, &ours);
        let predicted = case.predicted(&base, "aws-sdk-js v3");
        let actual = peer.takes("", &case);
        tally.compare(
            &case,
            &predicted,
            &actual,
            |choice| fits(choice, &actual, &case),
            is_ours(&actual, &ours),
        );
    }
    tally.finish("aws-sdk-js v3", &["environment", "keys", "process"]);
}

#[test]
fn the_rust_sdk_takes_what_was_predicted_in_every_case() {
    let (_platform, base, ours) = published();
    let mut tally = Tally::default();
    for seed in 1..=CASES {
        let case = case(&base, 1_000 + seed, &ours);
        let predicted = case.predicted(&base, "aws-config (Rust)");
        let actual = of_rust(&case.variables);
        tally.compare(
            &case,
            &predicted,
            &actual,
            |choice| fits(choice, &actual, &case),
            is_ours(&actual, &ours),
        );
    }
    tally.finish("aws-config (Rust)", &["environment", "keys", "process"]);
}

/// The SDK takes the variables of its process, so it gets one of its own.
fn of_rust(variables: &BTreeMap<String, String>) -> Value {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "aws_sdks::the_process_of_the_rust_sdk", "--ignored", "--nocapture"]);
    let outcome = Outcome::of(command.env_clear().envs(variables));
    let line = outcome.stdout.lines().find_map(|line| line.find('{').map(|start| line[start..].to_owned()));
    serde_json::from_str(&line.unwrap_or_else(|| panic!("{outcome:?}"))).unwrap()
}

#[test]
#[ignore = "this is a process of the test above, which starts it"]
fn the_process_of_the_rust_sdk() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let found = runtime.block_on(async {
        let config = aws_config::defaults(BehaviorVersion::latest()).http_client(nowhere()).load().await;
        let provider = config.credentials_provider().unwrap();
        match provider.provide_credentials().await {
            Ok(found) => json!({"key": found.access_key_id()}),
            Err(error) => json!({"error": error.to_string()}),
        }
    });
    println!("{found}");
}

/// No case of this sample needs a server, but the SDK is not made without a way to one.
fn nowhere() -> impl HttpClient + 'static {
    #[derive(Debug)]
    struct Nowhere;

    impl HttpConnector for Nowhere {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            HttpConnectorFuture::ready(Err(ConnectorError::io("there is no network".into())))
        }
    }

    http_client_fn(|_, _| SharedHttpConnector::new(Nowhere))
}

fn is_ours(actual: &Value, ours: &Ours) -> bool {
    actual["key"] == ours.key.as_str()
}

fn fits(choice: &Value, actual: &Value, case: &Case) -> bool {
    let text = content(&choice["place"], case);
    actual["key"].as_str().is_some_and(|key| text.contains(key) || text.contains("evercred"))
}

fn case(base: &Home, seed: u64, ours: &Ours) -> Case {
    let mut case = Case::new(base, 50_000 + seed);
    let mut chance = Chance::new(seed + 17_000);
    case.set("AWS_EC2_METADATA_DISABLED", "true");
    case.set("AWS_REGION", "us-east-1");
    if chance.percent(20) {
        let key = case.unique("AKENV");
        case.set("AWS_ACCESS_KEY_ID", key);
        case.set("AWS_SECRET_ACCESS_KEY", if chance.percent(80) { "secret" } else { "" });
    }
    match chance.one(&["", "", "work", "work", "work", "empty"]) {
        "work" => case.set("AWS_PROFILE", "work"),
        "empty" => case.set("AWS_PROFILE", ""),
        _ => {}
    }
    let (mut config, mut credentials) = (String::new(), String::new());
    for profile in ["default", "work"] {
        let title = if profile == "default" { "default".to_owned() } else { format!("profile {profile}") };
        match chance.one(&["none", "region", "keys", "process", "process", "both", "ours", "ours"]) {
            "none" => {}
            "ours" => config += &ours.profile.replace("[default]", &format!("[{title}]")),
            kind => config += &format!("[{title}]\nregion = eu-west-1\n{}", mechanism(&mut case, kind)),
        }
        let kind = chance.one(&["none", "none", "none", "keys", "keys", "process"]);
        if kind != "none" {
            credentials += &format!("[{profile}]\n{}", mechanism(&mut case, kind));
        }
    }
    case.write(".aws/config", &config);
    if chance.percent(70) {
        case.write(".aws/credentials", &credentials);
    }
    case
}

fn mechanism(case: &mut Case, kind: &str) -> String {
    let key = case.unique("AK");
    let keys = format!("aws_access_key_id = {key}\naws_secret_access_key = s\n");
    let key = case.unique("AKPROC");
    let document = json!({"Version": 1, "AccessKeyId": key, "SecretAccessKey": "s", "SessionToken": "t"});
    let process = format!("credential_process = /bin/echo '{document}'\n");
    match kind {
        "keys" => keys,
        "process" => process,
        "both" => keys + &process,
        _ => String::new(),
    }
}
