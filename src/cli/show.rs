//! The status as people and programs read it.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use evercred_core::HumanDuration;

use crate::engine::state::Phase;
use crate::engine::status::{ConfigStatus, LoginStatus, Status};
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
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<8} {value}");
    };
    match &login.secret {
        Some(secret) => line("secret", &format!("{}, read with {}", secret.from, secret.login)),
        None => line("source", &format!("{}, audience {}", login.source, login.audience)),
    }
    if let Some(subject) = &login.subject {
        line("subject", subject);
    }
    for path in &login.outputs {
        line("output", &path.display().to_string());
    }
    for note in &login.notes {
        line("note", note);
    }
    if let Some(error) = &login.error {
        line("error", &error.message);
        error.causes.iter().for_each(|cause| line("cause", cause));
        error.hint.iter().for_each(|hint| line("hint", hint));
    }
    text
}

fn headline(login: &LoginStatus, now: SystemTime) -> String {
    let mut words = vec![phase_name(login.phase).to_owned()];
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

/// The phase as it stands in JSON, too.
pub(super) fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Fresh => "fresh",
        Phase::Pending => "pending",
        Phase::Failing => "failing",
        Phase::Blocked => "blocked",
        Phase::Expired => "expired",
    }
}

/// Seconds matter in the last minutes only.
fn whole(duration: Duration) -> HumanDuration {
    let seconds = duration.as_secs();
    HumanDuration::from_secs(if seconds < 600 { seconds } else { seconds - seconds % 60 })
}
