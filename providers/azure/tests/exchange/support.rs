//! A server that answers as Entra does, under a private certificate authority, and a provider that is pointed at it.

use std::io::Write as _;
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evercred_azure::Config;
use evercred_core::{BuildError, Configured, Environment, IdToken, Provider, Surroundings, WallClock};
use evercred_http::{BuildContext, Http};
use evercred_test_support::scripted::{Answer, Request, Scripted};
use evercred_test_support::tokens::jwt;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// The tenant, the client, and the object that the client is, of every test.
pub(crate) const TENANT: &str = "99999999-8888-7777-6666-555555555555";
pub(crate) const CLIENT: &str = "11111111-2222-3333-4444-555555555555";
pub(crate) const OBJECT: &str = "00000000-aaaa-bbbb-cccc-dddddddddddd";

/// Headers of every answer.
const HEADERS: &str =
    "content-type: application/json; charset=utf-8\r\nx-ms-request-id: request-of-entra\r\n";

/// A server that answers as Entra does.
pub(crate) struct Server {
    pub(crate) scripted: Scripted,
    /// The certificate authority, as PEM.
    pub(crate) authority: tempfile::NamedTempFile,
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
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let script = (HEADERS, answers(&url));
        let scripted = Scripted::behind(listener, url, script, move |stream| acceptor.accept(stream));
        Self { scripted, authority }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.scripted.requests()
    }

    /// The keys that point a login at this server.
    pub(crate) fn keys(&self) -> String {
        let path = self.authority.path().display();
        format!("authority_host = '{}/'\nca_bundle = '{path}'\n", self.scripted.url)
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
    Answer::new(200, body)
}

/// A provider from a config, as the daemon builds it.
pub(crate) fn build(config: &str, variables: &[(&str, &str)]) -> Result<Arc<dyn Provider>, BuildError> {
    let environment: Environment = variables.iter().copied().collect();
    let http = Http::new(&environment);
    let surroundings = Surroundings { environment, clock: Arc::new(Real) };
    toml::from_str::<Config>(config).unwrap().build(&BuildContext { surroundings, http })
}

/// An ID token that was minted now and lives for so many hours.
pub(crate) fn id_token(hours: u64) -> IdToken {
    let now = Real.now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    IdToken::parse(&jwt(&json!({
        "iss": "https://api.gitpod.io/idp",
        "sub": "https://github.com/acme/app",
        "aud": ["api://AzureADTokenExchange"],
        "iat": now,
        "exp": now + hours * 3600,
    })))
    .unwrap()
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
