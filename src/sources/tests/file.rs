use std::fs;
use std::os::unix::fs::symlink;

use evercred_core::{Advice, Audience, Configured as _};
use serde_json::json;

use super::support::{context, jwt, mint, source, told, write};
use crate::sources::{env, file, kubernetes};

#[tokio::test]
async fn a_token_file_is_read_anew_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().to_str().unwrap();
    let source = source::<file::Config>(json!({ "path": "~/token" }), &[("HOME", home)]);
    for audience in ["a", "b"] {
        write(&folder.path().join("token"), &format!("{}\n", jwt(audience)));
        assert_eq!(mint(&source, audience).await.unwrap().raw().expose(), jwt(audience));
    }
    assert_eq!(source.watched(), Some(folder.path().join("token").as_path()));
    assert!(source.is_local());
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_said_with_its_class() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write(&at("empty"), "\n");
    write(&at("text"), "hello");
    write(&at("long"), &"x".repeat(70_000));
    fs::create_dir(at("folder")).unwrap();
    symlink("/dev/null", at("device")).unwrap();
    for (name, part, class) in [
        ("none", "No such file", Advice::NeedsAttention),
        ("empty", "the token is empty", Advice::RETRY),
        ("text", "1 parts where a JWT has 3", Advice::NeedsAttention),
        ("long", "longer than any token", Advice::NeedsAttention),
        ("folder", "it is a folder", Advice::NeedsAttention),
        ("device", "not a regular file", Advice::NeedsAttention),
    ] {
        let source = source::<file::Config>(json!({ "path": at(name) }), &[]);
        let failure = mint(&source, "a").await.unwrap_err();
        assert!(told(&failure).contains(part), "{}", told(&failure));
        assert!(told(&failure).contains(name), "{}", told(&failure));
        assert_eq!(failure.advice(), class, "{name}");
        assert!(failure.remedy().is_some(), "{name}");
    }
}

#[test]
fn a_relative_path_is_refused() {
    let config: file::Config = serde_json::from_value(json!({ "path": "token" })).unwrap();
    assert_eq!(config.build(&context(&[])).unwrap_err().key, Some("path"));
}

#[tokio::test]
async fn a_projected_token_for_another_audience_comes_with_the_line_to_set_in_the_pod() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    write(&path, &jwt("https://kubernetes.default.svc"));
    let source = source::<kubernetes::Config>(json!({ "path": path }), &[]);
    let token = mint(&source, "a").await.unwrap();
    let problem = token.check(&Audience::new("a"), std::time::SystemTime::UNIX_EPOCH).unwrap_err();
    assert!(source.remedy(&problem).unwrap().contains("`audience: a`"));
}

#[tokio::test]
async fn a_variable_gives_its_token_and_an_unset_one_a_remedy() {
    let found = source::<env::Config>(json!({ "variable": "TOKEN" }), &[("TOKEN", &jwt("a"))]);
    assert_eq!(mint(&found, "a").await.unwrap().raw().expose(), jwt("a"));
    assert!(!format!("{found:?}").contains(&jwt("a")));
    let missing = source::<env::Config>(json!({ "variable": "TOKEN" }), &[]);
    let failure = mint(&missing, "a").await.unwrap_err();
    assert_eq!(failure.to_string(), "failed to read the ID token (TOKEN): the variable is not set");
    assert!(failure.remedy().unwrap().contains("id_tokens"));
}
