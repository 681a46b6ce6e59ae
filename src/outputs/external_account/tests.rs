use std::time::SystemTime;

use evercred_core::Secret;
use proptest::prelude::*;

use super::super::testing::{context as aws, text};
use super::*;

const WELL_KNOWN: &str = "/home/dev/.config/gcloud/application_default_credentials.json";

fn context() -> OutputContext {
    let provides = vec![Field::ACCESS_TOKEN, SETTINGS, PROJECT];
    OutputContext { kind: "gcp".to_owned(), provides, ..aws() }
}

fn credential() -> Credential {
    let settings = r#"{"type":"external_account","audience":"//iam.googleapis.com/projects/1","token_url":"https://sts.googleapis.com/v1/token"}"#;
    Credential::new("dev@acme.iam.gserviceaccount.com", SystemTime::UNIX_EPOCH)
        .with(SETTINGS, Secret::new(settings))
        .with(PROJECT, Secret::new("acme"))
        .with(Field::ID_TOKEN, Secret::new("e30.e30.c2ln"))
}

fn outputs(config: Config) -> Vec<Box<dyn Output>> {
    config.build(&context()).unwrap()
}

fn well_known_output(force: bool) -> Box<dyn Output> {
    outputs(Config { well_known: true, force, ..Config::default() }).remove(1)
}

#[test]
fn the_token_has_no_newline_and_the_settings_point_at_it() {
    let outputs = outputs(Config::default());
    assert_eq!(text(outputs[0].render(&credential(), None).unwrap()), "e30.e30.c2ln");
    let place = outputs[1].target().path.to_str();
    assert_eq!(place, Some("/home/dev/.local/state/evercred/gcp.default.external-account.json"));
    insta::assert_snapshot!(text(outputs[1].render(&credential(), None).unwrap()), @r#"
    {
      "audience": "//iam.googleapis.com/projects/1",
      "credential_source": {
        "file": "/home/dev/.local/state/evercred/gcp.default.jwt"
      },
      "token_url": "https://sts.googleapis.com/v1/token",
      "type": "external_account"
    }
    "#);
}

#[test]
fn the_variables_name_the_settings_and_the_project() {
    let outputs = outputs(Config { env_file: Some("~/gcp.env".to_owned()), ..Config::default() });
    insta::assert_snapshot!(text(outputs[2].render(&credential(), None).unwrap()), @r"
    GOOGLE_APPLICATION_CREDENTIALS=/home/dev/.local/state/evercred/gcp.default.external-account.json
    GOOGLE_CLOUD_PROJECT=acme
    ");
}

#[test]
fn the_well_known_place_is_where_gcloud_has_it() {
    assert_eq!(well_known_output(false).target(), &Target::shared(WELL_KNOWN, 0o600));
    let mut moved = context();
    moved.environment = [("HOME", "/home/dev"), ("CLOUDSDK_CONFIG", "/srv/gcloud")].into_iter().collect();
    let output = Config { well_known: true, ..Config::default() }.build(&moved).unwrap().remove(1);
    assert_eq!(output.target().path.to_str(), Some("/srv/gcloud/application_default_credentials.json"));
}

#[test]
fn what_somebody_else_left_there_is_refused_with_the_remedy_and_taken_only_by_force() {
    for theirs in ["{\"type\": \"authorized_user\", \"refresh_token\": \"precious\"}", "", "no json"] {
        let failure = well_known_output(false).render(&credential(), Some(theirs.as_bytes())).unwrap_err();
        assert_eq!(failure.advice(), Advice::NeedsAttention);
        assert!(
            failure.to_string().contains(WELL_KNOWN) && !failure.to_string().contains("precious"),
            "{failure}"
        );
        assert!(failure.remedy().unwrap().contains("`force = true`"));
        assert!(well_known_output(true).render(&credential(), Some(theirs.as_bytes())).is_ok());
        assert_eq!(well_known_output(true).own_part(theirs.as_bytes()), None);
    }
}

#[test]
fn what_another_login_of_evercred_left_there_is_ours() {
    let other = br#"{"credential_source": {"file": "/home/dev/.local/state/evercred/gcp.old.jwt"}}"#;
    assert!(well_known_output(false).render(&credential(), Some(other)).is_ok());
    let foreign = br#"{"credential_source": {"file": "/run/secrets/gcp.old.jwt"}}"#;
    assert!(well_known_output(false).render(&credential(), Some(foreign)).is_err());
}

#[test]
fn a_variable_that_names_another_file_is_told() {
    let shadows = |value: &str, read: fn(&Path) -> Option<Vec<u8>>| {
        let mut context = context();
        context.environment =
            [("HOME", "/home/dev"), ("GOOGLE_APPLICATION_CREDENTIALS", value)].into_iter().collect();
        let output = Config { well_known: true, ..Config::default() }.build(&context).unwrap().remove(1);
        output.shadows(&|path| read(path))
    };
    assert_eq!(shadows("", |_| None), [""; 0]);
    assert_eq!(shadows(WELL_KNOWN, |_| None), [""; 0]);
    assert!(shadows("/old.json", |_| Some(Vec::new()))[0].contains("read instead of"));
    assert!(shadows("/old.json", |_| None)[0].contains("cannot be read"));
}

#[test]
fn mistakes_are_errors_of_their_keys() {
    let both = Config { well_known: true, path: Some("/a".to_owned()), ..Config::default() };
    assert_eq!(both.build(&context()).unwrap_err().key, Some("path"));
    let odd = Config { path: Some("/a b".to_owned()), env_file: Some("/c".to_owned()), ..Config::default() };
    assert_eq!(odd.build(&context()).unwrap_err().key, Some("env_file"));
    let other = Config::default().build(&aws()).unwrap_err();
    assert!(other.hint.unwrap().contains("`delegates`"));
}

#[test]
fn gsutil_is_pointed_at_the_settings_and_the_user_s_boto_file_comes_back_to_the_byte() {
    let theirs = b"[Credentials]\r\n# mine\r\ngs_oauth2_refresh_token = precious\r\n\r\n[Boto]\r\nproxy = a";
    let boto = |force| outputs(Config { gsutil: true, force, ..Config::default() }).remove(2);
    assert_eq!(boto(false).target(), &Target::shared("/home/dev/.boto", 0o600));
    let failure = boto(false).render(&credential(), Some(theirs)).unwrap_err();
    assert!(
        failure.to_string().contains("`gs_oauth2_refresh_token`")
            && !failure.to_string().contains("precious")
    );
    let file = boto(true).render(&credential(), Some(theirs)).unwrap();
    assert_eq!(boto(true).render(&credential(), Some(&file)).unwrap(), file);
    assert_eq!(boto(true).retract(&file).as_deref(), Some(theirs.as_slice()));
    insta::assert_snapshot!(text(boto(false).render(&credential(), None).unwrap()), @r#"
    [Credentials]
    # kept fresh by evercred (gcp.default): this section, gs_external_account_file; see "evercred status"
    gs_external_account_file = /home/dev/.local/state/evercred/gcp.default.external-account.json
    "#);
}

proptest! {
    #[test]
    fn rendering_twice_changes_nothing(theirs in prop::option::of(prop::collection::vec(any::<u8>(), 0..200))) {
        let output = well_known_output(true);
        let once = output.render(&credential(), theirs.as_deref()).unwrap();
        prop_assert_eq!(&output.render(&credential(), Some(&once)).unwrap(), &once);
        prop_assert_eq!(output.own_part(&once), Some(once));
    }
}
