use super::super::testing::{context, credential, text};
use super::*;
use evercred_core::Advice;

const COMMAND: &str = "credential_process";

fn entry(file: ProfileFile, force: bool) -> ProfileEntry {
    ProfileEntry::new(
        file,
        "default",
        force,
        vec![Key::fixed(COMMAND, "\"/usr/bin/evercred\" go")],
        &context(),
    )
    .unwrap()
}

fn shadows(file: ProfileFile, path: &str, content: &str) -> Vec<String> {
    let read = |asked: &Path| (asked == Path::new(path)).then(|| content.as_bytes().to_vec());
    entry(file, false).shadows(&read)
}

#[test]
fn a_profile_of_somebody_elses_is_refused_with_file_section_key_and_remedy() {
    let current = b"[default]\nregion = eu-west-1\nsource_profile = base\nrole_arn = arn\n";
    let failure = entry(ProfileFile::Config, false).render(&credential(), Some(current)).unwrap_err();
    assert_eq!(failure.advice(), Advice::NeedsAttention);
    insta::assert_snapshot!(failure, @"failed to write the profile (/home/dev/.aws/config): section [default] has `source_profile`, which evercred did not write");
    insta::assert_snapshot!(failure.remedy().unwrap(), @"Remove `source_profile` from [default], or give this output another `profile`, or set `force = true` in it: what is there is then set aside as comments, and given back on logout.");
}

#[test]
fn with_force_it_is_set_aside_and_given_back() {
    let current = b"[default]\r\naws_access_key_id = AKIAEXAMPLE\r\naws_secret_access_key = s\r\n";
    let entry = entry(ProfileFile::Config, true);
    let file = entry.render(&credential(), Some(current)).unwrap();
    assert!(
        text(file.clone()).contains("# set aside by evercred (aws.default): aws_secret_access_key = s\r\n")
    );
    assert_eq!(entry.retract(&file).as_deref(), Some(current.as_slice()));
}

#[test]
fn a_file_that_only_we_made_is_removed() {
    let entry = entry(ProfileFile::Config, false);
    let file = entry.render(&credential(), None).unwrap();
    assert_eq!(entry.retract(&file), None);
}

#[test]
fn what_is_ours_is_recognised_whatever_else_changes() {
    let entry = entry(ProfileFile::Config, false);
    let file = entry.render(&credential(), Some(b"[default]\nregion = a\n")).unwrap();
    let edited = text(file.clone()).replace("region = a", "region = b") + "[profile x]\n";
    assert_eq!(entry.own_part(&file), entry.own_part(edited.as_bytes()));
    assert_ne!(entry.own_part(&file), entry.own_part(&text(file.clone()).replace("go", "gone").into_bytes()));
    assert_eq!(entry.own_part(b"[default]\nregion = a\n"), None);
}

#[test]
fn static_keys_in_the_credentials_file_are_reported() {
    let content = "[other]\nrole_arn = a\n[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = hunter2\n";
    let found = shadows(ProfileFile::Config, "/home/dev/.aws/credentials", content);
    assert_eq!(found.len(), 1);
    insta::assert_snapshot!(found[0], @"/home/dev/.aws/credentials has `aws_access_key_id`, `aws_secret_access_key` in section [default], which some or all AWS SDKs take rather than the profile that evercred keeps in /home/dev/.aws/config: remove these keys there, or give this output another `profile` than `default`.");
}

#[test]
fn a_mechanism_in_the_config_file_shadows_static_keys_and_static_keys_there_do_not() {
    let path = "/home/dev/.aws/config";
    assert_eq!(
        shadows(ProfileFile::Credentials, path, "[default]\naws_access_key_id = a\nregion = b\n").len(),
        0
    );
    let found = shadows(ProfileFile::Credentials, path, "[profile default]\nsso_session = a\n");
    assert!(found[0].contains("`sso_session` in section [profile default]"), "{found:?}");
}

#[test]
fn a_file_that_botocore_refuses_is_reported() {
    let found = shadows(ProfileFile::Config, "/home/dev/.aws/config", "\u{FEFF}[a]\n[default]\n[a]\n");
    assert!(found[0].contains("section [a] more than once"), "{found:?}");
    assert!(found[1].contains("byte order mark"), "{found:?}");
}

#[test]
fn a_profile_under_two_titles_is_reported() {
    let found = shadows(ProfileFile::Config, "/home/dev/.aws/config", "[default]\n[profile default]\n");
    assert!(found[0].contains("as [default] and as [profile default]"), "{found:?}");
}

#[test]
fn variables_that_come_before_the_profile_are_reported_without_their_values() {
    let mut context = context();
    context.environment =
        [("HOME", "/home/dev"), ("AWS_ACCESS_KEY_ID", "AKIAHUNTER2"), ("AWS_PROFILE", "prod")]
            .into_iter()
            .collect();
    let entry = ProfileEntry::new(ProfileFile::Config, "default", false, Vec::new(), &context).unwrap();
    let found = entry.shadows(&|_| None).join("\n");
    assert!(found.contains("AWS_ACCESS_KEY_ID is set") && found.contains("`prod`"), "{found}");
    assert!(!found.contains("AKIAHUNTER2"), "{found}");
}
