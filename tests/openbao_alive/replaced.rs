//! What was good and no longer is: a token that somebody revoked, an ID token that has expired.

use std::time::{Duration, Instant};

use evercred_sandbox::Signer;
use evercred_test_support::OpenBao;
use serde_json::{Value, json};

use super::rig::{FILE, ID_TOKEN, LIMIT, Rig, calls, distinct, failed, good};

/// The role's life, half of which is the time between two renewals, and what jitter and a busy machine add.
const LIFE: Duration = Duration::from_secs(8);
const SLACK: Duration = Duration::from_secs(1);

#[test]
fn a_token_that_somebody_revoked_is_replaced_within_one_renewal() {
    let rig = Rig::start(OpenBao::start_with_tls(), &json!({"token_period": "8s"}), "");
    let mut client = rig.hvac(&["--reread"]);
    let mut all = calls(&mut client, |calls| calls.len() > 3);
    let revoked = rig.home.read(FILE).unwrap();
    rig.server.admin(["token", "revoke", &revoked]);
    let start = Instant::now();
    let is_replaced = |calls: &[Value]| !failed(calls).is_empty() && calls.last().unwrap()["ok"] == true;
    all.extend(calls(&mut client, is_replaced));
    assert!(start.elapsed() < LIFE.mul_f64(0.55) + SLACK, "{:?}", start.elapsed());
    assert_eq!(distinct(&all, "accessor").len(), 2, "{all:#?}");
    assert_ne!(rig.home.read(FILE).unwrap(), revoked);
}

#[test]
fn a_good_id_token_in_place_of_a_bad_one_is_a_login_within_a_second() {
    let expired = (good().expired(), "needs_attention", "`exp` passed");
    let forged = (good().signed_by(Signer::Impostor), "new_token", "signature");
    for (bad, class, said) in [expired, forged] {
        let mut rig = Rig::start_with(OpenBao::start_with_tls(), &json!({"token_ttl": "1h"}), "", &bad);
        let error = rig.until_class(class);
        assert!(error.to_string().contains(said), "{error}");
        let token = rig.platform.mint(&good());
        let (home, start) = (&rig.home, Instant::now());
        home.write(ID_TOKEN, token);
        rig.daemon.until("the login", LIMIT, || home.read(FILE));
        assert!(start.elapsed() < Duration::from_secs(1), "{said}: {:?}", start.elapsed());
    }
}
