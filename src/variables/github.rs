//! The form of `$GITHUB_ENV`
//! ([GitHub](https://docs.github.com/actions/reference/workflow-commands-for-github-actions#multiline-strings)).
//!
//! A delimiter nobody can guess stands around each value, so that no value can set further variables. What is set in a job
//! cannot be taken out of it, only be emptied, which counts as unset to most programs; to those of Vault an empty `BAO_`
//! variable still goes before its `VAULT_` twin, so it gets the value of that.

use std::fmt::Write as _;

use evercred_core::Environment;

use super::Variables;

pub(super) fn lines(variables: &Variables) -> String {
    let set = variables.set().map(|(name, setting)| entry(name, setting.value.expose()));
    set.collect()
}

/// The entries that empty what `environment` has, of what is to be taken out.
pub(super) fn emptied(variables: &Variables, environment: &Environment) -> String {
    let is_there = |name: &&str| environment.get(name).is_some();
    let twin = |name: &str| {
        let twin = format!("VAULT_{}", name.strip_prefix("BAO_")?);
        variables.set().find(|(name, _)| **name == twin).map(|(_, setting)| setting.value.expose())
    };
    variables.unset().filter(is_there).map(|name| entry(name, twin(name).unwrap_or_default())).collect()
}

/// The lines that keep secrets out of the job's log.
pub(super) fn masks(variables: &Variables) -> String {
    let secrets = variables.set().filter(|(_, setting)| setting.is_secret);
    let lines = secrets.flat_map(|(_, setting)| setting.value.expose().lines());
    let escaped = |line: &str| line.replace('%', "%25").replace('\r', "%0D");
    lines.filter(|line| !line.is_empty()).fold(String::new(), |mut all, line| {
        // Writing to a string does not fail.
        let _ = writeln!(all, "::add-mask::{}", escaped(line));
        all
    })
}

fn entry(name: &str, value: &str) -> String {
    let delimiter = format!("evercred_{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
    format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
}
