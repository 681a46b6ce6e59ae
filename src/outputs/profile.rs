//! `profile`: an AWS profile that refreshes itself.
//!
//! The profile names evercred as its `credential_process`, which prints a document that is replaced atomically
//! whenever the session is. This is the default because it is the one way that needs no environment variable, no
//! listener and no secret in a file of the user's, and that every SDK asks again, even in a process that lives for
//! weeks.

use std::path::Path;

use evercred_core::{BuildError, Configured};
use schemars::JsonSchema;
use serde::Deserialize;

use super::process_document::ProcessDocument;
use super::profile_entry::{Key, ProfileEntry};
use super::profile_file::{ProfileFile, check_path};
use super::{Output, OutputContext};

/// An AWS profile that refreshes itself: an entry in `~/.aws/config` that every AWS SDK and CLI reads.
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
        let document = ProcessDocument::build(context)?;
        let mut keys = vec![Key::fixed("credential_process", command(&document.target.path, context)?)];
        keys.extend(Key::region(self.region, context)?);
        let profile = self.profile.as_deref().unwrap_or(&context.name);
        let entry = ProfileEntry::new(ProfileFile::Config, profile, self.force, keys, context)?;
        // The document comes first: a profile must never name one that is not there yet.
        Ok(vec![Box::new(document), Box::new(entry)])
    }
}

/// The command line; some SDKs give it to a shell, and botocore splits it by itself, with the same quotes but
/// neither `~` nor variables. SDKs for Go of before 2023, such as the one in Debian's docker-credential-ecr-login, take
/// a quote at the beginning for one around the whole value, so there is none.
fn command(document: &Path, context: &OutputContext) -> Result<String, BuildError> {
    let [document, config] = [document, &context.config_file].map(word);
    let program = match &context.credential_process {
        Some(quick) => word(quick)?,
        None => format!("{} credential-process", word(&context.program)?),
    };
    let start = if program.starts_with('"') { "/usr/bin/env " } else { "" };
    Ok(format!("{start}{program} --document {} --config {} {}", document?, config?, context.login()))
}

/// A path as one word of the command line, in quotes where it has to be.
fn word(path: impl AsRef<Path>) -> Result<String, BuildError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@".contains(c);
    let text = check_path(path.as_ref())?;
    Ok(if text.chars().all(plain) { text.to_owned() } else { format!("\"{text}\"") })
}

#[cfg(test)]
mod tests {
    use evercred_core::{Field, Secret};

    use super::super::testing::{context, credential, text};
    use super::*;

    #[test]
    fn the_default_login_is_the_default_profile_and_the_document_comes_first() {
        let outputs = Config::default().build(&context()).unwrap();
        assert_eq!(
            outputs.iter().map(|output| output.section()).collect::<Vec<_>>(),
            [None, Some("default")]
        );
        insta::assert_snapshot!(text(outputs[1].render(&credential(), None).unwrap()), @r#"
        [default]
        # kept fresh by evercred (aws.default): this section, credential_process; see "evercred status"
        credential_process = /usr/bin/evercred credential-process --document /home/dev/.local/state/evercred/aws.default.json --config /home/dev/.config/evercred/config.toml aws.default
        "#);
    }

    #[test]
    fn the_quick_program_is_named_where_it_is_installed() {
        let quick = Some("/usr/bin/evercred-credential-process".into());
        let outputs =
            Config::default().build(&OutputContext { credential_process: quick, ..context() }).unwrap();
        let file = text(outputs[1].render(&credential(), None).unwrap());
        let command = "credential_process = /usr/bin/evercred-credential-process --document /home/dev";
        assert!(file.contains(command), "{file}");
    }

    #[test]
    fn the_logins_region_is_noted_unless_the_user_has_one_there() {
        let mut context = context();
        context.provides.push(Field::REGION);
        let credential = credential().with(Field::REGION, Secret::new("eu-central-1"));
        let outputs = Config::default().build(&context).unwrap();
        let render = |current: &[u8]| text(outputs[1].render(&credential, Some(current)).unwrap());
        assert!(render(b"").contains("region = eu-central-1\n"));
        assert!(!render(b"[default]\nregion = us-east-2\n").contains("eu-central-1"));
    }

    #[test]
    fn another_profile_gets_its_region_and_its_title() {
        let config = Config { profile: Some("dev".into()), region: Some("eu-west-1".into()), force: false };
        let outputs = config.build(&context()).unwrap();
        let current = b"[profile b]\r\noutput = json\r\n";
        let file = text(outputs[1].render(&credential(), Some(current)).unwrap());
        insta::assert_snapshot!(file.escape_debug(), @r#"[profile b]\r\noutput = json\r\n\r\n[profile dev]\r\n# kept fresh by evercred (aws.default): this section, credential_process, region; see \"evercred status\"\r\ncredential_process = /usr/bin/evercred credential-process --document /home/dev/.local/state/evercred/aws.default.json --config /home/dev/.config/evercred/config.toml aws.default\r\nregion = eu-west-1\r\n"#);
    }

    #[test]
    fn the_entry_needs_no_secret_and_the_document_needs_three() {
        let outputs = Config::default().build(&context()).unwrap();
        assert_eq!(outputs.iter().map(|output| output.needs().len()).collect::<Vec<_>>(), [3, 0]);
    }

    #[test]
    fn paths_that_readers_of_the_command_line_would_disagree_about_are_refused() {
        for program in ["/a\"b", "/a\\b", "/a$b", "/a`b", "/a\nb", "/a #b"] {
            let context = OutputContext { program: program.into(), ..context() };
            assert!(Config::default().build(&context).is_err(), "{program}");
        }
    }

    #[test]
    fn a_path_with_spaces_is_quoted_but_never_at_the_beginning() {
        let spaced = OutputContext { program: "/a b/evercred".into(), ..context() };
        let outputs = Config::default().build(&spaced).unwrap();
        let file = text(outputs[1].render(&credential(), None).unwrap());
        assert!(
            file.contains("credential_process = /usr/bin/env \"/a b/evercred\" credential-process --"),
            "{file}"
        );
    }
}
