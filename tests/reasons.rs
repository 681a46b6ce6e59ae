//! For programs that find a dead credential: why it is dead and what to do stand beside the login's documents, on stderr of
//! `credential-process`, and in `status --json`.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a rig that does not stand must fail the test"
)]

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use evercred_sandbox::{Options, Role, Sandbox};
use evercred_test_support::{Home, Outcome, clients};
use serde_json::Value;

const REASON: &str = ".local/state/evercred/aws.default.reason.json";
const ACCESS_DENIED: &str = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
const MEANING: &str = "the role's trust policy does not let this token in";
const LIMIT: Duration = Duration::from_mins(1);

struct Rig {
    home: Home,
    sandbox: Sandbox,
}

impl Rig {
    /// A login that the role does not trust.
    fn new() -> Self {
        let rig = Self { home: Home::new(), sandbox: Sandbox::start(Options::default()).unwrap() };
        let (url, role) = (rig.sandbox.url(), rig.sandbox.role_arn("stranger"));
        rig.home.config(&format!(
            "[source]\ntype = \"http\"\nurl = \"{url}/token\"\n\n[aws.default]\nrole_arn = \"{role}\"\nendpoint_url = \
             \"{url}\"\nregion = \"eu-west-1\"\noutputs = [\"profile\"]\n"
        ));
        rig
    }

    /// Somebody does what the hint says.
    fn trust(&self) {
        self.sandbox.adjust(|options| {
            for role in &mut options.aws.roles {
                if role.name == "stranger" {
                    *role = Role::trusting_subject("stranger", "*");
                }
            }
        });
    }

    fn reason(&self) -> Option<Value> {
        self.home.read(REASON).map(|text| serde_json::from_str(&text).unwrap())
    }

    fn hides_its_secrets(&self, text: &str) {
        let secrets = self.sandbox.secrets();
        assert!(!text.contains("eyJ") && secrets.iter().all(|secret| !text.contains(secret)), "{text}");
    }
}

#[test]
fn the_reason_stands_beside_the_documents_until_the_login_is_fresh() {
    let rig = Rig::new();
    assert_eq!(rig.home.run(["once"]).code(), Some(4));
    let reason = rig.reason().unwrap();
    assert_eq!((&reason["login"], &reason["version"]), (&"aws.default".into(), &1.into()));
    assert_eq!(
        (&reason["error"]["code"], &reason["error"]["reason"]),
        (&"AccessDenied".into(), &MEANING.into())
    );
    assert_eq!(reason["error"]["sent"]["subject"], "https://github.com/acme/app");
    assert!(reason["error"]["cure"].as_str().unwrap().contains("StringEquals"), "{reason:#}");
    assert_eq!(reason["next"]["code"], "change");
    assert_eq!(rig.home.path(REASON).metadata().unwrap().permissions().mode() & 0o777, 0o600);
    rig.hides_its_secrets(&reason.to_string());
    let folder = rig.home.path(".aws");
    let litter = folder.read_dir().into_iter().flatten().count();
    assert_eq!(litter, 0, "nothing lies in the folders of other programs");
    rig.trust();
    rig.home.run(["once"]).success();
    assert_eq!(rig.reason(), None);
}

#[test]
fn logging_out_takes_the_reason_away() {
    let rig = Rig::new();
    assert_eq!(rig.home.run(["once"]).code(), Some(4));
    assert!(rig.reason().is_some());
    rig.home.run(["logout"]).success();
    assert_eq!(rig.reason(), None);
}

#[test]
fn boto3_shows_the_line_that_says_what_to_do() {
    let rig = Rig::new();
    rig.trust();
    rig.home.run(["once"]).success();
    // The credential is gone, and the role is not what it was.
    std::fs::remove_file(rig.home.path(".local/state/evercred/aws.default.json")).unwrap();
    rig.sandbox.adjust(|options| options.aws.roles.retain(|role| role.name != "stranger"));
    let client = "import boto3; boto3.client('sts').get_caller_identity()";
    let python = clients::boto3(&rig.home).get_program().to_owned();
    let mut boto3 = rig.home.command(python);
    let outcome = Outcome::of(boto3.args(["-c", client]));
    let shown = outcome.failure().stderr;
    let line = shown.lines().find(|line| line.contains("CredentialRetrievalError: ")).unwrap_or_default();
    for part in [ACCESS_DENIED, MEANING, "Principal.Federated", REASON] {
        assert!(line.contains(part), "{part}: {shown}");
    }
    rig.hides_its_secrets(&shown);
    assert!(rig.reason().is_some());
}

#[test]
fn the_quick_program_says_the_same_in_one_line() {
    let rig = Rig::new();
    let quick = evercred_test_support::program().with_file_name("evercred-credential-process");
    let document = rig.home.path(".local/state/evercred/aws.default.json");
    let mut command = rig.home.command(quick);
    let outcome = Outcome::of(command.arg("--document").arg(document).arg("aws.default"));
    assert_eq!((outcome.code(), outcome.stdout.as_str()), (Some(4), ""), "{outcome:?}");
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
    assert!(outcome.stderr.starts_with("evercred: aws.default: failed to assume the role"), "{outcome:?}");
    assert!(outcome.stderr.contains(MEANING) && outcome.stderr.contains(REASON), "{outcome:?}");
}

#[test]
fn the_status_says_what_to_do_next() {
    let rig = Rig::new();
    let next = || rig.home.status()["logins"][0]["next"].clone();
    assert_eq!((&next()["code"], &next()["command"]), (&"run".into(), &"evercred up --wait".into()));
    let mut daemon = rig.home.start();
    let blocked = daemon.until("the refusal", LIMIT, || Some(next()).filter(|next| next["code"] == "change"));
    assert_eq!(blocked["command"], "evercred refresh aws.default");
    assert!(blocked["sentence"].as_str().unwrap().contains("Principal.Federated"), "{blocked}");
    rig.trust();
    rig.home.run(["refresh", "aws.default"]);
    daemon.until("a fresh login", LIMIT, || Some(next()).filter(|next| next["code"] == "nothing"));
    assert_eq!(rig.reason(), None);
}
