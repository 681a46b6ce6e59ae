//! A thousand rotations of the real outputs, under eight readers of `~/.aws/credentials` and of the process document:
//! no reader ever sees a partial, mixed or empty one, and what the user has in the shared file stays.

#![expect(clippy::unwrap_used, reason = "a test that cannot look must fail")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use evercred::config::{Machine, Paths, resolve};
use evercred::files::Publisher;
use evercred::login::Login;
use evercred::registry::Registry;
use evercred_core::{Credential, Environment, Field, Secret, Surroundings, WallClock};
use evercred_http::{BuildContext, Http};
use serde_json::Value;

const ROTATIONS: usize = 1_000;
const READERS: usize = 8;

/// Comments, another profile, odd spacing, Windows line ends, and no end of line at the end.
const THEIRS: &str = "# mine\r\n[other]\r\naws_access_key_id=AKIAOTHER\r\n\r\n[ legacy2 ]\r\n  a =b";

const CONFIG: &str = r#"
[source]
type = "env"
variable = "TOKEN"

[aws.default]
role_arn = "arn:aws:iam::123456789012:role/dev"
outputs = ["profile", { type = "static-profile", profile = "legacy" }]
"#;

#[test]
fn a_thousand_rotations_are_whole_to_eight_readers() {
    let home = tempfile::tempdir().unwrap();
    let credentials = home.path().join(".aws/credentials");
    let document = home.path().join(".local/state/evercred/aws.default.json");
    fs::create_dir(home.path().join(".aws")).unwrap();
    #[expect(clippy::disallowed_methods, reason = "this is the user, who writes as he likes")]
    fs::write(&credentials, THEIRS).unwrap();
    let login = login(home.path());
    let publisher = Publisher::new(home.path().join("locks"));
    rotate(&publisher, &login, 0);

    let done = AtomicBool::new(false);
    let seen: Vec<usize> = thread::scope(|scope| {
        let read = |number: usize| {
            let (path, parts): (&Path, fn(&str) -> [String; 3]) = if number.is_multiple_of(2) {
                (&credentials, parts_of_profile)
            } else {
                (&document, parts_of_document)
            };
            let done = &done;
            scope.spawn(move || read_until(done, path, parts))
        };
        let readers: Vec<_> = (0..READERS).map(read).collect();
        (1..=ROTATIONS).for_each(|number| rotate(&publisher, &login, number));
        done.store(true, Ordering::Relaxed);
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });

    assert!(
        seen.iter().all(|rotations| *rotations > ROTATIONS / 20),
        "readers saw {seen:?} different credentials"
    );
    let file = fs::read_to_string(&credentials).unwrap();
    assert!(file.starts_with(THEIRS), "{file}");
    assert_eq!(parts_of_profile(&file), expected(ROTATIONS));
}

/// Reads again and again; each time all parts must be of one credential. Gives how many different ones were seen.
fn read_until(done: &AtomicBool, path: &Path, parts: fn(&str) -> [String; 3]) -> usize {
    let (mut last, mut different) = (0, 0);
    while !done.load(Ordering::Relaxed) {
        let seen = parts(&fs::read_to_string(path).unwrap());
        let number: usize = seen[0].strip_prefix("ASIA").unwrap().parse().unwrap();
        assert_eq!(seen, expected(number), "{}", path.display());
        assert!(number >= last, "an older credential came back");
        different += usize::from(number > last);
        last = number;
    }
    different
}

fn expected(number: usize) -> [String; 3] {
    [format!("ASIA{number}"), format!("secret/{number}"), format!("token/{number}/{}", "x".repeat(800))]
}

fn parts_of_profile(file: &str) -> [String; 3] {
    let ours = file.split("[legacy]").nth(1).unwrap();
    ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"].map(|key| {
        let line = ours.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        line.trim_start_matches([' ', '=']).trim_end().to_owned()
    })
}

fn parts_of_document(text: &str) -> [String; 3] {
    let document: Value = serde_json::from_str(text).unwrap();
    ["AccessKeyId", "SecretAccessKey", "SessionToken"].map(|key| document[key].as_str().unwrap().to_owned())
}

fn rotate(publisher: &Publisher, login: &Login, number: usize) {
    let [access_key_id, secret, token] = expected(number).map(Secret::new);
    let credential = Credential::new("me", SystemTime::UNIX_EPOCH)
        .with(Field::ACCESS_KEY_ID, access_key_id)
        .with(Field::SECRET_ACCESS_KEY, secret)
        .with(Field::SESSION_TOKEN, token)
        .expiring_at(SystemTime::UNIX_EPOCH + Duration::from_hours(1));
    for output in &login.outputs {
        publisher.publish(output.target(), &mut |current| output.render(&credential, current)).unwrap();
    }
}

fn login(home: &Path) -> Arc<Login> {
    let variables = [("HOME", home.to_str().unwrap()), ("TOKEN", "t")];
    let environment: Environment = variables.into_iter().collect();
    let machine = Machine {
        paths: Paths::of(&environment).unwrap(),
        program: PathBuf::from("/usr/bin/evercred"),
        credential_process: None,
        build: BuildContext {
            http: Http::new(&environment),
            surroundings: Surroundings { environment, clock: Arc::new(Epoch) },
        },
    };
    resolve(&home.join("config.toml"), CONFIG, &Registry::built_in(), &machine).unwrap().logins.remove(0)
}

#[derive(Debug)]
struct Epoch;

impl WallClock for Epoch {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
}
