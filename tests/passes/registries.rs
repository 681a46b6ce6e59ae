//! Clients of registries, with docker's credential helper.

use std::time::Duration;

use evercred_sandbox::{Group, Request};
use evercred_test_support::{clients, until};
use serde_json::Value;

use super::rig::{LIMIT, Rig, exchanges, taken};

const ECR: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
const LIFE: Duration = Duration::from_secs(4);
/// Entra counts in whole seconds, so that what is left of a token's life is off by one.
const LIFE_AT_ENTRA: Duration = Duration::from_secs(12);
/// The first and three rotations.
const ENOUGH: usize = 4;

#[test]
fn skopeo_works_at_ecr_through_three_rotations() {
    works_through_three_rotations(LIFE, ECR, "arn:aws:sts::123456789012:assumed-role/dev/");
}

#[test]
fn skopeo_works_at_artifact_registry_through_three_rotations() {
    works_through_three_rotations(LIFE, "europe-docker.pkg.dev", "serviceAccount:dev@");
}

#[test]
fn skopeo_works_at_azure_through_three_rotations() {
    works_through_three_rotations(LIFE_AT_ENTRA, "acme.azurecr.io", "");
}

#[test]
fn one_password_is_asked_for_once_and_ends_with_its_session() {
    let rig = Rig::new(Duration::from_hours(1));
    for _ in 0..2 {
        for host in [ECR, "public.ecr.aws", "gcr.io", "acme.azurecr.io"] {
            let got = store(&rig, "get", host);
            assert_eq!(got["ServerURL"], host);
            assert!(
                !got["Username"].as_str().unwrap().is_empty() && got["Secret"].as_str().unwrap().len() > 99
            );
        }
    }
    let asked: Vec<Request> = rig.sandbox.requests_to(Group::Sts);
    let tokens = asked.iter().filter(|one| one.facts.action.as_deref() == Some("GetAuthorizationToken"));
    assert_eq!(tokens.count(), 2, "one of each service: {asked:#?}");
    assert_eq!(exchanges(&rig.sandbox).len(), 3, "one of each cloud");
    store(&rig, "erase", ECR);
    store(&rig, "get", ECR);
    let asked = rig.sandbox.requests_to(Group::Sts);
    let tokens = asked.iter().filter(|one| one.facts.action.as_deref() == Some("GetAuthorizationToken"));
    assert_eq!(tokens.count(), 3, "it was forgotten");
    rig.home.run(["logout"]).success();
    let left = rig.home.path("run/evercred").read_dir().unwrap().filter_map(Result::ok);
    let left: Vec<_> = left.map(|entry| entry.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_str().unwrap().ends_with(".pass.json")), "{left:?}");
}

#[test]
fn what_is_nobodys_is_not_found_and_a_login_may_name_its_hosts() {
    let rig = Rig::new(Duration::from_hours(1));
    for host in ["docker.io", "http://gcr.io", "gcr.io.evil.dev", "210987654321.dkr.ecr.eu-west-1.evil.dev"] {
        assert_eq!(store(&rig, "get", host), "not found", "{host}");
    }
    assert_eq!(store(&rig, "list", ""), serde_json::json!({}));
    assert!(exchanges(&rig.sandbox).is_empty(), "nobody was asked for anything");
    let text = rig.home.read(".config/evercred/config.toml").unwrap();
    let named = text.replace("[gcp.default]", "[gcp.default]\nhosts = [\"eu.gcr.io\", \"*.pkg.dev\"]");
    rig.home.config(&named);
    assert_eq!(store(&rig, "get", "gcr.io"), "not found");
    assert_eq!(store(&rig, "get", "eu.gcr.io")["Username"], "oauth2accesstoken");
    assert_eq!(store(&rig, "list", ""), serde_json::json!({"eu.gcr.io": ""}));
}

fn works_through_three_rotations(life: Duration, host: &str, who: &str) {
    let rig = Rig::new(life);
    let helpers = format!("{{\"credHelpers\": {{\"{host}\": \"evercred\"}}}}");
    rig.home.write(".docker/config.json", helpers);
    until("three rotations", LIMIT, || {
        let mut skopeo = clients::skopeo(&rig.home);
        skopeo.args(["list-tags", &format!("docker://{host}/team/app")]);
        let tags = rig.run(skopeo).success();
        assert!(tags.contains("latest"), "{tags}");
        (taken(&rig.sandbox, Group::Registry).len() >= ENOUGH).then_some(())
    });
    let asked = rig.sandbox.requests_to(Group::Registry);
    let principals = asked.iter().filter_map(|one| one.facts.principal.as_deref());
    assert!(principals.clone().count() > 0 && principals.clone().all(|one| one.starts_with(who)));
}

fn store(rig: &Rig, operation: &str, host: &str) -> Value {
    let told = rig.run(clients::docker_store(&rig.home, "evercred", operation, host)).success();
    serde_json::from_str(&told).unwrap()
}
