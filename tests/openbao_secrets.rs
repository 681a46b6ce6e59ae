//! Secrets of OpenBao in files: unmodified clients read what evercred wrote, and every refusal concerns its own secret
//! and is told in a way that helps.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a rig that does not stand must fail the test")]

#[path = "openbao_secrets/refusals.rs"]
mod refusals;
#[path = "openbao_secrets/rig.rs"]
mod rig;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;

use evercred_test_support::{Home, Outcome, clients};
use rig::{POLICY, Rig, login_in, openssl, status_of};
use serde_json::{Value, json};

/// A server with something in each kind of store.
fn rig() -> Rig {
    let rig = Rig::start(&json!({"token_policies": ["app"]}), POLICY);
    let bao = &rig.server;
    bao.admin(["kv", "put", "kv/app", "password=one", "user=dev"]);
    bao.admin(["kv", "put", "kv/app", "password=two", "user=dev"]);
    bao.admin(["kv", "put", "kv/gone", "password=x"]);
    bao.admin(["kv", "delete", "kv/gone"]);
    bao.admin(["kv", "put", "kv/destroyed", "password=x"]);
    bao.admin(["kv", "destroy", "-versions=1", "kv/destroyed"]);
    bao.admin(["kv", "put", "kv/hidden", "password=x"]);
    bao.admin(["write", "kv1/team/app", "password=three", "ttl=1h"]);
    rig
}

#[test]
fn secrets_of_both_kinds_of_store_are_written_as_they_are_wanted() {
    let rig = rig();
    let home = rig.home(
        r#"
        [[vault.default.secrets]]
        path = "kv/data/app"
        file = "~/app/latest.json"

        [[vault.default.secrets]]
        name = "first"
        path = "kv/data/app"
        version = 1
        file = "~/app/first"
        field = "password"

        [[vault.default.secrets]]
        name = "unversioned"
        path = "kv1/team/app"
        file = "~/app/three.env"
        format = "dotenv"
        mode = "0640"

        [[vault.default.secrets]]
        file = "~/app/database.ini"
        template = """
        {% for name in data %}[{{ name }}]
        password = {{ data[name].password|tojson }}
        {% endfor %}"""
        reads.old = { path = "kv/data/app", version = 1 }
        reads.new = { path = "kv/data/app" }
        "#,
    );
    home.run(["once"]).success();
    let latest: Value = serde_json::from_str(&home.read("app/latest.json").unwrap()).unwrap();
    assert_eq!(latest, json!({"password": "two", "user": "dev"}));
    assert_eq!(home.read("app/first").unwrap(), "one");
    let shell = Outcome::of(home.command("sh").args(["-c", ". ./app/three.env && echo \"$password,$ttl\""]));
    assert_eq!(shell.success(), "three,1h\n");
    let composed = home.read("app/database.ini").unwrap();
    let lines: Vec<_> = composed.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(lines, ["[new]", "password = \"two\"", "[old]", "password = \"one\""]);
    let mode = |file: &str| home.path(file).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("app/first"), mode("app/three.env"), mode("app")), (0o600, 0o640, 0o700));
    let subjects: BTreeMap<_, _> = subjects(&home).into_iter().collect();
    assert_eq!(subjects["vault.default.app"], "kv/data/app, version 2");
    assert_eq!(subjects["vault.default.first"], "kv/data/app, version 1");
    assert_eq!(subjects["vault.default.unversioned"], "kv1/team/app");
    assert_eq!(subjects["vault.default.database"], "kv/data/app, version 2; kv/data/app, version 1");
    let text = home.run(["status"]).success();
    assert!(text.contains("secret   kv/data/app, read with vault.default"), "{text}");
}

#[test]
fn a_second_run_reads_only_what_may_have_changed_and_writes_only_what_did() {
    let rig = rig();
    let home = rig.home(&secret("path = 'kv/data/app'\nfile = '~/app.json'"));
    home.run(["once"]).success();
    let written = home.path("app.json").metadata().unwrap().modified().unwrap();
    home.run(["once", "--force"]).success();
    assert_eq!(home.path("app.json").metadata().unwrap().modified().unwrap(), written);
    rig.server.admin(["kv", "put", "kv/app", "password=changed"]);
    home.run(["once"]).success();
    assert!(!home.read("app.json").unwrap().contains("changed"), "it is not due yet");
    home.run(["once", "--force"]).success();
    assert!(home.read("app.json").unwrap().contains("changed"));
}

#[test]
fn the_token_that_reads_is_the_one_that_clients_use_and_one_login_is_enough() {
    let rig = rig();
    let home = rig.home(
        &[
            secret("path = 'kv/data/app'\nfile = '~/a'"),
            secret("path = 'kv1/team/app'\nname = 'b'\nfile = '~/b'"),
        ]
        .concat(),
    );
    home.run(["once"]).success();
    let mut bao = clients::bao(&home);
    bao.env("VAULT_ADDR", rig.server.address()).args(["kv", "get", "-field=password", "kv/app"]);
    assert_eq!(Outcome::of(&mut bao).success().trim(), "two");
    let token = home.read(".vault-token").unwrap();
    home.run(["once", "--force"]).success();
    assert_eq!(home.read(".vault-token").unwrap(), token, "renewed, not replaced");
}

#[test]
fn a_login_without_outputs_reads_secrets_all_the_same() {
    let rig = rig();
    let home = rig.home(&format!("outputs = []\n{}", secret("path = 'kv/data/app'\nfile = '~/app.json'")));
    home.run(["once"]).success();
    assert!(home.read("app.json").unwrap().contains("two") && home.read(".vault-token").is_none());
    home.run(["once", "--force", "vault.default.app"]).success();
}

#[test]
fn one_secret_is_printed_and_on_request_nothing_is_written() {
    let rig = rig();
    let home = rig.home(&secret("path = 'kv/data/app'\nfile = '~/app.json'"));
    let get = |more: &[&str]| {
        let data = home.run([&["get", "vault.default.app", "--field", "data"], more].concat()).success();
        serde_json::from_str::<Value>(&data).unwrap()["password"].clone()
    };
    assert_eq!(get(&["--fresh"]), "two");
    assert!(home.read("app.json").is_none() && home.read(".vault-token").is_none());
    assert_eq!(get(&[]), "two");
    assert!(home.read("app.json").unwrap().contains("two") && home.read(".vault-token").is_some());
}

#[test]
fn a_certificate_is_one_file_that_openssl_verifies() {
    let rig = rig();
    let home = rig.home(&secret(
        "path = 'pki/issue/web'\nparameters = { common_name = 'web.acme.dev', ttl = '1h' }\nfile = '~/web.pem'\nformat = 'pem'",
    ));
    home.run(["once"]).success();

    home.write("ca.pem", rig.server.admin(["read", "-field=certificate", "pki/cert/ca"]));
    let verified = openssl(&home, &["verify", "-CAfile", "ca.pem", "web.pem"]);
    assert_eq!(verified, "web.pem: OK\n");
    let of_certificate = openssl(&home, &["x509", "-in", "web.pem", "-noout", "-pubkey"]);
    assert_eq!(
        of_certificate,
        openssl(&home, &["pkey", "-in", "web.pem", "-pubout"]),
        "the key is that of the certificate"
    );
    let end = status_of(&home, "vault.default.web")["expires_at"].as_str().unwrap().to_owned();
    let said = openssl(&home, &["x509", "-in", "web.pem", "-noout", "-enddate", "-dateopt", "iso_8601"]);
    assert_eq!(said.trim(), format!("notAfter={}", end.replace('T', " ")));
}

#[test]
fn an_answer_that_does_not_say_how_long_it_is_good_is_told_so_or_noted() {
    let rig = rig();
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGU9cxlVvoUkEp4wTJ3NCvc8MSPrauB/rbwRtYfFwEFn";
    let sign = format!(
        "path = 'ssh/sign/user'\nparameters = {{ public_key = '{key}', ttl = '1h' }}\nfield = 'signed_key'\n"
    );
    let home = rig.home(
        &[
            secret(&format!("{sign}file = '~/.ssh/id-cert.pub'\nlifetime = '1h'")),
            secret(&format!("{sign}name = 'endless'\nfile = '~/.ssh/endless-cert.pub'")),
        ]
        .concat(),
    );
    home.run(["once"]).success();
    assert!(home.read(".ssh/id-cert.pub").unwrap().starts_with("ssh-ed25519-cert-v01@openssh.com "));
    assert!(status_of(&home, "vault.default.user")["expires_at"].is_string());
    let outcome = home.run(["once", "--force", "--output", "json"]);
    let endless = login_in(&outcome.stdout, "vault.default.endless");
    assert!(
        endless["expires_at"].is_null() && endless["notes"][0].as_str().unwrap().contains("`lifetime`"),
        "{endless}"
    );
}

#[test]
fn logging_out_takes_the_secrets_along() {
    let rig = rig();
    let home = rig.home(&secret("path = 'kv/data/app'\nfile = '~/app.json'"));
    home.run(["once"]).success();
    home.run(["logout", "vault.default.app"]).success();
    assert!(home.read("app.json").is_none() && home.read(".vault-token").is_some());
    home.run(["once"]).success();
    let said = home.run(["logout", "vault.default"]).success();
    assert_eq!(said, "vault.default.app: logged out\nvault.default: logged out\n");
    assert!(home.read("app.json").is_none() && home.read(".vault-token").is_none());
}

fn secret(keys: &str) -> String {
    format!("[[vault.default.secrets]]\n{keys}\n\n")
}

fn subjects(home: &Home) -> Vec<(String, String)> {
    let status = home.status();
    let logins = status["logins"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    logins.map(|login| (text(&login["login"]), text(&login["subject"]))).collect()
}

#[test]
fn a_secret_tells_hooks_of_its_own_when_it_changed_and_is_in_the_audit_log_without_its_value() {
    let rig = rig();
    let home = rig.home(
        r#"
        [[vault.default.secrets]]
        path = "kv/data/app"
        file = "~/app.json"
        hooks = [{ command = ["/bin/sh", "-c", 'echo "$EVERCRED_EVENT $EVERCRED_LOGIN $EVERCRED_OUTPUTS" >> told'] }]

        [audit]
        "#,
    );
    let line = format!("change vault.default.app {}\n", home.path("app.json").display());
    home.run(["once"]).success();
    assert_eq!(home.read("told"), Some(line.clone()));
    home.run(["once", "--force"]).success();
    assert_eq!(home.read("told"), Some(line.clone()), "it was read again, and is what it was");
    rig.server.admin(["kv", "put", "kv/app", "password=correct-horse-battery"]);
    home.run(["once", "--force"]).success();
    assert_eq!(home.read("told"), Some(line.repeat(2)));

    let audit = home.read(".local/state/evercred/audit.jsonl").unwrap();
    let lines = audit.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let read = lines.filter(|line| line["login"] == "vault.default.app" && line["event"] == "exchange");
    assert_eq!(read.count(), 3, "{audit}");
    assert!(!audit.contains("correct-horse"), "{audit}");
}
