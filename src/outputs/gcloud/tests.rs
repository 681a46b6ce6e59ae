use std::time::SystemTime;

use evercred_core::Secret;
use proptest::prelude::*;

use super::super::testing::{context as aws, text};
use super::*;

fn context() -> OutputContext {
    OutputContext { kind: "gcp".to_owned(), provides: vec![Field::ACCESS_TOKEN, ACCOUNT, PROJECT], ..aws() }
}

fn credential() -> Credential {
    Credential::new("dev@acme.iam.gserviceaccount.com", SystemTime::UNIX_EPOCH)
        .with(Field::ACCESS_TOKEN, Secret::new("ya29.token"))
        .with(ACCOUNT, Secret::new("dev@acme.iam.gserviceaccount.com"))
        .with(PROJECT, Secret::new("acme"))
}

fn outputs(config: Config) -> Vec<Box<dyn Output>> {
    config.build(&context()).unwrap()
}

/// The file of the configuration, after all outputs that write it.
fn configuration(outputs: &[Box<dyn Output>], before: Option<&[u8]>) -> Vec<u8> {
    let sections = outputs.iter().filter(|output| output.section().is_some());
    let file = sections.fold(before.map(<[u8]>::to_vec), |file, output| {
        Some(output.render(&credential(), file.as_deref()).unwrap())
    });
    file.unwrap()
}

fn retracted(outputs: &[Box<dyn Output>], file: Vec<u8>) -> Option<Vec<u8>> {
    let mut sections = outputs.iter().rev().filter(|output| output.section().is_some());
    sections.try_fold(file, |file, output| output.retract(&file))
}

#[test]
fn a_new_configuration_points_at_the_token_and_is_not_activated() {
    let outputs = outputs(Config::default());
    assert_eq!(text(outputs[0].render(&credential(), None).unwrap()), "ya29.token");
    assert_eq!(outputs.len(), 3);
    let place = outputs[1].target().path.to_str();
    assert_eq!(place, Some("/home/dev/.config/gcloud/configurations/config_evercred-default"));
    insta::assert_snapshot!(text(configuration(&outputs, None)), @r#"
    [auth]
    # kept fresh by evercred (gcp.default): this section, access_token_file; see "evercred status"
    access_token_file = /home/dev/.local/state/evercred/gcp.default.access-token

    [core]
    # kept fresh by evercred (gcp.default): this section, account, project; see "evercred status"
    account = dev@acme.iam.gserviceaccount.com
    project = acme
    "#);
}

#[test]
fn the_user_s_own_project_and_account_stay() {
    let theirs = b"[core]\nproject = other\naccount = me@acme.com\n[compute]\nregion = a\n";
    let outputs = outputs(Config { configuration: Some("default".to_owned()), ..Config::default() });
    let file = text(configuration(&outputs, Some(theirs)));
    assert!(file.contains("project = other") && !file.contains("project = acme"), "{file}");
    assert!(file.contains("(nothing)"), "the section is known as looked after: {file}");
    assert_eq!(retracted(&outputs, file.into_bytes()).as_deref(), Some(theirs.as_slice()));
}

#[test]
fn another_credential_is_refused_by_name_and_set_aside_only_by_force() {
    for key in ["access_token_file", "credential_file_override"] {
        let theirs = format!("[auth]\n{key} = /precious\n");
        let failure =
            outputs(Config::default())[1].render(&credential(), Some(theirs.as_bytes())).unwrap_err();
        assert!(failure.to_string().contains(key) && !failure.to_string().contains("precious"), "{failure}");
        assert!(failure.remedy().unwrap().contains("another `configuration`"));
        let forced = outputs(Config { force: true, ..Config::default() });
        let file = configuration(&forced, Some(theirs.as_bytes()));
        assert_eq!(retracted(&forced, file).as_deref(), Some(theirs.as_bytes()));
    }
}

#[test]
fn what_gcloud_leaves_of_it_without_comments_still_points_at_our_token_once() {
    let outputs = outputs(Config::default());
    let file = text(configuration(&outputs, None));
    let rewritten: String = file.split_inclusive('\n').filter(|line| !line.starts_with('#')).collect();
    let again = text(configuration(&outputs, Some(format!("{rewritten}[compute]\nregion = a\n").as_bytes())));
    assert_eq!(again.matches("access_token_file =").count(), 1, "{again}");
    assert!(again.contains("region = a"));
}

#[test]
fn the_active_configuration_is_changed_on_request_only_and_what_was_there_is_kept() {
    let outputs =
        outputs(Config { activate: true, configuration: Some("work".to_owned()), ..Config::default() });
    let active = outputs.last().unwrap();
    assert_eq!(active.target(), &Target::shared("/home/dev/.config/gcloud/active_config", 0o600));
    assert_eq!(text(active.render(&credential(), Some(b"default")).unwrap()), "work");
    assert_eq!(active.own_part(b"default"), None);
    assert_eq!(active.own_part(b"work").as_deref(), Some(b"work".as_slice()));
    assert!(active.keepsake().is_some());
}

#[test]
fn what_comes_before_the_configuration_is_told_without_its_value() {
    let mut context = context();
    context.environment = [
        ("HOME", "/home/dev"),
        ("CLOUDSDK_AUTH_ACCESS_TOKEN", "ya29.precious"),
        ("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", "/home/dev/.local/state/evercred/gcp.default.access-token"),
        ("CLOUDSDK_ACTIVE_CONFIG_NAME", "other"),
    ]
    .into_iter()
    .collect();
    let told = |activate| {
        let outputs = Config { activate, ..Config::default() }.build(&context).unwrap();
        outputs.iter().flat_map(|output| output.shadows(&|_| None)).collect::<Vec<_>>()
    };
    assert_eq!((told(false).len(), told(true).len()), (1, 2));
    assert!(
        told(true)[0].starts_with("CLOUDSDK_AUTH_ACCESS_TOKEN is set") && !told(true)[0].contains("precious")
    );
}

#[test]
fn names_and_paths_that_gcloud_does_not_take_are_refused() {
    for name in ["Default", "1a", "a_b", "a.b", ""] {
        let config = Config { configuration: Some(name.to_owned()), ..Config::default() };
        assert_eq!(config.build(&context()).unwrap_err().key, Some("configuration"), "{name}");
    }
    for path in ["/home/50%/token", "/home/a\nb/token"] {
        assert!(check_path(Path::new(path)).is_err(), "{path}");
    }
}

#[test]
fn a_file_that_stops_in_the_middle_of_a_line_ending_comes_back() {
    let outputs = outputs(Config { force: true, ..Config::default() });
    let file = configuration(&outputs, Some(b"\r"));
    assert_eq!(configuration(&outputs, Some(&file)), file);
    assert_eq!(retracted(&outputs, file).unwrap(), b"\r");
}

proptest! {
    #[test]
    fn the_user_s_configuration_comes_back_to_the_byte(
        lines in prop::collection::vec(
            prop::sample::select(vec![
                "[core]", "[auth]", "[compute]", "project = a", "account=b", "region = c", "# x", "", "  zone: d", "\r",
            ]),
            0..12,
        ),
        end in prop::sample::select(vec!["", "\n"]),
    ) {
        let theirs = format!("{}{end}", lines.join("\n"));
        let outputs = outputs(Config { force: true, ..Config::default() });
        let file = configuration(&outputs, Some(theirs.as_bytes()));
        prop_assert_eq!(&configuration(&outputs, Some(&file)), &file);
        let back = retracted(&outputs, file).unwrap_or_default();
        prop_assert_eq!(String::from_utf8(back).unwrap(), theirs);
    }
}
