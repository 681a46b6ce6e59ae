//! `exec` beside other evercreds, with several logins, and with logins that are not to be had.

use std::collections::BTreeSet;

use evercred_sandbox::Group;
use evercred_test_support::{Call, Outcome, Talking, clients, until};

use super::processes::{self, keepers};
use super::rig::{LIMIT, Rig};

#[test]
fn where_a_daemon_keeps_the_login_nobody_else_does() {
    let rig = Rig::new("");
    let mut daemon = rig.home.start();
    daemon.until("the first files", LIMIT, || rig.home.read(".aws/config"));
    let counted =
        Outcome::of(&mut rig.shell("ps -e -o args= | grep -c '[e]vercred.* keep --of '\"$$\"' '; true"));
    assert_eq!(counted.success(), "0\n");
    assert!(keepers(&rig.home).is_empty());
}

#[test]
fn a_daemon_that_starts_and_ends_beside_a_command_disturbs_nobody() {
    let rig = Rig::new("");
    let mut command = rig.exec(&["aws.default"], &clients::boto3(&rig.home));
    let mut client = Talking::start(command.env("AWS_ENDPOINT_URL", rig.sandbox.url()));
    let mut calls = client.calls(LIMIT, |calls| keys(calls).len() >= 2);
    rig.home.run(["up", "--wait"]).success();
    calls.extend(client.calls(LIMIT, |calls| keys(calls).len() >= 3));
    rig.home.run(["down"]).success();
    calls.extend(client.calls(LIMIT, |calls| keys(calls).len() >= 3));
    let failed: Vec<&Call> = calls.iter().filter(|call| !call.ok).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn two_logins_that_want_the_same_variable_are_refused_before_anybody_is_asked() {
    let rig = Rig::new("");
    rig.configure(&(rig.login("default", "") + &rig.login("other", "")));
    for words in
        [&["exec", "aws.default", "aws.other", "--", "true"][..], &["env", "aws.default", "aws.other"]]
    {
        let refused = rig.home.run(words).failure();
        assert_eq!(refused.code(), Some(2), "{refused:?}");
        let sentence = "either aws.default or aws.other, but not both: each sets AWS_PROFILE";
        assert!(refused.stderr.contains(sentence), "{refused:?}");
    }
    assert_eq!(rig.exchanges(), 0);
}

#[test]
fn a_login_that_is_refused_says_why_and_the_command_does_not_begin() {
    let rig = Rig::new("");
    let stranger = rig.login("default", "").replace("role/dev", "role/stranger");
    rig.configure(&stranger);
    let refused = Outcome::of(&mut rig.shell("echo begun"));
    assert_eq!((refused.code(), refused.stdout.as_str()), (Some(4), ""), "{refused:?}");
    assert!(refused.stderr.contains("AccessDenied") && refused.stderr.contains("hint: "), "{refused:?}");
    until("the end of the keeper", LIMIT, || keepers(&rig.home).is_empty().then_some(()));
}

#[test]
fn a_provider_that_is_down_is_waited_for_and_no_longer_than_asked() {
    let rig = Rig::new("");
    rig.configure(&rig.login("default", "").replace(&rig.sandbox.url(), "http://127.0.0.1:9"));
    let late = rig.home.run(["exec", "--timeout", "1s", "aws.default", "--", "true"]);
    assert_eq!(late.code(), Some(5), "{late:?}");
    assert!(late.stderr.contains("aws.default has no credential"), "{late:?}");
}

#[test]
fn no_process_has_a_secret_among_its_arguments_or_in_its_environment() {
    for more in ["", "outputs = [\"json\"]"] {
        let rig = Rig::new(more);
        let mut command = rig.exec(&["aws.default"], &clients::boto3(&rig.home));
        let mut client = Talking::start(command.env("AWS_ENDPOINT_URL", rig.sandbox.url()));
        client.calls(LIMIT, |calls| keys(calls).len() >= 2);
        let secrets = secrets(&rig);
        assert!(secrets.len() >= 3, "there is something to look for");
        let processes = processes::of(&rig.home);
        assert!(processes.len() >= 2, "the command and its keeper were seen: {processes:?}");
        for process in processes {
            for secret in &secrets {
                assert!(!process.arguments.contains(secret.as_str()), "{process:?}");
                assert!(!process.environment.contains(secret.as_str()), "{process:?}");
            }
        }
    }
}

#[test]
fn a_command_is_told_of_each_rotation_if_it_asks_for_it() {
    let rig = Rig::new("");
    let script = "trap 'echo told >> told' HUP; echo > begun; while [ $(wc -l < told || echo 0) -lt 3 ]; do sleep 0.1; done";
    let mut shell = rig.home.command("/bin/sh");
    shell.args(["-c", script]);
    rig.home.write("told", "");
    let exec = rig.exec(&["--on-rotation", "signal=HUP", "aws.default"], &shell);
    let mut exec = exec;
    assert_eq!(Outcome::of(&mut exec).code(), Some(0));
    assert!(rig.exchanges() >= 3, "the first, and one for each");
}

#[test]
fn a_login_that_only_a_secret_can_tell_gets_it_and_this_is_said() {
    let rig = Rig::new("");
    rig.home.config(&format!(
        "[token.default]\naudience = \"a\"\nsource = \"file\"\n[[token.default.outputs]]\ntype = \"env-file\"\n\
         variables = {{ MY_TOKEN = \"id_token\" }}\n[sources.file]\ntype = \"http\"\nurl = \"{}/token\"\n",
        rig.sandbox.url()
    ));
    let words = ["exec", "token.default", "--", "/bin/sh", "-c", "echo ${MY_TOKEN%%.*}"];
    let outcome = rig.home.run(words);
    assert!(outcome.stdout.starts_with("eyJ"), "{outcome:?}");
    assert!(
        outcome.stderr.contains("none of the outputs of token.default refreshes by itself"),
        "{outcome:?}"
    );
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
}

fn keys(calls: &[Call]) -> BTreeSet<String> {
    calls.iter().filter_map(|call| call.access_key_id.clone()).collect()
}

/// Whatever evercred knows that nobody else should.
fn secrets(rig: &Rig) -> Vec<String> {
    let mut secrets = vec![rig.home.read("token").unwrap()];
    let files =
        [".local/state/evercred/aws.default.json", ".local/state/evercred/aws.default.credential.json"];
    let mut places: Vec<_> = files.iter().map(|file| rig.home.path(file)).collect();
    let private =
        std::fs::read_dir(rig.home.path("run/evercred/exec")).into_iter().flatten().map_while(Result::ok);
    places.extend(private.map(|folder| folder.path().join("aws.default.json")));
    for text in places.iter().filter_map(|place| std::fs::read_to_string(place).ok()) {
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let names = ["SecretAccessKey", "SessionToken", "secret_access_key", "session_token"];
        secrets.extend(names.iter().filter_map(|name| document[*name].as_str()).map(str::to_owned));
    }
    assert!(rig.sandbox.requests_to(Group::Sts).len() > 1);
    secrets
}
