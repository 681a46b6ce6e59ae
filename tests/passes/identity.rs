//! The ID token itself, in a file, for whoever trusts the platform's issuer: `OpenBao` under an audience of its own.

use std::collections::BTreeSet;
use std::time::Duration;

use evercred_sandbox::{Algorithm, Options, PlatformOptions, Sandbox};
use evercred_test_support::{Home, OpenBao, Outcome, clients};
use serde_json::{Value, json};

use super::rig::LIMIT;

const LIFE: Duration = Duration::from_secs(8);
const AUDIENCE: &str = "https://builds.acme.dev";
/// The first and three rotations.
const ENOUGH: usize = 4;

#[test]
fn a_relying_party_takes_each_token_in_the_file_through_three_rotations() {
    let platform = PlatformOptions { token_lifetime: LIFE, ..PlatformOptions::default() };
    let options = Options { algorithm: Algorithm::Rs256, platform, ..Options::default() };
    let (sandbox, server, home) = (Sandbox::start(options).unwrap(), OpenBao::start(), Home::new());
    server.trust(&sandbox.issuer(), &format!("{}/keys", sandbox.issuer()));
    let leeway = json!({"bound_audiences": [AUDIENCE], "clock_skew_leeway": -1, "expiration_leeway": -1});
    server.role("builds", &leeway);
    server.role("others", &json!({"bound_audiences": ["https://others.acme.dev"]}));
    home.config(&format!(
        "[source]\ntype = \"http\"\nurl = \"{}/token\"\n\n[token.builds]\naudience = \"{AUDIENCE}\"\n\
         outputs = [{{ type = \"token-file\", path = \"~/builds.jwt\" }}]\n",
        sandbox.url(),
    ));
    let mut daemon = home.start();
    let mut seen = BTreeSet::new();
    daemon.until("four tokens", LIMIT, || {
        let token = home.read("builds.jwt")?;
        if seen.insert(token) {
            let answer = log_in(&home, &server, "builds").success();
            let answer: Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(answer["auth"]["metadata"]["role"], "builds");
        }
        (seen.len() >= ENOUGH).then_some(())
    });
    let refused = log_in(&home, &server, "others").failure();
    assert!(refused.stderr.contains("audience"), "{}", refused.stderr);
}

fn log_in(home: &Home, server: &OpenBao, role: &str) -> Outcome {
    let mut bao = clients::bao(home);
    bao.env("BAO_ADDR", server.address());
    bao.args(["write", "-format=json", "auth/jwt/login", &format!("role={role}"), "jwt=@builds.jwt"]);
    Outcome::of(&mut bao)
}
