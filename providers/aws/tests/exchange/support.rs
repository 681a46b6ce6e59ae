//! A server that answers as AWS STS does, and a provider that is pointed at it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evercred_aws::Config;
use evercred_core::{BuildError, Configured, Environment, IdToken, Provider, Surroundings, WallClock};
use evercred_http::{BuildContext, Http};
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
    pub(crate) head: String,
    pub(crate) form: BTreeMap<String, String>,
}

impl Request {
    /// A field of the form, or nothing.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.form.get(name).map(String::as_str).unwrap_or_default()
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
    let fixed = "content-type: text/xml\r\nconnection: close\r\n";
    format!("HTTP/1.1 {} X\r\n{fixed}{headers}content-length: {length}\r\n\r\n{}", answer.status, answer.body)
}

async fn read(stream: &mut TcpStream) -> Request {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    Request { head, form: url::form_urlencoded::parse(&body).into_owned().collect() }
}

/// A session as `AssumeRoleWithWebIdentity` or `AssumeRole` gives it; `user` is empty where an imitation of STS
/// leaves it out.
pub(crate) fn session(action: &str, key: &str, user: &str, expiration: &str) -> Answer {
    let user = match user {
        "" => String::new(),
        arn => format!(
            "<AssumedRoleUser><AssumedRoleId>AROA1:me</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser>"
        ),
    };
    let body = format!(
        r#"<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <{action}Result>
    {user}
    <Credentials>
      <AccessKeyId>{key}</AccessKeyId>
      <SecretAccessKey>secret-of-{key}</SecretAccessKey>
      <SessionToken>token-of-{key}</SessionToken>
      <Expiration>{expiration}</Expiration>
    </Credentials>
  </{action}Result>
  <ResponseMetadata><RequestId>request-of-{key}</RequestId></ResponseMetadata>
</{action}Response>"#
    );
    Answer { status: 200, headers: vec![("x-amzn-requestid".into(), format!("request-of-{key}"))], body }
}

/// An error in the shape of AWS's query protocol.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Answer {
    let body = format!(
        r#"<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>
  <RequestId>request-of-an-error</RequestId>
</ErrorResponse>"#
    );
    Answer { status, headers: vec![("x-amzn-requestid".into(), "request-of-an-error".into())], body }
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

pub(crate) fn id_token() -> IdToken {
    let claims = r#"{"iss":"https://api.gitpod.io/idp","sub":"https://github.com/acme/app","aud":["sts.amazonaws.com"],
        "exp":1795381200,"iat":1795377600,"workspace_id":"acme-app-x1"}"#;
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    IdToken::parse(&format!("{}.{}.{SIGNATURE}", part(r#"{"alg":"RS256"}"#), part(claims))).unwrap()
}

#[derive(Debug)]
struct Standing;

impl WallClock for Standing {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + NOW
    }
}
