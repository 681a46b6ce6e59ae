//! Every config in `examples/` resolves, and means what the schema says it may.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot look must fail")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use evercred::config::{Machine, Paths, Resolved, resolve};
use evercred::registry::Registry;
use evercred::report::{Colour, Report};
use evercred_core::{Environment, Surroundings, WallClock};
use evercred_http::{BuildContext, Http};

/// What the environment of a GitHub Actions job has.
const VARIABLES: [(&str, &str); 3] = [
    ("HOME", "/home/me"),
    ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://token.actions.example/?v=1"),
    ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t"),
];

#[test]
fn every_example_resolves() {
    let mut seen = 0;
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let resolved = load(&path, &std::fs::read_to_string(&path).unwrap());
            assert!(!resolved.logins.is_empty());
            seen += 1;
        }
    }
    assert!(seen >= 4, "only {seen} examples were found");
}

#[test]
fn what_config_show_prints_of_an_example_means_the_same() {
    for example in ["aws", "vault"] {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example).with_extension("toml");
        let first = load(&path, &std::fs::read_to_string(&path).unwrap());
        let second = load(&path, &first.to_toml());
        let prints = |resolved: &Resolved| {
            resolved.logins.iter().map(|login| login.fingerprint.clone()).collect::<Vec<_>>()
        };
        assert_eq!(prints(&first), prints(&second), "{example}");
    }
}

fn load(path: &Path, text: &str) -> Resolved {
    resolve(path, text, &Registry::built_in(), &machine())
        .unwrap_or_else(|problems| panic!("{}", Report::from(&problems).to_text(Colour::Never)))
}

fn machine() -> Machine {
    let environment: Environment = VARIABLES.into_iter().collect();
    Machine {
        paths: Paths::of(&environment).unwrap(),
        program: PathBuf::from("/usr/bin/evercred"),
        credential_process: None,
        build: BuildContext {
            http: Http::new(&environment),
            surroundings: Surroundings { environment, clock: Arc::new(Epoch) },
        },
    }
}

#[derive(Debug)]
struct Epoch;

impl WallClock for Epoch {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
}
