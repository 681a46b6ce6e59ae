//! At Google's own addresses, with nothing in the config but what only the user can know: a proxy leads there.

use std::process::Command;
use std::time::Duration;

use evercred_sandbox::Group;
use evercred_test_support::{Outcome, Talking, clients};

use crate::place::{Place, SETTINGS};

const MANAGER: &str = "https://cloudresourcemanager.googleapis.com";
const LIMIT: Duration = Duration::from_mins(1);

#[test]
fn the_shortest_config_is_enough_for_everybody() {
    for account in ["", "dev"] {
        let place = bare(account);
        let mut once = place.home.evercred(["once"]);
        Outcome::of(place.at_google(&mut once)).success();
        lists_projects(&place, clients::google_auth(&place.home, MANAGER));
        let mut javascript = clients::google_auth_library(&place.home, MANAGER);
        // It looks the project's id up, which works here.
        javascript.env_remove("GOOGLE_CLOUD_PROJECT");
        lists_projects(&place, javascript);
    }
}

#[test]
fn googles_own_library_proves_the_settings_there_as_well() {
    let place = bare("dev");
    let config = place.home.read(".config/evercred/config.toml").unwrap();
    place.home.config(&format!("{config}verify = true\n"));
    let mut once = place.home.evercred(["once"]);
    Outcome::of(place.at_google(&mut once)).success();
    assert_eq!(place.sandbox.requests_to(Group::GoogleSts).len(), 2, "evercred's own and the library's");
}

#[test]
fn people_of_an_organization_log_in_with_their_project() {
    let place = Place::new("");
    place.give(&evercred_sandbox::Mint::audience("acme-people-client"));
    place.login("people", "audience = \"acme-people-client\"\nuser_project = \"123456789012\"\n");
    let (exit, login) = place.once();
    assert_eq!(exit, Some(0), "{login:#}");
    assert!(login.to_string().contains("workforcePools/acme-people/subject/"), "{login:#}");
    let mut python = clients::google_auth(&place.home, &place.sandbox.url());
    let mut python = Talking::start(python.env("GOOGLE_APPLICATION_CREDENTIALS", place.home.path(SETTINGS)));
    let calls = python.calls(LIMIT, |calls| !calls.is_empty());
    assert!(calls[0].ok, "{calls:#?}");
}

/// A login of two lines.
fn bare(account: &str) -> Place {
    let place = Place::new("");
    let provider = place.sandbox.gcp_provider("gitpod");
    let account = if account.is_empty() { String::new() } else { Place::account(account) };
    place.home.config(&format!(
        "[source]\ntype = \"file\"\npath = \"~/token\"\n\n[gcp.default]\nprovider = \"{provider}\"\n{account}"
    ));
    place
}

fn lists_projects(place: &Place, mut client: Command) {
    client.env("GOOGLE_APPLICATION_CREDENTIALS", place.home.path(SETTINGS));
    let mut client = Talking::start(place.at_google(&mut client));
    let calls = client.calls(LIMIT, |calls| calls.len() == 2);
    assert!(calls.iter().all(|call| call.ok), "{calls:#?}");
}
