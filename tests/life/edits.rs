//! Two hundred edits of the config, good and bad, saved in the ways in which editors save, while sessions of a few
//! seconds rotate.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use evercred_test_support::Daemon;
use fastrand::Rng;
use serde_json::Value;

use crate::workspace::{LIMIT, Workspace};

const EDITS: usize = 200;
const CONFIG: &str = ".config/evercred/config.toml";

/// Besides `aws.default`, which no edit changes: the name of each login, and of its sessions.
type Logins = BTreeMap<&'static str, &'static str>;

#[test]
fn two_hundred_edits_restart_no_login_that_did_not_change_and_lose_none() {
    let workspace = Workspace::with_sessions_of(Duration::from_secs(4));
    let base = workspace.home.read(CONFIG).unwrap();
    let mut daemon = workspace.start();
    let mut random = Rng::with_seed(7);
    let mut attempts = 0;
    for number in 0..EDITS {
        let logins = some(&mut random);
        let good = text(&base, &logins);
        let bad = random.bool().then(|| spoil(&good, &mut random));
        save(&workspace.home.path(CONFIG), bad.as_ref().unwrap_or(&good), &mut random, number);
        // Every other edit comes before the one before it can have been read.
        if random.bool() {
            let status = until_read(&workspace, &mut daemon, bad.is_none().then_some(&logins));
            let default = &status["logins"].as_array().unwrap().iter().find(|l| l["login"] == "aws.default");
            let now = default.unwrap()["attempts"].as_u64().unwrap();
            assert!(now >= attempts && now > 0, "edit {number} restarted it: {now} after {attempts}");
            attempts = now;
        }
    }
    let all = Logins::from([("a", "last"), ("b", "last"), ("c", "last")]);
    save(&workspace.home.path(CONFIG), &text(&base, &all), &mut random, EDITS);
    until_read(&workspace, &mut daemon, Some(&all));
    daemon.until("all of them fresh", LIMIT, || {
        let status = workspace.home.status();
        status["logins"].as_array()?.iter().all(|login| login["phase"] == "fresh").then_some(())
    });
    assert!(attempts > 3, "it rotated meanwhile: {attempts}");
}

fn some(random: &mut Rng) -> Logins {
    let names = ["a", "b", "c"].into_iter().filter(|_| random.bool()).collect::<Vec<_>>();
    names.into_iter().map(|name| (name, if random.bool() { "one" } else { "other" })).collect()
}

fn text(base: &str, logins: &Logins) -> String {
    let section = &base[base.find("[aws.default]").unwrap()..];
    let more = logins.iter().map(|(name, session)| {
        let section = section.replace("aws.default", &format!("aws.{name}"));
        format!("{section}session_name = \"{session}\"\n")
    });
    std::iter::once(base.to_owned()).chain(more).collect()
}

fn spoil(text: &str, random: &mut Rng) -> String {
    match random.u8(0..4) {
        0 => text.replacen("role_arn", "rolearn", 1),
        1 => text.replacen('"', "", 1),
        2 => String::new(),
        _ => format!("{text}[aws.default]\n"),
    }
}

/// In place, in place in two steps, renamed over, removed and made again, or by turning a link.
fn save(path: &Path, text: &str, random: &mut Rng, number: usize) {
    let folder = path.parent().unwrap();
    let new = folder.join("new");
    match random.u8(0..5) {
        0 => fs::write(path, text).unwrap(),
        1 => {
            let (first, second) = text.split_at(text.len() / 2);
            let mut file = fs::File::create(path).unwrap();
            file.write_all(first.as_bytes()).unwrap();
            file.write_all(second.as_bytes()).unwrap();
        }
        2 => {
            fs::write(&new, text).unwrap();
            fs::rename(&new, path).unwrap();
        }
        3 => {
            let _ = fs::remove_file(path);
            fs::write(path, text).unwrap();
        }
        _ => {
            let version = folder.join(format!("version-{number}"));
            fs::write(&version, text).unwrap();
            symlink(&version, &new).unwrap();
            fs::rename(&new, path).unwrap();
        }
    }
}

/// Waits until these logins count, or, for none, until the mistakes are shown.
fn until_read(workspace: &Workspace, daemon: &mut Daemon, logins: Option<&Logins>) -> Value {
    daemon.until("the edit", LIMIT, || {
        let status = workspace.home.status();
        let has_mistakes = !status["daemon"]["config"]["problems"].as_array()?.is_empty();
        let names: Vec<_> = status["logins"].as_array()?.iter().map(|login| login["login"].clone()).collect();
        let is_read = logins.map_or(has_mistakes, |logins| {
            let expected: Vec<_> = logins.keys().map(|name| format!("aws.{name}")).collect();
            !has_mistakes && names == [expected, vec!["aws.default".to_owned()]].concat()
        });
        is_read.then_some(status)
    })
}
