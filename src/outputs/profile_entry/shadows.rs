//! What keeps programs from using a profile although it is written.
//!
//! SDKs look for credentials in several places, in orders that differ, so a profile must have one mechanism in both
//! files together. Nothing here shows a value: it may be somebody's secret.

use evercred_core::Environment;

use super::ProfileEntry;
use crate::outputs::ini::Ini;
use crate::outputs::profile_file::{ProfileFile, is_mechanism, is_static};

/// What in the other file programs may take instead.
pub(super) fn in_other_file(entry: &ProfileEntry, content: &[u8]) -> Option<String> {
    let theirs = Ini::parse(content);
    let titles = entry.file.other().titles(&entry.profile);
    let here = theirs.sections(|title| titles.iter().any(|wanted| wanted == title));
    // Keys in ~/.aws/credentials win over keys in ~/.aws/config, so only the latter are harmless to the former.
    let shadows =
        |key: &&str| is_mechanism(key) && !(entry.file == ProfileFile::Credentials && is_static(key));
    let keys = theirs.lines.iter().filter(|line| here.contains(&line.section)).filter_map(|line| line.key());
    let keys: Vec<String> = keys.filter(shadows).map(|key| format!("`{key}`")).collect();
    let section = theirs.title(*here.first()?);
    (!keys.is_empty()).then(|| {
        format!(
            "{} has {} in section [{section}], which some or all AWS SDKs take rather than the profile that evercred \
             keeps in {}: remove these keys there, or give this output another `profile` than `{}`.",
            entry.other_path.display(),
            keys.join(", "),
            entry.section.target.path.display(),
            entry.profile,
        )
    })
}

/// What in our own file botocore stumbles over.
pub(super) fn in_own_file(entry: &ProfileEntry, content: &[u8]) -> Vec<String> {
    let ini = Ini::parse(content);
    let path = entry.section.target.path.display();
    let refuses = "so botocore and the aws CLI refuse the whole file";
    let repeated = ini.repeated_titles();
    let mut problems: Vec<String> = repeated
        .iter()
        .map(|title| format!("{path} has section [{title}] more than once, {refuses}: merge them."))
        .collect();
    let here = ini.sections(|title| entry.section.part.is_here(title));
    if here.len() > 1 && repeated.is_empty() {
        let titles: Vec<&str> = here.iter().map(|section| ini.title(*section)).collect();
        let titles = titles.join("] and as [");
        problems.push(format!(
            "{path} has one profile as [{titles}], and SDKs disagree which counts: merge them."
        ));
    }
    if ini.has_byte_order_mark() {
        problems
            .push(format!("{path} begins with a byte order mark, {refuses}: save it as UTF-8 without one."));
    }
    problems
}

/// What in evercred's own environment, which is probably that of the user's programs, comes before the profile.
pub(super) fn in_environment(profile: &str, environment: &Environment) -> Vec<String> {
    let mut shadows = Vec::new();
    for variable in ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE"] {
        if environment.get(variable).is_some() {
            shadows.push(format!(
                "{variable} is set in the environment, and AWS SDKs take it rather than profile `{profile}`: unset it."
            ));
        }
    }
    let selected = environment.first(&["AWS_DEFAULT_PROFILE", "AWS_PROFILE"]);
    if let Some(selected) = selected.filter(|selected| profile == "default" && *selected != profile) {
        shadows.push(format!(
            "AWS_PROFILE (or AWS_DEFAULT_PROFILE) selects profile `{selected}` rather than `default`: unset it, or set \
             `profile = \"{selected}\"` in this output."
        ));
    }
    shadows
}
