//! Servers on loopback that say exactly what a test wants.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// What a server does after it has answered.
#[derive(Clone, Copy)]
pub(crate) enum Tail {
    /// Closes the connection.
    Close,
    /// Waits for the next request on it.
    KeepAlive,
    /// Never says anything again, and keeps the connection open.
    Hold,
}

pub(crate) struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Mutex<mpsc::UnboundedReceiver<String>>,
}

impl Server {
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn http(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn https(&self) -> String {
        format!("https://{}/", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The head of the next request it got.
    pub(crate) async fn request(&self) -> String {
        self.requests.lock().await.recv().await.unwrap()
    }
}

/// A server that gives `answer` to every request.
pub(crate) async fn serve(answer: &str, tail: Tail) -> Server {
    listen(answer, tail, None).await
}

async fn listen(answer: &str, tail: Tail, tls: Option<TlsAcceptor>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::<AtomicUsize>::default();
    let (sender, requests) = mpsc::unbounded_channel();
    let (answer, counter) = (answer.to_owned(), connections.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            let (answer, sender, tls) = (answer.clone(), sender.clone(), tls.clone());
            tokio::spawn(async move {
                match tls {
                    None => converse(stream, &answer, tail, &sender).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            converse(stream, &answer, tail, &sender).await;
                        }
                    }
                }
            });
        }
    });
    Server { address, connections, requests: Mutex::new(requests) }
}

async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: &str,
    tail: Tail,
    requests: &mpsc::UnboundedSender<String>,
) {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        let _ = requests.send(String::from_utf8(head).unwrap());
        let _ = stream.write_all(answer.as_bytes()).await;
        match tail {
            Tail::KeepAlive => {}
            Tail::Hold => std::future::pending().await,
            Tail::Close => {
                let _ = stream.shutdown().await;
                return;
            }
        }
    }
}

/// A private certificate authority, and TLS servers under it.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server whose certificate is for `name`.
    pub(crate) async fn serve(&self, name: &str) -> Server {
        self.serve_with(CertificateParams::new([name.to_owned()]).unwrap()).await
    }

    /// The same with a certificate that has ended.
    pub(crate) async fn serve_expired(&self, name: &str) -> Server {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(2001, 1, 1);
        self.serve_with(params).await
    }

    /// A server that talks only to clients with a certificate of this authority.
    pub(crate) async fn serve_clients_of_its_own(&self, name: &str) -> Server {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        self.serve_to(verifier, params).await
    }

    /// A client's certificate and its key, as PEM.
    pub(crate) fn client(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["client".to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }

    async fn serve_with(&self, params: CertificateParams) -> Server {
        self.serve_to(WebPkiClientVerifier::no_client_auth(), params).await
    }

    async fn serve_to(&self, clients: Arc<dyn ClientCertVerifier>, params: CertificateParams) -> Server {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(clients)
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
        listen(answer, Tail::Close, Some(TlsAcceptor::from(Arc::new(config)))).await
    }
}
