//! hvac: which token it begins with.

use std::sync::LazyLock;

use evercred_sandbox::{Algorithm, Mint, Options, Sandbox};
use evercred_test_support::{Home, OpenBao, Outcome, program};
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::rig::{Case, Peer, Tally, content};

const CASES: u64 = 80;

struct Rig {
    platform: Sandbox,
    bao: OpenBao,
}

static RIG: LazyLock<Rig> = LazyLock::new(|| {
    let platform = Sandbox::start(Options { algorithm: Algorithm::Rs256, ..Options::default() }).unwrap();
    let bao = OpenBao::start();
    bao.trust(&platform.issuer(), &format!("{}/keys", platform.issuer()));
    bao.role("dev", &json!({}));
    Rig { platform, bao }
});

#[test]
fn hvac_takes_what_was_predicted_in_every_case() {
    let base = Home::new();
    let token = base.write("token", RIG.platform.mint(&Mint::audience("vault.hashicorp.com")));
    base.config(&format!(
        "[source]\ntype = \"file\"\npath = \"{}\"\n[vault.default]\nrole = \"dev\"\naddress = \"{}\"\n",
        token.display(),
        RIG.bao.address(),
    ));
    let mut peer = Peer::start(&base, "hvac");
    let mut tally = Tally::default();
    for seed in 1..=CASES {
        let (case, ours) = case(&base, seed);
        let predicted = case.predicted(&base, "hvac");
        let actual = peer.takes("hvac", &case);
        let is_ours = actual["key"].is_string() && actual["key"].as_str() == ours.as_deref();
        tally.compare(&case, &predicted, &actual, |choice| fits(choice, &actual, &case), is_ours);
    }
    tally.finish("hvac", &["environment", "file"]);
}

fn fits(choice: &Value, actual: &Value, case: &Case) -> bool {
    actual["key"].as_str().is_some_and(|key| content(&choice["place"], case).trim() == key)
}

/// A case, and the token that evercred wrote in it.
fn case(base: &Home, seed: u64) -> (Case, Option<String>) {
    let mut case = Case::new(base, seed);
    let mut chance = Chance::new(seed + 13_000);
    let token = case.unique("s.file");
    let mut ours = None;
    match chance.one(&[
        "",
        "plain",
        "plain",
        "spaces",
        "empty",
        "blank",
        "folder",
        "ours",
        "ours",
        "overwritten",
    ]) {
        "plain" => drop(case.write(".vault-token", &token)),
        "spaces" => drop(case.write(".vault-token", &format!(" {token}\r\n\n"))),
        "empty" => drop(case.write(".vault-token", "")),
        "blank" => drop(case.write(".vault-token", " \n")),
        "folder" => drop(case.write(".vault-token/token", &token)),
        kind @ ("ours" | "overwritten") => {
            let mut once = std::process::Command::new(program());
            Outcome::of(case.in_it(&mut once, base).arg("once").arg("--force")).success();
            ours = Some(std::fs::read_to_string(case.home.join(".vault-token")).unwrap());
            if kind == "overwritten" {
                case.write(".vault-token", &token);
            }
        }
        _ => {}
    }
    match chance.one(&["", "", "", "token", "empty"]) {
        "token" => {
            let token = case.unique("s.env");
            case.set("VAULT_TOKEN", token);
        }
        "empty" => case.set("VAULT_TOKEN", ""),
        _ => {}
    }
    if chance.percent(25) {
        case.set("BAO_TOKEN", "s.bao");
    }
    if chance.percent(20) {
        case.write("other-token", "s.other");
        case.set("BAO_TOKEN_PATH", "~/other-token");
    }
    if chance.percent(25) {
        case.write(".vault", "token_helper = \"/bin/false\"\n");
    }
    (case, ours)
}
