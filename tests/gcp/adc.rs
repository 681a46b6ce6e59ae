//! The file that Google's libraries find by themselves: ours if nobody else's is there, and given back.

use serde_json::Value;

use crate::place::{ID_TOKEN, Place};

const WELL_KNOWN: &str = ".config/gcloud/application_default_credentials.json";
/// What `gcloud auth application-default login` leaves there; the spacing is odd on purpose.
const THEIRS: &str = "{\n  \"account\": \"\",\r\n  \"client_id\": \"1.apps.googleusercontent.com\",\n  \
                      \"client_secret\": \"d-secret\", \"refresh_token\": \"1//mine\",\n  \"type\": \"authorized_user\"\n}";

/// Where theirs is kept meanwhile.
const KEPT: &str = ".local/state/evercred/gcp.default.external-account.before";

const TAKE: &str = "outputs = [{ type = \"external-account\", well_known = true }]\n";
const FORCE: &str = "outputs = [{ type = \"external-account\", well_known = true, force = true }]\n";

#[test]
fn the_well_known_place_is_taken_if_it_is_free_and_left_on_logout() {
    let place = Place::new(TAKE);
    assert_eq!(place.once().0, Some(0));
    let settings: Value = serde_json::from_str(&place.home.read(WELL_KNOWN).unwrap()).unwrap();
    assert_eq!(settings["credential_source"]["file"], place.home.path(ID_TOKEN).to_str().unwrap());
    place.home.run(["once", "--force"]).success();
    place.home.run(["logout"]).success();
    assert_eq!((place.home.read(WELL_KNOWN), place.home.read(ID_TOKEN)), (None, None));
}

#[test]
fn what_somebody_else_put_there_stays_byte_for_byte_and_that_is_said() {
    let place = Place::new(TAKE);
    place.home.write(WELL_KNOWN, THEIRS);
    let (exit, login) = place.once();
    assert_ne!(exit, Some(0));
    let error = &login["error"];
    assert_eq!(error["class"], "needs_attention", "{login:#}");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("force = true")), "{login:#}");
    assert!(error.to_string().contains("application_default_credentials.json"), "{login:#}");
    assert_eq!(place.home.read(WELL_KNOWN).as_deref(), Some(THEIRS));
    place.home.run(["logout"]).success();
    assert_eq!(place.home.read(WELL_KNOWN).as_deref(), Some(THEIRS));
}

#[test]
fn what_was_there_before_comes_back_byte_for_byte() {
    let place = Place::new(FORCE);
    place.home.write(WELL_KNOWN, THEIRS);
    assert_eq!(place.once().0, Some(0));
    assert!(place.home.read(WELL_KNOWN).unwrap().contains("external_account"));
    assert_eq!(place.home.read(KEPT).as_deref(), Some(THEIRS));
    place.home.run(["once", "--force"]).success();
    place.home.run(["logout"]).success();
    assert_eq!(place.home.read(WELL_KNOWN).as_deref(), Some(THEIRS));
}

#[test]
fn what_somebody_else_wrote_since_is_theirs() {
    let place = Place::new(FORCE);
    place.home.write(WELL_KNOWN, THEIRS);
    assert_eq!(place.once().0, Some(0));
    let newer = THEIRS.replace("mine", "newer");
    place.home.write(WELL_KNOWN, &newer);
    place.home.run(["logout"]).success();
    assert_eq!(place.home.read(WELL_KNOWN), Some(newer));
    assert_eq!(place.home.read(KEPT), None, "what was kept is out of date");
}
