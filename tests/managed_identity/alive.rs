//! Azure's SDKs, in processes that nobody restarts, and az, which starts anew each time, keep working with tokens of the
//! managed identity while evercred rotates them.
//!
//! Access tokens live for ten seconds, and the sandbox verifies each: a client that works with the fourth has outlived
//! three.

use std::collections::BTreeSet;
use std::env;
use std::io::Write as _;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use azure_identity::ManagedIdentityCredential;
use evercred_sandbox::Group;
use evercred_test_support::{Home, Outcome, Talking, clients, until};
use serde_json::{Value, json};

use crate::azure::{LIMIT, id};
use crate::rig::Rig;

const SHORT: Duration = Duration::from_secs(10);
const ENOUGH: usize = 4;
const MANAGER: &str = "https://management.azure.com";

#[test]
fn one_process_of_azure_identity_for_python_works_through_three_rotations() {
    works_through_three_rotations(clients::azure_python, "");
}

#[test]
fn one_process_of_azure_identity_for_python_works_as_on_a_virtual_machine() {
    works_through_three_rotations(clients::azure_python, MACHINE);
}

#[test]
fn one_process_of_azure_identity_for_javascript_works_through_three_rotations() {
    works_through_three_rotations(clients::azure_javascript, "");
}

#[test]
fn one_process_of_the_azure_identity_crate_works_through_three_rotations() {
    works_through_three_rotations(process, "");
}

#[test]
fn az_works_before_and_after_three_rotations() {
    let rig = Rig::start(SHORT, "", "");
    let az = |words: &[&str]| Outcome::of(rig.led(clients::az(rig.home())).args(words)).success();
    az(&["login", "--identity", "-o", "none"]);
    let mut tokens = BTreeSet::new();
    for round in 0..ENOUGH {
        let got: Value = serde_json::from_str(&az(&["account", "get-access-token", "-o", "json"])).unwrap();
        tokens.insert(id(got["accessToken"].as_str().unwrap()));
        assert_eq!(az(&["group", "list", "-o", "tsv", "--query", "[].name"]), "rg-one\nrg-two\n");
        if round + 1 < ENOUGH {
            until("the next token", LIMIT, || {
                let (_, answer) = rig.token("resource=https://management.core.windows.net/");
                (!tokens.contains(&id(answer["access_token"].as_str()?))).then_some(())
            });
        }
    }
    assert!(tokens.len() >= ENOUGH, "{tokens:?}\n{}", rig.daemon.log());
    let refused: Vec<_> =
        rig.azure.sandbox.requests_to(Group::Arm).into_iter().filter(|one| !one.succeeded()).collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn exec_leads_a_program_to_it_without_the_secret() {
    let rig = Rig::start(Duration::from_hours(1), "", MACHINE);
    let client = clients::azure_python(rig.home());
    let mut exec = rig.azure.on_the_way(rig.home().evercred(["exec", "azure.default", "--"]));
    let mut client = Talking::start(exec.arg(client.get_program()).args(client.get_args()));
    let call: Value = serde_json::from_str(&client.line(LIMIT)).unwrap();
    assert_eq!(call["ok"], true, "{call:#}\n{}", rig.daemon.log());
    let variables = Outcome::of(&mut rig.home().evercred(["exec", "azure.default", "--", "env"])).success();
    assert!(!variables.contains(&rig.secret()), "{variables}");
}

/// With what makes a client ask as on a virtual machine.
const MACHINE: &str = "imds = true";

fn works_through_three_rotations(client: impl Fn(&Home) -> Command, output: &str) {
    let rig = Rig::start(SHORT, "", output);
    let mut client = rig.led(client(rig.home()));
    if output == MACHINE {
        client.env_remove("IDENTITY_ENDPOINT").env_remove("IDENTITY_HEADER");
    }
    rig.azure.sandbox.forget_requests();
    let mut client = Talking::start(&mut client);
    let mut used = BTreeSet::new();
    let start = std::time::Instant::now();
    while used.len() < ENOUGH {
        assert!(start.elapsed() < LIMIT, "{used:?}\n{}", rig.daemon.log());
        let line = client.line(LIMIT);
        // The test harness says a few words of its own.
        let Some(call) = line.starts_with('{').then(|| serde_json::from_str::<Value>(&line).unwrap()) else {
            continue;
        };
        assert_eq!(call["ok"], true, "{call:#}\n{}", rig.daemon.log());
        used.insert(call["access_token_id"].as_str().unwrap().to_owned());
    }
    let listed = rig.azure.sandbox.requests_to(Group::Arm);
    let refused: Vec<_> = listed.iter().filter(|one| !one.succeeded()).collect();
    assert!(refused.is_empty(), "the client asked again: {refused:#?}");
    let accepted: BTreeSet<_> = listed.into_iter().filter_map(|one| one.facts.access_token_id).collect();
    assert!(used.is_subset(&accepted), "the sandbox verified each of them");
}

/// The test binary itself, started again as its ignored test. It says the same as its siblings in `tests/peers`.
fn process(home: &Home) -> Command {
    let mut command = home.command(env::current_exe().unwrap());
    command.args(["--exact", "client_process", "--ignored", "--nocapture"]);
    command
}

/// What that process does, until its output closes.
pub(crate) fn work() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        drop(rustls::crypto::ring::default_provider().install_default());
        let authority = std::fs::read(env::var_os("SSL_CERT_FILE").unwrap()).unwrap();
        let authority = reqwest::Certificate::from_pem(&authority).unwrap();
        let http = reqwest::Client::builder().tls_certs_only([authority]).build().unwrap();
        let credential: Arc<dyn TokenCredential> = ManagedIdentityCredential::new(None).unwrap();
        let mut output = std::io::stdout();
        // The harness has not ended its line.
        writeln!(output).unwrap();
        loop {
            let said = match call(&http, credential.as_ref()).await {
                Ok(id) => json!({"ok": true, "access_token_id": id, "error": null}),
                Err(problem) => json!({"ok": false, "access_token_id": null, "error": problem.to_string()}),
            };
            if writeln!(output, "{said}").and_then(|()| output.flush()).is_err() {
                // The harness could not say how it ended either.
                std::process::exit(0);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
}

async fn call(
    http: &reqwest::Client,
    credential: &dyn TokenCredential,
) -> Result<String, Box<dyn std::error::Error>> {
    let scope = format!("{MANAGER}/.default");
    let token = credential.get_token(&[&scope], None).await?;
    let url = format!("{MANAGER}/subscriptions?api-version=2022-12-01");
    http.get(url).bearer_auth(token.token.secret()).send().await?.error_for_status()?;
    Ok(id(token.token.secret()))
}
