//! The rigs themselves: what the other tests stand on must be able to fail.

use std::time::Duration;

use evercred_test_support::{Home, Moto, OpenBao, Outcome, Postgres, Talking, clients, until};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_mins(1);

/// The whole environment of a program in a [`Home`].
const KNOWN: &[&str] = &[
    "AWS_EC2_METADATA_DISABLED",
    "AWS_MAX_ATTEMPTS",
    "HOME",
    "HTTPS_PROXY",
    "NODE_NO_WARNINGS",
    "NO_PROXY",
    "PATH",
    "XDG_RUNTIME_DIR",
];

#[test]
fn every_client_signs_with_the_key_of_the_process_document() {
    let moto = Moto::start();
    let home = Home::new();
    let document = home.write("document.json", document("ASIAAAAAAAAAAAAAAAAA", "secret"));
    let profile =
        format!("[default]\nregion = us-east-1\ncredential_process = /bin/cat \"{}\"\n", document.display());
    home.write(".aws/config", profile);
    for mut client in [clients::boto3(&home), clients::javascript(&home), clients::aws_loop(&home)] {
        let mut client = Talking::start(client.env("AWS_ENDPOINT_URL", moto.endpoint()));
        let calls = client.calls(LIMIT, |calls| calls.len() == 2);
        for call in calls {
            assert_eq!(call.error, None);
            assert_eq!(call.access_key_id.as_deref(), Some("ASIAAAAAAAAAAAAAAAAA"));
        }
    }
}

#[test]
fn every_client_reports_a_call_that_failed() {
    let home = home_with_a_profile();
    for mut client in [clients::boto3(&home), clients::javascript(&home), clients::aws_loop(&home)] {
        // Nothing listens on the port of the discard service.
        let mut client = Talking::start(client.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9"));
        let calls = client.calls(LIMIT, |calls| calls.len() == 1);
        assert!(!calls[0].ok && calls[0].error.is_some(), "{calls:?}");
    }
}

#[test]
fn the_reader_reports_mixed_parts_and_torn_files() {
    let home = Home::new();
    let profile = |key: &str, secret: &str| {
        let access = format!("aws_access_key_id = {key}\naws_secret_access_key = {secret}\n");
        format!("[legacy]\n{access}aws_session_token = {secret}\n")
    };
    let credentials = home.write("credentials", profile("ONE", "first"));
    let json = home.write("document.json", document("ONE", "first"));

    let mut reader = clients::reader(&home, &credentials, "legacy", &json);
    assert_eq!(reader.line(LIMIT), "ready");
    home.write("credentials", profile("TWO", "first"));
    home.write("document.json", "");
    // A file that is written like this may be seen empty for an instant, too: a problem more.
    let mut missing = vec!["TWO belong to another credential", "JSONDecodeError"];
    while !missing.is_empty() {
        let seen = reader.line(LIMIT);
        missing.retain(|problem| !seen.contains(problem));
    }
}

#[test]
fn programs_see_nothing_of_the_environment_outside() {
    let home = Home::new();
    let shown = Outcome::of(&mut home.command("env")).success();
    let names: Vec<&str> = shown.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    let strange: Vec<_> = names.iter().filter(|name| !KNOWN.contains(name)).collect();
    assert!(strange.is_empty(), "{strange:?}");
}

#[test]
fn a_user_of_postgresql_lives_as_long_as_the_lease_that_openbao_gave() {
    let (postgres, bao, home) = (Postgres::start(), OpenBao::start(), Home::new());
    bao.manage(&postgres);
    bao.database_role("app", "2s", "4s");
    let read = bao.admin(["read", "-format=json", "database/creds/app"]);
    let lease: Value = serde_json::from_str(&read).expect("bao prints JSON");
    let field = |name: &str| lease["data"][name].as_str().expect("there is a user").to_owned();
    let (user, password) = (field("username"), field("password"));
    assert_eq!((lease["lease_duration"].as_u64(), lease["renewable"].as_bool()), (Some(2), Some(true)));

    let ask = |password: &str| {
        let mut psql = postgres.psql(&home);
        psql.env("PGUSER", &user).env("PGPASSWORD", password).args(["--command", "SELECT current_user"]);
        Outcome::of(&mut psql)
    };
    assert_eq!(ask(&password).success().trim(), user);
    assert!(ask("guessed").failure().stderr.contains("password authentication failed"));
    until("the user to be gone", LIMIT, || (!postgres.users().contains(&user)).then_some(()));
    assert!(ask(&password).failure().stderr.contains("password authentication failed"));
}

fn home_with_a_profile() -> Home {
    let home = Home::new();
    let document = home.write("document.json", document("ASIAAAAAAAAAAAAAAAAA", "secret"));
    let process = format!("/bin/cat \"{}\"", document.display());
    home.write(".aws/config", format!("[default]\nregion = us-east-1\ncredential_process = {process}\n"));
    home
}

fn document(key: &str, secret: &str) -> String {
    let document = json!({
        "Version": 1,
        "AccessKeyId": key,
        "SecretAccessKey": secret,
        "SessionToken": secret,
        "Expiration": "2099-01-01T00:00:00Z",
    });
    document.to_string()
}
