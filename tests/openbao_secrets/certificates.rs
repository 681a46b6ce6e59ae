//! Certificates, with and without leases.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use evercred_test_support::until;
use serde_json::{Value, json};

use super::LIMIT;
use super::rig::{POLICY, Rig, openssl};

#[test]
fn a_certificate_rotates_before_its_end_and_is_whole_at_every_instant() {
    let rig = Rig::start(&json!({"token_policies": ["app"], "token_ttl": "1h"}), POLICY);
    let home = rig.home(
        r#"
        [[vault.default.secrets]]
        path = "pki/issue/web"
        parameters = { common_name = "web.acme.dev", ttl = "12s" }
        file = "~/web.pem"
        format = "pem"
        "#,
    );
    home.write("ca.pem", rig.server.admin(["read", "-field=certificate", "pki/cert/ca"]));
    let mut daemon = home.start();
    daemon.until("the first certificate", LIMIT, || home.read("web.pem"));
    let (start, mut serials) = (Instant::now(), BTreeSet::new());
    while start.elapsed() < Duration::from_secs(25) {
        assert_eq!(openssl(&home, &["verify", "-CAfile", "ca.pem", "web.pem"]), "web.pem: OK\n");
        serials.insert(openssl(&home, &["x509", "-in", "web.pem", "-noout", "-serial"]));
    }
    assert!((3..=7).contains(&serials.len()), "replaced at half of their life: {serials:?}");
}

#[test]
fn a_certificate_with_a_lease_is_replaced_like_one_without_and_revoked_with_its_login() {
    let rig = Rig::start(&json!({"token_policies": ["app"], "token_ttl": "1h"}), POLICY);
    // Such leases cannot be renewed.
    let role = json!({"allow_any_name": true, "key_type": "ec", "key_bits": 256, "generate_lease": true});
    rig.server.write("pki/roles/leased", &role);
    let home = rig.home(
        r#"
        revoke_on_exit = true

        [[vault.default.secrets]]
        path = "pki/issue/leased"
        parameters = { common_name = "web.acme.dev", ttl = "20s" }
        file = "~/web.json"
        "#,
    );
    let mut daemon = home.start();
    let serial = || {
        let certificate: Value = serde_json::from_str(&home.read("web.json")?).unwrap();
        Some(certificate["serial_number"].as_str().unwrap().to_owned())
    };
    let is_revoked = |serial: &str| {
        let known = rig.server.admin(["read", "-format=json", &format!("pki/cert/{serial}")]);
        let known: Value = serde_json::from_str(&known).unwrap();
        known["data"]["revocation_time"] != 0
    };
    let first = daemon.until("the first certificate", LIMIT, serial);
    let second = daemon.until("the next", LIMIT, || serial().filter(|serial| *serial != first));
    assert!(!is_revoked(&first), "who has read it may still use it");
    assert!(!is_revoked(&second));
    daemon.stop();
    until("its revocation", LIMIT, || is_revoked(&second).then_some(()));
}
