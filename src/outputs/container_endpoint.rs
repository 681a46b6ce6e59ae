//! `container-endpoint`: an address that AWS SDKs ask for the session, as they do in a container of AWS's.
//!
//! SDKs that run for weeks ask again by themselves before a session ends: botocore 15 minutes, Go and JavaScript 5 minutes,
//! Java 1 minute, Rust 10 seconds before. They find the address in two variables, which stand in an env file. For programs
//! that see neither `~/.aws/config` nor evercred, such as those in a container on this machine's network, this is the way;
//! for others the output `profile` needs no variable at all.
//!
//! Every other place where SDKs look comes first ([order]), so that a stale key in `~/.aws/credentials` hides the address
//! without a word; that is looked for.
//!
//! [order]: https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use evercred_core::{Advice, BuildError, Configured, Credential, Environment, Failure, Field, Secret};
use hyper::body::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::endpoint_files::{KeyFile, url, utf8, variables};
use super::ini::Ini;
use super::process_document::reported_expiry;
use super::profile_file::{ProfileFile, is_mechanism};
use super::whole_file::target;
use super::{Output, OutputContext, Readers, Way, required};
use crate::endpoints::{Container, Key};
use crate::serve::Listen;
use crate::time::rfc3339;

/// An address on this machine that AWS SDKs and CLIs ask for the session, for as long as they run, with
/// `AWS_CONTAINER_CREDENTIALS_FULL_URI` and `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`. Only `evercred run` and
/// `evercred up` answer there.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    /// A loopback address with a port.
    listen: Listen,
    /// Where the file with the key is that programs have to present, absolute or with `~/`; `LOGIN.container.key` in the
    /// state folder if not set.
    key_file: Option<String>,
    /// Where the file with the variables is, for shells, systemd and Docker, absolute or with `~/`; `LOGIN.container.env`
    /// in the state folder if not set.
    env_file: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self { listen: Listen::Loopback(([127, 0, 0, 1], 7311).into()), key_file: None, env_file: None }
    }
}

const NEEDS: [Field; 3] = [Field::ACCESS_KEY_ID, Field::SECRET_ACCESS_KEY, Field::SESSION_TOKEN];

impl Configured<OutputContext> for Config {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &OutputContext) -> Result<Self::Built, BuildError> {
        let path = format!("/{}", context.login());
        let address = format!("{}{path}", url(&self.listen)?);
        let key = Key::new(target(self.key_file.as_deref(), None, "container.key", context)?);
        let key_path = utf8(&key.target().path)?;
        let endpoint = Arc::new(Container::new(self.listen, path, Arc::clone(&key)));
        let surroundings = (context.login(), context.environment.clone());
        let lines = [
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", address),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", key_path),
        ];
        let add = |way: Way, (name, value): &(&str, String)| way.with(name, value);
        let way = lines.iter().fold(Way::refreshing(Readers::Aws), add);
        // A profile would say it. Each SDK reads one of the two, boto3 the second.
        let region = |way: Way, name| way.with_known(name, Field::REGION, context);
        let way = Some(["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().fold(way, region));
        let key = KeyFile { key, needs: NEEDS.to_vec(), endpoint, shadows, way, surroundings };
        let variables = variables(self.env_file.as_deref(), "container.env", &lines, context)?;
        // The key comes first: variables must never name one that is not there yet.
        Ok(vec![Box::new(key), Box::new(variables)])
    }
}

/// What an SDK is answered. `place` says in an error where it was to go.
pub fn answer(credential: &Credential, place: &dyn Display) -> Result<Bytes, Failure> {
    let field = |field| required(credential, field, place).map(Secret::expose);
    let Some(end) = reported_expiry(credential).map(rfc3339::seconds) else {
        return Err(Failure::new("answer", place.to_string(), Advice::NeedsAttention)
            .message("the credential has no end, and SDKs want one"));
    };
    let mut session = json!({
        "AccessKeyId": field(Field::ACCESS_KEY_ID)?,
        "SecretAccessKey": field(Field::SECRET_ACCESS_KEY)?,
        "Token": field(Field::SESSION_TOKEN)?,
        "Expiration": end,
    });
    if let Some(account) = credential.field(Field::ACCOUNT_ID) {
        session["AccountId"] = json!(account.expose());
    }
    Ok(session.to_string().into())
}

/// Variables that every SDK, or some, take before the address.
const VARIABLES: [(&str, &str); 4] = [
    ("AWS_ACCESS_KEY_ID", "is taken by every AWS SDK"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "is taken by every AWS SDK"),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "is taken by every AWS SDK"),
    ("AWS_PROFILE", "selects a profile, which every AWS SDK takes"),
];

fn shadows(login: &str, environment: &Environment, read: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String> {
    let set = VARIABLES.iter().filter(|(name, _)| environment.get(name).is_some());
    let set = set.map(|(name, why)| {
        format!("{name} is set in the environment and {why} rather than evercred's address: unset it.")
    });
    let files = [ProfileFile::Credentials, ProfileFile::Config].into_iter();
    set.chain(files.filter_map(|file| in_file(file, login, environment, read))).collect()
}

/// The default profile comes before the address, whatever it has. That of this login is the same credential.
fn in_file(
    file: ProfileFile,
    login: &str,
    environment: &Environment,
    read: &dyn Fn(&Path) -> Option<Vec<u8>>,
) -> Option<String> {
    let path = file.path(environment).ok()?;
    let content = read(&path)?;
    let ini = Ini::parse(&content);
    let here = ini.sections(|title| file.titles("default").iter().any(|wanted| wanted == title));
    let lines = || ini.lines.iter().filter(|line| here.contains(&line.section));
    let ours = format!("evercred ({login})");
    if lines().any(|line| String::from_utf8_lossy(line.bytes).contains(&ours)) {
        return None;
    }
    let keys: Vec<_> = lines()
        .filter_map(|line| line.key())
        .filter(|key| is_mechanism(key))
        .map(|key| format!("`{key}`"))
        .collect();
    (!keys.is_empty()).then(|| {
        format!(
            "{} has {} in its default profile, which AWS SDKs take rather than evercred's address: remove these keys.",
            path.display(),
            keys.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{context, credential, text};
    use super::*;

    #[test]
    fn the_answer_has_the_names_that_containers_have() {
        let answer = answer(&credential(), &"here").unwrap();
        insta::assert_snapshot!(text(answer.to_vec()), @r#"{"AccessKeyId":"ASIAEXAMPLE","AccountId":"123456789012","Expiration":"2026-11-22T20:55:00Z","SecretAccessKey":"wJalr/XUtn+FEMI=","Token":"FwoGZXIvYXdzEXAMPLE=="}"#);
    }

    #[test]
    fn the_variables_name_the_address_and_the_key() {
        let outputs = Config::default().build(&context()).unwrap();
        insta::assert_snapshot!(text(outputs[1].render(&credential(), None).unwrap()), @"
        AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:7311/aws.default
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/home/dev/.local/state/evercred/aws.default.container.key
        ");
        assert!(outputs[0].endpoint().is_some() && outputs[1].endpoint().is_none());
        let way = outputs[0].environment().unwrap();
        assert_eq!((way.readers, way.refreshes, way.variables.len()), (Readers::Aws, true, 2));
    }

    #[test]
    fn an_address_that_programs_cannot_know_or_ask_is_refused() {
        for listen in ["127.0.0.1:0", "unix:/run/x.sock"] {
            let config = Config { listen: listen.parse().unwrap(), ..Config::default() };
            assert_eq!(config.build(&context()).unwrap_err().key, Some("listen"), "{listen}");
        }
    }

    #[test]
    fn a_default_profile_of_somebody_elses_hides_the_address() {
        let outputs = Config::default().build(&context()).unwrap();
        let theirs = |path: &Path| {
            path.ends_with("credentials")
                .then(|| b"[default]\naws_access_key_id = AKIA\n[x]\nrole_arn = a\n".to_vec())
        };
        insta::assert_snapshot!(outputs[0].shadows(&theirs).join("\n"), @"/home/dev/.aws/credentials has `aws_access_key_id` in its default profile, which AWS SDKs take rather than evercred's address: remove these keys.");
        let ours = |path: &Path| {
            path.ends_with("config").then(|| {
                b"[default]\n# kept fresh by evercred (aws.default): x\ncredential_process = y\n".to_vec()
            })
        };
        assert_eq!(outputs[0].shadows(&ours), [""; 0]);
    }
}
