//! What `systemd-analyze` says of the units, as they are installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use evercred::systemd::units::{Scope, all_files};
use evercred_test_support::{Outcome, program};

/// The most that a unit may be exposed, in tenths: what its comments explain, and no more.
const MOST: [(&str, &str, &str); 5] = [
    ("user", "evercred.service", "63"),
    ("user", "evercred-once.service", "63"),
    ("system", "evercred.service", "12"),
    ("system", "evercred-once.service", "12"),
    ("system", "evercred@.service", "14"),
];

/// Writes the units of one manager into a folder of their own.
fn units(scope: Scope, folder: &Path) -> Vec<PathBuf> {
    let files = all_files(scope, folder, &program()).into_iter();
    let units = files.filter(|file| file.path.extension().unwrap() != "conf").map(|file| {
        let path = folder.join(file.path.file_name().unwrap());
        std::fs::write(&path, file.text).unwrap();
        path
    });
    units.collect()
}

fn analyze(words: &[&str], units: &[PathBuf], folder: &Path) -> Outcome {
    let mut analyze = Command::new("systemd-analyze");
    analyze.env("XDG_RUNTIME_DIR", folder).env("SYSTEMD_COLORS", "0");
    Outcome::of(analyze.args(words).args(units))
}

#[test]
fn systemd_understands_every_line_of_every_unit() {
    for (scope, manager) in [(Scope::User, "--user"), (Scope::System, "--system")] {
        let folder = tempfile::tempdir().unwrap();
        let units = units(scope, folder.path());
        let verified = analyze(&["verify", "--man=no", manager], &units, folder.path());
        assert!(verified.status.success(), "{verified:?}");
        let complaints = verified.stderr.lines().filter(|line| line.contains("evercred"));
        assert_eq!(complaints.collect::<Vec<_>>(), [""; 0]);
    }
}

#[test]
fn a_line_that_systemd_does_not_understand_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let unit = units(Scope::System, folder.path()).swap_remove(0);
    let text = std::fs::read_to_string(&unit).unwrap().replace("ProtectClock=", "ProtectClocks=");
    std::fs::write(&unit, text).unwrap();
    let verified = analyze(&["verify", "--man=no"], &[unit], folder.path());
    assert!(verified.stderr.contains("ProtectClocks"), "{verified:?}");
}

#[test]
fn no_unit_is_more_exposed_than_its_comments_explain() {
    for (scope, manager) in [(Scope::User, "user"), (Scope::System, "system")] {
        let folder = tempfile::tempdir().unwrap();
        for unit in units(scope, folder.path()) {
            let name = unit.file_name().unwrap().to_str().unwrap();
            if unit.extension().unwrap() == "timer" {
                continue;
            }
            let (.., most) = MOST.iter().find(|(of, unit, _)| (*of, *unit) == (manager, name)).unwrap();
            let threshold = format!("--threshold={most}");
            let words = ["security", "--offline=true", "--no-pager", &threshold];
            let analyzed = analyze(&words, std::slice::from_ref(&unit), folder.path());
            assert!(analyzed.status.success(), "{manager} {name}: {analyzed:?}");
            let less = (most.parse::<u32>().unwrap() - 2).to_string();
            let words = ["security", "--offline=true", "--no-pager", &format!("--threshold={less}")];
            assert!(!analyze(&words, &[unit], folder.path()).status.success(), "the bound is loose");
        }
    }
}
