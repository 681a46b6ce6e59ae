//! `OpenBao`: the script is run as it is.

use std::process::Command;

use evercred_sandbox::Mint;
use evercred_test_support::{Home, OpenBao, Outcome, clients};

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
