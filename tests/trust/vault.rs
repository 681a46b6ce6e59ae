//! `OpenBao`: the script is run as it is.

use std::process::Command;

use evercred_sandbox::Mint;
use evercred_test_support::{Home, OpenBao, Outcome, clients};

use crate::{cases, home, login, platform, trust};

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
        assert_eq!(enter(&case.minted), Some(0), "{}", case.name());
        for kin in &case.kin {
            assert_eq!(enter(kin), Some(0), "{}: {:?}", case.name(), kin.claims);
        }
        for stranger in &case.strangers {
            assert_eq!(enter(stranger), Some(4), "{}: {:?}", case.name(), stranger.claims);
        }
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
