//! Who gets in, in words.

use super::{Identity, Test};
use crate::platform::{Lasting, Level, Platform};

/// Whom a level lets in: what least privilege means there.
pub(super) fn of(platform: Platform, level: Level) -> String {
    match (platform, level) {
        (Platform::Gitpod, Level::Workspace) => {
            "Lets in this one workspace: any other, of the same repository too, has to be let in on its own."
        }
        (Platform::Gitpod, Level::Project) => {
            "Lets in every workspace of this repository, on any branch, whoever starts it."
        }
        (Platform::Gitpod, Level::Organisation) => {
            "Lets in every workspace of the organisation, whatever repository it is of and whoever starts it."
        }
        (Platform::OnaV2 | Platform::OnaV3, Level::Workspace) => {
            "Lets in this one environment: any other, of the same project too, has to be let in on its own."
        }
        (Platform::OnaV2 | Platform::OnaV3, Level::Project) => {
            "Lets in every environment of this project, on any branch, whoever creates it."
        }
        (Platform::OnaV2 | Platform::OnaV3, Level::Organisation) => {
            "Lets in every environment of the organisation, and the users, service accounts and runners that have tokens of \
             it, too."
        }
        (Platform::GithubActions | Platform::Gitlab, Level::Workspace) => {
            "Lets in the jobs with just this subject: what they run is up to whoever may push there."
        }
        (Platform::GithubActions, Level::Project) => {
            "Lets in every workflow of this repository, on any branch, tag or pull request of its own: whoever may push a \
             branch can log in."
        }
        (Platform::GithubActions, Level::Organisation) => {
            "Lets in every workflow of every repository of this owner, those that are made tomorrow included."
        }
        (Platform::Gitlab, Level::Project) => {
            "Lets in every job of this project, on any branch or tag: whoever may push a branch can log in."
        }
        (Platform::Gitlab, Level::Organisation) => {
            "Lets in every job of every project of this group, those that are made tomorrow included."
        }
        (Platform::Kubernetes, Level::Workspace) => {
            "Lets in every pod that runs as this service account: whoever may create pods in its namespace can log in."
        }
        (Platform::Kubernetes, Level::Project) => {
            "Lets in every service account of this namespace, those that are made tomorrow included."
        }
        (Platform::Kubernetes, Level::Organisation) => "Lets in every service account of this cluster.",
        (Platform::Other, _) => "Lets in whoever has this subject; what that means is up to the issuer.",
    }
    .to_owned()
}

/// That a subject tells owners by names, where it does.
pub(super) fn by_names(identity: &Identity<'_>) -> Option<String> {
    let subject = identity.subject.text();
    let remedy = match identity.platform {
        Platform::GithubActions if subject.starts_with("repo:") && !subject.contains('@') => {
            "opt in to immutable subjects, which have identifiers beside the names"
        }
        Platform::Gitlab if subject.starts_with("project_path:") => {
            "keep the group's and the project's names for as long as this trust stands"
        }
        _ => return None,
    };
    Some(format!(
        "This subject tells them by names, which can become somebody else's after a deletion or a move: {remedy}."
    ))
}

impl Test {
    pub(super) fn sentence(&self, identity: &Identity<'_>) -> String {
        match self {
            Self::Claim { path, value, level, lasting } => {
                let word = identity.platform.word(*level);
                let how = match lasting {
                    Lasting::Id => "an identifier that nobody else is ever given",
                    Lasting::Name => "a name, which can become somebody else's after a deletion or a move",
                };
                format!("`{}` has to be {value:?}: the {word}, by {how}.", path.join("."))
            }
            Self::Subject(text) => format!("`sub` has to be {text:?}, to the letter."),
            Self::SubjectBegins(text) => {
                format!("`sub` has to begin with {text:?}, which ends where the name of what is meant ends.")
            }
        }
    }
}
