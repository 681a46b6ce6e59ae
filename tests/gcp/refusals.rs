//! What must not work does not, and is told with its class, Google's own words and a remedy.

use evercred_sandbox::{Fault, FaultKind, Group, Mint};

use crate::place::{ID_TOKEN, Place, SETTINGS};

#[path = "refusals/cases.rs"]
mod cases;

use cases::CASES;

const REFUSED: i32 = 4;
const UNAVAILABLE: i32 = 5;

/// What is expected of `evercred once` after `set_up`.
struct Case {
    name: &'static str,
    set_up: fn(&Place),
    exit: i32,
    class: &'static str,
    /// Google's code; nothing if Google was not asked or did not say.
    code: Option<&'static str>,
    /// What the error or one of its causes says.
    says: &'static str,
    /// What the remedy says.
    hint: &'static str,
}

fn give(place: &Place, change: impl FnOnce(Mint) -> Mint) {
    place.give(&change(place.good("gitpod")));
}

fn act_as(place: &Place, name: &str, more: &str) {
    place.login("gitpod", &format!("{}{more}", Place::account(name)));
}

fn fault(place: &Place, group: Group, kind: FaultKind) {
    act_as(place, "dev", "");
    place.sandbox.fault(group, Fault::new(kind));
}

#[test]
fn each_is_refused_and_told_with_its_class_and_a_remedy() {
    let mut wrong = Vec::new();
    for case in CASES {
        let place = Place::new("");
        (case.set_up)(&place);
        let (exit, login) = place.once();
        let error = &login["error"];
        let [hint, cure] = ["hint", "cure"].map(|key| error[key].as_str().unwrap_or_default());
        let told = error["class"] == case.class
            && error["code"].as_str() == case.code
            && error.to_string().contains(case.says)
            && [hint, cure].iter().any(|text| text.contains(case.hint))
            && hint.ends_with('.');
        let kept_quiet = !case.name.contains("leave the machine") || place.sandbox.requests().is_empty();
        let published = place.home.read(SETTINGS).or(place.home.read(ID_TOKEN));
        if exit != Some(case.exit) || !told || !kept_quiet || published.is_some() {
            wrong.push(format!("{}: exit {exit:?}, {error:#}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_name_that_google_would_not_take_is_a_mistake_in_the_config() {
    let place = Place::new("");
    let name = place.sandbox.gcp_provider("gitpod");
    let pool = name.strip_suffix("/providers/gitpod").unwrap();
    let cases = [
        (name.replace("123456789012", "acme-dev"), "acme-dev", "projectNumber"),
        (pool.to_owned(), "no provider in it", "/providers/"),
        ("gitpod".to_owned(), "which pool", "project_number"),
    ];
    for (written, message, hint) in cases {
        place.login_named(&written, "");
        let outcome = place.home.run(["once"]);
        assert_eq!(outcome.code(), Some(3), "{outcome:?}");
        assert!(outcome.stderr.contains(message) && outcome.stderr.contains(hint), "{outcome:?}");
        assert!(outcome.stderr.contains("config.toml:6"), "its line: {outcome:?}");
    }
    assert!(place.sandbox.requests().is_empty(), "nobody was asked");
}

#[test]
fn a_lifetime_that_the_organization_does_not_allow_is_stepped_down_from() {
    let place = Place::new(&format!("{}lifetime = \"12h\"\n", Place::account("dev")));
    let (exit, login) = place.once();
    assert_eq!(exit, Some(0), "{login}");
    let notes = login["notes"].to_string();
    assert!(notes.contains("iam.allowServiceAccountCredentialLifetimeExtension"), "{login:#}");
    let asked: Vec<_> =
        place.sandbox.requests_to(Group::GoogleIam).into_iter().map(|r| r.facts.duration_seconds).collect();
    assert_eq!(asked, [Some(43_200), Some(3_600)]);
    let allowed = Place::new(&format!("{}lifetime = \"12h\"\n", Place::account("long")));
    assert_eq!(allowed.once().0, Some(0));
    assert_eq!(allowed.sandbox.requests_to(Group::GoogleIam).len(), 1);
}
