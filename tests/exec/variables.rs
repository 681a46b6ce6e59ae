//! `evercred env` and the file of variables, in the shells themselves.

use std::collections::BTreeMap;
use std::process::Command;

use evercred_test_support::{Outcome, until};
use serde_json::Value;

use super::rig::{LIMIT, Rig};

/// What is unset, and what is set.
const STALE: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIASTALE"), ("AWS_PROFILE", "gone")];

#[test]
fn every_shell_takes_the_variables_and_lets_go_of_stale_ones() {
    let rig = Rig::new("outputs = [{ type = \"profile\", profile = \"it+is%fine\" }]");
    let show = "echo \"${AWS_ACCESS_KEY_ID-none} $AWS_PROFILE\"";
    for (shell, format) in [("sh", "sh"), ("bash", "bash"), ("zsh", "zsh")] {
        let script = format!("eval \"$(\"$EVERCRED\" env aws.default --format {format})\"; {show}");
        assert_eq!(run(&rig, shell, &["-c", &script]), "none it+is%fine\n", "{shell}");
    }
    let show = "set -q AWS_ACCESS_KEY_ID; or echo none; echo $AWS_PROFILE";
    let script = format!("$EVERCRED env aws.default --format fish | source; {show}");
    assert_eq!(run(&rig, "fish", &["--no-config", "-c", &script]), "none\nit+is%fine\n");
}

#[test]
fn direnv_loads_the_variables_and_watches_the_config() {
    let rig = Rig::new("");
    rig.home.write("project/.envrc", "eval \"$(\"$EVERCRED\" env aws.default --format direnv)\"\n");
    run(&rig, "direnv", &["allow", "project"]);
    let loaded = run(&rig, "sh", &["-c", "cd project && direnv export json"]);
    let loaded: Value = serde_json::from_str(&loaded).unwrap();
    assert_eq!((&loaded["AWS_PROFILE"], &loaded["AWS_ACCESS_KEY_ID"]), (&"default".into(), &Value::Null));
    assert!(loaded.as_object().unwrap().contains_key("AWS_ACCESS_KEY_ID"), "it is unset: {loaded}");
    let other = rig.login("default", "outputs = [{ type = \"profile\", profile = \"other\" }]");
    let config = rig.home.read(".config/evercred/config.toml").unwrap();
    rig.home.write("other.toml", config.split("[aws.default]").next().unwrap().to_owned() + &other);
    let script = "cd project && eval \"$(direnv export bash)\" && cp ../other.toml ../.config/evercred/config.toml && \
                  touch -d 2040-01-01 ../.config/evercred/config.toml && eval \"$(direnv export bash)\"; echo $AWS_PROFILE";
    assert_eq!(run(&rig, "bash", &["-c", script]), "other\n");
}

#[test]
fn a_step_of_a_github_workflow_sets_variables_for_the_next_and_masks_secrets() {
    let rig = Rig::new("");
    rig.home.write("github_env", "EARLIER=1\n");
    let env = |more: &[&str]| {
        let mut command = rig.home.evercred(["env", "aws.default", "--format", "github"]);
        command.args(more).envs(STALE).env("GITHUB_ENV", rig.home.path("github_env"));
        Outcome::of(&mut command).success()
    };
    assert_eq!(env(&[]), "");
    let after = as_the_runner_reads(&rig.home.read("github_env").unwrap());
    assert_eq!(after["EARLIER"], "1");
    assert_eq!((after["AWS_PROFILE"].as_str(), after["AWS_ACCESS_KEY_ID"].as_str()), ("default", ""));
    assert!(!after.contains_key("AWS_SESSION_TOKEN"), "nobody had set it");
    let masks = env(&["--secrets"]);
    let after = as_the_runner_reads(&rig.home.read("github_env").unwrap());
    for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        assert!(masks.lines().any(|line| line == format!("::add-mask::{}", after[name])), "{name}: {masks}");
    }
    assert!(!masks.contains("us-east-1"), "a region is no secret: {masks}");
    let elsewhere = rig.home.run(["env", "aws.default", "--format", "github"]).failure();
    assert!(elsewhere.stderr.contains("GITHUB_ENV is not set"), "{elsewhere:?}");
}

#[test]
fn a_secret_is_printed_only_to_whom_asks_for_it() {
    let rig = Rig::new("outputs = [\"json\"]");
    let refused = rig.home.run(["env", "aws.default"]).failure();
    assert!(refused.stderr.contains("--secrets") && refused.stdout.is_empty(), "{refused:?}");
    let json = rig.home.run(["env", "aws.default", "--secrets", "--format", "json"]).success();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(json["set"]["AWS_SECRET_ACCESS_KEY"].as_str().unwrap().len() > 10, "{json}");
    assert!(json["unset"].as_array().unwrap().contains(&"AWS_PROFILE".into()), "{json}");
}

#[test]
fn a_file_of_variables_follows_the_config_and_speaks_once_to_a_tree_of_shells() {
    let rig = Rig::new("");
    let file = ".local/state/evercred/env.sh";
    let table = "[environment]\n";
    rig.configure(&(rig.login("default", "") + table));
    let mut daemon = rig.home.start();
    let first = daemon.until("the file", LIMIT, || rig.home.read(file));
    for shell in ["sh", "bash", "zsh"] {
        let script = format!("set -eu; . ./{file}; echo ${{AWS_ACCESS_KEY_ID-none}} $AWS_PROFILE");
        assert_eq!(run(&rig, shell, &["-c", &script]), "none default\n", "{shell}");
        let own = format!(". ./{file}; AWS_PROFILE=mine {shell} -c '. ./{file}; echo $AWS_PROFILE'");
        assert_eq!(run(&rig, shell, &["-c", &own]), "mine\n", "{shell}");
    }
    let exec =
        format!("\"$EVERCRED\" exec aws.default -- sh -c 'AWS_PROFILE=mine; . ./{file}; echo $AWS_PROFILE'");
    assert_eq!(run(&rig, "sh", &["-c", &exec]), "mine\n");
    let other = "outputs = [{ type = \"profile\", profile = \"other\" }]";
    rig.configure(&(rig.login("default", other) + table));
    let second = daemon.until("the new file", LIMIT, || rig.home.read(file).filter(|now| *now != first));
    assert!(second.contains("AWS_PROFILE='other'"), "{second}");
    rig.home.write("old.sh", first);
    let both = format!(". ./old.sh; . ./{file}; echo $AWS_PROFILE");
    assert_eq!(run(&rig, "sh", &["-c", &both]), "other\n");
}

#[test]
fn a_file_for_fish_and_one_by_once_say_the_same() {
    let rig = Rig::new("");
    let table = "[environment]\nlogins = [\"aws.default\"]\nfile = \"~/env.fish\"\n";
    rig.configure(&(rig.login("default", "") + table));
    rig.home.run(["once"]).success();
    until("the file", LIMIT, || rig.home.read("env.fish"));
    let script = "source ./env.fish; set -q AWS_ACCESS_KEY_ID; or echo none; echo $AWS_PROFILE";
    assert_eq!(run(&rig, "fish", &["--no-config", "-c", script]), "none\ndefault\n");
    let guarded =
        "set -gx AWS_PROFILE mine; set -gx EVERCRED_EXEC aws.other; source ./env.fish; echo $AWS_PROFILE";
    assert_eq!(run(&rig, "fish", &["--no-config", "-c", guarded]), "mine\n");
}

#[test]
fn mistakes_of_the_table_have_their_places_and_remedies() {
    let rig = Rig::new("");
    for (table, said) in [
        ("logins = [\"aws.gone\"]", "there is no login aws.gone"),
        ("logins = [\"aws\"]", "is not a login"),
        ("file = \"env.sh\"", "is not the absolute path of a file"),
        ("logins = [\"aws.default\", \"aws.other\"]", "each sets AWS_PROFILE"),
        ("logins = [\"aws.bare\"]", "no output of aws.bare can be found by variables without a secret"),
    ] {
        let logins = [("default", ""), ("other", ""), ("bare", "outputs = [\"json\"]")];
        let logins: String = logins.iter().map(|(name, more)| rig.login(name, more)).collect();
        rig.configure(&format!("{logins}[environment]\n{table}\n"));
        let refused = rig.home.run(["config", "check"]).failure();
        assert!(refused.stderr.contains(said), "{said}: {refused:?}");
        assert!(refused.stderr.contains("hint: "), "{refused:?}");
    }
}

fn run(rig: &Rig, program: &str, arguments: &[&str]) -> String {
    let mut command: Command = rig.home.command(program);
    command.args(arguments).envs(STALE).env("EVERCRED", evercred_test_support::program());
    Outcome::of(&mut command).success()
}

/// `NAME=VALUE`, or `NAME<<DELIMITER` and lines up to that.
fn as_the_runner_reads(file: &str) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let mut lines = file.lines();
    while let Some(line) = lines.next() {
        if let Some((name, delimiter)) = line.split_once("<<") {
            let value: Vec<_> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            variables.insert(name.to_owned(), value.join("\n"));
        } else {
            let (name, value) = line.split_once('=').unwrap();
            variables.insert(name.to_owned(), value.to_owned());
        }
    }
    variables
}
