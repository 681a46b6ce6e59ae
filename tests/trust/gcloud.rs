//! What the real gcloud makes of the script: its requests say what the documents say, whatever has to be quoted. Nobody
//! here plays Google's IAM further than gcloud needs to go on.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use evercred_test_support::{Outcome, clients};
use serde_json::{Value, json};

use crate::{cases, home, platform, trust};

const POOL: &str = "projects/123456789012/locations/global/workloadIdentityPools/evercred";
const SAID: [&str; 6] = [
    "--set",
    "project_number=123456789012",
    "--set",
    "service_account=app@acme-dev.iam.gserviceaccount.com",
    "--set",
    "role=roles/viewer",
];

/// Method, path and body of a request.
type Asked = (String, String, Value);

#[test]
fn gcloud_sends_what_the_documents_say() {
    let case = cases::by_claims().pop().unwrap();
    let home =
        home(&platform(), &case.minted, &format!("https://iam.googleapis.com/{POOL}/providers/evercred"));
    let document: Value =
        serde_json::from_str(&trust(&home, "gcp", &[&["--format", "json"], &SAID[..]].concat())).unwrap();
    home.write("evercred-trust.sh", trust(&home, "gcp", &SAID));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (sender, asked) = channel();
    thread::spawn(move || serve(&listener, &sender));
    let mut script = home.command("bash");
    let settings = clients::gcloud(&home);
    script.envs(settings.get_envs().filter_map(|(name, value)| Some((name, value?))));
    script.arg("evercred-trust.sh").env("PATH", "/usr/bin:/bin");
    script.env("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", home.write("access-token", "sandbox"));
    for api in ["IAM", "CLOUDRESOURCEMANAGER"] {
        script.env(format!("CLOUDSDK_API_ENDPOINT_OVERRIDES_{api}"), &url);
    }
    Outcome::of(&mut script).success();
    let asked: Vec<Asked> = asked.try_iter().collect();
    let body = |end: &str| {
        let found = asked.iter().find(|(method, path, _)| method == "POST" && path.contains(end));
        found.unwrap_or_else(|| panic!("{end}: {asked:#?}")).2.clone()
    };
    let made = body("/providers?");
    for part in ["attributeMapping", "attributeCondition", "oidc"] {
        assert_eq!(made[part], document["provider"][part], "{part}");
    }
    assert!(
        asked.iter().any(|(_, path, _)| path.contains("/acme-dev/locations/global/workloadIdentityPools?"))
    );
    for (path, binding) in [("/serviceAccounts/app@", 0), ("/projects/acme-dev:setIamPolicy", 1)] {
        let policy =
            asked.iter().find(|(_, asked, _)| asked.contains(path) && asked.contains(":setIamPolicy"));
        let binding = &document["bindings"][binding];
        let expected = json!([{"role": binding["role"], "members": binding["members"]}]);
        assert_eq!(policy.unwrap().2["policy"]["bindings"], expected, "{path}");
    }
}

fn serve(listener: &TcpListener, asked: &Sender<Asked>) {
    for stream in listener.incoming() {
        let Ok(mut stream) = stream else { return };
        let Some((method, path, body)) = read(&stream) else { continue };
        let (status, answer) = answer(&method, &path, &body);
        let answer = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}",
            answer.len()
        );
        let _ = write!(stream, "{head}\r\nconnection: close\r\n\r\n{answer}");
        if asked.send((method, path, body)).is_err() {
            return;
        }
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().ok()?;
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((method, path, serde_json::from_slice(&body).unwrap_or_default()))
}

/// There is a project, and nothing in it; whatever is made is there at once.
fn answer(method: &str, path: &str, body: &Value) -> (&'static str, Value) {
    if path.contains(":getIamPolicy") {
        return ("200 OK", json!({"version": 1, "etag": "BwXhqDVhe5c="}));
    }
    if path.contains(":setIamPolicy") {
        return ("200 OK", body["policy"].clone());
    }
    match method {
        "GET" if path.contains("/workloadIdentityPools/") => {
            ("404 Not Found", json!({"error": {"code": 404, "message": "Not found", "status": "NOT_FOUND"}}))
        }
        "GET" => ("200 OK", json!({"projectId": "acme-dev", "projectNumber": "123456789012"})),
        _ => ("200 OK", json!({"name": format!("{POOL}/operations/one"), "done": true, "response": {}})),
    }
}
