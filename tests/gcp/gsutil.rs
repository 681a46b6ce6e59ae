//! gsutil, unmodified and at Google's own address, with one line of evercred's in the user's `~/.boto`.

use evercred_test_support::{Outcome, clients};

use crate::place::Place;

const BOTO: &str = ".boto";
const KEEP: &str = "outputs = [{ type = \"external-account\", gsutil = true }]\n";

#[test]
fn it_is_not_anonymous() {
    for (account, principal) in
        [(String::new(), "principal://"), (Place::account("dev"), "serviceAccount:dev@")]
    {
        let place = Place::new(&format!("{account}{KEEP}"));
        let before = theirs(&place);
        place.home.write(BOTO, &before);
        place.home.run(["once"]).success();
        place.sandbox.forget_requests();
        assert_eq!(list(&place).success(), "gs://acme-builds/\n");
        let accepted = place.accepted();
        assert_eq!(accepted.len(), 1);
        assert!(accepted[0].principal.as_deref().unwrap().starts_with(principal), "{accepted:?}");
        let meanwhile = place.home.read(BOTO).unwrap();
        for line in before.lines() {
            assert!(meanwhile.contains(line), "{meanwhile}");
        }
        place.home.run(["logout"]).success();
        assert_eq!(place.home.read(BOTO), Some(before));
    }
}

#[test]
fn without_our_line_it_would_be_anonymous() {
    let place = Place::new("");
    place.home.write(BOTO, theirs(&place));
    place.home.run(["once"]).success();
    let _ = list(&place).failure();
    assert_eq!(place.accepted().len(), 0);
}

#[test]
fn another_credential_of_the_users_is_not_taken_without_leave() {
    let place = Place::new(KEEP);
    let before =
        theirs(&place).replace("[Boto]", "[Credentials]\r\ngs_service_key_file=/home/me/key.json\r\n[Boto]");
    place.home.write(BOTO, &before);
    let (exit, login) = place.once();
    assert_ne!(exit, Some(0));
    assert!(login["error"]["hint"].as_str().is_some_and(|hint| hint.contains("force = true")), "{login:#}");
    assert_eq!(place.home.read(BOTO).as_ref(), Some(&before));
    place.login("gitpod", &KEEP.replace("gsutil = true", "gsutil = true, force = true"));
    place.home.run(["once"]).success();
    assert_eq!(list(&place).success(), "gs://acme-builds/\n");
    place.home.run(["logout"]).success();
    assert_eq!(place.home.read(BOTO), Some(before));
}

/// What the user has in `~/.boto`: odd spacing, a comment, and what gsutil needs to trust the sandbox.
fn theirs(place: &Place) -> String {
    let authority = place.home.write("authority.pem", place.sandbox.authority());
    format!("# mine\n[Boto]\nca_certificates_file={}\n\n[GSUtil]\n  prefer_api =  json", authority.display())
}

fn list(place: &Place) -> Outcome {
    let mut gsutil = clients::gsutil(&place.home);
    Outcome::of(place.at_google(gsutil.args(["ls", "-p", "acme-dev"])))
}
