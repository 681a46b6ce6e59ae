//! `evercred logout` takes what is evercred's, and gives back what was there before, byte for byte.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

use std::time::Duration;

use evercred_sandbox::{Mint, Options, Sandbox};
use evercred_test_support::Home;

const DOCUMENT: &str = ".local/state/evercred/aws.default.json";

/// A profile that signs in by other means: odd spacing, a comment, Windows line ends, no end of line at the end.
const CONFIG_BEFORE: &str =
    "[default]\r\nregion=eu-west-1\r\n# mine\r\nsource_profile =   base\r\n[profile base]\r\nx = 1";
const CREDENTIALS_BEFORE: &str =
    "[legacy]\naws_access_key_id = AKIAMINE\naws_secret_access_key = mine/secret\n";

#[test]
fn logging_out_gives_back_what_was_there_before() {
    let (_sandbox, home) = rig();
    home.run(["once"]).success();
    assert!(
        !home.read(".aws/credentials").unwrap().starts_with(CREDENTIALS_BEFORE),
        "the keys were set aside"
    );

    let said = home.run(["logout"]).success();
    assert!(said.contains("aws.default"), "{said}");
    assert_eq!(home.read(".aws/config").unwrap(), CONFIG_BEFORE);
    assert_eq!(home.read(".aws/credentials").unwrap(), CREDENTIALS_BEFORE);
    assert_eq!(home.read(DOCUMENT), None);
    assert_eq!(home.run(["status"]).code(), Some(8), "nothing is published any more");
    home.run(["logout"]).success();
}

#[test]
fn a_file_that_somebody_else_wrote_since_is_left_and_named() {
    let (_sandbox, home) = rig();
    home.run(["once"]).success();
    let path = home.write(DOCUMENT, "somebody else's");
    let said = home.run(["logout"]).success();
    assert!(said.contains(path.to_str().unwrap()), "{said}");
    assert_eq!(home.read(DOCUMENT).as_deref(), Some("somebody else's"));
    assert_eq!(home.read(".aws/config").unwrap(), CONFIG_BEFORE);
}

#[test]
fn a_running_daemon_would_put_it_all_back_so_logging_out_says_so() {
    let (_sandbox, home) = rig();
    let mut daemon = home.start();
    daemon.until("the document", Duration::from_secs(20), || home.read(DOCUMENT));
    let outcome = home.run(["logout"]).failure();
    assert!(outcome.stderr.contains("hint:"), "{outcome:?}");
    assert!(home.read(DOCUMENT).is_some());
}

fn rig() -> (Sandbox, Home) {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let home = Home::new();
    home.write(".aws/config", CONFIG_BEFORE);
    home.write(".aws/credentials", CREDENTIALS_BEFORE);
    let token = home.write("token", sandbox.mint(&Mint::default()));
    home.config(&format!(
        r#"
[source]
type = "file"
path = "{}"

[aws.default]
role_arn = "{}"
endpoint_url = "{}"
outputs = [
    {{ type = "profile", force = true }},
    {{ type = "static-profile", profile = "legacy", force = true }},
]
"#,
        token.display(),
        sandbox.role_arn("dev"),
        sandbox.url(),
    ));
    (sandbox, home)
}
