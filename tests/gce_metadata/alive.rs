//! Google's libraries, in processes that nobody restarts, keep working with tokens of the metadata server while evercred
//! rotates them.
//!
//! Nothing lives longer than ten seconds, and the sandbox verifies every token: a client that works with the fourth has
//! outlived three.

use std::collections::BTreeSet;
use std::env;
use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

use evercred_sandbox::{Group, Request};
use evercred_test_support::{Call, Home, Talking, clients};
use google_cloud_auth::credentials::Builder;
use serde_json::json;

use crate::rig::{DEV, LIMIT, Rig, SHORT};

const ENOUGH: usize = 4;
const HURRY: u32 = 20;

#[test]
fn one_python_process_works_through_three_rotations() {
    works_through_three_rotations(clients::google_auth, "");
}

#[test]
fn one_python_process_works_through_three_rotations_as_a_service_account() {
    works_through_three_rotations(clients::google_auth, DEV);
}

#[test]
fn one_javascript_process_works_through_three_rotations() {
    works_through_three_rotations(clients::google_auth_library, DEV);
}

#[test]
fn one_process_of_the_google_cloud_auth_crate_works_through_three_rotations() {
    // It asks every ten seconds when a token is near its end, which must not be all of the token's life.
    let hurried = |home: &Home, url: &str| clients::hurried(home, &process(home, url), HURRY, true);
    works_through_three_rotations(hurried, DEV);
}

#[test]
fn exec_leads_a_program_to_it() {
    let rig = Rig::start(Duration::from_hours(1), DEV, "");
    let client = clients::google_auth(&rig.home, &rig.sandbox.url());
    let mut exec = rig.home.evercred(["exec", "gcp.default", "--"]);
    // What the user has set goes before a metadata server, and is of no use.
    exec.env("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json");
    let calls = Talking::start(exec.arg(client.get_program()).args(client.get_args()))
        .calls(LIMIT, |calls| calls.len() == 2);
    assert!(calls.iter().all(|call| call.ok), "{calls:#?}\n{}", rig.daemon.log());
}

fn works_through_three_rotations(client: impl Fn(&Home, &str) -> Command, login: &str) {
    let rig = Rig::start(SHORT, login, "");
    let mut client = client(&rig.home, &rig.sandbox.url());
    // The server says it.
    client.env_remove("GOOGLE_CLOUD_PROJECT");
    rig.sandbox.forget_requests();
    let mut client = Talking::start(rig.led(&mut client));
    let calls = client.calls(LIMIT, |calls| tokens(calls).len() >= ENOUGH);
    drop(client);
    let failed: Vec<&Call> = calls.iter().filter(|call| !call.ok).collect();
    assert!(failed.is_empty(), "{failed:#?}\n{}", rig.daemon.log());
    let refused: Vec<Request> = rig.sandbox.requests().into_iter().filter(|one| !one.succeeded()).collect();
    assert!(refused.is_empty(), "{refused:#?}");
    let listed = rig.sandbox.requests_to(Group::GoogleApi);
    let accepted: BTreeSet<_> = listed.iter().filter_map(|request| request.facts.bearer_id.clone()).collect();
    assert!(tokens(&calls).is_subset(&accepted), "the sandbox verified each of them");
    let speaks_for = if login.is_empty() { "principal://" } else { "serviceAccount:dev@" };
    let principals: BTreeSet<_> = listed.iter().filter_map(|one| one.facts.principal.as_deref()).collect();
    assert!(principals.iter().all(|principal| principal.starts_with(speaks_for)), "{principals:?}");
}

fn tokens(calls: &[Call]) -> BTreeSet<String> {
    calls.iter().filter_map(|call| call.token_id.clone()).collect()
}

/// The test binary itself, started again as its ignored test. It says the same as its siblings in `tests/peers`.
fn process(home: &Home, url: &str) -> Command {
    let mut command = home.command(env::current_exe().unwrap());
    command.args(["--exact", "client_process", "--ignored", "--nocapture"]).env("URL", url);
    command
}

/// What that process does, until its output closes.
pub(crate) fn work() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (mut output, url) = (std::io::stdout(), env::var("URL").unwrap());
    runtime.block_on(async {
        let http = reqwest::Client::new();
        let credentials = Builder::default().build_access_token_credentials().unwrap();
        // The harness has not ended its line.
        writeln!(output).unwrap();
        loop {
            let call = async {
                let token = credentials.access_token().await?.token;
                let listed = http.get(format!("{url}/v1/projects")).bearer_auth(&token).send().await?;
                listed.error_for_status()?;
                Ok::<_, Box<dyn std::error::Error>>(token)
            };
            let said = match call.await {
                Ok(token) => json!({"ok": true, "token_id": crate::rig::id(&token), "error": null}),
                Err(problem) => json!({"ok": false, "token_id": null, "error": problem.to_string()}),
            };
            if writeln!(output, "{said}").and_then(|()| output.flush()).is_err() {
                // The harness could not say how it ended either.
                std::process::exit(0);
            }
            tokio::time::sleep(Duration::from_millis(200) * HURRY).await;
        }
    });
}
