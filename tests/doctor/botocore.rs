//! boto3, in hundreds of combinations of variables, profiles, mechanisms and odd files.

use evercred_sandbox::{Mint, Options, Sandbox};
use evercred_test_support::Home;
use serde_json::Value;

use crate::chance::Chance;
use crate::rig::{Case, Peer, Tally, content};

#[path = "aws_files.rs"]
mod aws_files;
use aws_files::Files;
pub(crate) use aws_files::Ours;

const CASES: u64 = 480;

#[test]
fn boto3_takes_what_was_predicted_in_every_case() {
    let (_platform, base, ours) = published();
    let mut peer = Peer::start(&base, "botocore");
    let mut tally = Tally::default();
    for seed in 1..=CASES {
        let case = case(&base, seed, &peer.server(), &ours);
        let predicted = case.predicted(&base, "boto3");
        let actual = peer.takes("botocore", &case);
        let is_ours = actual["key"].as_str().is_some_and(|key| key.contains(&ours.key));
        tally.compare(&case, &predicted, &actual, |choice| is_predicted(choice, &actual, &case), is_ours);
    }
    tally.finish("boto3", &WAYS);
}

const WAYS: [&str; 12] = [
    "env",
    "assume-role",
    "assume-role-with-web-identity",
    "sso",
    "shared-credentials-file",
    "login",
    "custom-process",
    "config-file",
    "ec2-credentials-file",
    "boto-config",
    "container-role",
    "iam-role",
];

/// What an evercred that works has written, and whom that speaks for.
pub(crate) fn published() -> (Sandbox, Home, Ours) {
    let platform = Sandbox::start(Options::default()).unwrap();
    let home = Home::new();
    let token = home.write("token", platform.mint(&Mint::default()));
    home.config(&format!(
        "[source]\ntype = \"file\"\npath = \"{}\"\n[aws.default]\nrole_arn = \"{}\"\nendpoint_url = \"{}\"\nregion = \
         \"us-east-1\"\n",
        token.display(),
        platform.role_arn("dev"),
        platform.url(),
    ));
    home.run(["once"]).success();
    let profile = home.read(".aws/config").unwrap();
    let document: Value =
        serde_json::from_str(&home.read(".local/state/evercred/aws.default.json").unwrap()).unwrap();
    let ours = Ours { profile, key: document["AccessKeyId"].as_str().unwrap().to_owned() };
    (platform, home, ours)
}

fn case(base: &Home, seed: u64, server: &str, ours: &Ours) -> Case {
    let mut case = Case::new(base, seed);
    let mut chance = Chance::new(seed);
    let endpoint = format!("http://{server}");
    case.set("AWS_ENDPOINT_URL_STS", endpoint.clone());
    case.set("AWS_DEFAULT_REGION", "us-east-1");
    keys(&mut case, &mut chance);
    selection(&mut case, &mut chance);
    web_identity(&mut case, &mut chance);
    servers(&mut case, &mut chance, &endpoint);
    legacy(&mut case, &mut chance);
    Files { case: &mut case, chance: &mut chance, ours, endpoint }.write();
    case
}

fn keys(case: &mut Case, chance: &mut Chance) {
    let set = chance.one(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 1]);
    let id = if set > 0 { case.unique("AKENV") } else { String::new() };
    if !id.is_empty() || chance.percent(5) {
        case.set("AWS_ACCESS_KEY_ID", id);
    }
    if set == 2 {
        case.set("AWS_SECRET_ACCESS_KEY", "secret");
    }
}

fn selection(case: &mut Case, chance: &mut Chance) {
    for (name, often) in [("AWS_PROFILE", 40), ("AWS_DEFAULT_PROFILE", 12)] {
        if chance.percent(often) {
            case.set(
                name,
                chance.one(&[
                    "work", "work", "work", "work", "work", "work", "work", "default", "base", "base",
                    "base", "ghost", "",
                ]),
            );
        }
    }
}

fn web_identity(case: &mut Case, chance: &mut Chance) {
    if chance.percent(15) {
        let token = case.unique("ENVTOKEN");
        let path = case.write("env.jwt", &token);
        case.set("AWS_WEB_IDENTITY_TOKEN_FILE", if chance.percent(85) { path } else { String::new() });
        if chance.percent(80) {
            case.set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/env");
        }
    }
}

fn servers(case: &mut Case, chance: &mut Chance, endpoint: &str) {
    if chance.percent(40) {
        let key = case.unique("AKBOX");
        case.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{endpoint}/container/{key}"));
    }
    match chance.one(&["off", "off", "OFF", "here"]) {
        "off" => case.set("AWS_EC2_METADATA_DISABLED", "true"),
        "OFF" => case.set("AWS_EC2_METADATA_DISABLED", "True"),
        _ => {
            let key = case.unique("AKIMDS");
            case.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", format!("{endpoint}/{key}/"));
        }
    }
}

fn legacy(case: &mut Case, chance: &mut Chance) {
    let key = case.unique("AKBOTO");
    let settings = format!("[Credentials]\naws_access_key_id = {key}\naws_secret_access_key = s\n");
    match chance.one(&["", "", "", "~", "~", "$", "broken", "other"]) {
        "~" => drop(case.write(".boto", &settings)),
        "$" => {
            let path = case.write("boto.cfg", &settings);
            case.set("BOTO_CONFIG", path);
        }
        "broken" => drop(case.write(".boto", &format!("{settings}[Credentials]\n"))),
        "other" => drop(case.write(".boto", "[Credentials]\ngs_access_key_id = x\n")),
        _ => {}
    }
    let key = case.unique("AKECTWO");
    let lines = format!("AWSAccessKeyId={key}\nAWSSecretKey = s\n");
    match chance.one(&["", "", "", "", "", "", "", "", "", "", "good", "good", "other", "missing", "half"]) {
        "good" => drop(case.write("ec2", &lines)),
        "other" => drop(case.write("ec2", "nothing = here\n")),
        "half" => drop(case.write("ec2", &lines[..lines.find("AWSS").unwrap()])),
        "missing" => {}
        _ => return,
    }
    case.set("AWS_CREDENTIAL_FILE", "~/ec2");
}

fn is_predicted(choice: &Value, actual: &Value, case: &Case) -> bool {
    // Of a login that cannot be used here, only that itself is told.
    if actual["method"] == "login" {
        return origin(choice)["method"] == "login";
    }
    choice["method"] == actual["method"] && fits(choice, actual["key"].as_str(), case)
}

fn origin(source: &Value) -> &Value {
    source.get("from").map_or(source, origin)
}

/// Whether `key` is the one at the place that was predicted. Keys name where they come from; that of a role is the role
/// and the key that it was taken with.
fn fits(source: &Value, key: Option<&str>, case: &Case) -> bool {
    let Some(key) = key else {
        // Nobody has signed on in these homes.
        let is_sign_on = matches!(source["method"].as_str(), Some("sso" | "login"));
        return is_sign_on || fits(&source["from"], None, case);
    };
    let text = content(&source["place"], case);
    let from = &source["from"];
    match source["method"].as_str().unwrap() {
        "assume-role" => key.split_once('~').is_some_and(|(role, caller)| {
            text.ends_with(&format!("/{role}")) && fits(from, Some(caller), case)
        }),
        "assume-role-with-web-identity" => {
            key.strip_prefix("web~").is_some_and(|token| token == content(&from["place"], case))
        }
        "ec2-credentials-file" => content(&from["place"], case).contains(key),
        "container-role" | "iam-role" => text.contains(key),
        // The command says which key it prints, or is evercred itself.
        "custom-process" => text.contains(key) || text.contains("evercred"),
        _ => text == key,
    }
}
