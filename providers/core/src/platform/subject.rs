//! How much of a platform the subject of a token names, and where in it.
//!
//! Some relying parties look at the subject alone, and it is one text for several things. Where such a text is cut decides
//! who gets in: a prefix is safe only if it begins at the beginning, holds the whole name of what is meant, and ends with
//! the character that ends that name. So it is cut between names that are found in the token's own claims, never by
//! counting colons, because organisations choose which claims their subjects are made of.

use super::{Identifies, Level, Platform};
use crate::Claims;

/// The subject of a token, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject<'c> {
    text: &'c str,
    /// Up to where it has to be read to know such a part of the platform, the character after the name included.
    ends: Vec<(Level, usize)>,
}

/// Whom a subject, or its beginning, stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach<'s> {
    /// All of what is meant has just this subject.
    Exact(&'s str),
    /// All of what is meant, and nobody else, has a subject that begins so.
    Prefix(&'s str),
    /// The subject does not say.
    Unnamed,
}

impl<'c> Subject<'c> {
    /// The subject of a token of `platform`; empty if it has none.
    pub fn of(platform: Platform, claims: &'c Claims) -> Self {
        let text = claims.subject().unwrap_or_default();
        let mut ends = match platform {
            _ if text.is_empty() => Vec::new(),
            Platform::OnaV2 => segments(text),
            Platform::Kubernetes => service_account(text),
            Platform::Other => vec![(Level::Workspace, text.len())],
            _ => pairs(platform, claims, text),
        };
        if platform == Platform::Gitpod && ends.is_empty() && is_in_repository(text, claims) {
            ends.push((Level::Project, text.len()));
        }
        Self { text, ends }
    }

    /// The whole.
    pub fn text(&self) -> &'c str {
        self.text
    }

    /// Whom it stands for at this level.
    pub fn reach(&self, level: Level) -> Reach<'c> {
        match self.ends.iter().find(|(known, _)| *known == level) {
            None => Reach::Unnamed,
            Some((_, end)) if *end >= self.text.len() => Reach::Exact(self.text),
            Some((_, end)) => Reach::Prefix(&self.text[..*end]),
        }
    }

    /// The least that it names.
    pub fn narrowest(&self) -> Option<Level> {
        self.ends.iter().map(|(level, _)| *level).min()
    }
}

/// `org:O/prj:P/env:E`, of which the last may be a user, a runner or a service account, and the middle may be missing.
fn segments(text: &str) -> Vec<(Level, usize)> {
    let mut end = 0;
    let mut ends = Vec::new();
    for segment in text.split('/') {
        end += segment.len() + 1;
        match segment.split_once(':') {
            Some(("org", _)) => ends.push((Level::Organisation, end)),
            Some(("prj", _)) => ends.push((Level::Project, end)),
            _ => ends.push((Level::Workspace, end.max(text.len()))),
        }
    }
    ends.retain(|(level, end)| *level == Level::Workspace || *end <= text.len());
    ends
}

const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// `system:serviceaccount:NAMESPACE:NAME`; neither name holds a colon.
fn service_account(text: &str) -> Vec<(Level, usize)> {
    let names = text.strip_prefix(SERVICE_ACCOUNT).and_then(|names| names.split_once(':'));
    let Some((namespace, _)) = names else { return vec![(Level::Workspace, text.len())] };
    let start = SERVICE_ACCOUNT.len();
    vec![
        (Level::Organisation, start),
        (Level::Project, start + namespace.len() + 1),
        (Level::Workspace, text.len()),
    ]
}

/// `NAME:VALUE:NAME:VALUE…`, where the values are those of the claims.
fn pairs(platform: Platform, claims: &Claims, text: &str) -> Vec<(Level, usize)> {
    let mut ends: Vec<(Level, usize)> = Vec::new();
    let mut add = |level: Level, end: usize| {
        if ends.iter().all(|(known, _)| *known != level) {
            ends.push((level, end.min(text.len())));
        }
    };
    let mut at = 0;
    while let Some(pair) = pair(platform, claims, &text[at..]) {
        let end = at + pair.length + 1;
        if let Some(within) = pair.owner {
            add(Level::Organisation, at + within);
        }
        match pair.identifies {
            Some(Identifies::Place(level)) if level != Level::Workspace => add(level, end),
            Some(Identifies::Place(_)) => add(Level::Workspace, text.len()),
            _ => {}
        }
        at = end.min(text.len());
    }
    // What follows a repository's name there is the ref, the deployment environment, or the kind of the event.
    let rest_is_job = matches!(platform, Platform::GithubActions | Platform::Gitlab) && at > 0;
    if rest_is_job && at < text.len() {
        add(Level::Workspace, text.len());
    }
    ends
}

struct Pair {
    /// Without what comes after it.
    length: usize,
    identifies: Option<Identifies>,
    /// Up to where it names the organisation, if it does so in passing.
    owner: Option<usize>,
}

/// The pair that `text` begins with.
fn pair(platform: Platform, claims: &Claims, text: &str) -> Option<Pair> {
    let (name, rest) = text.split_once(':')?;
    let start = name.len() + 1;
    if name == "repo" && platform == Platform::GithubActions {
        let (owner, _) = rest.split_once('/')?;
        let repository = rest.split(':').next()?;
        return Some(Pair {
            length: start + repository.len(),
            identifies: Some(Identifies::Place(Level::Project)).filter(|_| is_repository(repository, claims)),
            owner: Some(start + owner.len() + 1).filter(|_| is_repository(repository, claims)),
        });
    }
    let value = claims.text(name)?;
    // GitHub writes a colon within a value so.
    let written = [value.to_owned(), value.replace(':', "%3A")].into_iter();
    let value = written.filter(|value| !value.is_empty()).find(|value| begins_with(rest, value))?;
    Some(Pair {
        length: start + value.len(),
        identifies: platform.claim(&[name]).map(|known| known.identifies),
        owner: owner(platform, name, claims).map(|owner| start + owner.len() + 1),
    })
}

/// Whether `text` begins with that value, and the value ends there.
fn begins_with(text: &str, value: &str) -> bool {
    text.strip_prefix(value).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

/// `OWNER/NAME` as the claims have it, or `OWNER@ID/NAME@ID`
/// (<https://docs.github.com/actions/reference/security/oidc#immutable-subject-claims>).
fn is_repository(text: &str, claims: &Claims) -> bool {
    let claim = |name| claims.text(name).unwrap_or_default();
    let name = claim("repository").split_once('/').map_or("", |(_, name)| name);
    let owner = claim("repository_owner");
    let lasting = format!("{owner}@{}/{name}@{}", claim("repository_owner_id"), claim("repository_id"));
    !name.is_empty() && (text == claim("repository") || text == lasting)
}

/// The group or owner that such a claim's value begins with.
fn owner<'c>(platform: Platform, name: &str, claims: &'c Claims) -> Option<&'c str> {
    let owner = match (platform, name) {
        (Platform::GithubActions, "repository") => claims.text("repository_owner")?,
        (Platform::Gitlab, "project_path") => claims.text("namespace_path")?,
        _ => return None,
    };
    claims.text(name)?.strip_prefix(owner)?.starts_with('/').then_some(owner)
}

/// Gitpod's default: the address that the workspace was started from.
fn is_in_repository(text: &str, claims: &Claims) -> bool {
    let repository = claims.text("repository").unwrap_or_default();
    let repository = repository.strip_suffix(".git").unwrap_or(repository);
    let address = |text: &str| text.starts_with("https://") || text.starts_with("http://");
    // Older tokens have no claim for the repository.
    match text.strip_prefix(repository) {
        Some(rest) if !repository.is_empty() => rest.is_empty() || rest.starts_with('/'),
        _ => repository.is_empty() && address(text),
    }
}

#[cfg(test)]
mod tests;
