//! `static-profile`: the session itself as keys in `~/.aws/credentials`, for tools that know nothing else.
//!
//! No SDK reads this file twice, so a program that outlives the session fails; `profile` has no such limit.

use evercred_core::{BuildError, Configured, Field};
use schemars::JsonSchema;
use serde::Deserialize;

use super::profile_entry::{Key, ProfileEntry};
use super::profile_file::ProfileFile;
use super::{Output, OutputContext};

/// An AWS profile with plain keys in `~/.aws/credentials`, for tools that know nothing else. Good for short
/// commands only: programs read the file once, and fail when that session ends.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    /// The profile's name; the login's name if not set.
    profile: Option<String>,
    /// The region to note in the profile, unless it has one; the login's region if not set.
    region: Option<String>,
    /// Take the profile over if it has credentials of another kind: they are set aside as comments, and given back
    /// on logout.
    force: bool,
}

impl Configured<OutputContext> for Config {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &OutputContext) -> Result<Self::Built, BuildError> {
        let mut keys = vec![
            Key::of("aws_access_key_id", Field::ACCESS_KEY_ID),
            Key::of("aws_secret_access_key", Field::SECRET_ACCESS_KEY),
            Key::of("aws_session_token", Field::SESSION_TOKEN),
        ];
        keys.extend(Key::region(self.region, context)?);
        let profile = self.profile.as_deref().unwrap_or(&context.name);
        Ok(vec![Box::new(ProfileEntry::new(ProfileFile::Credentials, profile, self.force, keys, context)?)])
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{context, credential, text};
    use super::*;

    #[test]
    fn the_session_is_written_as_keys_of_the_profile() {
        let outputs = Config::default().build(&context()).unwrap();
        let file = outputs[0].render(&credential(), Some(b"[default]\nregion = eu-west-1\n")).unwrap();
        insta::assert_snapshot!(text(file), @r#"
        [default]
        region = eu-west-1
        # kept fresh by evercred (aws.default): aws_access_key_id, aws_secret_access_key, aws_session_token; see "evercred status"
        aws_access_key_id = ASIAEXAMPLE
        aws_secret_access_key = wJalr/XUtn+FEMI=
        aws_session_token = FwoGZXIvYXdzEXAMPLE==
        "#);
    }

    #[test]
    fn a_new_session_replaces_the_old_one_in_place() {
        let outputs = Config::default().build(&context()).unwrap();
        let first = outputs[0].render(&credential(), None).unwrap();
        let next = credential().with(Field::ACCESS_KEY_ID, evercred_core::Secret::new("ASIANEXT"));
        let second = text(outputs[0].render(&next, Some(&first)).unwrap());
        assert_eq!(second, text(first).replace("ASIAEXAMPLE", "ASIANEXT"));
    }

    #[test]
    fn a_field_that_would_break_out_of_its_line_is_refused_and_not_shown() {
        let outputs = Config::default().build(&context()).unwrap();
        let odd = credential().with(Field::SESSION_TOKEN, evercred_core::Secret::new("hunter2\n[default]"));
        let failure = outputs[0].render(&odd, None).unwrap_err();
        assert!(failure.to_string().contains("`session_token`"), "{failure}");
        assert!(!format!("{failure:?}").contains("hunter2"));
    }
}
