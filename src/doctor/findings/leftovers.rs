//! What earlier logins left behind, and credentials that nobody keeps fresh.

use evercred_core::Failure;

use super::{Finding, Severity};
use crate::doctor::observation::Observation;
use crate::doctor::ours::{Ours, named};
use crate::doctor::prediction::Place;
use crate::doctor::python_ini::{Entry, IniFile};
use crate::engine::leftover::Leftover;
use crate::login::LoginId;

/// What the records know of logins that the config has no longer.
pub(crate) fn leftovers(found: &[Leftover]) -> Vec<Finding> {
    let finding = |left: &Leftover| {
        let login = &left.login;
        let finding = Finding::new(
            Severity::Warning,
            format!("{login} is not in the config any more, and this is still there"),
        )
        .of(login)
        .at(left.path.display());
        if left.is_recognised {
            finding.remedy("\"evercred doctor --fix\" removes it.").fixable()
        } else {
            finding.remedy("Somebody wrote the file since; remove it if you do not need it.")
        }
    };
    found.iter().map(finding).collect()
}

/// Removes what is recognised as ours; says what that was.
pub(crate) fn clear(found: &[Leftover], ours: Ours<'_>) -> Result<Vec<String>, Failure> {
    let mut done = Vec::new();
    for left in found.iter().filter(|left| left.is_recognised) {
        ours.records.clear(left)?;
        done.push(format!("removed what {} left in {}", left.login, left.path.display()));
    }
    for login in found.iter().map(|left| &left.login) {
        ours.records.forget(login)?;
    }
    Ok(done)
}

/// Entries of the AWS files that name a login which is not there, and keys that somebody wrote there by hand.
pub(crate) fn strangers(observation: &Observation<'_>, ours: Ours<'_>) -> Vec<Finding> {
    use crate::doctor::botocore::profiles::{config_path, credentials_path};
    let mut findings = Vec::new();
    for path in [config_path(observation), credentials_path(observation)] {
        // A file that cannot be read is told with whoever fails for it.
        let Ok(Some(file)) = IniFile::read(observation, &path) else { continue };
        for section in &file.sections {
            let gone = section.keys.get("credential_process").map(Entry::place);
            let gone = gone.and_then(|place| Some((named(&place, observation)?, place)));
            findings.extend(gone.filter(|(id, _)| !ours.knows(id)).map(|(id, place)| orphan(&id, &place)));
            let key = section.keys.get("aws_access_key_id").map(Entry::place);
            let key = key.filter(|place| !ours.is_kept(place, observation));
            let is_session =
                ["aws_session_token", "aws_security_token"].iter().any(|key| section.keys.contains_key(*key));
            findings.extend(key.map(|place| by_hand(&section.title, &place, is_session)));
        }
    }
    findings
}

fn orphan(login: &LoginId, place: &Place) -> Finding {
    Finding::new(
        Severity::Warning,
        format!("the profile asks evercred for {login}, which is not in the config"),
    )
    .of(login)
    .at(place)
    .remedy("Remove the profile, or put the login back into the config.")
}

fn by_hand(title: &str, place: &Place, is_session: bool) -> Finding {
    let (message, remedy) = if is_session {
        (
            "holds a session that nobody keeps fresh, as \"gp idp login aws\" leaves one",
            "Remove it once it has ended.",
        )
    } else {
        (
            "holds a static key, as \"aws configure\" writes one",
            "Revoke the key and remove it, if a login can take its place.",
        )
    };
    Finding::new(Severity::Note, format!("[{title}] {message}")).at(place).remedy(remedy)
}
