//! Bad input: whatever is wrong is said with its remedy, costs no other login anything, and destroys nothing.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::panic,
    reason = "a rig that does not stand must fail the test; the tests play the user, who writes as they like"
)]

#[path = "bad_input/rig.rs"]
mod rig;

use std::fs;
use std::time::Duration;

use evercred_sandbox::Mint;
use evercred_test_support::Outcome;
use serde_json::Value;

use rig::{CONFIG, Rig};

const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn five_mistakes_are_five_reports_with_line_column_and_nearest_key() {
    let rig = Rig::new();
    let file = rig.home.config(
        "[sorce]\ntype = 'file'\n\n[aws.default]\nrole_arn = 'arn:aws:iam::12345:role/dev'\nduraton = '1h'\n\
         refresh_every = 15\n\n[token.a]\naudience = 'a'\noutputs = ['token-fil']\n",
    );
    let outcome = rig.home.run(["config", "check"]);
    assert_eq!(outcome.code(), Some(3));
    for (place, hint) in [
        ("1:2", "`source`"),
        ("5:12", "arn:aws:iam::123456789012:role/"),
        ("6:1", "`duration`"),
        ("7:17", "\"90s\""),
        ("11:12", "`token-file`"),
    ] {
        let start = format!("{}:{place}:", file.display());
        let report =
            outcome.stderr.split_once(&start).unwrap_or_else(|| panic!("{place}: {}", outcome.stderr)).1;
        let report = report.split_once("\n\n").unwrap().0;
        assert!(report.contains(hint), "{place} lacks {hint}: {report}");
    }
    assert!(outcome.stderr.ends_with("has 5 mistakes\n"), "{}", outcome.stderr);
}

#[test]
fn a_config_with_a_mistake_changes_no_file() {
    let rig = Rig::new();
    rig.once("");
    let before = rig.files();
    // A digit of the account is missing.
    rig.config("[aws.broken]\nrole_arn = 'arn:aws:iam::12345678901:role/dev'\n");
    let outcome = rig.home.run(["once", "--force"]);
    assert_eq!(outcome.code(), Some(3));
    assert!(outcome.stderr.contains("hint: "), "{outcome:?}");
    assert_eq!(rig.files(), before);
}

#[test]
fn a_token_that_is_missing_malformed_late_or_for_others_is_told_apart() {
    let rig = Rig::new();
    let late = rig.sandbox.mint(&Mint::default().expired());
    let strange = rig.sandbox.mint(&Mint::audience("somebody.else"));
    for (content, said, hint) in [
        (None, "No such file", "the path is right"),
        (Some(String::new()), "the token is empty", "one signed JWT"),
        (Some("hello".to_owned()), "1 parts where a JWT has 3", "one signed JWT"),
        (Some("a.b.c".to_owned()), "not base64url", "one signed JWT"),
        (Some(late), "`exp` passed", "replaces it before the token ends"),
        (Some(strange), "`aud` is [\"somebody.else\"]", "`audience`"),
    ] {
        let file = rig.home.path("other-token");
        let _ = fs::remove_file(&file);
        if let Some(content) = content {
            fs::write(&file, content).unwrap();
        }
        let broken = rig.once(&format!(
            "[sources.other]\ntype = 'file'\npath = '~/other-token'\n[aws.broken]\nsource = 'other'\n{}",
            rig.role("dev")
        ));
        assert_explained(&broken, said, hint);
    }
}

#[test]
fn a_command_that_hangs_fails_or_prints_garbage_is_told_apart() {
    let rig = Rig::new();
    for (script, said, hint) in [
        ("sleep 600", "had not ended after 1s", "`timeout`"),
        ("echo no keyring here >&2; exit 3", "exit code 3: no keyring here", "by hand"),
        ("echo Please log in first", "1 parts where a JWT has 3", "one signed JWT"),
        ("head -c 100000 /dev/zero", "more than any token has", "by hand"),
        ("exec /nonexistent", "exit code 127", "by hand"),
    ] {
        let broken = rig.once(&format!(
            "[sources.other]\ntype = 'command'\ncommand = ['sh', '-c', '{script}']\ntimeout = '1s'\n\
             [aws.broken]\nsource = 'other'\n{}",
            rig.role("dev")
        ));
        assert_explained(&broken, said, hint);
    }
}

#[test]
fn an_output_in_the_way_of_something_else_is_refused_and_leaves_it_alone() {
    let rig = Rig::new();
    fs::create_dir(rig.home.path("folder")).unwrap();
    let inside = rig.home.write("folder/mine", "precious");
    let file = rig.home.write("file", "precious");
    for (path, hint) in [("~/folder", "Remove the folder"), ("~/file/below", "is a file")] {
        let broken = rig.once(&format!(
            "[aws.broken]\n{}outputs = [{{ type = 'json', path = '{path}' }}]\n",
            rig.role("dev")
        ));
        assert_explained(&broken, "failed to ", hint);
        assert_eq!(broken["error"]["stage"], "publish");
    }
    for kept in [inside, file] {
        assert_eq!(fs::read_to_string(&kept).unwrap(), "precious");
    }
}

#[test]
fn one_output_that_fails_does_not_keep_the_login_s_others_from_being_fresh() {
    let rig = Rig::new();
    fs::create_dir(rig.home.path("folder")).unwrap();
    rig.once(&format!(
        "[aws.broken]\n{}outputs = [{{ type = 'json', path = '~/folder' }}, {{ type = 'json', path = '~/good' }}]\n",
        rig.role("dev")
    ));
    assert!(rig.home.read("good").unwrap().contains("session_token"));
}

#[test]
fn a_profile_of_somebody_else_is_refused_byte_for_byte_until_force_says_otherwise() {
    let foreign = [
        ("credential_process = /opt/sso --profile dev", "credential_process"),
        ("aws_access_key_id = AKIAEXAMPLE\r\naws_secret_access_key = precious", "aws_access_key_id"),
        ("sso_session = acme\nsso_account_id = 123456789012", "sso_session"),
    ];
    for (keys, named) in foreign {
        let rig = Rig::new();
        let theirs =
            format!("# mine\n[profile broken]\nregion=eu-west-1\n{keys}\n\n[profile other]\n  x = y\n");
        rig.home.write(CONFIG, &theirs);
        let login = format!("[aws.broken]\n{}", rig.role("dev"));
        let broken = rig.once(&login);
        assert_explained(&broken, &format!("`{named}`, which evercred did not write"), "`force = true`");
        assert!(
            rig.home.read(CONFIG).unwrap().starts_with(&theirs),
            "only the good login's profile came after"
        );

        let forced = rig.once(&format!("{login}outputs = [{{ type = 'profile', force = true }}]\n"));
        assert_eq!(forced["phase"], "fresh", "{forced:#}");
        let now = rig.home.read(CONFIG).unwrap();
        assert!(theirs.lines().all(|line| now.contains(line)), "set aside, not thrown away: {now}");
        let live = |line: &&str| line.starts_with(named) && !line.contains("credential-process");
        assert_eq!(now.lines().filter(live).count(), 0, "{now}");
    }
}

#[test]
fn keys_that_would_win_over_the_profile_are_named_and_left_alone() {
    let rig = Rig::new();
    let theirs = "[broken]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = precious\n";
    rig.home.write(".aws/credentials", theirs);
    let login = rig.once(&format!("[aws.broken]\n{}", rig.role("dev")));
    assert_eq!(login["phase"], "fresh", "{login:#}");
    let note = login["notes"][0].as_str().unwrap();
    assert!(note.contains("`aws_access_key_id`") && !note.contains("precious"), "{note}");
    assert_eq!(rig.home.read(".aws/credentials").unwrap(), theirs);
}

#[test]
fn a_role_that_is_not_there_and_a_proxy_that_cannot_be_reached_have_remedies() {
    let rig = Rig::new();
    let broken = rig.once(&format!("[aws.broken]\n{}", rig.role("dve")));
    assert_explained(&broken, "AccessDenied", "correct `role_arn`");
    let broken = rig.once(&format!("[aws.broken]\n{}proxy = 'http://127.0.0.1:9'\n", rig.role("dev")));
    assert_explained(&broken, "no connection", "proxy");
    let broken = rig
        .once(&format!("[aws.broken]\nrole_arn = '{}'\nregion = 'eu-west-1'\n", rig.sandbox.role_arn("dev")));
    assert_explained(&broken, "the proxy cannot be reached", "HTTPS_PROXY");
}

#[test]
fn a_read_only_home_is_said_and_survived() {
    let rig = Rig::new();
    rig.config("");
    // The runtime folder stays writable, as it is where homes are not.
    let script = "mount --bind \"$HOME\" \"$HOME\" && mount --bind \"$XDG_RUNTIME_DIR\" \"$XDG_RUNTIME_DIR\" && \
                  mount -o remount,bind,ro \"$HOME\" && cd \"$HOME\" && exec \"$@\"";
    let evercred = rig.home.evercred(["once", "--output", "json"]);
    let mut unshare = rig.home.command("unshare");
    unshare.args(if rustix::process::geteuid().is_root() { &["-m"][..] } else { &["-r", "-m"] });
    unshare.args(["sh", "-c", script, "sh"]).arg(evercred.get_program()).args(evercred.get_args());
    let outcome = Outcome::of(&mut unshare);
    assert_eq!(outcome.code(), Some(1), "{outcome:?}");
    let status: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_explained(&status["logins"][0], "Read-only file system", "for writing");
}

#[test]
fn a_daemon_lives_through_it_all_explains_it_and_heals_without_a_restart() {
    let rig = Rig::new();
    rig.home.write("other-token", "hello");
    let command = rig.home.write("command", "echo not yet >&2; exit 1\n");
    let role = rig.role("dev");
    rig.config(&format!(
        "[sources]\nother = {{ type = 'file', path = '~/other-token' }}\n\
         script = {{ type = 'command', command = ['sh', '{}'] }}\n\
         [aws.broken]\nsource = 'other'\n{role}[aws.scripted]\nsource = 'script'\n{role}",
        command.display(),
    ));
    let mut daemon = rig.home.start();
    let login = |name: &str| {
        rig.home.status()["logins"].as_array().unwrap().iter().find(|l| l["login"] == name).cloned()
    };
    let phases = |wanted: [&str; 3]| {
        let names = ["aws.good", "aws.broken", "aws.scripted"];
        let are = |(name, phase): (&str, &str)| login(name).is_some_and(|login| login["phase"] == phase);
        names.into_iter().zip(wanted).all(are).then_some(())
    };
    daemon.until("what fails to fail", LIMIT, || phases(["fresh", "blocked", "failing"]));
    assert_explained(&login("aws.broken").unwrap(), "where a JWT has 3", "one signed JWT");
    assert_explained(&login("aws.scripted").unwrap(), "not yet", "by hand");
    let said = rig.home.run(["status"]);
    assert_eq!(said.code(), Some(4), "{said:?}");

    rig.home.write("other-token", rig.sandbox.mint(&Mint::default()));
    fs::write(&command, "cat token\n").unwrap();
    daemon.until("everything to heal", LIMIT, || phases(["fresh"; 3]));
    assert_eq!(rig.home.run(["status"]).code(), Some(0));
}

/// The login failed, and says what of it and what helps.
#[track_caller]
fn assert_explained(login: &Value, said: &str, hint: &str) {
    let error = &login["error"];
    let texts = std::iter::once(&error["message"]).chain(error["causes"].as_array().into_iter().flatten());
    let whole = texts.filter_map(Value::as_str).collect::<Vec<_>>().join(": ");
    assert!(whole.contains(said), "{said:?} is not said: {login:#}");
    assert!(
        error["hint"].as_str().unwrap_or_default().contains(hint),
        "{hint:?} is not hinted at: {login:#}"
    );
}
