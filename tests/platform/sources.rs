//! Each token source where its platform is.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use evercred_sandbox::{Mint, Options, Shape};
use evercred_test_support::{Outcome, until};
use serde_json::Value;

use crate::place::{DOCUMENT, Place};

#[test]
fn gitpod_asks_the_supervisor_and_the_api_without_any_cli() {
    let place = Place::new();
    let api = format!("type = \"gitpod\"\napi_url = \"{}\"", place.sandbox.url());
    let address = place.sandbox.address();
    let place = place.source(&api).variable("SUPERVISOR_ADDR", &address).variable("PATH", "/nonexistent");
    let login = place.works();
    assert_eq!(login["source"], format!("gitpod supervisor at {address}"));
}

#[test]
fn gp_is_run() {
    let place = Place::new().source("type = \"gp\"").programs(&["gp"]);
    assert_eq!(place.works()["source"], "gp idp token");
}

#[test]
fn ona_is_run_under_its_new_name_and_its_old_one_and_its_tokens_are_taken_in_both_shapes() {
    for (name, shape, subject) in
        [("ona", Shape::OnaV3, "organization_id:"), ("gitpod", Shape::OnaV2, "org:")]
    {
        let mut options = Options::default();
        options.platform.ona_shape = shape;
        let place = Place::with(options).source("type = \"ona\"").programs(&[name]);
        place.works();
        let words = ["token", "--audience", "sts.amazonaws.com", "--decode"];
        let shown = Outcome::of(&mut place.evercred(&words)).success();
        let token: Value = serde_json::from_str(&shown).unwrap();
        assert!(token["Payload"]["sub"].as_str().unwrap().starts_with(subject), "{token}");
    }
}

#[test]
fn github_actions_asks_the_token_service_of_the_job() {
    let place = Place::new();
    let (url, token) = (place.sandbox.github_request_url(), Options::default().platform.github_token);
    let place = place
        .source("type = \"github-actions\"")
        .variable("ACTIONS_ID_TOKEN_REQUEST_URL", url)
        .variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN", token);
    place.works();
}

#[test]
fn http_authorises_itself_by_a_secret_in_a_file_or_in_a_variable() {
    let token = Options::default().platform.github_token;
    for (key, value) in [("env", "SECRET"), ("file", "~/secret")] {
        let place = Place::new();
        let url = place.sandbox.github_request_url();
        let lines = format!(
            "type = \"http\"\nurl = \"{url}\"\ntoken_field = \"value\"\nsecret_header = {{ {key} = \"{value}\" }}"
        );
        place.home.write("secret", format!("{token}\n"));
        place.source(&lines).variable("SECRET", token.clone()).works();
    }
}

#[test]
fn env_command_and_file_take_what_somebody_else_minted() {
    let place = Place::new();
    let token = place.sandbox.mint(&Mint::default());
    place.source("type = \"env\"\nvariable = \"ID_TOKEN\"").variable("ID_TOKEN", token).works();

    let place = Place::new();
    let token = place.home.write("token", place.sandbox.mint(&Mint::default()));
    let lines = format!("type = \"command\"\ncommand = [\"/bin/cat\", \"{}\"]", token.display());
    place.source(&lines).works();

    let place = Place::new();
    place.home.write("token", place.sandbox.mint(&Mint::default()));
    place.source("type = \"file\"\npath = \"~/token\"").works();
}

/// Lays out a volume as the kubelet does: a dated folder, and `..data`, which is turned in one step.
fn project(volume: &Path, generation: &str, token: &str) {
    let folder = volume.join(format!("..{generation}"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("token"), token).unwrap();
    symlink(format!("..{generation}"), volume.join("..data_tmp")).unwrap();
    std::fs::rename(volume.join("..data_tmp"), volume.join("..data")).unwrap();
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_projected_token_that_the_kubelet_turns_is_exchanged_at_once() {
    const LIMIT: Duration = Duration::from_secs(30);
    let place = Place::new();
    let volume = place.home.path("tokens");
    let token = || place.sandbox.mint(&Mint::default().shape(Shape::Kubernetes));
    project(&volume, "1", &token());
    symlink("..data/token", volume.join("token")).unwrap();
    place.login("type = \"kubernetes\"\npath = \"~/tokens/token\"", "dev", "");
    let mut run = place.evercred(&["run"]);
    let run = run.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let _running = Running(run.spawn().unwrap());
    let first = until("the document", LIMIT, || place.home.read(DOCUMENT));
    until("the watch, and a fresh login", LIMIT, || {
        (place.home.status()["logins"][0]["phase"] == "fresh").then_some(())
    });

    let turned = Instant::now();
    project(&volume, "2", &token());
    until("another document", LIMIT, || place.home.read(DOCUMENT).filter(|now| *now != first));
    assert!(turned.elapsed() < Duration::from_secs(2), "{:?}", turned.elapsed());
}
