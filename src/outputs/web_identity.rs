//! `web-identity`: the ID token as a file, with a profile that lets SDKs exchange it themselves.
//!
//! The profile is [AWS's](https://docs.aws.amazon.com/sdkref/latest/guide/access-assume-role-web.html). The token file
//! has no final newline: several SDKs would send it to STS.

use evercred_core::{BuildError, Configured, Field};
use schemars::JsonSchema;
use serde::Deserialize;

use super::profile_entry::{Key, ProfileEntry};
use super::profile_file::{ProfileFile, check_path};
use super::token_file::RawField;
use super::whole_file::{WholeFile, target};
use super::{Output, OutputContext};

/// The ID token as a file, and an AWS profile in `~/.aws/config` that lets SDKs exchange it by themselves.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    /// The profile's name; the login's name if not set.
    profile: Option<String>,
    /// The role to assume; the login's own role if not set.
    role_arn: Option<String>,
    /// The name of the sessions, as AWS's logs show it; `evercred-` and the login's name if not set.
    session_name: Option<String>,
    /// The region to note in the profile, unless it has one; the login's region if not set.
    region: Option<String>,
    /// Take the profile over if it has credentials of another kind: they are set aside as comments, and given back
    /// on logout.
    force: bool,
}

impl Configured<OutputContext> for Config {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &OutputContext) -> Result<Self::Built, BuildError> {
        let target = target(None, None, "jwt", context)?;
        let path = check_path(&target.path)?.to_owned();
        let mut keys = vec![
            role(self.role_arn, context)?,
            Key::fixed("web_identity_token_file", path),
            Key::default("role_session_name", session_name(self.session_name, context)?),
        ];
        keys.extend(Key::region(self.region, context)?);
        let profile = self.profile.as_deref().unwrap_or(&context.name);
        let entry = ProfileEntry::new(ProfileFile::Config, profile, self.force, keys, context)?;
        let token = WholeFile { target, needs: vec![Field::ID_TOKEN], document: RawField(Field::ID_TOKEN) };
        Ok(vec![Box::new(token), Box::new(entry)])
    }
}

fn role(configured: Option<String>, context: &OutputContext) -> Result<Key, BuildError> {
    match configured {
        Some(arn) if is_role(&arn) => Ok(Key::fixed("role_arn", arn)),
        Some(arn) => Err(BuildError::at("role_arn", format!("`{arn}` is not the ARN of a role"))
            .hint("Write it like `arn:aws:iam::123456789012:role/dev`.")),
        None if context.provides.contains(&Field::ROLE_ARN) => Ok(Key::of("role_arn", Field::ROLE_ARN)),
        None => Err(BuildError::at("role_arn", "is missing, and the login itself has no role")
            .hint("Add `role_arn = \"arn:aws:iam::123456789012:role/dev\"` to this output.")),
    }
}

fn is_role(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let named = |parts: &[&str]| matches!(parts, ["arn", _, "iam", "", _, role] if role.starts_with("role/"));
    named(&parts) && arn.chars().all(|c| c.is_ascii_graphic())
}

fn session_name(configured: Option<String>, context: &OutputContext) -> Result<String, BuildError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let name = configured.unwrap_or_else(|| {
        let name = format!("evercred-{}", context.login());
        name.chars().map(|c| if allowed(c) { c } else { '-' }).take(64).collect()
    });
    if (2..=64).contains(&name.len()) && name.chars().all(allowed) {
        return Ok(name);
    }
    Err(BuildError::at("session_name", format!("`{name}` is not a session name that AWS accepts"))
        .hint("Use 2 to 64 letters, digits and `_ + = , . @ -`."))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{context, credential, text};
    use super::*;

    #[test]
    fn the_token_has_no_newline_and_the_profile_points_at_it() {
        let config =
            Config { role_arn: Some("arn:aws:iam::123456789012:role/dev".into()), ..Config::default() };
        let outputs = config.build(&context()).unwrap();
        assert_eq!(text(outputs[0].render(&credential(), None).unwrap()), "e30.e30.c2ln");
        insta::assert_snapshot!(text(outputs[1].render(&credential(), None).unwrap()), @r#"
        [default]
        # kept fresh by evercred (aws.default): this section, role_arn, web_identity_token_file, role_session_name; see "evercred status"
        role_arn = arn:aws:iam::123456789012:role/dev
        web_identity_token_file = /home/dev/.local/state/evercred/aws.default.jwt
        role_session_name = evercred-aws.default
        "#);
    }

    #[test]
    fn the_role_comes_from_the_login_if_it_has_one() {
        let mut context = context();
        context.provides.push(Field::ROLE_ARN);
        let outputs = Config::default().build(&context).unwrap();
        assert_eq!(outputs[1].needs(), [Field::ROLE_ARN]);
    }

    #[test]
    fn a_role_of_the_users_is_not_taken_for_ours_because_it_is_the_same() {
        let role_arn = Some("arn:aws:iam::1:role/dev".to_owned());
        let outputs = Config { role_arn, force: true, ..Config::default() }.build(&context()).unwrap();
        let current = b"[default]\nrole_arn = arn:aws:iam::1:role/dev\nsource_profile = base\n";
        let file = outputs[1].render(&credential(), Some(current)).unwrap();
        assert_eq!(outputs[1].retract(&file).as_deref(), Some(current.as_slice()));
    }

    #[test]
    fn without_any_role_the_key_to_add_is_named() {
        let error = Config::default().build(&context()).unwrap_err();
        assert_eq!(error.key, Some("role_arn"));
    }

    #[test]
    fn what_is_no_role_or_no_session_name_is_refused() {
        for arn in ["dev", "arn:aws:iam::1:user/dev", "arn:aws:iam::1:role/a\nb"] {
            assert!(role(Some(arn.into()), &context()).is_err(), "{arn}");
        }
        for name in ["a", "a b", &"x".repeat(65)] {
            assert!(session_name(Some(name.to_owned()), &context()).is_err(), "{name}");
        }
    }
}
