//! Who may ask: programs of the same user and of root, unless the config lets everybody in.

use std::time::Duration;

use evercred_test_support::{Outcome, clients};

use crate::rig::{DEV, Rig};

const HOUR: Duration = Duration::from_hours(1);

#[test]
fn a_program_of_another_user_gets_no_token() {
    let rig = Rig::start(HOUR, DEV, "");
    for host in ["127.0.0.1", "::ffff:127.0.0.1"] {
        assert_eq!(status(&rig, None, host), "200", "{host}: one of our own does");
        assert_eq!(status(&rig, Some(65534), host), "403", "{host}");
    }
}

#[test]
fn it_gets_one_if_the_config_lets_everybody_in() {
    let rig = Rig::start(HOUR, DEV, "allow_other_users = true");
    assert_eq!(status(&rig, Some(65534), "127.0.0.1"), "200");
}

/// What a program of that user is answered.
fn status(rig: &Rig, user: Option<u32>, host: &str) -> String {
    assert!(rustix::process::geteuid().is_root(), "only root can be another user");
    let at = (host, rig.address.rsplit(':').next().unwrap());
    let path = "/computeMetadata/v1/instance/service-accounts/default/token";
    let mut ask = clients::ask_as(&rig.home, user, at, path, ("Metadata-Flavor", "Google"));
    Outcome::of(&mut ask).success().trim_end().to_owned()
}
