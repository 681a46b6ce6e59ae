use std::process::Stdio;
use std::time::Duration;

use evercred_core::{Advice, Configured as _};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::support::{context, install, jwt, mint, source, told};
use crate::sources::{command, gp, ona};

fn shell(script: &str) -> serde_json::Value {
    json!({ "command": ["/bin/sh", "-c", script, "sh", "--audience={audience}"] })
}

#[tokio::test]
async fn the_audience_reaches_the_arguments_and_the_environment_and_the_output_is_trimmed() {
    let script = r#"printf '\n %s.%s.%s \n' "$HEAD" "$(printf '{"aud":"%s","given":"%s","set":"%s"}' \
        "${1#--audience=}" "$EVERCRED_AUDIENCE" "$SET" | base64 -w0 | tr -d = | tr +/ -_)" c2ln"#;
    let config = json!({
        "command": ["sh", "-c", script, "sh", "--audience={audience}"],
        "environment": { "SET": "here", "HEAD": "e30" },
    });
    let source = source::<command::Config>(config, &[("PATH", "/usr/bin:/bin"), ("HEAD", "overridden")]);
    let token = mint(&source, "x y").await.unwrap();
    assert_eq!(token.claims().audiences(), ["x y"]);
    assert_eq!(token.claims().text("given"), Some("x y"));
    assert_eq!(token.claims().text("set"), Some("here"));
}

#[tokio::test]
async fn a_failing_command_is_reported_with_exit_code_and_complaint_but_without_tokens_and_arguments() {
    let secret = jwt("a");
    let source = source::<command::Config>(shell(&format!("echo 'no login for {secret}' >&2; exit 3")), &[]);
    let failure = mint(&source, "a").await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "failed to get an ID token from /bin/sh: exit code 3: no login for [token]"
    );
    assert_eq!(failure.advice(), Advice::RETRY);
    assert_eq!(source.describe(), "command /bin/sh");
    assert!(!format!("{source:?}").contains(&secret));
}

#[tokio::test]
async fn exit_codes_of_shells_are_named() {
    for (script, name, class) in [
        ("surely-no-such-program", "exit code 127 (a program in it was not found)", Advice::NeedsAttention),
        ("/", "exit code 126 (a program in it cannot be executed)", Advice::NeedsAttention),
        ("exit 137", "exit code 137 (a program in it died of signal 9)", Advice::RETRY),
        ("kill -9 $$", "died of signal 9", Advice::RETRY),
    ] {
        let failure = mint(&source::<command::Config>(shell(script), &[]), "a").await.unwrap_err();
        assert_eq!(failure.provider_code(), Some(name), "{script}");
        assert_eq!(failure.advice(), class, "{script}");
    }
}

#[tokio::test]
async fn a_command_that_takes_too_long_is_killed_with_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().await.unwrap().success());
    let mut config = shell(&format!("sleep 600 > '{}' & wait", pipe.display()));
    config["timeout"] = json!("2s");
    let slow = source::<command::Config>(config, &[("PATH", "/usr/bin:/bin")]);
    // Ends when the last writer of the pipe, which is the grandchild, is dead.
    let mut reader = Command::new("cat").arg(&pipe).kill_on_drop(true).spawn().unwrap();
    let failure = mint(&slow, "a").await.unwrap_err();
    assert!(failure.to_string().contains("had not ended after 2s, and was killed"), "{failure}");
    tokio::time::timeout(Duration::from_secs(20), reader.wait()).await.expect("the child lives on").unwrap();
}

#[tokio::test]
async fn a_command_that_nobody_waits_for_any_more_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().await.unwrap().success());
    let config = shell(&format!("exec > '{}'; echo here; exec sleep 600", pipe.display()));
    let slow = source::<command::Config>(config, &[("PATH", "/usr/bin:/bin")]);
    let mut reader = Command::new("sh")
        .args(["-c", "exec < \"$1\"; read line; echo \"$line\"; exec cat", "sh"])
        .arg(&pipe)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(reader.stdout.take().unwrap()).lines();
    tokio::select! {
        _ = mint(&slow, "a") => panic!("it ended by itself"),
        line = said.next_line() => assert_eq!(line.unwrap().as_deref(), Some("here")),
    }
    tokio::time::timeout(Duration::from_secs(20), reader.wait()).await.expect("the child lives on").unwrap();
}

#[tokio::test]
async fn output_without_end_does_not_fill_memory() {
    let source = source::<command::Config>(shell("head -c 1000000 /dev/zero | tr '\\0' x"), &[]);
    let failure = mint(&source, "a").await.unwrap_err();
    assert!(failure.to_string().contains("more than any token has"), "{failure}");
}

#[tokio::test]
async fn output_that_is_no_token_names_the_part_that_is_wrong() {
    let source = source::<command::Config>(shell("echo Please log in first."), &[]);
    let failure = mint(&source, "a").await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "failed to read the ID token (the output of /bin/sh): the token has 2 parts where a JWT has 3 (header, \
         payload, signature)"
    );
}

#[tokio::test]
async fn a_program_that_is_missing_is_named_with_a_remedy() {
    let source = source::<command::Config>(json!({ "command": ["no-such-minter"] }), &[("PATH", "/bin")]);
    let failure = mint(&source, "a").await.unwrap_err();
    assert_eq!(failure.to_string(), "failed to run no-such-minter: there is no such executable program");
    assert_eq!(failure.advice(), Advice::NeedsAttention);
    assert!(failure.remedy().unwrap().contains("full path"));
}

#[test]
fn a_shell_line_in_place_of_words_is_refused() {
    let config: command::Config = serde_json::from_value(json!({ "command": ["mint --for x"] })).unwrap();
    let error = config.build(&context(&[])).unwrap_err();
    assert_eq!(error.key, Some("command"));
    assert!(error.hint.unwrap().contains("string of its own"));
}

#[tokio::test]
async fn ona_falls_back_to_the_older_name_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    install(
        &folder.path().join("gitpod"),
        &format!("test \"$*\" = 'idp token --audience a' && echo {}", jwt("a")),
    );
    let path = format!("{}:/bin:/usr/bin", folder.path().display());
    let source = source::<ona::Config>(json!({}), &[("PATH", &path)]);
    assert_eq!(mint(&source, "a").await.unwrap().raw().expose(), jwt("a"));
}

#[tokio::test]
async fn when_gp_fails_the_state_of_the_supervisor_is_the_cause() {
    let folder = tempfile::tempdir().unwrap();
    install(&folder.path().join("gp"), "echo 'token contains an invalid number of segments' >&2; exit 1");
    let path = format!("{}:/bin:/usr/bin", folder.path().display());
    let address = "127.0.0.1:1";
    let source = source::<gp::Config>(json!({}), &[("PATH", &path), ("SUPERVISOR_ADDR", address)]);
    let failure = mint(&source, "a").await.unwrap_err();
    let told = told(&failure);
    assert!(told.starts_with("failed to get an ID token from gp: exit code 1: token contains"), "{told}");
    let cause = format!("failed to ask the Gitpod supervisor about the workspace ({address}): no connection");
    assert!(told.contains(&cause), "{told}");
}

#[tokio::test]
async fn gp_passes_the_scope_on() {
    let folder = tempfile::tempdir().unwrap();
    let check = "test \"$*\" = 'idp token --audience a --scope s'";
    install(&folder.path().join("gp"), &format!("{check} && echo {}", jwt("a")));
    let path = format!("{}:/bin:/usr/bin", folder.path().display());
    let source = source::<gp::Config>(json!({ "scope": "s" }), &[("PATH", &path)]);
    mint(&source, "a").await.unwrap();
}
