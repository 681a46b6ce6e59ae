//! Four clouds in one `exec`: each with its own unmodified library, in processes that nobody restarts.
//!
//! The one of Azure has a clock that runs 200 times faster, because its caches are measured in minutes
//! (`azure_alive.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::{Duration, Instant};

use evercred_sandbox::{Algorithm, AwsOptions, AzureOptions, Options, PlatformOptions};
use evercred_test_support::{Home, OpenBao, Talking, clients};
use serde_json::{Value, json};

use super::azure::Rig as AzureRig;
use super::rig::LIMIT;

const HURRY: u32 = 200;
/// The first and three rotations.
const ENOUGH: usize = 4;

/// By what each cloud's calls are told from the others', and what is another one after a rotation.
const CLOUDS: [(&str, &str); 4] = [
    ("access_key_id", "access_key_id"),
    ("token_id", "token_id"),
    ("access_token_id", "access_token_id"),
    ("accessor", "last_renewal"),
];

/// What a shell may have left.
const GARBAGE: [(&str, &str); 11] = [
    ("AWS_ACCESS_KEY_ID", "AKIASTALESTALESTALE0"),
    ("AWS_SECRET_ACCESS_KEY", "stale"),
    ("AWS_PROFILE", "gone"),
    ("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json"),
    ("AZURE_CLIENT_SECRET", "stale"),
    ("AZURE_CLIENT_ID", "00000000-0000-0000-0000-000000000000"),
    ("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential"),
    ("IDENTITY_ENDPOINT", "http://127.0.0.1:9/"),
    ("VAULT_TOKEN", "stale"),
    ("VAULT_ADDR", "http://127.0.0.1:9"),
    ("BAO_ADDR", "http://127.0.0.1:9"),
];

#[test]
fn four_clouds_at_once_work_through_three_rotations_each() {
    let (rig, server) = four_clouds();
    let mut exec =
        rig.home.evercred(["exec", "aws.default", "gcp.default", "azure.default", "vault.default", "--"]);
    exec.args(["/bin/sh", "-c", &script(&rig.home, &rig.sandbox.url())]);
    let mut exec = rig.on_the_way(exec);
    exec.envs(GARBAGE)
        .env("AWS_ENDPOINT_URL", rig.sandbox.url())
        .env("EVERCRED_CONFIG", rig.home.path("config"));
    let mut clients = Talking::start(&mut exec);
    let start = Instant::now();
    let (mut calls, mut seen) = (Vec::<Value>::new(), BTreeMap::<&str, BTreeSet<String>>::new());
    while seen.len() < CLOUDS.len() || seen.values().any(|seen| seen.len() < ENOUGH) {
        assert!(start.elapsed() < LIMIT, "{seen:?} {calls:#?}");
        let call: Value = serde_json::from_str(&clients.line(LIMIT)).unwrap();
        assert_eq!(call["ok"], true, "{call:#}");
        let (cloud, what) = CLOUDS.into_iter().find(|(key, _)| call.get(key).is_some()).unwrap();
        seen.entry(cloud).or_default().insert(call[what].to_string());
        calls.push(call);
    }
    let accessors: BTreeSet<_> = calls.iter().filter_map(|call| call["accessor"].as_str()).collect();
    assert_eq!(accessors.len(), 1, "it was one token, kept alive");
    drop((clients, server));
}

/// A home with a login at each cloud, in a config at an unusual place.
fn four_clouds() -> (AzureRig, OpenBao) {
    let lifetime = Duration::from_secs(18);
    let options = Options {
        algorithm: Algorithm::Rs256,
        platform: PlatformOptions { token_lifetime: lifetime, ..PlatformOptions::default() },
        aws: AwsOptions { session_lifetime: Some(Duration::from_secs(20)), ..AwsOptions::default() },
        azure: AzureOptions { access_token_lifetime: Duration::from_secs(500), ..AzureOptions::default() },
        ..Options::default()
    };
    let rig = AzureRig::new(options, "refresh_every = \"2s\"\n");
    let server = OpenBao::start();
    let issuer = rig.sandbox.issuer();
    server.trust(&issuer, &format!("{issuer}/keys"));
    server.role("dev", &json!({"token_period": "4s"}));
    let (url, provider) = (rig.sandbox.url(), rig.sandbox.gcp_provider("gitpod"));
    let others = format!(
        "[aws.default]\nrole_arn = \"{}\"\nendpoint_url = \"{url}\"\nregion = \"us-east-1\"\nrefresh_every = \"2s\"\n\
         [gcp.default]\nprovider = \"{provider}\"\nsts_endpoint = \"{url}\"\niam_credentials_endpoint = \"{url}\"\n\
         project = \"acme-dev\"\nrefresh_every = \"2s\"\n\
         [vault.default]\naddress = \"{}\"\nrole = \"dev\"\n",
        rig.sandbox.role_arn("dev"),
        server.address(),
    );
    let config = rig.home.read(".config/evercred/config.toml").unwrap() + &others;
    rig.home.write("config", config);
    (rig, server)
}

/// All clients side by side, each with the script's own input.
fn script(home: &Home, url: &str) -> String {
    let azure = clients::hurried(home, &clients::azure_python(home), HURRY, false);
    let all = [clients::boto3(home), clients::google_auth(home, url), azure, clients::hvac(home)];
    let lines = all.iter().map(|client| format!("{} <&3 &\n", line(client)));
    format!("exec 3<&0\n{}wait\n", lines.collect::<String>())
}

/// What starts a client, less what it has from `exec`.
fn line(client: &Command) -> String {
    let faked = client.get_envs().filter(|(name, _)| name.to_string_lossy().starts_with("FAKETIME"));
    let faked = faked.map(|(name, value)| format!("{}={}", name.display(), value.unwrap().display()));
    let words = std::iter::once(client.get_program()).chain(client.get_args());
    let words = words.map(|word| format!("'{}'", word.display()));
    std::iter::once("env".to_owned()).chain(faked).chain(words).collect::<Vec<_>>().join(" ")
}
