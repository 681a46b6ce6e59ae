//! What to do where a platform's tokens and what the other side looks at do not meet.

use super::binding::Why;
use super::{Identity, Sees};
use crate::platform::{Level, Platform};

/// The remedy, in full sentences. `other` is a level that could be let in.
pub(super) fn of(
    identity: &Identity<'_>,
    level: Level,
    (sees, why): (Sees, &Why),
    other: Option<Level>,
) -> String {
    let named = if *why == Why::Strangers { level.max(Level::Organisation) } else { level };
    let subjects = subjects(identity.platform, level).or_else(|| subjects(identity.platform, named));
    match (subjects.filter(|_| sees != Sees::Claims), other.map(|other| scope(other, why))) {
        (Some(subjects), Some(scope)) => format!("{subjects} Or take {scope}."),
        (Some(subjects), None) => subjects,
        (None, Some(scope)) => format!("Take {scope}."),
        (None, None) => {
            let word = identity.platform.word(named);
            format!("Have the platform name the {word} in its tokens, or trust another token of it.")
        }
    }
}

/// What would let fewer in, beginning with a space; nothing if nobody knows.
pub(super) fn narrower(identity: &Identity<'_>, sees: Sees) -> String {
    let subjects = subjects(identity.platform, Level::Workspace).filter(|_| sees != Sees::Claims);
    subjects.map(|subjects| format!(" {subjects}")).unwrap_or_default()
}

/// How the platform is made to say it in the subject.
fn subjects(platform: Platform, level: Level) -> Option<String> {
    let field = match (platform, level) {
        (Platform::OnaV3, Level::Workspace) => "environment_id",
        (Platform::OnaV3, Level::Project) => "project_id",
        (Platform::Gitpod, Level::Workspace) => "org_id, repository and workspace_id",
        (Platform::Gitpod, Level::Project) => "org_id and repository",
        (Platform::Gitpod, Level::Organisation) => "org_id",
        (Platform::GithubActions, Level::Project) => "repository_owner_id and repository_id",
        (Platform::GithubActions, Level::Organisation) => "repository_owner_id",
        _ => "",
    };
    Some(match platform {
        Platform::OnaV3 if !field.is_empty() => {
            format!("Add {field} to the fields of the subject in the organisation's OIDC token configuration.")
        }
        Platform::Gitpod => {
            format!("Have the organisation's subjects made of {field} (the claim keys in its OIDC settings).")
        }
        Platform::GithubActions if !field.is_empty() => format!(
            "Have the subjects made of {field} alone (gh api --method PUT repos/OWNER/NAME/actions/oidc/customization/sub \
             with use_default false and include_claim_keys)."
        ),
        Platform::Gitlab => {
            "Have the subjects made of less (ci_id_token_sub_claim_components in the settings of the project).".to_owned()
        }
        _ => return None,
    })
}

/// A scope that would do.
fn scope(other: Level, why: &Why) -> String {
    let word = match other {
        Level::Workspace => "workspace",
        Level::Project => "project",
        Level::Organisation => "organisation",
    };
    let again = if matches!(why, Why::OnlyTheBeginning(_)) { ", once for each subject" } else { "" };
    format!("--scope {word}{again}")
}
