//! Google's libraries, in processes that nobody restarts, keep working while evercred renews the ID token that they
//! exchange by themselves.
//!
//! The sandbox verifies every ID token, and a token that comes of one dies with it after ten seconds: a client that
//! works with the token of the sixth has outlived five.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]
#![expect(
    clippy::disallowed_methods,
    reason = "a client is a program of its own, with an environment of its own"
)]

#[path = "gcp_alive/library.rs"]
mod library;
#[path = "gcp_alive/terraform.rs"]
mod terraform;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Duration;

use evercred_sandbox::{GcpOptions, Group, Options, PlatformOptions, Request, Sandbox};
use evercred_test_support::{Call, Daemon, Home, Talking, clients};

const LIFETIME: Duration = Duration::from_secs(10);
const ENOUGH_ID_TOKENS: usize = 6;
const LIMIT: Duration = Duration::from_mins(3);

const ID_TOKEN: &str = ".local/state/evercred/gcp.default.jwt";
const CONFIGURATION: &str = ".local/state/evercred/gcp.default.external-account.json";

#[test]
fn one_python_process_works_through_five_rotations() {
    works_through_five_rotations(clients::google_auth, "");
}

#[test]
fn one_python_process_works_through_five_rotations_as_a_service_account() {
    works_through_five_rotations(clients::google_auth, DEV);
}

#[test]
fn one_javascript_process_works_through_five_rotations() {
    works_through_five_rotations(clients::google_auth_library, "");
}

#[test]
fn one_javascript_process_works_through_five_rotations_as_a_service_account() {
    works_through_five_rotations(clients::google_auth_library, DEV);
}

/// This one asks every ten seconds when less than four minutes are left, so there must be more than that in the file.
#[test]
fn one_process_of_googles_crate_works_through_three_rotations() {
    let rig = Rig::with("", (LIFETIME * 12 / 5, Some(LIFETIME * 12 / 5)));
    works_through_rotations(&rig, library::process, ENOUGH_ID_TOKENS - 2);
}

#[test]
#[ignore = "not a test: the process that the one above starts"]
fn client_process() {
    library::work();
}

/// A library that has a token of the service account for an hour reads the ID token an hour later, and it must be good
/// then.
#[test]
fn the_id_token_is_kept_fresh_although_the_service_accounts_token_lives_longer() {
    let mut rig = Rig::with(DEV, (LIFETIME, None));
    let mut seen = BTreeSet::new();
    rig.daemon.until("six ID tokens before the fifth of them ends", LIFETIME * 5, || {
        seen.extend(rig.home.read(ID_TOKEN));
        (seen.len() >= ENOUGH_ID_TOKENS).then_some(())
    });
}

const DEV: &str = "service_account = \"dev@acme-dev.iam.gserviceaccount.com\"";

fn works_through_five_rotations(client: impl Fn(&Home, &str) -> Command, more: &str) {
    let rig = Rig::start(more);
    works_through_rotations(&rig, client, ENOUGH_ID_TOKENS);
    let listed = rig.sandbox.requests_to(Group::GoogleApi);
    let speaks_for = if more.is_empty() { "principal://" } else { "serviceAccount:dev@" };
    let principals: BTreeSet<_> = listed.iter().filter_map(|one| one.facts.principal.as_deref()).collect();
    assert!(principals.iter().all(|principal| principal.starts_with(speaks_for)), "{principals:?}");
}

fn works_through_rotations(rig: &Rig, client: impl Fn(&Home, &str) -> Command, enough: usize) {
    let mut client = client(&rig.home, &rig.sandbox.url());
    client.env("GOOGLE_APPLICATION_CREDENTIALS", rig.home.path(CONFIGURATION));
    rig.sandbox.forget_requests();
    let mut client = Talking::start(&mut client);
    let calls = client.calls(LIMIT, |_| id_tokens_behind(&rig.sandbox.requests()).len() >= enough);
    drop(client);
    let failed: Vec<&Call> = calls.iter().filter(|call| !call.ok).collect();
    assert!(failed.is_empty(), "{failed:#?}\n{}", rig.daemon.log());
    let refused: Vec<Request> = rig.sandbox.requests().into_iter().filter(|one| !one.succeeded()).collect();
    assert!(refused.is_empty(), "the client asked again: {refused:#?}");
    let listed = rig.sandbox.requests_to(Group::GoogleApi);
    let accepted: BTreeSet<_> = listed.iter().filter_map(|request| request.facts.bearer_id.clone()).collect();
    let used: BTreeSet<_> = calls.iter().filter_map(|call| call.token_id.clone()).collect();
    assert!(used.is_subset(&accepted), "the sandbox verified each of them");
    assert!(used.len() >= enough, "{used:?}");
}

/// The ID tokens whose exchange gave the bearers of these requests, be it directly or by way of a service account.
fn id_tokens_behind(requests: &[Request]) -> BTreeSet<String> {
    let mut origins = BTreeMap::new();
    let mut behind = BTreeSet::new();
    for Request { group, facts, .. } in requests {
        let shown = facts
            .bearer_id
            .as_ref()
            .and_then(|bearer| origins.get(bearer))
            .or(facts.token_id.as_ref())
            .cloned();
        match (group, &facts.granted_id, shown) {
            (Group::GoogleApi, _, Some(origin)) => drop(behind.insert(origin)),
            (_, Some(granted), Some(origin)) => drop(origins.insert(granted.clone(), origin)),
            _ => {}
        }
    }
    behind
}

/// A daemon that keeps a home's login fresh at a sandbox.
struct Rig {
    // Fields are dropped in this order: the daemon ends before what it works with.
    daemon: Daemon,
    home: Home,
    sandbox: Sandbox,
}

impl Rig {
    fn start(more: &str) -> Self {
        Self::with(more, (LIFETIME, Some(LIFETIME)))
    }

    /// With such a life of ID tokens, and of what the sandbox gives for them.
    fn with(more: &str, (id_token, token_lifetime): (Duration, Option<Duration>)) -> Self {
        let options = Options {
            platform: PlatformOptions { token_lifetime: id_token, ..PlatformOptions::default() },
            gcp: GcpOptions { token_lifetime, ..GcpOptions::default() },
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).unwrap();
        let home = Home::new();
        let (url, provider) = (sandbox.url(), sandbox.gcp_provider("gitpod"));
        home.config(&format!(
            r#"
            [source]
            type = "http"
            url = "{url}/token"

            [gcp.default]
            provider = "{provider}"
            sts_endpoint = "{url}"
            iam_credentials_endpoint = "{url}"
            {more}
            "#,
        ));
        let mut daemon = home.start();
        daemon.until("the first files", LIMIT, || home.read(CONFIGURATION));
        Self { daemon, home, sandbox }
    }
}
