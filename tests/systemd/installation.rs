//! `evercred install systemd` on a machine without a running manager, where systemctl works on the files alone.

use std::process::Command;

use evercred_test_support::{Home, Outcome};

const UNIT: &str = ".config/systemd/user/evercred.service";
const LINK: &str = ".config/systemd/user/default.target.wants/evercred.service";

fn evercred(home: &Home, words: &[&str]) -> Command {
    let mut evercred = home.evercred(words);
    evercred.env("SYSTEMD_OFFLINE", "1");
    evercred
}

fn run(home: &Home, words: &[&str]) -> Outcome {
    Outcome::of(&mut evercred(home, words))
}

#[test]
fn a_dry_run_shows_everything_and_does_nothing() {
    let home = Home::new();
    let shown = run(&home, &["install", "systemd", "--user", "--now", "--dry-run"]).success();
    assert!(shown.contains("would write ") && shown.contains("Type=notify"), "{shown}");
    assert!(shown.contains("would run systemctl --user restart --no-block evercred.service"), "{shown}");
    assert_eq!(home.read(UNIT), None);
}

#[test]
fn what_is_installed_is_enabled_and_can_be_taken_away() {
    let home = Home::new();
    run(&home, &["install", "systemd", "--user"]).success();
    assert!(home.read(LINK).is_some());
    let unit = home.read(UNIT).unwrap();
    assert!(
        unit.contains(&format!("ExecStart={} run\n", evercred_test_support::program().display())),
        "{unit}"
    );
    run(&home, &["uninstall", "systemd", "--user"]).success();
    assert_eq!((home.read(UNIT), home.read(LINK)), (None, None));
}

#[test]
fn a_unit_that_somebody_changed_or_wrote_is_left_alone_without_force() {
    let home = Home::new();
    let words = ["install", "systemd", "--user"];
    run(&home, &words).success();
    let changed = home.read(UNIT).unwrap().replace("RestartSec=5", "RestartSec=7");
    for (text, why) in
        [(changed.as_str(), "somebody changed it"), ("[Service]\n", "evercred did not write it")]
    {
        home.write(UNIT, text);
        for words in [&words[..], &["uninstall", "systemd", "--user"]] {
            let refused = run(&home, words).failure();
            assert_eq!(refused.code(), Some(4), "{refused:?}");
            assert!(refused.stderr.contains(why) && refused.stderr.contains("--force"), "{refused:?}");
            assert_eq!(home.read(UNIT).unwrap(), text);
        }
        run(&home, &["install", "systemd", "--user", "--force"]).success();
        assert!(home.read(UNIT).unwrap().contains("RestartSec=5"));
    }
}

#[test]
fn a_machine_without_systemd_gets_a_remedy() {
    let home = Home::new();
    let refused =
        Outcome::of(evercred(&home, &["install", "systemd", "--user"]).env("PATH", "/nowhere")).failure();
    assert!(refused.stderr.contains("hint: This machine seems to have no systemd"), "{refused:?}");
}
