use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use evercred_core::{Audience, Configured, Environment, Failure, IdToken, Surroundings, WallClock};
use evercred_http::{BuildContext, Http};
use evercred_test_support::tokens;
use serde_json::{Value, json};

use crate::sources::TokenSource;

#[derive(Debug)]
struct Epoch;

impl WallClock for Epoch {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
}

pub(super) fn context(variables: &[(&str, &str)]) -> BuildContext {
    let environment: Environment = variables.iter().copied().collect();
    let http = Http::new(&environment);
    BuildContext { surroundings: Surroundings { environment, clock: Arc::new(Epoch) }, http }
}

/// The source that `config`, in JSON instead of TOML, describes.
pub(super) fn source<C>(config: Value, variables: &[(&str, &str)]) -> Arc<dyn TokenSource>
where
    C: Configured<BuildContext, Built = Arc<dyn TokenSource>>,
{
    serde_json::from_value::<C>(config).unwrap().build(&context(variables)).unwrap()
}

pub(super) fn jwt(audience: &str) -> String {
    tokens::jwt(
        &json!({ "iss": "https://issuer", "sub": "me", "aud": audience, "iat": 0, "exp": 4_000_000_000_u32 }),
    )
}

pub(super) async fn mint(source: &Arc<dyn TokenSource>, audience: &str) -> Result<IdToken, Failure> {
    source.mint(&Audience::new(audience)).await
}

/// The failure and its causes as a report shows them.
pub(super) fn told(failure: &Failure) -> String {
    let mut text = failure.to_string();
    let mut next = failure.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[expect(clippy::disallowed_methods, reason = "plays the other program that writes the file")]
pub(super) fn write(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
}

/// Installs a shell script. Another process writes it: while this one has it open for writing, a child that is
/// being started elsewhere holds it open too, and it cannot be executed ("text file busy").
pub(super) fn install(path: &Path, script: &str) {
    let text = format!("#!/bin/sh\n{script}\n");
    let copy = std::process::Command::new("/bin/sh")
        .args(["-c", "printf %s \"$2\" > \"$1\"", "sh"])
        .arg(path)
        .arg(text)
        .status();
    assert!(copy.unwrap().success());
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
