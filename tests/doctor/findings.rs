//! What the doctor finds, how it ends, and what it mends.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::sync::LazyLock;

use evercred_sandbox::{Mint, Options, Sandbox};
use evercred_test_support::{Daemon, Home, Outcome};
use serde_json::Value;

static PLATFORM: LazyLock<Sandbox> = LazyLock::new(|| Sandbox::start(Options::default()).unwrap());

const DOCUMENT: &str = ".local/state/evercred/aws.default.json";
const CONFIG: &str = ".aws/config";
const GOOD: Option<i32> = Some(0);
const UNUSED: Option<i32> = Some(10);

#[test]
fn a_login_that_its_clients_use_is_all_right() {
    let home = home(&["default"]);
    home.run(["once"]).success();
    let outcome = home.run(["doctor"]);
    assert_eq!(outcome.code(), GOOD, "{outcome:?}");
    assert!(outcome.stdout.contains("aws.default: "), "{outcome:?}");
    assert!(outcome.stdout.contains("no evercred runs here"), "{outcome:?}");
}

#[test]
fn a_profile_with_a_name_is_asked_for_by_its_name() {
    let home = home(&["default", "staging"]);
    home.run(["once"]).success();
    assert_eq!(home.run(["doctor", "aws.staging"]).code(), GOOD);
    home.write(".aws/credentials", "[staging]\naws_access_key_id = a\naws_secret_access_key = b\n");
    assert_eq!(home.run(["doctor", "aws.default"]).code(), GOOD);
    let found = diagnosed(&home, &["doctor", "aws.staging"], UNUSED);
    let finding = about(&found, "rather than aws.staging");
    assert_eq!(finding["severity"], "error");
    assert!(
        finding["place"].as_str().unwrap().ends_with(".aws/credentials:2 (aws_access_key_id)"),
        "{finding}"
    );
}

#[test]
fn what_a_client_takes_instead_is_named_and_no_secret_with_it() {
    let home = home(&["default"]);
    home.run(["once"]).success();
    let mut doctor = home.evercred(["doctor"]);
    let outcome =
        Outcome::of(doctor.env("AWS_ACCESS_KEY_ID", "AKIAHUNTER").env("AWS_SECRET_ACCESS_KEY", "hunter2"));
    assert_eq!(outcome.code(), UNUSED, "{outcome:?}");
    assert!(outcome.stdout.contains("Unset AWS_ACCESS_KEY_ID where these programs run."), "{outcome:?}");
    assert!(!outcome.stdout.to_lowercase().contains("hunter"), "{outcome:?}");
}

#[test]
fn files_that_others_may_read_are_found_and_mended() {
    let home = home(&["default"]);
    home.run(["once"]).success();
    let mode = |path: &str| home.path(path).metadata().unwrap().permissions().mode() & 0o777;
    fs::set_permissions(home.path(DOCUMENT), Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(home.path(CONFIG), Permissions::from_mode(0o644)).unwrap();
    let found = diagnosed(&home, &["doctor"], UNUSED);
    let finding = about(&found, "other users may read the file (mode 0644)");
    assert!(
        finding["place"].as_str().unwrap().ends_with(DOCUMENT) && finding["fixable"] == true,
        "{finding}"
    );
    let mended = diagnosed(&home, &["doctor", "--fix"], GOOD);
    assert!(mended["fixed"][0].as_str().unwrap().ends_with(DOCUMENT), "{mended:#}");
    assert_eq!((mode(DOCUMENT), mode(CONFIG)), (0o600, 0o644), "the user's file has no secret in it");
}

#[test]
fn what_a_login_that_is_gone_left_behind_is_found_and_removed_and_the_users_lines_stay() {
    let home = home(&["default", "old"]);
    home.write(CONFIG, "# mine\n[profile mine]\nregion = eu-west-1\n");
    home.run(["once"]).success();
    let document = ".local/state/evercred/aws.old.json";
    assert!(home.read(document).is_some() && home.read(CONFIG).unwrap().contains("[profile old]"));
    configure(&home, &["default"]);
    let found = diagnosed(&home, &["doctor"], GOOD);
    assert_eq!(about(&found, "aws.old is not in the config any more")["fixable"], true);
    about(&found, "the profile asks evercred for aws.old");
    let mended = diagnosed(&home, &["doctor", "--fix"], GOOD);
    assert_eq!(mended["fixed"].as_array().unwrap().len(), 2, "{mended:#}");
    assert_eq!(home.read(document), None);
    let config = home.read(CONFIG).unwrap();
    assert!(config.starts_with("# mine\n[profile mine]\n") && !config.contains("old"), "{config}");
    assert!(config.contains("aws.default") && home.read(DOCUMENT).is_some(), "{config}");
    assert!(!diagnosed(&home, &["doctor"], GOOD).to_string().contains("aws.old"));
}

#[test]
fn what_somebody_wrote_over_a_leftover_stays() {
    let home = home(&["default", "old"]);
    home.run(["once"]).success();
    let document = home.write(".local/state/evercred/aws.old.json", "mine now");
    configure(&home, &["default"]);
    let mended = diagnosed(&home, &["doctor", "--fix"], GOOD);
    assert_eq!(fs::read_to_string(document).unwrap(), "mine now");
    assert_eq!(mended["fixed"].as_array().unwrap().len(), 1, "the profile alone: {mended:#}");
}

#[test]
fn what_a_daemon_with_another_config_keeps_is_no_leftover() {
    let home = home(&["default"]);
    let _daemon = running(&home);
    let other = home.path(".config/evercred/config.toml");
    let text = fs::read_to_string(&other).unwrap().replace("[aws.default]", "[aws.other]");
    let other = home.write("other.toml", text);
    let words = ["doctor", "--fix", "--output", "json", "--config", other.to_str().unwrap()];
    let mended: Value = serde_json::from_str(&home.run(words).stdout).unwrap();
    about(&mended, "the evercred that runs has another config");
    assert!(mended["fixed"].as_array().unwrap().is_empty() && home.read(DOCUMENT).is_some(), "{mended:#}");
}

#[test]
fn a_config_with_mistakes_is_told_and_nothing_is_taken_for_a_leftover() {
    let home = home(&["default"]);
    home.run(["once"]).success();
    home.config("[aws.default]\nrole = 1\n");
    let mended = diagnosed(&home, &["doctor", "--fix"], UNUSED);
    about(&mended, "no config counts");
    assert!(mended["fixed"].as_array().unwrap().is_empty() && home.read(DOCUMENT).is_some(), "{mended:#}");
}

#[test]
fn links_other_owners_of_keys_and_an_ended_credential_are_told() {
    let home = home(&["default"]);
    fs::create_dir_all(home.path("dotfiles")).unwrap();
    fs::create_dir_all(home.path(".aws")).unwrap();
    symlink(home.path("dotfiles/aws"), home.path(CONFIG)).unwrap();
    home.write("dotfiles/aws", "");
    home.run(["once"]).success();
    home.write(
        ".aws/credentials",
        "[ci]\naws_access_key_id = a\naws_secret_access_key = b\naws_session_token = c\n",
    );
    let found = diagnosed(&home, &["doctor"], GOOD);
    about(&found, "the file is a link");
    about(&found, "[ci] holds a session that nobody keeps fresh");
    let mut later = home.evercred_at("+3h");
    let outcome = Outcome::of(later.args(["doctor"]));
    assert_eq!(outcome.code(), UNUSED, "{outcome:?}");
    assert!(outcome.stdout.contains("the credential of aws.default ended at"), "{outcome:?}");
    let mut earlier = home.evercred_at("-3h");
    let outcome = Outcome::of(earlier.args(["doctor"]));
    assert!(outcome.stdout.contains("the clock was set back"), "{outcome:?}");
}

#[test]
fn an_address_that_evercred_listens_at_is_ours_and_another_is_not() {
    let home = home(&["default"]);
    let config = home.read(".config/evercred/config.toml").unwrap();
    home.config(&format!(
        "{config}[[aws.default.outputs]]\ntype = \"container-endpoint\"\nlisten = \"127.0.0.1:7391\"\n"
    ));
    home.run(["once"]).success();
    for (url, whose) in [
        ("127.0.0.1:7391/x", "aws.default"),
        ("localhost:7391/x", "aws.default"),
        ("127.0.0.1:7392/x", "not ours"),
    ] {
        let mut doctor = home.evercred(["doctor"]);
        let outcome = Outcome::of(doctor.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("http://{url}")));
        let said = format!("{whose}: AWS_CONTAINER_CREDENTIALS_FULL_URI");
        assert!(outcome.stdout.contains(&said), "{url} {outcome:?}");
    }
}

#[test]
fn a_daemon_with_another_config_is_told_of() {
    let home = home(&["default"]);
    let _daemon = running(&home);
    let found = diagnosed(&home, &["doctor"], GOOD);
    assert!(!found.to_string().contains("no evercred runs here"), "{found:#}");
    let other =
        home.write("other.toml", fs::read_to_string(home.path(".config/evercred/config.toml")).unwrap());
    let found = diagnosed(&home, &["--config", other.to_str().unwrap(), "doctor"], GOOD);
    about(&found, "the evercred that runs has another config");
}

/// A daemon that has written everything, its record included.
fn running(home: &Home) -> Daemon {
    let mut daemon = home.start();
    let is_fresh = || (home.status()["logins"][0]["phase"] == "fresh").then_some(());
    let socket = home.path("run/evercred/control.sock");
    daemon.until("the login to be fresh", std::time::Duration::from_mins(1), || {
        socket.exists().then(is_fresh).flatten()
    });
    daemon
}

fn home(logins: &[&str]) -> Home {
    let home = Home::new();
    home.write("token", PLATFORM.mint(&Mint::default()));
    configure(&home, logins);
    home
}

fn configure(home: &Home, logins: &[&str]) {
    let login = |name: &&str| {
        let (role, url) = (PLATFORM.role_arn("dev"), PLATFORM.url());
        format!("[aws.{name}]\nrole_arn = \"{role}\"\nendpoint_url = \"{url}\"\nregion = \"us-east-1\"\n")
    };
    let logins: String = logins.iter().map(login).collect();
    home.config(&format!("[source]\ntype = \"file\"\npath = \"~/token\"\n{logins}"));
}

fn diagnosed(home: &Home, words: &[&str], code: Option<i32>) -> Value {
    let outcome = home.run([words, &["--output", "json"]].concat());
    assert_eq!(outcome.code(), code, "{outcome:?}");
    serde_json::from_str(&outcome.stdout).unwrap()
}

/// The finding that says so.
#[track_caller]
fn about<'f>(found: &'f Value, message: &str) -> &'f Value {
    let mut findings = found["findings"].as_array().unwrap().iter();
    let found = findings.find(|finding| finding["message"].as_str().unwrap().contains(message));
    found.unwrap_or_else(|| panic!("nothing says {message:?}"))
}
