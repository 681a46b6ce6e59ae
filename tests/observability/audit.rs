//! The audit log: what is in it, what is not, and how large it becomes.

use std::os::unix::fs::PermissionsExt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evercred_sandbox::{Algorithm, Fault, Group, Mint, Options};
use evercred_test_support::{OpenBao, Outcome, clients};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::configure;
use crate::workspace::{DOCUMENT, Workspace};

const LOG: &str = ".local/state/evercred/audit.jsonl";

fn lines(workspace: &Workspace) -> Vec<Value> {
    let text = workspace.home.read(LOG).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Fails unless a validator that is not ours finds each line as the printed schema has it.
fn validate(workspace: &Workspace) {
    let line: Value =
        serde_json::from_str(&workspace.home.run(["config", "schema", "audit"]).success()).unwrap();
    let schema = json!({ "$defs": line["$defs"], "type": "array", "items": line });
    let lines = Value::Array(lines(workspace));
    let mut check = clients::python(&workspace.home, "fits_schema.py");
    Outcome::of(check.args([schema.to_string(), lines.to_string()])).success();
}

#[test]
fn each_line_says_who_got_what_with_which_token_and_how_it_went() {
    let workspace = Workspace::new();
    configure(&workspace, "", "[audit]");
    workspace.home.run(["once"]).success();
    workspace.sandbox.fault(Group::Sts, Fault::refuse(403, "AccessDenied", "no"));
    for _ in 0..3 {
        let _ = workspace.home.run(["once", "--force"]).failure();
    }
    workspace.sandbox.clear_faults();
    std::fs::remove_file(workspace.home.path(DOCUMENT)).unwrap();
    std::fs::create_dir(workspace.home.path(DOCUMENT)).unwrap();
    let _ = workspace.home.run(["once"]).failure();
    std::fs::remove_dir(workspace.home.path(DOCUMENT)).unwrap();
    workspace.home.run(["once"]).success();
    workspace.home.run(["get", "aws.default", "--fresh", "--field", "access_key_id"]).success();
    workspace.home.run(["logout"]).success();

    let lines = lines(&workspace);
    let said: Vec<String> = lines
        .iter()
        .map(|line| format!("{} {}", line["event"].as_str().unwrap(), line["outcome"].as_str().unwrap()))
        .collect();
    let expected = [
        "exchange ok",
        "publish ok",
        "publish ok",
        "refusal needs_attention",
        "refusal needs_attention",
        "refusal needs_attention",
        "exchange ok",
        "publish needs_attention",
        "exchange ok",
        "publish ok",
        "exchange ok",
        "log-out ok",
    ];
    assert_eq!(said, expected, "{lines:#?}");
    for line in &lines {
        assert_eq!(line["login"], "aws.default");
        assert_eq!(line["provider"], "aws");
        assert_eq!(line["audience"], "sts.amazonaws.com");
        assert_eq!(line["uid"], rustix::process::geteuid().as_raw());
    }
    let token = workspace.home.read("token").unwrap();
    let hash =
        Sha256::digest(token.trim()).iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
    let status = workspace.home.run(["once"]).success();
    for line in [&lines[0], &lines[3]] {
        assert_eq!(line["token"]["sha256"], hash[..12]);
        assert_eq!(line["token"]["issuer"], workspace.sandbox.issuer());
        assert!(line["token"]["subject"].as_str().is_some_and(|subject| !subject.is_empty()), "{line}");
    }
    assert!(status.contains(lines[0]["subject"].as_str().unwrap()), "{status}");
    assert!(lines[0]["expires_at"].is_string() && lines[0]["request_id"].is_string(), "{}", lines[0]);
    assert!(lines[3]["message"].as_str().unwrap().contains("AccessDenied"), "{}", lines[3]);
    assert!(lines[7]["path"].as_str().unwrap().ends_with(DOCUMENT), "{}", lines[7]);
    validate(&workspace);
}

#[test]
fn an_outage_is_one_line_of_a_daemon_and_the_next_says_how_long_it_was() {
    let workspace = Workspace::with_sessions_of(std::time::Duration::from_mins(1));
    configure(&workspace, "refresh_every = \"1s\"", "[audit]");
    let mut daemon = workspace.start();
    workspace.sandbox.stop();
    daemon.until("several failures", crate::workspace::LIMIT, || {
        (workspace.home.status()["logins"][0]["failures"].as_u64() > Some(4)).then_some(())
    });
    workspace.sandbox.resume().unwrap();
    let after = daemon.until("a line with the number", crate::workspace::LIMIT, || {
        lines(&workspace).into_iter().find(|line| line["repeated"].is_u64())
    });
    assert_eq!(after["event"], "exchange");
    assert!(after["repeated"].as_u64() > Some(3), "{after}");
    drop(daemon);
    let refusals = lines(&workspace).into_iter().filter(|line| line["event"] == "refusal");
    assert_eq!(refusals.count(), 1);
    validate(&workspace);
}

#[test]
fn it_is_off_unless_asked_for_and_then_bounded_private_and_without_a_secret() {
    let workspace = Workspace::new();
    workspace.home.run(["once"]).success();
    assert_eq!(workspace.home.read(LOG), None);

    configure(&workspace, "outputs = [\"json\"]", "[audit]\nmax_kib = 4");
    for _ in 0..20 {
        workspace.home.run(["once", "--force"]).success();
    }
    let older = format!("{LOG}.1");
    let mut secrets = workspace.sandbox.secrets();
    assert!(secrets.len() > 20);
    // Nor is a secret there in the disguise of its Base64, which some log.
    secrets.extend(secrets.clone().iter().map(|secret| STANDARD.encode(secret)));
    for file in [LOG, &older] {
        let text = workspace.home.read(file).unwrap_or_else(|| panic!("no {file}"));
        assert!((1_000..=4_096).contains(&text.len()), "{file}: {}", text.len());
        let mode = workspace.home.path(file).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(secrets.iter().all(|secret| !text.contains(secret.as_str())), "{text}");
    }
    validate(&workspace);
}

#[test]
fn a_log_that_cannot_be_written_is_said_once_and_keeps_no_login_from_being_fresh() {
    let workspace = Workspace::with_sessions_of(std::time::Duration::from_mins(1));
    let folder = workspace.home.path("taken");
    std::fs::create_dir(&folder).unwrap();
    configure(&workspace, "refresh_every = \"1s\"", &format!("[audit]\npath = \"{}\"", folder.display()));
    let mut daemon = workspace.start();
    daemon.until("three rotations", crate::workspace::LIMIT, || {
        (workspace.exchanges().len() > 3).then_some(())
    });
    assert_eq!(daemon.log().matches("The audit log cannot be written").count(), 1, "{}", daemon.log());
    workspace.until_phase(&mut daemon, "fresh");
}

#[test]
fn a_renewal_and_a_revocation_at_a_real_openbao_are_written_down() {
    let bao = OpenBao::start();
    let workspace = Workspace::with(Options { algorithm: Algorithm::Rs256, ..Options::default() }, "");
    let issuer = workspace.sandbox.issuer();
    bao.trust(&issuer, &format!("{issuer}/keys"));
    bao.role("dev", &json!({}));
    let token = workspace.sandbox.mint(&Mint::audience("vault.hashicorp.com"));
    let token = workspace.home.write("token", token);
    workspace.home.config(&format!(
        "[source]\ntype = \"file\"\npath = \"{}\"\n[vault.default]\nrole = \"dev\"\naddress = \"{}\"\n[audit]\n",
        token.display(),
        bao.address()
    ));
    for words in [&["once"][..], &["once", "--force"], &["logout"]] {
        workspace.home.run(words).success();
    }
    let lines = lines(&workspace);
    let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["exchange", "publish", "renewal", "revocation", "log-out"], "{lines:#?}");
    for line in &lines[..4] {
        assert_eq!(line["subject"], lines[0]["subject"], "{line}");
        assert_eq!(line["outcome"], "ok", "{line}");
    }
    validate(&workspace);
}

#[test]
fn who_asked_a_daemon_for_something_is_written_down() {
    let workspace = Workspace::new();
    configure(&workspace, "", "[audit]");
    let daemon = workspace.start();
    workspace.home.run(["refresh", "aws.default"]).success();
    workspace.home.run(["reload"]).success();
    workspace.home.run(["status"]).success();
    drop(daemon);
    let asked: Vec<Value> = lines(&workspace).into_iter().filter(|line| line["event"] == "request").collect();
    let what: Vec<_> = asked.iter().map(|line| (line["request"].as_str(), line["login"].as_str())).collect();
    assert_eq!(
        what,
        [(Some("refresh"), Some("aws.default")), (Some("reload"), None)],
        "who only looks is not"
    );
    for line in &asked {
        assert_eq!(line["peer"]["uid"], rustix::process::geteuid().as_raw());
        assert_ne!(line["peer"]["pid"], line["pid"], "it is another process: {line}");
    }
    validate(&workspace);
}
