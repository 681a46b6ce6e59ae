//! One evercred of root's that keeps files for several users: each has what is theirs, and nobody can lead it astray.
//!
//! The users are in lists of their own, which only a mount namespace knows; nothing of the machine changes.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use evercred_sandbox::{Mint, Options, Sandbox};
use evercred_test_support::{Home, Outcome, clients};

const USERS: [(&str, u32); 2] = [("alice", 61001), ("bob", 61002)];

struct Rig {
    home: Home,
    sandbox: Sandbox,
}

impl Rig {
    fn new() -> Self {
        assert!(rustix::process::geteuid().is_root(), "only root can keep files for others");
        let rig = Self { home: Home::new(), sandbox: Sandbox::start(Options::default()).unwrap() };
        fs::set_permissions(rig.home.path(""), Permissions::from_mode(0o755)).unwrap();
        let mut list = fs::read_to_string("/etc/passwd").unwrap();
        for (name, number) in USERS {
            let home = rig.home.path(name);
            fs::create_dir(&home).unwrap();
            chown(&home, Some(number), Some(number)).unwrap();
            list.extend([name, &format!(":x:{number}:{number}::{}:/bin/sh\n", home.display())]);
        }
        rig.home.write("passwd", list);
        rig.home.write("token", rig.sandbox.mint(&Mint::default()));
        rig.configure();
        rig
    }

    fn configure(&self) {
        let (token, url, role) = (self.home.path("token"), self.sandbox.url(), self.sandbox.role_arn("dev"));
        let login = |(name, _): &(&str, u32)| {
            format!(
                "[aws.{name}]\nuser = \"{name}\"\nrole_arn = \"{role}\"\nregion = \"us-east-1\"\n\
                 endpoint_url = \"{url}\"\noutputs = [{{ type = \"profile\", profile = \"default\" }}, \"json\"]\n"
            )
        };
        let logins: String = USERS.iter().map(login).collect();
        self.home.config(&format!("[source]\ntype = \"file\"\npath = \"{}\"\n{logins}", token.display()));
    }

    /// evercred, as root, where these users exist.
    fn run(&self, words: &[&str]) -> Outcome {
        let mut command = self.in_their_world();
        command.arg(self.home.evercred([""]).get_program()).args(words);
        Outcome::of(&mut command)
    }

    fn in_their_world(&self) -> Command {
        let mut command = self.home.command("unshare");
        let script = "mount --bind \"$1\" /etc/passwd; shift; exec \"$@\"";
        command.args(["-m", "sh", "-ec", script, "sh"]).arg(self.home.path("passwd"));
        command
    }

    fn of(&self, user: &str, file: &str) -> PathBuf {
        self.home.path(user).join(file)
    }
}

const DOCUMENT: &str = ".local/state/evercred/aws.NAME.json";

fn owner(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().uid()
}

#[test]
fn each_user_gets_files_of_their_own_that_their_programs_read_and_only_they() {
    let rig = Rig::new();
    rig.run(&["once"]).success();
    for (name, number) in USERS {
        for file in [".aws/config", &DOCUMENT.replace("NAME", name), ".aws", ".local/state/evercred"] {
            assert_eq!(owner(&rig.of(name, file)), number, "{name}'s {file}");
        }
        let document = rig.of(name, &DOCUMENT.replace("NAME", name));
        assert_eq!(document.metadata().unwrap().mode() & 0o777, 0o600);
        let mut aws = rig.home.command("setpriv");
        aws.args(["--reuid", &number.to_string(), "--regid", &number.to_string(), "--clear-groups"]);
        aws.arg("cat").arg(&document);
        assert!(Outcome::of(&mut aws).success().contains("SecretAccessKey"));
    }
    let mut spy = rig.home.command("setpriv");
    spy.args(["--reuid", "61002", "--clear-groups", "cat"]).arg(rig.of("alice", ".aws/config"));
    let _ = Outcome::of(&mut spy).failure();
    rig.run(&["logout"]).success();
    for (name, _) in USERS {
        assert!(
            !rig.of(name, ".aws/config").exists() && !rig.of(name, &DOCUMENT.replace("NAME", name)).exists()
        );
    }
}

#[test]
fn the_aws_command_of_such_a_user_works() {
    let rig = Rig::new();
    rig.run(&["once"]).success();
    let mut aws = clients::aws(&rig.home);
    aws.args(["sts", "get-caller-identity"]);
    // The virtual environment may be out of a user's reach, so root looks with that user's home.
    aws.env("HOME", rig.home.path("alice")).env("AWS_ENDPOINT_URL_STS", rig.sandbox.url());
    assert!(Outcome::of(&mut aws).success().contains("assumed-role/dev"));
}

#[test]
fn a_user_who_links_to_what_only_root_may_touch_harms_nobody_and_the_other_is_fresh() {
    let rig = Rig::new();
    let secret = rig.home.write("secret", "root's");
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    fs::create_dir(rig.of("alice", ".aws")).unwrap();
    symlink(&secret, rig.of("alice", ".aws/config")).unwrap();
    for path in [rig.of("alice", ".aws"), rig.of("alice", ".aws/config")] {
        std::os::unix::fs::lchown(path, Some(61001), Some(61001)).unwrap();
    }
    let outcome = rig.run(&["once", "--output", "json"]);
    assert_eq!(fs::read_to_string(&secret).unwrap(), "root's");
    let status: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(status["logins"][0]["error"]["stage"], "publish", "{status:#}");
    assert_eq!(status["logins"][1]["phase"], "fresh", "{status:#}");
}

#[test]
fn what_only_root_may_read_is_not_looked_into_for_what_might_shadow_a_profile() {
    let rig = Rig::new();
    let secret =
        rig.home.write("secret", "[default]\naws_access_key_id = AKIAROOT\naws_secret_access_key = x\n");
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    fs::create_dir(rig.of("alice", ".aws")).unwrap();
    symlink(&secret, rig.of("alice", ".aws/credentials")).unwrap();
    std::os::unix::fs::lchown(rig.of("alice", ".aws"), Some(61001), Some(61001)).unwrap();
    let outcome = rig.run(&["once", "--output", "json"]);
    let status: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(status["logins"][0]["phase"], "fresh", "{status:#}");
    assert!(!status["logins"][0]["notes"].to_string().contains("credentials"), "{status:#}");
}

#[test]
fn a_user_that_is_not_there_is_a_mistake_with_its_line() {
    let rig = Rig::new();
    let config = rig.home.read(".config/evercred/config.toml").unwrap();
    rig.home.config(&config.replace("user = \"bob\"", "user = \"bop\""));
    let outcome = rig.run(&["config", "check"]);
    assert_eq!(outcome.code(), Some(3), "{outcome:?}");
    assert!(outcome.stderr.contains("there is no user \"bop\""), "{outcome:?}");
}
