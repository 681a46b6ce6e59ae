//! Servers of OpenBao that are there and cannot help: each state is told by its name, and waited for rather than
//! treated as a refusal.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

use evercred_sandbox::{Algorithm, Mint, Options, Sandbox};
use evercred_test_support::{Home, OpenBao};
use serde_json::{Value, json};

const UNAVAILABLE: i32 = 5;

#[test]
fn a_standby_passes_logins_on_and_says_that_it_is_one_once_it_has_nobody_to_pass_them_to() {
    let (platform, mut active) = (platform(), OpenBao::start_on_disk());
    trust(&active, &platform);
    let standby = active.start_beside();
    let home = home(&platform, &standby);
    home.run(["once"]).success();
    active.kill();
    for attempt in ["renewal", "login"] {
        let error = error(&home);
        assert!(text(&error, "message").contains("standby"), "{attempt}: {error}");
        assert!(text(&error, "hint").contains("active"), "{attempt}: {error}");
        home.run(["logout"]);
    }
}

#[test]
fn a_sealed_server_is_told_from_one_that_is_not_there() {
    let (platform, mut server) = (platform(), OpenBao::start_on_disk());
    trust(&server, &platform);
    let home = home(&platform, &server);
    server.admin(["operator", "seal"]);
    let sealed = error(&home);
    assert!(
        text(&sealed, "message").contains("sealed") && text(&sealed, "hint").contains("unseal"),
        "{sealed}"
    );
    server.kill();
    let dead = error(&home);
    assert!(text(&dead, "message").contains("no connection"), "{dead}");
}

fn platform() -> Sandbox {
    Sandbox::start(Options { algorithm: Algorithm::Rs256, ..Options::default() }).unwrap()
}

fn trust(server: &OpenBao, platform: &Sandbox) {
    server.trust(&platform.issuer(), &format!("{}/keys", platform.issuer()));
    server.role("dev", &json!({"token_ttl": "1h"}));
}

fn home(platform: &Sandbox, server: &OpenBao) -> Home {
    let home = Home::new();
    let token = home.write("token", platform.mint(&Mint::audience("vault.hashicorp.com")));
    let source = format!("[source]\ntype = \"file\"\npath = \"{}\"\n", token.display());
    home.config(&format!("{source}\n[vault.default]\naddress = \"{}\"\nrole = \"dev\"\n", server.address()));
    home
}

/// What `once` says of an attempt that it is told to make; all of these are worth trying again soon.
fn error(home: &Home) -> Value {
    let outcome = home.run(["once", "--force", "--output", "json"]);
    let status: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let error = status["logins"][0]["error"].clone();
    assert_eq!(text(&error, "class"), "unreachable", "{outcome:?}");
    assert!(matches!(outcome.code(), Some(UNAVAILABLE | 6)), "{outcome:?}");
    error
}

fn text<'e>(error: &'e Value, key: &str) -> &'e str {
    error[key].as_str().unwrap_or_default()
}
