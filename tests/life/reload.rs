//! A config that is edited while the daemon runs.

use std::path::Path;

use evercred_test_support::{Daemon, until};
use rustix::process::Signal;
use serde_json::Value;

use crate::workspace::{LIMIT, Workspace};

/// The config with one login more.
fn with_another(workspace: &Workspace) -> String {
    let config = workspace.home.read(".config/evercred/config.toml").unwrap();
    let another = config[config.find("[aws.default]").unwrap()..].replace("aws.default", "aws.another");
    format!("{config}{another}")
}

fn until_logins(workspace: &Workspace, daemon: &mut Daemon, names: &[&str]) -> Value {
    daemon.until("the logins", LIMIT, || {
        let status = workspace.home.status();
        let logins = status["logins"].as_array()?;
        let found: Vec<_> = logins.iter().filter(|l| l["phase"] == "fresh").map(|l| &l["login"]).collect();
        (found == names).then_some(status)
    })
}

#[test]
fn a_login_is_added_changed_and_removed_while_the_other_goes_on_undisturbed() {
    let workspace = Workspace::new();
    let mut daemon = workspace.start();
    let before = workspace.home.status()["logins"][0].clone();
    workspace.home.config(&with_another(&workspace));
    let status = until_logins(&workspace, &mut daemon, &["aws.another", "aws.default"]);
    assert_eq!(status["logins"][1], before);
    let changed = workspace.home.read(".config/evercred/config.toml").unwrap();
    workspace.home.config(&changed.replace("[aws.another]", "[aws.another]\nsession_name = \"new\""));
    until("the third exchange", LIMIT, || (workspace.exchanges().len() == 3).then_some(()));
    workspace.configure("");
    let status = until_logins(&workspace, &mut daemon, &["aws.default"]);
    assert_eq!(status["logins"][0], before, "it was never touched");
    assert_eq!(workspace.exchanges().len(), 3);
}

#[test]
fn a_bad_edit_leaves_all_running_and_is_shown_until_it_is_mended() {
    let workspace = Workspace::new();
    let mut daemon = workspace.start();
    let file = workspace.home.path(".config/evercred/config.toml");
    let problems = |status: &Value| status["daemon"]["config"]["problems"].as_array().unwrap().len();
    for spoil in [spoil_key, spoil_syntax, empty, remove] {
        spoil(&workspace, &file);
        daemon.until("the mistake", LIMIT, || (problems(&workspace.home.status()) > 0).then_some(()));
        let status = workspace.home.status();
        assert_eq!(status["logins"][0]["phase"], "fresh");
        assert!(workspace.home.run(["status"]).success().contains("  mistake  "));
        let outcome = workspace.home.run(["reload"]);
        assert_eq!(outcome.code(), Some(3), "{outcome:?}");
        workspace.configure("");
        daemon.until("the end of it", LIMIT, || (problems(&workspace.home.status()) == 0).then_some(()));
    }
    assert_eq!(workspace.exchanges().len(), 1);
    workspace.home.run(["reload"]).success();
}

fn spoil_key(workspace: &Workspace, _: &Path) {
    workspace.configure("rolearn = 1\n");
}

fn spoil_syntax(workspace: &Workspace, _: &Path) {
    workspace.home.config("[aws.default\n");
}

fn empty(_: &Workspace, file: &Path) {
    std::fs::File::create(file).unwrap();
}

fn remove(_: &Workspace, file: &Path) {
    std::fs::remove_file(file).unwrap();
}

#[test]
fn sighup_reads_the_config_again() {
    let workspace = Workspace::new();
    let mut daemon = workspace.start();
    let loaded = |status: &Value| status["daemon"]["config"]["loaded_at"].clone();
    let before = loaded(&workspace.home.status());
    daemon.signal(Signal::HUP);
    daemon.until("another reading", LIMIT, || (loaded(&workspace.home.status()) != before).then_some(()));
    assert_eq!(workspace.exchanges().len(), 1);
}
