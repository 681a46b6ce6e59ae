//! A server that answers as Google's services do, and a provider that is pointed at it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evercred_core::{BuildError, Configured, Environment, IdToken, Provider, Surroundings, WallClock};
use evercred_gcp::Config;
use evercred_http::{BuildContext, Http};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// 2026-11-22T20:00:00Z, when the tests take place.
pub(crate) const NOW: Duration = Duration::from_hours(498_716);

/// What the server says to one request.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// What the server was asked.
#[derive(Clone)]
pub(crate) struct Request {
    /// In lower case, but for the values.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Request {
    /// The path.
    pub(crate) fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    /// The fields of the form.
    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }

    /// The body, if it is JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A server that gives its answers in turn, and resets the connection when it has no more.
pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) async fn answering(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let log = requests.clone();
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read(&mut stream).await;
                log.lock().unwrap().push(request);
                stream.write_all(text(&answer).as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
            }
        });
        Self { url, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn text(answer: &Answer) -> String {
    let headers =
        answer.headers.iter().fold(String::new(), |all, (name, value)| format!("{all}{name}: {value}\r\n"));
    let length = answer.body.len();
    let fixed = "content-type: application/json; charset=UTF-8\r\nconnection: close\r\n";
    format!("HTTP/1.1 {} X\r\n{fixed}{headers}content-length: {length}\r\n\r\n{}", answer.status, answer.body)
}

async fn read(stream: &mut TcpStream) -> Request {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let lower = head.to_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    Request { head, body: String::from_utf8(body).unwrap() }
}

/// An answer with this body.
pub(crate) fn ok(body: &Value) -> Answer {
    Answer { status: 200, headers: Vec::new(), body: body.to_string() }
}

/// A refusal with this body.
pub(crate) fn refused(status: u16, body: &Value) -> Answer {
    Answer { status, ..ok(body) }
}

/// An answer of the token exchange.
pub(crate) fn federated(token: &str, expires_in: u64) -> Answer {
    ok(&json!({
        "access_token": token,
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "token_type": "Bearer",
        "expires_in": expires_in,
    }))
}

/// An answer of `generateAccessToken`.
pub(crate) fn impersonated(token: &str, expire_time: &str) -> Answer {
    ok(&json!({ "accessToken": token, "expireTime": expire_time }))
}

/// A provider from a config, as the daemon builds it.
pub(crate) fn build(config: &str, variables: &[(&str, &str)]) -> Result<Arc<dyn Provider>, BuildError> {
    let environment: Environment = variables.iter().copied().collect();
    let http = Http::new(&environment);
    let surroundings = Surroundings { environment, clock: Arc::new(Standing) };
    toml::from_str::<Config>(config).unwrap().build(&BuildContext { surroundings, http })
}

/// The signature of every ID token here, to be looked for where no secret may be.
pub(crate) const SIGNATURE: &str = "c2lnbmF0dXJlLW9mLXRoZS10b2tlbg";

/// A token of these claims.
pub(crate) fn jwt(claims: &Value) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{SIGNATURE}", part(r#"{"alg":"RS256"}"#), part(&claims.to_string()))
}

/// The machine's, until 21:00.
pub(crate) fn id_token() -> IdToken {
    IdToken::parse(&jwt(&json!({
        "iss": "https://api.gitpod.io/idp",
        "sub": "acme-app-x1",
        "aud": ["https://iam.googleapis.com/projects/1234/locations/global/workloadIdentityPools/ona/providers/main"],
        "exp": 1_795_381_200,
        "iat": 1_795_377_600,
    })))
    .unwrap()
}

#[derive(Debug)]
struct Standing;

impl WallClock for Standing {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + NOW
    }
}
