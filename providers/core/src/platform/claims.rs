//! What each claim identifies, platform by platform.

use serde_json::Value;

use super::Platform;
use crate::Claims;

/// How much of a platform is meant, from the whole to the least part that tokens tell apart. The smaller is the less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// One workspace, environment, ref or service account.
    Workspace,
    /// One project, repository or namespace.
    Project,
    /// One organisation, owner, group or cluster.
    Organisation,
}

/// What a claim tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Identifies {
    /// Where the work is done.
    Place(Level),
    /// Who began it.
    User,
}

/// Whether what a claim says is ever said of anybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lasting {
    /// An identifier, which is given once.
    Id,
    /// A name: after a deletion, a renaming or a move it can be somebody else's.
    Name,
}

/// A claim that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KnownClaim {
    /// The way to it: its name, and within an object the names below.
    pub path: &'static [&'static str],
    /// What it identifies.
    pub identifies: Identifies,
    /// For how long.
    pub lasting: Lasting,
}

const fn claim(path: &'static [&'static str], identifies: Identifies, lasting: Lasting) -> KnownClaim {
    KnownClaim { path, identifies, lasting }
}

const ORGANISATION: Identifies = Identifies::Place(Level::Organisation);
const PROJECT: Identifies = Identifies::Place(Level::Project);
const WORKSPACE: Identifies = Identifies::Place(Level::Workspace);
const USER: Identifies = Identifies::User;
const ID: Lasting = Lasting::Id;
const NAME: Lasting = Lasting::Name;

const GITPOD: [KnownClaim; 7] = [
    claim(&["org_id"], ORGANISATION, ID),
    claim(&["repository"], PROJECT, NAME),
    claim(&["context"], PROJECT, NAME),
    claim(&["workspace_id"], WORKSPACE, ID),
    claim(&["user_id"], USER, ID),
    claim(&["email"], USER, NAME),
    claim(&["name"], USER, NAME),
];

const ONA_V2: [KnownClaim; 3] =
    [claim(&["org"], ORGANISATION, ID), claim(&["email"], USER, NAME), claim(&["name"], USER, NAME)];

const ONA_V3: [KnownClaim; 13] = [
    claim(&["organization_id"], ORGANISATION, ID),
    claim(&["project_id"], PROJECT, ID),
    claim(&["environment_id"], WORKSPACE, ID),
    claim(&["creator_id"], USER, ID),
    claim(&["user_id"], USER, ID),
    claim(&["account_id"], USER, ID),
    claim(&["service_account_id"], USER, ID),
    claim(&["creator_email"], USER, NAME),
    claim(&["creator_name"], USER, NAME),
    claim(&["creator_idp"], USER, NAME),
    claim(&["creator_principal"], USER, NAME),
    claim(&["email"], USER, NAME),
    claim(&["name"], USER, NAME),
];

const GITHUB: [KnownClaim; 16] = [
    claim(&["repository_owner_id"], ORGANISATION, ID),
    claim(&["repository_owner"], ORGANISATION, NAME),
    claim(&["enterprise_id"], ORGANISATION, ID),
    claim(&["enterprise"], ORGANISATION, NAME),
    claim(&["repository_id"], PROJECT, ID),
    claim(&["repository"], PROJECT, NAME),
    claim(&["sub"], WORKSPACE, NAME),
    claim(&["ref"], WORKSPACE, NAME),
    claim(&["environment"], WORKSPACE, NAME),
    claim(&["job_workflow_ref"], WORKSPACE, NAME),
    claim(&["workflow_ref"], WORKSPACE, NAME),
    claim(&["workflow"], WORKSPACE, NAME),
    claim(&["run_id"], WORKSPACE, ID),
    claim(&["event_name"], WORKSPACE, NAME),
    claim(&["actor_id"], USER, ID),
    claim(&["actor"], USER, NAME),
];

const GITLAB: [KnownClaim; 14] = [
    claim(&["namespace_id"], ORGANISATION, ID),
    claim(&["namespace_path"], ORGANISATION, NAME),
    claim(&["project_id"], PROJECT, ID),
    claim(&["project_path"], PROJECT, NAME),
    claim(&["sub"], WORKSPACE, NAME),
    claim(&["ref"], WORKSPACE, NAME),
    claim(&["ref_type"], WORKSPACE, NAME),
    claim(&["ref_protected"], WORKSPACE, NAME),
    claim(&["environment"], WORKSPACE, NAME),
    claim(&["pipeline_id"], WORKSPACE, ID),
    claim(&["job_id"], WORKSPACE, ID),
    claim(&["user_id"], USER, ID),
    claim(&["user_login"], USER, NAME),
    claim(&["user_email"], USER, NAME),
];

const KUBERNETES: [KnownClaim; 7] = [
    claim(&["iss"], ORGANISATION, ID),
    claim(&["kubernetes.io", "namespace"], PROJECT, NAME),
    claim(&["sub"], WORKSPACE, NAME),
    claim(&["kubernetes.io", "serviceaccount", "name"], WORKSPACE, NAME),
    claim(&["kubernetes.io", "serviceaccount", "uid"], WORKSPACE, ID),
    claim(&["kubernetes.io", "pod", "name"], WORKSPACE, NAME),
    claim(&["kubernetes.io", "pod", "uid"], WORKSPACE, ID),
];

impl Platform {
    /// The claims that tell who somebody is, except for a subject that tells several things at once
    /// ([`Subject`](super::Subject)).
    pub const fn claims(self) -> &'static [KnownClaim] {
        match self {
            Self::Gitpod => &GITPOD,
            Self::OnaV2 => &ONA_V2,
            Self::OnaV3 => &ONA_V3,
            Self::GithubActions => &GITHUB,
            Self::Gitlab => &GITLAB,
            Self::Kubernetes => &KUBERNETES,
            Self::Other => &[],
        }
    }

    /// What the claim at `path` is known to be.
    pub fn claim(self, path: &[&str]) -> Option<&'static KnownClaim> {
        self.claims().iter().find(|known| known.path == path)
    }

    /// What the people of this platform call such a part of it.
    pub const fn word(self, level: Level) -> &'static str {
        match (self, level) {
            (Self::Gitpod, Level::Workspace) => "workspace",
            (Self::Gitpod | Self::GithubActions, Level::Project) => "repository",
            (Self::OnaV2 | Self::OnaV3, Level::Workspace) => "environment",
            (Self::GithubActions, Level::Organisation) => "owner",
            (Self::GithubActions | Self::Gitlab, Level::Workspace) => "branch, tag or deployment environment",
            (Self::Gitlab, Level::Organisation) => "group",
            (Self::Kubernetes, Level::Organisation) => "cluster",
            (Self::Kubernetes, Level::Project) => "namespace",
            (Self::Kubernetes, Level::Workspace) => "service account",
            (Self::Other, Level::Workspace) => "subject",
            (_, Level::Project) => "project",
            (_, Level::Organisation) => "organisation",
        }
    }
}

impl KnownClaim {
    /// What `claims` say there, if it is a text.
    pub fn value<'c>(&self, claims: &'c Claims) -> Option<&'c str> {
        let (first, rest) = self.path.split_first()?;
        rest.iter().try_fold(claims.all().get(*first)?, |value, name| value.get(name)).and_then(Value::as_str)
    }

    /// The way to it as people write it.
    pub fn name(&self) -> String {
        self.path.join(".")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_claim_within_an_object_is_found() {
        let claims = json!({"kubernetes.io": {"namespace": "dev", "pod": {"uid": 7}}});
        let claims = Claims::from(claims.as_object().unwrap().clone());
        let value = |path: &[&str]| Platform::Kubernetes.claim(path).unwrap().value(&claims);
        assert_eq!(value(&["kubernetes.io", "namespace"]), Some("dev"));
        assert_eq!(value(&["kubernetes.io", "pod", "uid"]), None, "it is no text");
        assert_eq!(value(&["kubernetes.io", "pod", "name"]), None);
    }

    #[test]
    fn what_is_least_is_first() {
        assert!(Level::Workspace < Level::Project && Level::Project < Level::Organisation);
    }
}
