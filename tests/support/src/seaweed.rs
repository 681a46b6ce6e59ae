//! `SeaweedFS`: an S3 server with an STS that verifies ID tokens, and S3 requests by the sessions it gave.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::leash::Leash;
use crate::{clients, ports};

/// A running `SeaweedFS`, whose role [`Seaweed::ROLE_ARN`] may do anything on its S3, and trusts the tokens of one
/// issuer for the audience `sts.amazonaws.com` whose subject begins with `https://github.com/acme/`.
#[derive(Debug)]
pub struct Seaweed {
    _leash: Leash,
    endpoint: String,
}

impl Seaweed {
    /// The role.
    pub const ROLE_ARN: &str = "arn:aws:iam::000000000000:role/Dev";

    /// Starts one that trusts `issuer`, whose keys are at `keys_url`; when this returns, it answers.
    pub fn start(issuer: &str, keys_url: &str) -> Self {
        Self::start_with_roles(issuer, keys_url, &[("Dev".to_owned(), trust_policy())])
    }

    /// The same with these roles, of which each has a name and a trust policy. The policies name the issuer `platform`,
    /// and its claims `oidc:`.
    pub fn start_with_roles(issuer: &str, keys_url: &str, roles: &[(String, Value)]) -> Self {
        // Somebody else may take a port between our look and its start.
        let attempts = (0..3).map(|_| Self::try_start(&identities(issuer, keys_url, roles)));
        let mut errors = Vec::new();
        for attempt in attempts {
            match attempt {
                Ok(seaweed) => return seaweed,
                Err(error) => errors.push(error),
            }
        }
        panic!("{}", errors.join("\n"))
    }

    /// `http://127.0.0.1:port`: both its STS and its S3.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The ARN of a role, by its name.
    pub fn role_arn(name: &str) -> String {
        format!("arn:aws:iam::000000000000:role/{name}")
    }

    fn try_start(identities: &Value) -> Result<Self, String> {
        let folder =
            tempfile::Builder::new().prefix("evercred-seaweed-").tempdir().expect("a folder can be made");
        configure(folder.path(), identities);
        let ports = ports::free::<8>();
        let [.., port, _] = ports;
        let leash = start(folder, ports);
        let (leash, ()) = leash.until_ready("SeaweedFS", |_| is_healthy(port).then_some(()))?;
        Ok(Self { _leash: leash, endpoint: format!("http://127.0.0.1:{port}") })
    }
}

/// Two ports for each of its four servers, that of S3 last.
fn start(folder: TempDir, ports: [u16; 8]) -> Leash {
    let mut server = Command::new(clients::installed("weed"));
    server.env("PATH", "/usr/bin:/bin").env("HOME", folder.path());
    server.args(["-logtostderr", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-dir=.", "-filer", "-s3"]);
    server.args(["-s3.config=s3.json", "-s3.iam.config=iam.json", "-s3.port.lance=0", "-s3.port.iceberg=0"]);
    server.args(["-master.telemetry=false", "-volume.max=1"]);
    for (name, port) in ["master", "volume", "filer", "s3"].into_iter().zip(ports.chunks(2)) {
        server.arg(format!("-{name}.port.grpc={}", port[1])).arg(format!("-{name}.port={}", port[0]));
    }
    // It answers on sockets beside its ports too, and a kill leaves them there.
    let sockets = ports.iter().map(|port| format!("/tmp/seaweedfs-*-{port}.sock"));
    Leash::start(&server, folder, &sockets.collect::<Vec<_>>())
}

fn configure(folder: &Path, identities: &Value) {
    let admin = json!({
        "name": "admin",
        "credentials": [{"accessKey": "adminkey", "secretKey": "adminsecret"}],
        "actions": ["Admin"],
    });
    let write = |name: &str, content: &Value| {
        fs::write(folder.join(name), content.to_string()).expect("a file can be written");
    };
    write("s3.json", &json!({"identities": [admin]}));
    write("iam.json", identities);
}

fn identities(issuer: &str, keys_url: &str, roles: &[(String, Value)]) -> Value {
    let role = |(name, trust_policy): &(String, Value)| {
        json!({
            "roleName": name,
            "roleArn": Seaweed::role_arn(name),
            "trustPolicy": trust_policy,
            "attachedPolicies": ["Everything"],
        })
    };
    json!({
        "sts": {
            "tokenDuration": "1h",
            "maxSessionLength": "12h",
            "issuer": "seaweedfs-sts",
            "signingKey": "dGhpcnR5LXR3by1ieXRlcy1mb3ItdGVzdHMtb25seS4=",
        },
        "providers": [{
            "name": "platform",
            "type": "oidc",
            "enabled": true,
            "config": {"issuer": issuer, "clientId": "sts.amazonaws.com", "jwksUri": keys_url},
        }],
        "policy": {"defaultEffect": "Deny"},
        "roles": roles.iter().map(role).collect::<Vec<_>>(),
        "policies": [{"name": "Everything", "document": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ["s3:*", "sts:ValidateSession"], "Resource": ["*"]}],
        }}],
    })
}

fn trust_policy() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": "platform"},
            "Action": ["sts:AssumeRoleWithWebIdentity"],
            "Condition": {"StringLike": {"oidc:sub": "https://github.com/acme/*"}},
        }],
    })
}

fn is_healthy(port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        write!(stream, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}
