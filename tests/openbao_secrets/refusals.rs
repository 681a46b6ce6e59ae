//! What goes wrong with one secret: with its path, its login, its template, its config.

use serde_json::Value;

use super::rig::login_in;
use super::{rig, secret};

const REFUSED: i32 = 4;
const BAD_CONFIG: i32 = 3;

#[test]
fn every_refusal_of_a_secret_has_its_sentence_and_its_remedy_and_the_others_go_on() {
    let rig = rig();
    let cases = [
        ("kv/data/hidden", "", "permission denied", "must allow `read` on kv/data/hidden"),
        ("kv/app", "", "versioned", "\"kv/data/app\""),
        ("kv/data/nothing", "", "there is no such secret", "Correct `path` or `version`"),
        ("kv/data/app", "version = 9", "there is no such secret", "`version`"),
        ("kv/data/gone", "", "version 1 was deleted at 2", "undelete"),
        ("kv/data/destroyed", "", "version 1 was destroyed", "another `version`"),
        ("kv1/data/team/app", "", "there is no such secret", "without versions"),
        ("nowhere/app", "", "no handler for route", "secrets list"),
        ("pki/issue/web", "", "unsupported operation", "add `parameters"),
        ("pki/issue/nobody", "parameters = {}", "unknown role", "names the role"),
        ("pki/issue/web", "parameters = { common_name = 'web', ttl = 'x' }", "ttl", "`parameters`"),
    ];
    let entry = |(index, (path, more, ..)): (usize, &(&str, &str, &str, &str))| {
        secret(&format!("name = 'case-{index}'\npath = '{path}'\n{more}\nfile = '~/case-{index}'"))
    };
    let wrong: String = cases.iter().enumerate().map(entry).collect();
    let home = rig.home(&(wrong + &secret("path = 'kv/data/app'\nfile = '~/app.json'")));
    let outcome = home.run(["once", "--output", "json"]);
    assert_eq!(outcome.code(), Some(REFUSED), "{outcome:?}");
    for (index, (path, _, message, hint)) in cases.iter().enumerate() {
        let error = error_of(&outcome.stdout, &format!("vault.default.case-{index}"));
        assert_eq!(error["class"], "needs_attention", "{error}");
        let (said, remedy) = (error["message"].as_str().unwrap(), error["hint"].as_str().unwrap());
        assert!(said.contains(path) && said.contains(message), "{path}: {error}");
        assert!(remedy.contains(hint), "{path}: {error}");
    }
    assert!(home.read("app.json").unwrap().contains("two"), "the others go on");
}

#[test]
fn without_a_login_each_secret_says_so() {
    let rig = rig();
    let home = rig.home(&secret("path = 'kv/data/app'\nfile = '~/app.json'"));
    let config = home.read(".config/evercred/config.toml").unwrap();
    home.config(&config.replace("role = \"dev\"", "role = \"nobody\""));
    let outcome = home.run(["once", "--output", "json"]);
    assert_eq!(outcome.code(), Some(REFUSED), "{outcome:?}");
    let error = error_of(&outcome.stdout, "vault.default.app");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("the login vault.default has no credential: failed to log in"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("bao list auth/jwt/role"), "{error}");
    assert_eq!(error["stage"], "login");
}

#[test]
fn a_template_that_fails_keeps_the_old_file_and_shows_no_value() {
    let rig = rig();
    let home = rig.home(&secret("path = 'kv/data/app'\nfile = '~/app.ini'\ntemplate_file = '~/app.ini.j2'"));
    home.write("app.ini.j2", "password = {{ password }}\n");
    home.run(["once"]).success();
    home.write("app.ini.j2", "user = {{ user }}\npassword = {{ pasword }}\n");
    let outcome = home.run(["once", "--output", "json"]);
    let error = error_of(&outcome.stdout, "vault.default.app");
    assert!(
        error["message"].as_str().unwrap().contains("line 2 of the template uses a name that is not there"),
        "{error}"
    );
    assert_eq!(error["hint"], "There are: password, user.");
    assert_eq!(home.read("app.ini").unwrap(), "password = two\n");
    assert!(!outcome.stdout.contains("two") && !outcome.stderr.contains("two"));
}

#[test]
fn all_mistakes_of_secrets_are_told_at_once_with_their_lines() {
    let rig = rig();
    let home = rig.home(
        r#"
        [[vault.default.secrets]]
        path = "kv/data/app"
        fil = "~/a"

        [[vault.default.secrets]]
        path = "kv/../app"
        file = "b"

        [[vault.default.secrets]]
        file = "~/c"
        template = "{% if %}"

        [[vault.default.secrets]]
        path = "kv/data/app"
        file = "~/d"

        [[vault.default.secrets]]
        path = "kv/other/app"
        file = "~/e"

        [[vault.default.secrets]]
        path = "kv/data/other"
        file = "~/d"

        [[token.t.secrets]]
        path = "a"
        [token.t]
        audience = "a"
        "#,
    );
    let refused = home.run(["config", "check"]);
    assert_eq!(refused.code(), Some(BAD_CONFIG), "{refused:?}");
    for mistake in [
        "there is no key `fil` here",
        "Did you mean `file`?",
        "\"kv/../app\" is not a path in Vault",
        "`b` is not the absolute path of a file",
        "nothing is read",
        "line 1 of the template is wrong",
        "there is another login or secret named vault.default.app",
        "is also written by vault.default.app",
        "there are no secrets to read at `token`",
    ] {
        assert!(refused.stderr.contains(mistake), "{mistake}: {}", refused.stderr);
    }
}

/// What `once` said of its refusal.
fn error_of(said: &str, login: &str) -> Value {
    let login = login_in(said, login);
    assert!(login["error"].is_object(), "{login}");
    login["error"].clone()
}
