//! `evercred check`: the whole chain tried out, step by step, with nothing published.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::engine::rehearsal::{Step, Verdict};
use crate::exit::Exit;
use crate::login::LoginId;
use crate::report::Report;

use super::app::{App, runtime};
use super::{Format, print};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The logins; all, if none is named
    #[arg(value_name = "LOGIN")]
    logins: Vec<LoginId>,
}

pub(super) fn run(app: &App, arguments: &Arguments, format: Format) -> super::Outcome {
    let (logins, attempts) = app.logins(&arguments.logins)?;
    let runtime = runtime()?;
    let mut exit = Exit::Fresh;
    let mut shown = Vec::new();
    for login in &logins {
        let steps = runtime.block_on(attempts.rehearse(login));
        exit = steps.iter().map(exit_of).chain([exit]).max().unwrap_or(exit);
        match format {
            // As each is known: one that cannot be reached takes its time.
            Format::Text => print(&paragraph(&login.id, &steps)),
            Format::Json => shown
                .push(json!({ "login": login.id, "steps": steps.iter().map(object).collect::<Vec<_>>() })),
        }
    }
    if format == Format::Json {
        let document = json!({ "version": 1, "passed": exit == Exit::Fresh, "logins": shown });
        print(&serde_json::to_string_pretty(&document).unwrap_or_default());
    }
    Ok(exit)
}

fn exit_of(step: &Step) -> Exit {
    match &step.verdict {
        Verdict::Failed(_) if step.name == "output" => Exit::Failed,
        Verdict::Failed(failure) => failure.advice().into(),
        Verdict::Passed(_) | Verdict::Warned(_) | Verdict::Skipped(_) => Exit::Fresh,
    }
}

/// How a step went, in a word and in sentences.
fn verdict(step: &Step) -> (&'static str, String, Option<Report>) {
    match &step.verdict {
        Verdict::Passed(found) => ("passed", found.clone(), None),
        Verdict::Warned(what) => ("warned", what.clone(), None),
        Verdict::Skipped(why) => ("skipped", why.clone(), None),
        Verdict::Failed(failure) => {
            let report = Report::from(failure);
            ("failed", report.problems().join(": "), Some(report))
        }
    }
}

fn paragraph(login: &LoginId, steps: &[Step]) -> String {
    let mut text = format!("{login}\n");
    for step in steps {
        let (word, detail, report) = verdict(step);
        let _ = writeln!(text, "  {word:<7}  {:<8}  {:>7}  {detail}", step.name, milliseconds(step.took));
        if let Some(hint) = report.and_then(|report| report.hint) {
            let _ = writeln!(text, "  {:29}hint: {hint}", "");
        }
    }
    text
}

fn milliseconds(took: Duration) -> String {
    format!("{} ms", took.as_millis())
}

fn object(step: &Step) -> Value {
    let (word, detail, report) = verdict(step);
    let took = u64::try_from(step.took.as_millis()).unwrap_or(u64::MAX);
    let mut object = json!({ "step": step.name, "verdict": word, "took_ms": took, "detail": detail });
    if let Some(report) = report {
        object["failure"] = report.to_json();
    }
    object
}
