//! What to do where a platform's tokens and what the other side looks at do not meet.

use super::binding::Why;
use super::{Identity, Sees};
use crate::platform::{Level, Platform};

/// The remedy, in full sentences.
pub(super) fn of(identity: &Identity<'_>, level: Level, sees: Sees, why: &Why) -> String {
    let other = wider(identity, level, why);
    match subjects(identity.platform, level).filter(|_| sees != Sees::Claims) {
        Some(subjects) => format!("{subjects}{other}"),
        None if sees == Sees::Claims => format!("This platform's tokens would have to name it.{other}"),
        None => other.trim_start().to_owned(),
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

/// Which scope would do, if one does.
fn wider(identity: &Identity<'_>, level: Level, why: &Why) -> String {
    match why {
        Why::Strangers => String::new(),
        Why::OnlyTheBeginning(_) => " Or take --scope workspace, and repeat it for each subject.".to_owned(),
        Why::Unnamed if level == Level::Workspace => " Or take --scope project.".to_owned(),
        Why::Unnamed if identity.platform == Platform::Other => {
            " Take --scope workspace: of this platform only whole subjects are understood.".to_owned()
        }
        Why::Unnamed => match identity.subject.narrowest() {
            Some(Level::Workspace) => " Or take --scope workspace.".to_owned(),
            Some(Level::Project) if level != Level::Project => " Or take --scope project.".to_owned(),
            _ => String::new(),
        },
    }
}
