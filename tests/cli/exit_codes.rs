//! Every exit code, produced for real.

use std::time::Duration;

use evercred_test_support::{Home, until};

use super::rig::{LIMIT, Rig, error};

#[test]
fn all_is_well_is_0_also_the_second_time() {
    let rig = Rig::new();
    assert_eq!(rig.code(&["once"]), 0);
    assert_eq!(rig.code(&["once"]), 0);
    assert_eq!(rig.code(&["status"]), 0);
    assert_eq!(rig.sandbox.requests().len(), 1, "the second one had nothing to do");
}

#[test]
fn a_file_that_cannot_be_written_is_1() {
    let rig = Rig::new();
    std::fs::create_dir(rig.home.path("folder")).unwrap();
    rig.login("dev", "outputs = [{ type = 'json', path = '~/folder' }]");
    let outcome = rig.home.run(["once"]);
    assert_eq!(outcome.code(), Some(1), "{outcome:?}");
    assert!(outcome.stdout.contains("hint     Remove the folder"), "{outcome:?}");
}

#[test]
fn a_second_daemon_is_1_and_says_what_to_do() {
    let rig = Rig::new();
    let mut daemon = rig.home.start();
    daemon.until("its socket", LIMIT, || rig.home.path("run/evercred/control.sock").exists().then_some(()));
    let second = rig.home.run(["run"]);
    assert_eq!(second.code(), Some(1), "{second:?}");
    assert!(second.stderr.contains("another evercred runs already"), "{second:?}");
}

#[test]
fn a_wrong_command_line_is_2_in_both_formats() {
    let home = Home::new();
    let wrong: [&[&str]; 5] =
        [&["nonsense"], &["get"], &["get", "nodot"], &["once", "--log", "a=b=c"], &["token"]];
    for words in wrong {
        assert_eq!(home.run(words).code(), Some(2), "{words:?}");
        for json in [&["--output", "json"][..], &["--output=json"]] {
            let outcome = home.run([words, json].concat());
            let report = error(&outcome);
            assert_eq!((outcome.code(), report["exit_code"].as_u64()), (Some(2), Some(2)), "{outcome:?}");
        }
    }
}

#[test]
fn a_field_that_is_not_there_is_2_and_those_that_are_get_named() {
    let rig = Rig::new();
    let outcome = rig.home.run(["get", "aws.default", "--field", "key"]);
    assert_eq!(outcome.code(), Some(2));
    assert!(outcome.stderr.contains("access_key_id, account_id"), "{outcome:?}");
    assert_eq!(outcome.stdout, "");
}

#[test]
fn no_config_a_bad_one_and_an_unknown_login_are_3() {
    let rig = Rig::new();
    for words in [&["once", "aws.nope"][..], &["get", "aws.nope"], &["status", "aws.nope"]] {
        let outcome = rig.home.run(words);
        assert_eq!(outcome.code(), Some(3), "{words:?}");
        assert!(outcome.stderr.contains("hint: The config has aws.default."), "{outcome:?}");
    }
    rig.home.config("[aws.default]\n");
    assert_eq!(rig.code(&["once"]), 3);
    let empty = Home::new();
    for words in [&["once"][..], &["run"], &["status"], &["config", "check"]] {
        let outcome = empty.run(words);
        assert_eq!(outcome.code(), Some(3), "{words:?}");
        assert!(outcome.stderr.contains("hint: Write one to "), "{outcome:?}");
    }
}

#[test]
fn without_a_config_token_tells_where_it_looked_and_points_at_no_line() {
    let outcome = Home::new().run(["token", "--audience", "a"]);
    assert_eq!(outcome.code(), Some(3));
    assert!(outcome.stderr.starts_with("error: no token source was found here: "), "{outcome:?}");
    assert!(outcome.stderr.contains("\nhint: Name the source yourself"), "{outcome:?}");
}

#[test]
fn a_refusal_is_4_and_an_unreachable_provider_5() {
    let rig = Rig::new();
    rig.login("stranger", "");
    for words in [&["once"][..], &["get", "aws.default"], &["credential-process", "aws.default"]] {
        assert_eq!(rig.code(words), 4, "{words:?}");
    }
    rig.sandbox.stop();
    for words in [&["once"][..], &["get", "aws.default"], &["credential-process", "aws.default"]] {
        assert_eq!(rig.code(words), 5, "{words:?}");
    }
}

#[test]
fn a_good_credential_that_cannot_be_renewed_is_6_and_an_expired_one_7() {
    let rig = Rig::living(Duration::from_secs(3));
    assert_eq!(rig.code(&["once"]), 0);
    rig.sandbox.stop();
    let stale = rig.home.run(["once", "--force"]);
    assert_eq!(stale.code(), Some(6), "{stale:?}");
    assert!(stale.stdout.contains("failing, valid until"), "{stale:?}");
    let expired = until("the end of the session", LIMIT, || {
        Some(rig.home.run(["status"])).filter(|outcome| outcome.code() != Some(0))
    });
    assert_eq!(expired.code(), Some(7), "{expired:?}");
    assert!(expired.stdout.contains("expired, ended at"), "{expired:?}");
}

#[test]
fn nothing_published_and_no_daemon_is_8_and_says_what_starts_one() {
    let rig = Rig::new();
    let outcome = rig.home.run(["status"]);
    assert_eq!(outcome.code(), Some(8), "{outcome:?}");
    assert!(outcome.stdout.contains("\"evercred up\" starts one"), "{outcome:?}");
}
