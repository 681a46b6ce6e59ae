//! The units of `systemd/`, as they are installed: with this program's own path, and with a mark by which a later
//! installation sees whether somebody has changed them.

use std::path::{Path, PathBuf};

use crate::digest;

/// Whose manager runs the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The user's own.
    User,
    /// The machine's.
    System,
}

/// Which of the services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// `evercred run`: in the user's manager for that user, in the system's for the machine.
    Daemon,
    /// `evercred once`, by a timer.
    Timer,
    /// `evercred run` for one user, under the system's manager.
    For(String),
}

/// A file to be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitFile {
    /// Where it belongs.
    pub path: PathBuf,
    /// What belongs into it.
    pub text: String,
}

/// Whether a text is still as we have written it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// We wrote it.
    Ours,
    /// We wrote it, and somebody changed it.
    Changed,
    /// It has never been ours.
    Foreign,
}

const TIMER: (&str, &str) = ("evercred-once.timer", include_str!("../../systemd/evercred-once.timer"));
const USER: [(&str, &str); 3] = [
    ("evercred.service", include_str!("../../systemd/user/evercred.service")),
    ("evercred-once.service", include_str!("../../systemd/user/evercred-once.service")),
    TIMER,
];
const SYSTEM: [(&str, &str); 4] = [
    ("evercred.service", include_str!("../../systemd/system/evercred.service")),
    ("evercred-once.service", include_str!("../../systemd/system/evercred-once.service")),
    TIMER,
    ("evercred@.service", include_str!("../../systemd/system/evercred@.service")),
];
const SYSTEM_USER: &str = include_str!("../../systemd/sysusers.d/evercred.conf");

/// Where the system's manager and `systemd-sysusers` look for what an administrator adds.
const SYSTEM_UNITS: &str = "/etc/systemd/system";
const SYSTEM_USERS: &str = "/etc/sysusers.d/evercred.conf";

/// The program in the units as they lie in `systemd/`, where a package puts it.
const PACKAGED: &str = "/usr/bin/evercred";

impl Kind {
    /// The unit that is enabled.
    pub fn unit(&self) -> String {
        match self {
            Self::Daemon => "evercred.service".to_owned(),
            Self::Timer => "evercred-once.timer".to_owned(),
            Self::For(user) => format!("evercred@{user}.service"),
        }
    }

    fn consists_of(&self, name: &str) -> bool {
        match self {
            Self::Daemon => name == "evercred.service",
            Self::Timer => name.starts_with("evercred-once."),
            Self::For(_) => name == "evercred@.service",
        }
    }
}

/// The files of one service. `config_home` is where the user's own configuration lies.
pub fn files_of(scope: Scope, kind: &Kind, config_home: &Path, program: &Path) -> Vec<UnitFile> {
    let mut files = all_files(scope, config_home, program);
    files.retain(|file| {
        let name = file.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // Whoever runs as the user of their own needs no other.
        kind.consists_of(name) || (file.path == Path::new(SYSTEM_USERS) && !matches!(kind, Kind::For(_)))
    });
    files
}

/// The files of all services.
pub fn all_files(scope: Scope, config_home: &Path, program: &Path) -> Vec<UnitFile> {
    let (folder, units): (PathBuf, &[_]) = match scope {
        Scope::User => (config_home.join("systemd/user"), &USER),
        Scope::System => (PathBuf::from(SYSTEM_UNITS), &SYSTEM),
    };
    let file = |(name, text): &(&str, &str)| UnitFile {
        path: folder.join(name),
        text: marked(&with_program(text, program)),
    };
    let mut files: Vec<_> = units.iter().map(file).collect();
    if scope == Scope::System {
        files.push(UnitFile { path: PathBuf::from(SYSTEM_USERS), text: marked(SYSTEM_USER) });
    }
    files
}

/// Who wrote this text.
pub fn origin(text: &str) -> Origin {
    match text.strip_prefix(MARK).and_then(|rest| rest.split_once('\n')) {
        Some((digest, rest)) if digest == digest::of(rest) => Origin::Ours,
        Some(_) => Origin::Changed,
        None => Origin::Foreign,
    }
}

const MARK: &str =
    "# Written by \"evercred install systemd\"; changes belong into a drop-in. Digest of the rest: ";

fn marked(text: &str) -> String {
    format!("{MARK}{}\n{text}", digest::of(text))
}

fn with_program(text: &str, program: &Path) -> String {
    text.replace(&format!("={PACKAGED} "), &format!("={} ", quoted(&program.to_string_lossy())))
}

/// A path as systemd reads it in a command line (systemd.service(5), "Command lines").
fn quoted(path: &str) -> String {
    let path = path.replace('%', "%%");
    let is_plain = |letter: char| letter.is_alphanumeric() || "/._+@-%".contains(letter);
    if path.chars().all(is_plain) {
        return path;
    }
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(scope: Scope, kind: &Kind) -> Vec<String> {
        let files = files_of(scope, kind, Path::new("/home/me/.config"), Path::new("/opt/evercred"));
        files.iter().map(|file| file.path.display().to_string()).collect()
    }

    #[test]
    fn each_service_has_its_files() {
        let user = "/home/me/.config/systemd/user";
        let system = |name: &str| format!("/etc/systemd/system/{name}");
        let (once, timer) = ("evercred-once.service", "evercred-once.timer");
        assert_eq!(names(Scope::User, &Kind::Daemon), [format!("{user}/evercred.service")]);
        let both = [format!("{user}/{once}"), format!("{user}/{timer}")];
        assert_eq!(names(Scope::User, &Kind::Timer), both);
        assert_eq!(
            names(Scope::System, &Kind::Daemon),
            [system("evercred.service"), SYSTEM_USERS.to_owned()]
        );
        assert_eq!(
            names(Scope::System, &Kind::Timer),
            [system(once), system(timer), SYSTEM_USERS.to_owned()]
        );
        assert_eq!(names(Scope::System, &Kind::For("alice".to_owned())), [system("evercred@.service")]);
    }

    #[test]
    fn every_service_runs_this_program() {
        for scope in [Scope::User, Scope::System] {
            for file in all_files(scope, Path::new("/c"), Path::new("/opt/my tools/100%/evercred")) {
                let lines = file.text.lines().filter_map(|line| line.strip_prefix("Exec")?.split_once('='));
                let runs: Vec<_> = lines.map(|(_, command)| command).collect();
                let is_service = file.path.extension().is_some_and(|extension| extension == "service");
                assert_eq!(!runs.is_empty(), is_service, "{file:?}");
                let ours = |command: &&str| command.starts_with(r#""/opt/my tools/100%%/evercred" "#);
                assert!(runs.iter().all(ours), "{runs:?}");
            }
        }
    }

    #[test]
    fn a_change_is_noticed() {
        let ours = marked("[Unit]\nDescription=x\n");
        assert_eq!(origin(&ours), Origin::Ours);
        assert_eq!(origin(&ours.replace("=x", "=y")), Origin::Changed);
        assert_eq!(origin(&format!("{ours}\n")), Origin::Changed);
        assert_eq!(origin("[Unit]\n"), Origin::Foreign);
    }
}
