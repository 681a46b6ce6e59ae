//! A diagnosis as people read it.

use std::fmt::Write as _;

use crate::doctor::findings::{Finding, Severity};
use crate::doctor::prediction::{Choice, Source};
use crate::doctor::{Diagnosis, Prediction};

/// What each client takes, then what is wrong, then what was done.
pub(super) fn text(diagnosis: &Diagnosis) -> String {
    let mut text = String::from("Which credential is taken, here and now:\n");
    let known = diagnosis.predictions.iter().filter(|prediction| prediction.installed != Some(false));
    for prediction in known {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {:<28} {}", prediction.client, taken(prediction));
    }
    for fixed in &diagnosis.fixed {
        let _ = writeln!(text, "\nfixed    {fixed}");
    }
    for finding in &diagnosis.findings {
        let _ = write!(text, "\n{}", paragraph(finding));
    }
    if diagnosis.findings.is_empty() {
        text.push_str("\nNothing is wrong: every login is used by the clients that it is for.\n");
    }
    text
}

fn taken(prediction: &Prediction) -> String {
    match &prediction.choice {
        Choice::Takes(source) => {
            let whose = prediction.ours.as_ref().map_or_else(|| "not ours".to_owned(), ToString::to_string);
            format!("{whose}: {}", way(source))
        }
        Choice::Fails { place: Some(place), error } => format!("error: {error} ({place})"),
        Choice::Fails { place: None, error } => format!("error: {error}"),
        Choice::FindsNothing { asks: Some(server) } => format!("none, unless {server} answers"),
        Choice::FindsNothing { asks: None } => "none".to_owned(),
    }
}

fn way(source: &Source) -> String {
    let from = source.from.as_ref().map(|from| format!(" → {}", way(from))).unwrap_or_default();
    format!("{}{from}", source.place)
}

fn paragraph(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let mut text = format!("{severity:<8} {}\n", finding.message);
    if let Some(place) = &finding.place {
        let _ = writeln!(text, "  place  {place}");
    }
    if let Some(remedy) = &finding.remedy {
        let _ = writeln!(text, "  remedy {remedy}");
    }
    text
}
