//! Roles of a profile that are taken with another credential: `role_arn` with `source_profile` or `credential_source`
//! ([assume role](https://docs.aws.amazon.com/boto3/latest/guide/credentials.html)).
//!
//! Every mistake in such a profile is an error, never a reason to look further.

use super::Botocore;
use crate::doctor::prediction::{Choice, Place};
use crate::doctor::python_ini::{Entry, Keys};

const METHOD: &str = "assume-role";
const RULE: &str = "a role that is taken with another credential comes before everything else in a profile";

/// A profile in which `role_arn` is to be taken with another credential.
fn takes_role(keys: &Keys) -> bool {
    keys.contains_key("role_arn") && !keys.contains_key("web_identity_token_file")
}

fn has_static_keys(keys: &Keys) -> bool {
    keys.contains_key("aws_access_key_id") || keys.contains_key("aws_secret_access_key")
}

impl Botocore<'_, '_> {
    pub(super) fn role(&self) -> Option<Choice> {
        takes_role(self.keys(&self.profile)).then(|| self.role_of(&self.profile, &mut vec![&self.profile]))
    }

    fn role_of<'s>(&'s self, profile: &'s str, visited: &mut Vec<&'s str>) -> Choice {
        let keys = self.keys(profile);
        let place = keys.get("role_arn").map(Entry::place);
        let Some(place) = place else { return Choice::NOTHING };
        let from = match (keys.get("credential_source"), keys.get("source_profile")) {
            (Some(source), Some(_)) => Choice::fails(
                source.place(),
                "a profile may not have both credential_source and source_profile",
            ),
            (None, None) => {
                Choice::fails(place.clone(), "the role has neither source_profile nor credential_source")
            }
            (Some(source), None) => self.named_source(&source.value, source.place()),
            (None, Some(source)) => {
                if let Some(failure) = self.refused(profile, &source.value, &source.place(), visited) {
                    return failure;
                }
                visited.push(&source.value);
                self.source_profile(&source.value, source.place(), visited)
            }
        };
        from.through(METHOD, place, RULE)
    }

    fn named_source(&self, name: &str, place: Place) -> Choice {
        let found = match name {
            "Environment" => self.environment(),
            "EcsContainer" => self.container(),
            "Ec2InstanceMetadata" => self.instance(),
            _ => return Choice::fails(place, "credential_source has a name that botocore does not know"),
        };
        found.unwrap_or_else(|| Choice::fails(place, "credential_source gives no credential"))
    }

    /// Why a source profile is refused.
    fn refused(&self, profile: &str, source: &str, place: &Place, visited: &[&str]) -> Option<Choice> {
        let Some(keys) = self.profiles.merged.get(source) else {
            return Some(Choice::fails(place.clone(), "the source_profile does not exist"));
        };
        let goes_round = visited.contains(&source) && (source != profile || !has_static_keys(keys));
        goes_round.then(|| Choice::fails(place.clone(), "the source_profiles go round in a circle"))
    }

    fn source_profile<'s>(&'s self, source: &'s str, place: Place, visited: &mut Vec<&'s str>) -> Choice {
        let keys = self.keys(source);
        if !has_static_keys(keys) && takes_role(keys) {
            return self.role_of(source, visited);
        }
        let found = self.in_profile(source, false);
        found.unwrap_or_else(|| Choice::fails(place, "the source_profile has no credential"))
    }
}
