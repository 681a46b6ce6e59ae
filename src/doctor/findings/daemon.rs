//! The process that keeps the logins fresh, and the clock.

use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{Finding, Severity};
use crate::engine::state::Phase;
use crate::engine::status::{LoginStatus, Status};
use crate::time::rfc3339;

/// A clock may differ so much from the one that a credential was received by.
const TOLERANCE: Duration = Duration::from_mins(1);

/// Findings about how the logins are kept; `config` is the file that counts here and now.
pub(crate) fn daemon(status: &Status, config: Option<&Path>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = status.logins.iter().filter_map(ended).collect();
    findings.extend(status.logins.iter().filter_map(|login| from_the_future(login, status.at)));
    let Some(daemon) = &status.daemon else {
        let finding = Finding::new(Severity::Warning, "no evercred runs here, so nothing is kept fresh");
        findings.push(finding.remedy("Start it: \"evercred up\"."));
        return findings;
    };
    if let Some(config) = config.filter(|config| **config != daemon.config.file) {
        let other = daemon.config.file.display();
        let message =
            format!("the evercred that runs has another config: {other} rather than {}", config.display());
        let finding = Finding::new(Severity::Warning, message).at(config.display());
        findings.push(finding.remedy("Start it anew: \"evercred down\", then \"evercred up\"."));
    }
    if !daemon.config.problems.is_empty() {
        let since = rfc3339::seconds(daemon.config.loaded_at);
        let message = format!("the config has mistakes; what counts is what was in it at {since}");
        let finding = Finding::new(Severity::Warning, message).at(daemon.config.file.display());
        findings.push(finding.remedy("Mend it: \"evercred config check\"."));
    }
    if is_another_program(daemon.pid) {
        let message = format!("process {} runs another evercred than this one", daemon.pid);
        let finding = Finding::new(Severity::Note, message);
        findings.push(finding.remedy("Start it anew: \"evercred down\", then \"evercred up\"."));
    }
    findings
}

fn ended(login: &LoginStatus) -> Option<Finding> {
    let id = login.login.parse().ok();
    let message = match login.phase {
        Phase::Expired => {
            let end = login.expires_at.map(rfc3339::seconds).unwrap_or_default();
            format!("the credential of {} ended at {end}", login.login)
        }
        _ if login.subject.is_none() => format!("{} has no credential", login.login),
        _ => return None,
    };
    let cause = login.error.as_ref().map(|error| format!(": {}", error.message)).unwrap_or_default();
    let remedy = login.error.as_ref().and_then(|error| error.hint.clone());
    let remedy = remedy
        .unwrap_or_else(|| format!("Run \"evercred refresh {0}\" or \"evercred once {0}\".", login.login));
    Some(Finding { login: id, ..Finding::new(Severity::Error, message + &cause).remedy(remedy) })
}

/// A credential cannot have been received later than now.
fn from_the_future(login: &LoginStatus, now: SystemTime) -> Option<Finding> {
    let ahead = login.issued_at?.duration_since(now).ok().filter(|ahead| *ahead > TOLERANCE)?;
    let message = format!(
        "the clock was set back by {} s or more since {} was refreshed: one of the two times is wrong",
        ahead.as_secs(),
        login.login
    );
    Some(
        Finding { login: login.login.parse().ok(), ..Finding::new(Severity::Warning, message) }.remedy(
            "Set the clock (\"timedatectl set-ntp true\"); tokens are refused by a clock that is wrong.",
        ),
    )
}

/// Whether the daemon's program is no more, or is not this one.
fn is_another_program(pid: u32) -> bool {
    let theirs = std::fs::read_link(format!("/proc/{pid}/exe"));
    theirs.is_ok_and(|theirs| theirs != crate::config::program())
}
