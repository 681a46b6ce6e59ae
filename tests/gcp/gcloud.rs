//! gcloud, unmodified and at Google's own addresses, with a configuration that evercred keeps, beside the user's own.

use std::collections::BTreeMap;
use std::fs;

use evercred_test_support::{Outcome, clients};

use crate::place::Place;

const OURS: &str = "evercred-default";
const ACCESS_TOKEN: &str = ".local/state/evercred/gcp.default.access-token";
const FOLDER: &str = ".config/gcloud";
const KEEP: &str = "outputs = [\"gcloud\"]\n";
const ACTIVATE: &str = "outputs = [{ type = \"gcloud\", activate = true }]\n";

#[test]
fn it_works_through_three_rotations() {
    works_through_rotations("", 3);
}

#[test]
fn it_works_before_and_after_a_rotation_as_a_service_account() {
    works_through_rotations(&Place::account("dev"), 1);
}

fn works_through_rotations(account: &str, rotations: usize) {
    let place = Place::new(&format!("{account}{KEEP}"));
    let mut tokens = Vec::new();
    for _ in 0..=rotations {
        // A direct token ends with its ID token, so it takes a later one to get a better one.
        place.give(&place.good("gitpod"));
        place.home.run(["once", "--force"]).success();
        let printed = gcloud(&place, &["auth", "print-access-token", "--configuration", OURS]);
        assert_eq!(Some(printed.trim_end()), place.home.read(ACCESS_TOKEN).as_deref());
        tokens.push(printed);
        let listed = gcloud(&place, &["projects", "list", "--configuration", OURS]);
        assert!(listed.contains("acme-dev"), "{listed}");
    }
    let buckets =
        gcloud(&place, &["storage", "buckets", "list", "--project=acme-dev", "--configuration", OURS]);
    assert!(buckets.contains("gs://acme-builds/"), "{buckets}");
    assert!(tokens.windows(2).all(|pair| pair[0] != pair[1]), "each rotation gives another token");
    let accepted: Vec<_> = place.accepted().into_iter().map(|facts| facts.bearer_id.unwrap()).collect();
    assert_eq!(accepted.len(), rotations + 2, "a list each time, and the buckets: {accepted:?}");
    let listed = &accepted[..=rotations];
    assert!(listed.windows(2).all(|pair| pair[0] != pair[1]), "{accepted:?}");
    assert_eq!(accepted[rotations], accepted[rotations + 1]);
    let principal = place.accepted().pop().unwrap().principal.unwrap();
    let speaks_for = if account.is_empty() { "principal://" } else { "serviceAccount:dev@" };
    assert!(principal.starts_with(speaks_for), "{principal}");
}
#[test]
fn the_users_own_configurations_stay_byte_for_byte() {
    let place = Place::new(KEEP);
    let before = set_up_by_the_user(&place);
    place.home.run(["once"]).success();
    gcloud(&place, &["projects", "list", "--configuration", OURS]);
    let mut meanwhile = files(&place);
    assert!(meanwhile.remove(&format!("configurations/config_{OURS}")).is_some());
    assert_eq!(meanwhile, before);
    assert_eq!(gcloud(&place, &["config", "get", "project"]).trim_end(), "my-own-project");
    place.home.run(["logout"]).success();
    assert_eq!(files(&place), before);
    assert_eq!(place.home.read(ACCESS_TOKEN), None);
}

#[test]
fn it_is_the_active_configuration_only_on_request_and_until_logout() {
    let place = Place::new(&format!("{}{ACTIVATE}", Place::account("dev")));
    let before = set_up_by_the_user(&place);
    place.home.run(["once"]).success();
    assert!(gcloud(&place, &["projects", "list"]).contains("acme-dev"));
    assert_eq!(gcloud(&place, &["config", "get", "project"]).trim_end(), "acme-dev");
    let account = gcloud(&place, &["config", "get", "account"]);
    assert_eq!(account.trim_end(), "dev@acme-dev.iam.gserviceaccount.com");
    place.home.run(["logout"]).success();
    assert_eq!(files(&place), before);
    assert_eq!(gcloud(&place, &["config", "get", "project"]).trim_end(), "my-own-project");
}

#[test]
fn a_configuration_with_another_credential_is_not_taken_without_leave() {
    let place = Place::new(KEEP);
    let theirs = "[auth]\r\n# mine\r\ncredential_file_override = /home/me/key.json\r\n[core]\r\nproject = p";
    let path = format!("{FOLDER}/configurations/config_{OURS}");
    place.home.write(&path, theirs);
    let (exit, login) = place.once();
    assert_ne!(exit, Some(0));
    let error = &login["error"];
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("force = true")), "{login:#}");
    assert_eq!(place.home.read(&path).as_deref(), Some(theirs));

    place.login("gitpod", "outputs = [{ type = \"gcloud\", force = true }]\n");
    place.home.run(["once"]).success();
    assert!(gcloud(&place, &["projects", "list", "--configuration", OURS]).contains("acme-dev"));
    place.home.run(["logout"]).success();
    assert_eq!(place.home.read(&path).as_deref(), Some(theirs));
}

/// What a user has who works with gcloud already.
fn set_up_by_the_user(place: &Place) -> BTreeMap<String, String> {
    gcloud(place, &["config", "configurations", "create", "work"]);
    gcloud(place, &["config", "set", "project", "my-own-project"]);
    gcloud(place, &["config", "set", "account", "me@example.com"]);
    files(place)
}

/// Every file that says how gcloud is set up, by its path; not its logs, caches and locks.
fn files(place: &Place) -> BTreeMap<String, String> {
    let configurations = fs::read_dir(place.home.path(FOLDER).join("configurations")).unwrap();
    let names = configurations.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let paths = names.map(|name| format!("configurations/{name}")).chain(["active_config".to_owned()]);
    paths.map(|path| (path.clone(), place.home.read(format!("{FOLDER}/{path}")).unwrap())).collect()
}

/// What gcloud prints, which must succeed.
#[track_caller]
fn gcloud(place: &Place, words: &[&str]) -> String {
    let mut gcloud = clients::gcloud(&place.home);
    Outcome::of(place.at_google(gcloud.args(words))).success()
}
