//! The command line of Azure, unmodified, is logged in by evercred, stays so, and keeps its other logins.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]
#![expect(
    clippy::disallowed_methods,
    reason = "how long an assertion lives is measured outside of the program"
)]

#[path = "secrets/canaries.rs"]
mod canaries;
#[path = "azure/rig.rs"]
#[expect(dead_code, reason = "each test of Azure takes what it needs")]
mod rig;
#[path = "secrets/witness.rs"]
mod witness;

use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evercred_sandbox::{
    Application, AzureOptions, FederatedCredential, Group, Mint, Options, PlatformOptions, Subscription,
};
use evercred_test_support::{Outcome, clients, until};
use serde_json::Value;

use self::canaries::Canaries;
use self::rig::{LIMIT, Rig, id};
use self::witness::Witness;

const ENTRIES: &str = ".azure/service_principal_entries.json";
const PROFILE: &str = ".azure/azureProfile.json";
const AUDIENCE: &str = "api://AzureADTokenExchange";
/// The application that the user is logged in as already.
const COLLEAGUE: &str = "22222222-1111-4222-8333-444444444444";
const OURS: &str = "outputs = [\"azure-cli\"]\n";
/// How long assertions live: no longer than some commands of az take on a busy machine, or longer than any test.
const SHORT: Duration = Duration::from_secs(10);
const LONG: Duration = Duration::from_hours(1);

#[test]
fn it_works_before_and_after_the_first_assertion_has_expired() {
    let rig = rig(SHORT, "refresh_every = \"3s\"\n");
    let daemon = rig.start();
    let first = assertion(&rig).unwrap();
    assert_works(&rig);
    let end = end_of(&first);
    until("the end of the first assertion", LIMIT, || (SystemTime::now() > end).then_some(()));
    let shown = assert_works(&rig);
    assert_ne!(shown, id(&first), "{}", daemon.log());
    // The proof that time has passed: az would be dead by now.
    drop(daemon);
    let entries = rig.home.read(ENTRIES).unwrap().replace(&assertion(&rig).unwrap(), &first);
    rig.home.write(ENTRIES, entries);
    let dead = Outcome::of(az(&rig).args(["account", "get-access-token"])).failure();
    assert!(dead.stderr.contains("AADSTS700024"), "{dead:?}");
}

#[test]
fn other_logins_survive_byte_for_byte_and_logging_out_gives_back_what_was_there() {
    let rig = rig(LONG, "");
    log_in_as_a_colleague(&rig);
    let before = files(&rig);
    rig.home.run(["once"]).success();
    let known = Outcome::of(az(&rig).args(["account", "list", "--all", "-o", "json"])).success();
    let known: Value = serde_json::from_str(&known).unwrap();
    let names: Vec<&str> = known.as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["colleague", "ours"]);
    assert_eq!(known[0]["isDefault"], true, "the user's default stays");
    assert!(
        rig.home.read(ENTRIES).unwrap().contains(entry(&before[0])),
        "the colleague's entry, to the byte"
    );
    for subscription in ["colleague", "ours"] {
        Outcome::of(az(&rig).args(["group", "list", "--subscription", subscription])).success();
    }
    rig.home.run(["logout"]).success();
    assert_eq!(files(&rig), before);
}

#[test]
fn both_keep_their_login_while_az_writes_its_own_again_and_again() {
    let rig = rig(LONG, "refresh_every = \"1s\"\n");
    let mut daemon = rig.start();
    for _ in 0..5 {
        log_in_as_a_colleague(&rig);
    }
    daemon.until("both logins", LIMIT, || {
        let content = rig.home.read(ENTRIES)? + &rig.home.read(PROFILE)?;
        let logins = [COLLEAGUE.to_owned(), rig.client_id()];
        // Once as an entry, once as the user of a subscription.
        logins.iter().all(|login| content.matches(login.as_str()).count() == 2).then_some(())
    });
    let got = Outcome::of(az(&rig).args(["account", "get-access-token", "--subscription", "ours"]));
    assert!(got.status.success(), "{}\n{}", got.stderr, daemon.log());
    drop(daemon);
    assert!(!rig.home.path(format!("{ENTRIES}.lockfile")).exists());
}

#[test]
fn no_token_stands_on_a_command_line_meanwhile() {
    let rig = rig(LONG, "refresh_every = \"1s\"\n");
    fs::create_dir(rig.home.path("seen")).unwrap();
    let witness = Witness::start(rig.home.path(""), rig.home.path("seen"));
    let _daemon = rig.start();
    for _ in 0..3 {
        assert_works(&rig);
    }
    let mut secrets = Canaries::default();
    for secret in rig.sandbox.secrets() {
        secrets.plant_parts("a secret of the sandbox", &secret);
    }
    witness.assert_saw(&["evercred", "azure.cli"]);
    witness.assert_saw_nothing_of(&secrets, &Canaries::default());
}

/// Assertions that live so long, and access tokens that az takes for used up as soon as it has them.
fn rig(life: Duration, more: &str) -> Rig {
    let platform = PlatformOptions { token_lifetime: life, ..PlatformOptions::default() };
    let colleague = FederatedCredential { subject: "colleague".to_owned(), ..FederatedCredential::default() };
    let azure = AzureOptions {
        access_token_lifetime: Duration::from_mins(5),
        applications: vec![
            Application::default().seeing(subscription("ours")),
            Application::new(COLLEAGUE).trusting(colleague).seeing(subscription("colleague")),
        ],
        ..AzureOptions::default()
    };
    Rig::new(Options { platform, azure, ..Options::default() }, &format!("{OURS}{more}"))
}

/// One with an id of its own.
fn subscription(name: &str) -> Subscription {
    let id = format!("{name:0<8.8}-1234-4abc-8def-0123456789ab");
    Subscription { id, name: name.to_owned(), ..Subscription::default() }
}

fn az(rig: &Rig) -> Command {
    rig.on_the_way(clients::az(&rig.home))
}

/// Gets a token and lists; gives the name of the assertion that got the token.
fn assert_works(rig: &Rig) -> String {
    let got = Outcome::of(az(rig).args(["account", "get-access-token", "-o", "json"])).success();
    let got: Value = serde_json::from_str(&got).unwrap();
    let token = id(got["accessToken"].as_str().unwrap());
    let groups = Outcome::of(az(rig).args(["group", "list", "-o", "tsv", "--query", "[].name"])).success();
    assert_eq!(groups, "rg-one\nrg-two\n");
    let exchanges = rig.sandbox.requests_to(Group::Entra);
    let mut exchanges = exchanges.into_iter().filter(evercred_sandbox::Request::succeeded);
    exchanges
        .find(|request| request.facts.access_token_id.as_ref() == Some(&token))
        .unwrap()
        .facts
        .token_id
        .unwrap()
}

/// As the user would, from a file.
fn log_in_as_a_colleague(rig: &Rig) {
    let mint = Mint::audience(AUDIENCE).subject("colleague").lifetime(Duration::from_hours(1));
    let token = rig.home.write("colleague", rig.sandbox.mint(&mint));
    let mut az = az(rig);
    az.args(["login", "--service-principal", "--username", COLLEAGUE, "--tenant", &rig.tenant()]);
    az.arg("--federated-token").arg(format!("@{}", token.display()));
    Outcome::of(&mut az).success();
}

fn files(rig: &Rig) -> [Vec<u8>; 2] {
    [ENTRIES, PROFILE].map(|file| fs::read(rig.home.path(file)).unwrap())
}

/// The one entry, without the list around it.
fn entry(entries: &[u8]) -> &str {
    let text = str::from_utf8(entries).unwrap();
    &text[text.find('{').unwrap()..=text.rfind('}').unwrap()]
}

/// The assertion of our entry.
fn assertion(rig: &Rig) -> Option<String> {
    let entries: Value = serde_json::from_str(&rig.home.read(ENTRIES)?).ok()?;
    let client = rig.client_id();
    let ours = entries.as_array()?.iter().find(|entry| entry["client_id"] == client.as_str())?;
    ours["client_assertion"].as_str().map(str::to_owned)
}

fn end_of(token: &str) -> SystemTime {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    SystemTime::UNIX_EPOCH + Duration::from_secs(claims["exp"].as_u64().unwrap())
}
