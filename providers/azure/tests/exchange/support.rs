//! A server that answers as Entra does, under a private certificate authority, and a provider that is pointed at it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evercred_azure::Config;
use evercred_core::{BuildError, Configured, Environment, IdToken, Provider, Surroundings, WallClock};
use evercred_http::{BuildContext, Http};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

/// The tenant, the client, and the object that the client is, of every test.
pub(crate) const TENANT: &str = "99999999-8888-7777-6666-555555555555";
pub(crate) const CLIENT: &str = "11111111-2222-3333-4444-555555555555";
pub(crate) const OBJECT: &str = "00000000-aaaa-bbbb-cccc-dddddddddddd";

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

/// A server that gives its answers in turn, and refuses connections when it has no more.
pub(crate) struct Server {
    pub(crate) url: String,
    /// The certificate authority, as PEM.
    pub(crate) authority: tempfile::NamedTempFile,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) async fn answering(answers: Vec<Answer>) -> Self {
        Self::answering_with(|_| answers).await
    }

    /// The same with answers that name the server's own address.
    pub(crate) async fn answering_with(answers: impl FnOnce(&str) -> Vec<Answer>) -> Self {
        let (acceptor, pem) = tls();
        let mut authority = tempfile::NamedTempFile::new().unwrap();
        authority.write_all(pem.as_bytes()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let (log, answers) = (requests.clone(), answers(&url));
        tokio::spawn(async move {
            for answer in answers {
                let (stream, _) = listener.accept().await.unwrap();
                // A client that does not trust the server goes away.
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let request = read(&mut stream).await;
                log.lock().unwrap().push(request);
                let _ = stream.write_all(text(&answer).as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { url, authority, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The keys that point a login at this server.
    pub(crate) fn keys(&self) -> String {
        let path = self.authority.path().display();
        format!("authority_host = '{}'\nca_bundle = '{path}'\n", self.url)
    }
}

fn tls() -> (TlsAcceptor, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), issuer.pem())
}

fn text(answer: &Answer) -> String {
    let headers =
        answer.headers.iter().fold(String::new(), |all, (name, value)| format!("{all}{name}: {value}\r\n"));
    let fixed = "content-type: application/json; charset=utf-8\r\nx-ms-request-id: request-of-entra\r\nconnection: close\r\n";
    let length = answer.body.len();
    format!("HTTP/1.1 {} X\r\n{fixed}{headers}content-length: {length}\r\n\r\n{}", answer.status, answer.body)
}

async fn read(stream: &mut TlsStream<TcpStream>) -> Request {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let length =
        head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.unwrap();
    Request { head, form: url::form_urlencoded::parse(&body).into_owned().collect() }
}

fn part(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// An access token of Entra's shape. `mark` tells it from others.
pub(crate) fn access_token(tenant: &str, object: &str, mark: &str) -> String {
    let claims = format!(
        r#"{{"aud":"https://management.azure.com/","appid":"{CLIENT}","tid":"{tenant}","oid":"{object}","idtyp":"app"}}"#
    );
    format!("{}.{}.{}", part(r#"{"typ":"JWT","alg":"RS256"}"#), part(&claims), part(mark))
}

/// The answer that gives it, for an hour.
pub(crate) fn granted(token: &str) -> Answer {
    let body = format!(
        r#"{{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"{token}"}}"#
    );
    Answer { status: 200, headers: Vec::new(), body }
}

/// A provider from a config, as the daemon builds it.
pub(crate) fn build(config: &str, variables: &[(&str, &str)]) -> Result<Arc<dyn Provider>, BuildError> {
    let environment: Environment = variables.iter().copied().collect();
    let http = Http::new(&environment);
    let surroundings = Surroundings { environment, clock: Arc::new(Real) };
    toml::from_str::<Config>(config).unwrap().build(&BuildContext { surroundings, http })
}

/// The signature of every ID token here, to be looked for where no secret may be.
pub(crate) const SIGNATURE: &str = "c2lnbmF0dXJlLW9mLXRoZS10b2tlbg";

/// An ID token that was minted now and lives for so many hours.
pub(crate) fn id_token(hours: u64) -> IdToken {
    let now = Real.now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let claims = format!(
        r#"{{"iss":"https://api.gitpod.io/idp","sub":"https://github.com/acme/app",
        "aud":["api://AzureADTokenExchange"],"iat":{now},"exp":{}}}"#,
        now + hours * 3600
    );
    IdToken::parse(&format!("{}.{}.{SIGNATURE}", part(r#"{"alg":"RS256"}"#), part(&claims))).unwrap()
}

/// The SDK counts expiry from the true time, so the tests take place now.
#[derive(Debug)]
pub(crate) struct Real;

impl WallClock for Real {
    #[expect(clippy::disallowed_methods, reason = "the true clock is what this is")]
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}
