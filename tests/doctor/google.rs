//! google-auth for Python, in combinations of variables, places and files of every type, whole and broken.

use evercred_sandbox::{Mint, Options, Sandbox};
use evercred_test_support::Home;
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::rig::{Case, Peer, Tally, content};

const CASES: u64 = 160;
/// What evercred keeps.
const OURS: &str = ".local/state/evercred/gcp.default.external-account.json";

#[test]
fn google_auth_takes_what_was_predicted_in_every_case() {
    let (_platform, base) = published();
    let mut peer = Peer::start(&base, "google");
    let audience = audience_of(&base.read(OURS).unwrap());
    let mut tally = Tally::default();
    for seed in 1..=CASES {
        let case = case(&base, seed, &peer);
        let predicted = case.predicted(&base, "google-auth (Python)");
        let actual = peer.takes("google", &case);
        let is_ours = actual["key"] == audience.as_str();
        tally.compare(&case, &predicted, &actual, |choice| fits(choice, &actual, &case), is_ours);
    }
    tally.finish(
        "google-auth",
        &["variable", "authorized_user", "service_account", "external_account", "metadata"],
    );
}

fn fits(choice: &Value, actual: &Value, case: &Case) -> bool {
    let names_another = choice["method"] == "variable" || choice["method"] == "metadata";
    let from = if names_another { &choice["from"] } else { choice };
    let key = actual["key"].as_str().unwrap_or("nothing");
    let method = if choice["method"] == "metadata" { &choice["method"] } else { &from["method"] };
    *method == actual["method"] && content(&from["place"], case).contains(key)
}

fn audience_of(settings: &str) -> String {
    serde_json::from_str::<Value>(settings).unwrap()["audience"].as_str().unwrap().to_owned()
}

fn published() -> (Sandbox, Home) {
    let platform = Sandbox::start(Options::default()).unwrap();
    let home = Home::new();
    let provider = platform.gcp_provider("gitpod");
    let mint = Mint::audience(format!("https://iam.googleapis.com/{provider}"));
    let token = home.write("token", platform.mint(&mint));
    let url = platform.url();
    let login = format!(
        "provider = \"{provider}\"\nsts_endpoint = \"{url}\"\niam_credentials_endpoint = \"{url}\"\noutputs = [{{ type = \
         \"external-account\""
    );
    home.config(&format!(
        "[source]\ntype = \"file\"\npath = \"{}\"\n[gcp.default]\n{login} }}]\n[gcp.known]\n{login}, well_known = true }}]\n",
        token.display(),
    ));
    home.run(["once"]).success();
    (platform, home)
}

fn case(base: &Home, seed: u64, peer: &Peer) -> Case {
    let mut case = Case::new(base, seed);
    let mut chance = Chance::new(seed + 7_000);
    // Else google-auth asks gcloud for the project, which takes a second.
    case.set("PATH", "/nowhere");
    case.set("GOOGLE_CLOUD_PROJECT", "acme-dev");
    case.set("GCE_METADATA_TIMEOUT", "1");
    case.set("GCE_METADATA_DETECT_RETRIES", "1");
    for (folder, often) in [(".config/gcloud", 40), ("other", 25), (".", 15)] {
        if chance.percent(often) {
            let file = file(&mut case, &mut chance, base, peer);
            case.write(&format!("{folder}/{WELL_KNOWN}"), &file);
        }
    }
    match chance.one(&["", "", "", "other", "empty"]) {
        "other" => case.set("CLOUDSDK_CONFIG", case.home.join("other").display().to_string()),
        "empty" => case.set("CLOUDSDK_CONFIG", ""),
        _ => {}
    }
    named(&mut case, &mut chance, base, peer);
    metadata(&mut case, &mut chance, peer);
    case
}

const WELL_KNOWN: &str = "application_default_credentials.json";
const VARIABLE: &str = "GOOGLE_APPLICATION_CREDENTIALS";

fn named(case: &mut Case, chance: &mut Chance, base: &Home, peer: &Peer) {
    let ours = base.path(OURS).display().to_string();
    let known = case.home.join(".config/gcloud").join(WELL_KNOWN).display().to_string();
    let path = match chance
        .one(&["", "", "", "empty", "file", "file", "relative", "missing", "known", "ours", "tilde"])
    {
        "empty" => String::new(),
        "ours" => ours,
        "known" => known,
        "missing" => case.home.join("nowhere.json").display().to_string(),
        "tilde" => "~/key.json".to_owned(),
        "" => return,
        kind => {
            let content = file(case, chance, base, peer);
            let path = case.write("key.json", &content);
            if kind == "relative" { "key.json".to_owned() } else { path }
        }
    };
    case.set(VARIABLE, path);
}

fn metadata(case: &mut Case, chance: &mut Chance, peer: &Peer) {
    let server = peer.server();
    match chance.one(&[
        "off", "off", "off", "off", "off", "off", "here", "here", "here", "here", "root", "root", "host",
        "nonsense",
    ]) {
        "off" => case.set("NO_GCE_CHECK", "true"),
        "here" => {
            case.set("GCE_METADATA_IP", &*server);
            case.set("GCE_METADATA_HOST", server.replace("127.0.0.1", "localhost"));
        }
        "root" => {
            case.set("GCE_METADATA_IP", &*server);
            case.set("GCE_METADATA_ROOT", server);
            case.set("GCE_METADATA_HOST", "");
        }
        "host" => case.set("GCE_METADATA_HOST", server),
        _ => case.set("NO_GCE_CHECK", "True"),
    }
}

/// Files of the types that there are.
struct Kinds {
    user: Value,
    account: Value,
    pool: Value,
    impersonated: Value,
    workforce: Value,
}

fn kinds(id: &str, key: &Value) -> Kinds {
    let user =
        json!({"type": "authorized_user", "client_id": id, "client_secret": "s", "refresh_token": "r"});
    let account = json!({
        "type": "service_account", "client_email": id, "private_key": key, "token_uri": "https://oauth2.googleapis.com/token",
    });
    let pool = json!({
        "type": "external_account", "audience": id, "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token", "credential_source": {"file": "/nowhere"},
    });
    let url = format!(
        "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{id}:generateAccessToken"
    );
    let impersonated = json!({
        "type": "impersonated_service_account", "service_account_impersonation_url": url, "source_credentials": user,
    });
    let workforce = json!({
        "type": "external_account_authorized_user", "audience": "a", "client_id": id, "client_secret": "s",
        "refresh_token": "r", "token_url": "https://sts.googleapis.com/v1/oauthtoken",
    });
    Kinds { user, account, pool, impersonated, workforce }
}

/// A file of one type or another, often without what it should have.
fn file(case: &mut Case, chance: &mut Chance, base: &Home, peer: &Peer) -> String {
    let id = case.unique("id");
    let Kinds { user, account, pool, impersonated, workforce } = kinds(&id, &peer.hello["key"]);
    let lacking = |mut file: Value, field: &str| {
        file.as_object_mut().unwrap().remove(field);
        file.to_string()
    };
    match chance.one(&[
        "user",
        "user",
        "user",
        "account",
        "account",
        "pool",
        "pool",
        "impersonated",
        "workforce",
        "ours",
        "ours",
        "broken",
        "mark",
        "list",
        "typeless",
        "strange",
        "no secret",
        "no mail",
        "bad key",
        "no source",
        "of a pool",
        "latin",
    ]) {
        "user" => user.to_string(),
        "account" => account.to_string(),
        "pool" => pool.to_string(),
        "impersonated" => impersonated.to_string(),
        "workforce" => workforce.to_string(),
        "ours" => base.read(OURS).unwrap().replace("gcp.default", "gcp.known"),
        "mark" => format!("\u{feff}{user}"),
        "list" => format!("[{user}]"),
        "typeless" => lacking(user, "type"),
        "strange" => user.to_string().replace("authorized_user", "authorised_user"),
        "no secret" => lacking(user, "client_secret"),
        "no mail" => lacking(account, "client_email"),
        "bad key" => account.to_string().replace("-----BEGIN", "BEGIN"),
        "no source" => lacking(pool, "credential_source"),
        "of a pool" => impersonated.to_string().replace("authorized_user", "external_account"),
        _ => user.to_string().replace('}', ""),
    }
}
