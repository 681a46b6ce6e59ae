//! Whether the clients that a login's outputs are for use it: what they take instead, by which rule, and what to do.
//!
//! A profile or a configuration that has a name is chosen by whoever wants it, so the question there is what a client does
//! that is told the name. Everything else has to work as things are, here and now.

use std::path::Path;

use super::{Finding, Severity};
use crate::doctor::clients::{CLIENTS, Client};
use crate::doctor::observation::{Observation, Seen};
use crate::doctor::ours::{Ours, listens_at};
use crate::doctor::prediction::{Choice, Place, Source};
use crate::login::{Login, LoginId};
use crate::outputs::{Output, Readers, TOKEN_HELPER_EXTENSION, Value, Way};

/// Findings about one login: one for all clients that take the same instead of it.
pub(crate) fn usage(login: &Login, observation: &Observation<'_>, ours: Ours<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for output in &login.outputs {
        let Some(way) = output.environment() else { continue };
        let told = selected(&way, observation);
        let mut others: Vec<(Choice, Vec<&str>)> = Vec::new();
        for client in CLIENTS.iter().filter(|client| is_for(output.as_ref(), &way, client, &told)) {
            let choice = (client.choose)(&told);
            if is_used(&login.id, &choice, &told, ours) || is_asked(output.as_ref(), client, &told) {
                continue;
            }
            match others.iter_mut().find(|(other, _)| is_alike(other, &choice)) {
                Some((_, clients)) => clients.push(client.name),
                None => others.push((choice, vec![client.name])),
            }
        }
        let finding = |(choice, clients): (Choice, Vec<&str>)| {
            let finding = unused(&login.id, &choice, &clients.join(", "), (&way, output.as_ref()));
            // What the output itself says about this is more to the point than what can be said of every output.
            match choice {
                Choice::FindsNothing { .. } => told_by(output.as_ref(), &told)
                    .map(|note| finding.clone().remedy(note))
                    .unwrap_or(finding),
                Choice::Takes(_) | Choice::Fails { .. } => finding,
            }
        };
        findings.extend(others.into_iter().map(finding));
    }
    findings
}

/// What the output says about why it is not found.
fn told_by(output: &dyn Output, observation: &Observation<'_>) -> Option<String> {
    let read = |path: &Path| match &*observation.read(path) {
        Seen::File(content) => Some(content.clone()),
        _ => None,
    };
    output.shadows(&read).into_iter().next()
}

/// What a client sees that is told which of several to take.
fn selected<'l>(way: &Way, observation: &Observation<'l>) -> Observation<'l> {
    const NAMES: [&str; 2] = ["AWS_PROFILE", "CLOUDSDK_ACTIVE_CONFIG_NAME"];
    let named = way.variables.iter().find_map(|variable| match &variable.value {
        Value::Plain(name) if NAMES.contains(&variable.name.as_str()) && name != "default" => {
            Some((variable.name.as_str(), Some(name.as_str())))
        }
        _ => None,
    });
    match named {
        Some(named) => observation.with([("AWS_DEFAULT_PROFILE", None), named]),
        None => observation.with([]),
    }
}

fn is_for(output: &dyn Output, way: &Way, client: &Client, observation: &Observation<'_>) -> bool {
    let is_here = client.command.is_none_or(|command| observation.program(command).is_some());
    let path = output.target().path.to_string_lossy();
    // hvac knows no token helper.
    let is_asked = !path.ends_with(TOKEN_HELPER_EXTENSION) || client.command.is_some();
    client.readers == way.readers && is_here && is_asked
}

fn is_used(login: &LoginId, choice: &Choice, observation: &Observation<'_>, ours: Ours<'_>) -> bool {
    match choice {
        Choice::Takes(source) => ours.login_of(source, observation).as_ref() == Some(login),
        Choice::Fails { .. } | Choice::FindsNothing { .. } => false,
    }
}

/// Whether a client of Vault asks an address of ours: then it is answered with our token, whichever it has.
fn is_asked(output: &dyn Output, client: &Client, observation: &Observation<'_>) -> bool {
    let mut addresses = ["BAO_ADDR", "VAULT_ADDR"].into_iter().filter_map(|name| observation.variable(name));
    client.readers == Readers::Vault && addresses.any(|address| listens_at(output, address))
}

fn is_alike(one: &Choice, other: &Choice) -> bool {
    match (one, other) {
        (Choice::Takes(one), Choice::Takes(other)) => one.place == other.place,
        (Choice::FindsNothing { .. }, Choice::FindsNothing { .. }) => true,
        (one, other) => one == other,
    }
}

fn unused(login: &LoginId, choice: &Choice, clients: &str, (way, output): (&Way, &dyn Output)) -> Finding {
    let finding = match choice {
        Choice::Takes(source) => {
            let message = format!(
                "{clients}: what is taken is {} rather than {login}, because {}",
                source.place, source.rule
            );
            Finding::new(Severity::Error, message).at(&source.place).remedy(way_out(source))
        }
        Choice::Fails { place, error } => {
            let finding =
                Finding::new(Severity::Error, format!("{clients}: an error instead of {login}: {error}"));
            match place {
                Some(place) => finding.at(place).remedy(mend(place)),
                None => finding,
            }
        }
        Choice::FindsNothing { .. } => Finding::new(
            Severity::Error,
            format!("{clients}: no credential is found; {login} is not where they look"),
        )
        .remedy(lead(login, way, &output.target().path)),
    };
    finding.of(login)
}

/// How what is taken instead is got out of the way. The first place on the way decides.
fn way_out(source: &Source) -> String {
    match &source.place {
        Place::Variable { name } => format!("Unset {name} where these programs run."),
        Place::Line { file, line, key } => {
            format!(
                "Remove `{key}` from line {line} of {}, or give the login's output another name.",
                file.display()
            )
        }
        Place::File { file } | Place::Entry { file, .. } => {
            format!("Move {} away, or log out of what wrote it.", file.display())
        }
        Place::Address { .. } | Place::Program { .. } => "Start evercred: its file is not there.".to_owned(),
    }
}

fn mend(place: &Place) -> String {
    match place {
        Place::Variable { name } => format!("Unset {name}, or set it right."),
        Place::Line { file, line, .. } => format!("Mend line {line} of {}.", file.display()),
        other => format!("Mend or remove {other}."),
    }
}

/// How programs are led to an output that they do not find.
fn lead(login: &LoginId, way: &Way, file: &Path) -> String {
    let publish = format!("Run \"evercred refresh {login}\", or \"evercred once\" if no evercred runs.");
    let is_told = way.variables.iter().any(|variable| matches!(variable.value, Value::Plain(_)));
    let is_by_name = way.variables.iter().any(|variable| variable.name == "AWS_PROFILE");
    if !file.exists() || !is_told || is_by_name {
        return publish;
    }
    let names = way.variables.iter().filter(|variable| matches!(variable.value, Value::Plain(_)));
    let names: Vec<&str> = names.map(|variable| variable.name.as_str()).collect();
    format!(
        "Programs have to be told by {}: run them by \"evercred exec {login} -- COMMAND\".",
        names.join(", ")
    )
}
