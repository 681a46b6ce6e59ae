//! `evercred trust`: what it prints is applied to real servers, and to the sandbox's clouds where there are none; then the
//! login succeeds, those who are meant besides get in, and a token that differs in one claim is refused.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

#[path = "trust/artifacts.rs"]
mod artifacts;
#[path = "trust/aws.rs"]
mod aws;
#[path = "trust/azure.rs"]
mod azure;
#[path = "trust/cases.rs"]
mod cases;
#[path = "trust/gcloud.rs"]
mod gcloud;
#[path = "trust/gcp.rs"]
mod gcp;
#[path = "trust/refusals.rs"]
mod refusals;
#[path = "trust/snapshots.rs"]
mod snapshots;
#[path = "trust/vault.rs"]
mod vault;

use cases::Case;
use evercred_sandbox::{Algorithm, Mint, Options, Sandbox};
use evercred_test_support::Home;

/// A platform whose keys every server takes.
fn platform() -> Sandbox {
    Sandbox::start(Options { algorithm: Algorithm::Rs256, ..Options::default() }).unwrap()
}

/// A home with a token for the audience.
fn home(platform: &Sandbox, minted: &Mint, audience: &str) -> Home {
    let home = Home::new();
    home.write("token", platform.mint(&Mint { audience: vec![audience.to_owned()], ..minted.clone() }));
    home
}

/// What `evercred trust` prints of the token in a home.
fn trust(home: &Home, provider: &str, words: &[&str]) -> String {
    let words = [&["trust", provider, "--token-file", "token"], words].concat();
    home.run(words).success()
}

/// Whether those get in who are meant by a case, and nobody else: `enter` gives the exit code of a login with a token.
fn check(case: &Case, enter: impl Fn(&Mint) -> Option<i32>) {
    assert_eq!(enter(&case.minted), Some(0), "{}", case.name());
    for kin in &case.kin {
        assert_eq!(enter(kin), Some(0), "{}: {:?}", case.name(), kin.claims);
    }
    for stranger in &case.strangers {
        assert_eq!(enter(stranger), Some(4), "{}: {:?}", case.name(), stranger.claims);
    }
}

/// Logs in with the token in a home, and a config whose login is this.
fn login(home: &Home, table: &str) -> Option<i32> {
    home.config(&format!("[source]\ntype = \"file\"\npath = \"~/token\"\n\n{table}"));
    let outcome = home.run(["once", "--output", "json"]);
    assert!(matches!(outcome.code(), Some(0 | 4)), "{outcome:?}");
    outcome.code()
}
