//! The status as people and programs read it.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use evercred_core::HumanDuration;

use crate::engine::sent::Sent;
use crate::engine::status::{ConfigStatus, LoginStatus, Status, WayStatus};
use crate::report::wrapped;
use crate::time::rfc3339;

/// Who keeps the logins fresh.
pub(super) fn heading(status: &Status) -> String {
    match &status.daemon {
        Some(daemon) => {
            let since = rfc3339::seconds(daemon.started_at);
            format!("evercred runs as process {} since {since}{}", daemon.pid, mistakes(&daemon.config))
        }
        None => {
            "no evercred runs here (\"evercred up\" starts one); this is what was published last".to_owned()
        }
    }
}

/// What is in the config file, if it does not count.
fn mistakes(config: &ConfigStatus) -> String {
    let lines = config.problems.iter().map(|problem| format!("\n  mistake  {problem}"));
    let lines: String = lines.collect();
    if lines.is_empty() {
        return lines;
    }
    let (file, since) = (config.file.display(), rfc3339::seconds(config.loaded_at));
    format!("\n{file} has mistakes; what counts is what was in it at {since}{lines}")
}

/// The logins as text: one paragraph each.
pub(super) fn paragraphs(status: &Status) -> Vec<String> {
    status.logins.iter().map(|login| paragraph(login, status.at)).collect()
}

fn paragraph(login: &LoginStatus, now: SystemTime) -> String {
    let mut text = format!("{}: {}\n", login.login, headline(login, now));
    let branches = branches(login, now);
    for (index, (name, value)) in branches.iter().enumerate() {
        let branch = if index + 1 == branches.len() { "└─" } else { "├─" };
        let _ = writeln!(text, "{branch} {name:<8} {value}");
    }
    text
}

/// Below what a claim says.
const CONTINUED: &str = "│               ";

/// What there is to say of a login, from the source of its ID tokens down to its files, and what is wrong.
fn branches(login: &LoginStatus, now: SystemTime) -> Vec<(&'static str, String)> {
    let origin = match &login.secret {
        Some(secret) => ("secret", format!("{}, read with {}", secret.from, secret.login)),
        None => ("source", format!("{}, audience {}", login.source, login.audience)),
    };
    let age = login.issued_at.and_then(|issued_at| now.duration_since(issued_at).ok());
    let age = age.map(|age| format!(", received {} ago", whole(age))).unwrap_or_default();
    let subject = login.subject.iter().map(|subject| ("subject", format!("{subject}{age}")));
    let outputs = login.outputs.iter().map(|path| ("output", path.display().to_string()));
    let ways = login.ways.iter().map(|way| ("way", serves(way)));
    let notes = login.notes.iter().map(|note| ("note", note.clone()));
    let errors = login.error.iter().flat_map(|error| {
        let causes = error.causes.iter().map(|cause| ("cause", cause.clone()));
        let reason = error.reason.iter().map(|reason| ("means", reason.clone()));
        let sent = error.sent.iter().flat_map(Sent::lines).map(|line| ("token", wrapped(&line, CONTINUED)));
        let hint = error.hint.iter().map(|hint| ("hint", hint.clone()));
        let cure = error.cure.iter().map(|cure| ("cure", cure.clone()));
        let first = std::iter::once(("error", error.message.clone()));
        first.chain(causes).chain(reason).chain(sent).chain(hint).chain(cure)
    });
    std::iter::once(origin).chain(subject).chain(outputs).chain(ways).chain(notes).chain(errors).collect()
}

/// Whom a way serves, and whether they have to be started again for a newer credential.
fn serves(way: &WayStatus) -> String {
    let WayStatus { way, serves, refreshes_by_itself, .. } = way;
    match (refreshes_by_itself, serves.as_slice()) {
        (true, _) => format!("{way}, which refreshes by itself: {}", serves.join(", ")),
        (false, []) => format!("{way}, for programs of your own that read it again"),
        (false, _) => format!("{way}, which is read once at each start: {}", serves.join(", ")),
    }
}

fn headline(login: &LoginStatus, now: SystemTime) -> String {
    let mut words = vec![login.phase.name().to_owned()];
    if let Some(end) = login.expires_at {
        words.push(match end.duration_since(now) {
            Ok(left) => format!("valid until {} ({} left)", rfc3339::seconds(end), whole(left)),
            Err(past) => format!("ended at {} ({} ago)", rfc3339::seconds(end), whole(past.duration())),
        });
    }
    match login.next_attempt_at.map(|next| next.duration_since(now).unwrap_or_default()) {
        _ if login.refreshing => words.push("refreshing now".to_owned()),
        Some(wait) => words.push(format!("next attempt in {}", whole(wait))),
        None => {}
    }
    words.join(", ")
}

/// Seconds matter in the last minutes only.
fn whole(duration: Duration) -> HumanDuration {
    let seconds = duration.as_secs();
    HumanDuration::from_secs(if seconds < 600 { seconds } else { seconds - seconds % 60 })
}
