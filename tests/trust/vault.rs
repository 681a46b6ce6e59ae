//! `OpenBao`: the script is run as it is.

use std::process::Command;

use evercred_sandbox::Mint;
use evercred_test_support::{Home, OpenBao, Outcome, clients};
use serde_json::json;

use crate::{cases, check, home, login, platform, trust};

const AUDIENCE: &str = "vault.hashicorp.com";

#[test]
fn the_script_lets_in_those_who_are_meant_and_nobody_else() {
    let (platform, bao) = (platform(), OpenBao::start());
    for (number, case) in cases::by_claims().iter().enumerate() {
        let role = format!("role-{number}");
        let enter = |minted: &Mint| {
            let home = home(&platform, minted, AUDIENCE);
            login(&home, &format!("[vault.default]\naddress = \"{}\"\nrole = \"{role}\"\n", bao.address()))
        };
        let token = home(&platform, &case.minted, AUDIENCE);
        let set = format!("role={role}");
        apply(&token, &bao, &["--scope", case.scope, "--set", &set]);
        check(case, enter);
    }
}

#[test]
fn the_role_reads_the_named_secrets_and_nothing_else() {
    let (platform, bao) = (platform(), OpenBao::start());
    bao.write("secret/data/app", &json!({"data": {"key": "value"}}));
    bao.write("secret/data/other", &json!({"data": {"key": "value"}}));
    let home = home(&platform, &Mint::default(), AUDIENCE);
    let login = format!(
        "[vault.default]\naddress = \"{}\"\nmount = \"team/jwt\"\nrole = \"reader\"\n",
        bao.address()
    );
    let secret =
        "[[vault.default.secrets]]\nname = \"app\"\npath = \"secret/data/app\"\nfile = \"~/app.json\"\n";
    // What the login says need not be said again.
    home.config(&format!("[source]\ntype = \"file\"\npath = \"~/token\"\n\n{login}{secret}"));
    apply(&home, &bao, &["--scope", "project"]);
    home.run(["once"]).success();
    assert!(home.read("app.json").unwrap().contains("value"));
    let mut other = clients::bao(&home);
    other.env("BAO_ADDR", bao.address()).args(["read", "secret/data/other"]);
    assert!(Outcome::of(&mut other).failure().stderr.contains("403"), "nothing else may be read");
}

#[test]
fn what_is_there_already_is_left_as_it_is() {
    let (platform, bao) = (platform(), OpenBao::start());
    bao.trust("https://else.acme.dev", &format!("{}/keys", platform.issuer()));
    bao.role("mine", &json!({}));
    let home = home(&platform, &Mint::default(), AUDIENCE);
    let run = |words: &[&str]| {
        home.write("evercred-trust.sh", trust(&home, "vault", words));
        Outcome::of(&mut script(&home, &bao))
    };
    let said = run(&["--set", "role=mine"]).failure().stderr;
    assert!(said.contains("takes the tokens of https://else.acme.dev: set mount"), "{said}");
    run(&["--set", "mount=other", "--set", "role=mine"]).success();
    let said = run(&["--set", "mount=other", "--set", "role=mine"]).failure().stderr;
    assert!(said.contains("has the role mine already"), "{said}");
}

/// Runs the script for the token in a home.
fn apply(home: &Home, bao: &OpenBao, words: &[&str]) -> String {
    home.write("evercred-trust.sh", trust(home, "vault", words));
    Outcome::of(&mut script(home, bao)).success()
}

fn script(home: &Home, bao: &OpenBao) -> Command {
    let program = clients::bao(home);
    let folder = std::path::Path::new(program.get_program()).parent().unwrap().to_owned();
    let mut script = home.command("bash");
    let path = format!("{}:/usr/bin:/bin", folder.display());
    script.arg("evercred-trust.sh").env("PATH", path);
    script.env("BAO_ADDR", bao.address()).env("BAO_TOKEN", "root");
    script
}
