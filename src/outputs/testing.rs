//! A login and a credential for the tests of outputs.

use std::time::{Duration, SystemTime};

use evercred_core::{Credential, Field, Secret};

use super::OutputContext;

/// The login `aws.default` of a user whose home is `/home/dev`.
pub(super) fn context() -> OutputContext {
    OutputContext {
        kind: "aws".to_owned(),
        name: "default".to_owned(),
        environment: [("HOME", "/home/dev")].into_iter().collect(),
        owner: None,
        state_folder: "/home/dev/.local/state/evercred".into(),
        program: "/usr/bin/evercred".into(),
        credential_process: None,
        config_file: "/home/dev/.config/evercred/config.toml".into(),
        provides: vec![Field::ACCESS_KEY_ID, Field::SECRET_ACCESS_KEY, Field::SESSION_TOKEN],
        variables: vec![
            ("AWS_ACCESS_KEY_ID", Field::ACCESS_KEY_ID),
            ("AWS_SECRET_ACCESS_KEY", Field::SECRET_ACCESS_KEY),
            ("AWS_SESSION_TOKEN", Field::SESSION_TOKEN),
            ("AWS_REGION", Field::REGION),
        ],
        fixed: Vec::new(),
    }
}

/// One hour of an AWS session, from 2026-11-22T20:00:00Z.
pub(super) fn credential() -> Credential {
    let issued_at = SystemTime::UNIX_EPOCH + Duration::from_hours(498_716);
    Credential::new("arn:aws:sts::123456789012:assumed-role/dev/ona", issued_at)
        .expiring_at(issued_at + Duration::from_hours(1))
        .with(Field::ACCESS_KEY_ID, Secret::new("ASIAEXAMPLE"))
        .with(Field::SECRET_ACCESS_KEY, Secret::new("wJalr/XUtn+FEMI="))
        .with(Field::SESSION_TOKEN, Secret::new("FwoGZXIvYXdzEXAMPLE=="))
        .with(Field::ACCOUNT_ID, Secret::new("123456789012"))
        .with(Field::ID_TOKEN, Secret::new("e30.e30.c2ln"))
}

/// What an output writes, as text.
pub(super) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}
