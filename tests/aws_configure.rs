//! The files that evercred shares with the aws CLI: `aws configure set` writes them at the same time, without a lock.

use std::time::Duration;

use evercred_sandbox::{Group, Mint, Options, Sandbox};
use evercred_test_support::{Home, Outcome, clients};

const CREDENTIALS: &str = ".aws/credentials";

/// What the user had there before: comments, odd spacing, another profile, and no end of line at the end.
const BEFORE: &str = "# my keys\n[other]\naws_access_key_id=AKIAOTHER\n  aws_secret_access_key   =   other/secret\n\n\
                      ; the end";

#[test]
fn nothing_is_lost_while_aws_configure_and_a_rotating_daemon_write_the_same_file() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let home = Home::new();
    home.write(CREDENTIALS, BEFORE);
    home.config(&config(&home, &sandbox));
    let daemon = home.start();
    assert!(sandbox.wait_until(Duration::from_secs(20), |requests| !requests.is_empty()));

    for number in 0..ROUNDS {
        for (key, value) in [("aws_access_key_id", "AKIAMINE"), ("aws_secret_access_key", "mine/secret")] {
            let value = format!("{value}{number}");
            let mut set = clients::aws(&home);
            set.args(["configure", "set", key, &value, "--profile", &format!("mine-{}", number % 3)]);
            Outcome::of(&mut set).success();
            let file = home.read(CREDENTIALS).unwrap();
            assert!(
                file.contains(&format!("{key} = {value}")),
                "lost in round {number}:\n{file}\n{}",
                daemon.log()
            );
        }
    }
    let rotations = sandbox.requests_to(Group::Sts).len();
    assert!(rotations >= 5, "the daemon rotated {rotations} times only");

    let file = home.read(CREDENTIALS).unwrap();
    for line in BEFORE.lines() {
        assert!(file.lines().any(|other| other == line), "{line:?} is lost:\n{file}");
    }
    for profile in 0..3 {
        assert_eq!(file.matches(&format!("[mine-{profile}]")).count(), 1, "{file}");
    }
    assert_eq!(file.matches("[legacy]").count(), 1, "{file}");
    assert!(daemon.stop().success());
}

const ROUNDS: usize = 9;

fn config(home: &Home, sandbox: &Sandbox) -> String {
    let token = home.write("token", sandbox.mint(&Mint::default()));
    format!(
        r#"
[source]
type = "file"
path = "{token}"

[aws.default]
role_arn = "{role}"
region = "eu-central-1"
endpoint_url = "{url}"
refresh_every = "1s"

[[aws.default.outputs]]
type = "static-profile"
profile = "legacy"
"#,
        token = token.display(),
        role = sandbox.role_arn("dev"),
        url = sandbox.url(),
    )
}
