//! `OpenBao`: a server with Vault's API that verifies ID tokens, in memory or on disk, plain or with TLS.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::leash::Leash;
use crate::{Outcome, clients, ports, until};

/// A running `OpenBao`. Nothing is set up on it: see [`OpenBao::trust`] and [`OpenBao::role`].
#[derive(Debug)]
pub struct OpenBao {
    leash: Option<Leash>,
    /// What outlives a kill of the server: its certificates, its data, what is written to it.
    folder: TempDir,
    kind: Kind,
    port: u16,
    root_token: String,
    files: AtomicU32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Memory,
    MemoryWithTls,
    Disk,
    Standby,
}

impl OpenBao {
    /// Starts one that keeps everything in memory; when this returns, it answers.
    pub fn start() -> Self {
        Self::of(Kind::Memory)
    }

    /// The same with a certificate of a private authority, [`OpenBao::authority`].
    pub fn start_with_tls() -> Self {
        Self::of(Kind::MemoryWithTls)
    }

    /// Starts one that keeps everything on disk and unseals itself, so that it can be killed and started again.
    pub fn start_on_disk() -> Self {
        let mut server = Self::of(Kind::Disk);
        let arguments = ["operator", "init", "-format=json", "-recovery-shares=1", "-recovery-threshold=1"];
        let initial: Value = serde_json::from_str(&server.admin(arguments)).expect("init prints JSON");
        initial["root_token"].as_str().expect("init gives a root token").clone_into(&mut server.root_token);
        until("OpenBao to be active", LONGEST_START, || (health(server.port) == Some(200)).then_some(()));
        server
    }

    /// Starts one more on the disk, as the standby of this one, which must be on disk, too. It never takes over, since
    /// one of two is no majority.
    #[must_use]
    pub fn start_beside(&self) -> Self {
        let standby = Self::beside(Kind::Standby, Some(&self.address()));
        Self { root_token: self.root_token.clone(), ..standby }
    }

    /// Where it is, as `VAULT_ADDR` has it.
    pub fn address(&self) -> String {
        let scheme = if self.kind == Kind::MemoryWithTls { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// The certificate authority's file, if it speaks TLS.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("vault-ca.pem")
    }

    /// Mounts the JWT auth method at `jwt`, for the tokens of one issuer, whose keys are at `keys_url`.
    pub fn trust(&self, issuer: &str, keys_url: &str) {
        self.admin(["auth", "enable", "jwt"]);
        self.write("auth/jwt/config", &json!({"jwks_url": keys_url, "bound_issuer": issuer}));
    }

    /// Makes a role that takes every token for the usual audience; `more` adds to that and replaces.
    pub fn role(&self, name: &str, more: &Value) {
        let mut role =
            json!({"role_type": "jwt", "user_claim": "sub", "bound_audiences": ["vault.hashicorp.com"]});
        for (key, value) in more.as_object().into_iter().flatten() {
            role[key] = value.clone();
        }
        self.write(&format!("auth/jwt/role/{name}"), &role);
    }

    /// Writes an object with the root token.
    pub fn write(&self, path: &str, object: &Value) {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        let file = self.folder.path().join(format!("{number}.json"));
        fs::write(&file, object.to_string()).expect("a file can be written");
        self.admin(["write", path, &format!("@{}", file.display())]);
    }

    /// Runs a line of shell, in which `bao` has the root token; gives its output.
    pub fn shell(&self, line: &str) -> String {
        let mut shell = Command::new("/bin/sh");
        let folder = clients::bao_program();
        let folder = folder.parent().expect("a program is in a folder").display();
        shell.env_clear().env("PATH", format!("{folder}:/usr/bin:/bin")).env("HOME", self.folder.path());
        shell.env("BAO_ADDR", self.address()).env("BAO_TOKEN", &self.root_token);
        Outcome::of(shell.args(["-c", line])).success()
    }

    /// Runs the command line with the root token; gives its output.
    pub fn admin<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> String {
        let mut bao = Command::new(clients::bao_program());
        bao.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", self.folder.path());
        bao.env("BAO_ADDR", self.address()).env("BAO_TOKEN", &self.root_token);
        bao.env("BAO_CACERT", self.authority()).args(arguments);
        if self.kind != Kind::MemoryWithTls {
            bao.env_remove("BAO_CACERT");
        }
        Outcome::of(&mut bao).success()
    }

    /// Kills it, as a crash would.
    pub fn kill(&mut self) {
        self.leash = None;
    }

    /// Starts it again on the same port, after [`OpenBao::kill`]; when this returns, it answers. Only what is on
    /// disk is still there.
    pub fn start_again(&mut self) {
        let leash = launch(self.kind, self.folder.path(), self.port);
        let ready = leash.until_ready("OpenBao", |_| (health(self.port) == Some(200)).then_some(()));
        self.leash = Some(ready.unwrap_or_else(|error| panic!("{error}")).0);
    }

    fn of(kind: Kind) -> Self {
        Self::beside(kind, None)
    }

    fn beside(kind: Kind, leader: Option<&str>) -> Self {
        // Somebody else may take a port between our look and its start.
        let mut errors = Vec::new();
        for _ in 0..3 {
            match Self::try_start(kind, leader) {
                Ok(server) => return server,
                Err(error) => errors.push(error),
            }
        }
        panic!("{}", errors.join("\n"))
    }

    fn try_start(kind: Kind, leader: Option<&str>) -> Result<Self, String> {
        let folder = temporary();
        let [port] = ports::free::<1>();
        if matches!(kind, Kind::Disk | Kind::Standby) {
            configure(folder.path(), port, leader);
        }
        let leash = launch(kind, folder.path(), port);
        let (leash, ()) = leash.until_ready("OpenBao", |log| is_ready(kind, port, log).then_some(()))?;
        let root_token = ROOT.to_owned();
        Ok(Self { leash: Some(leash), folder, kind, port, root_token, files: AtomicU32::new(0) })
    }
}

/// The token that servers in memory are told to begin with.
const ROOT: &str = "root";

/// Generous: the machine may be busy compiling something else.
const LONGEST_START: Duration = Duration::from_mins(1);

fn temporary() -> TempDir {
    tempfile::Builder::new().prefix("evercred-openbao-").tempdir().expect("a folder can be made")
}

fn launch(kind: Kind, folder: &Path, port: u16) -> Leash {
    let mut server = Command::new(clients::bao_program());
    let home = temporary();
    server.env("PATH", "/usr/bin:/bin").env("HOME", home.path()).arg("server");
    if matches!(kind, Kind::Disk | Kind::Standby) {
        server.arg(format!("-config={}", folder.join(CONFIG).display()));
    } else {
        server.args(["-dev", "-dev-no-store-token"]).arg(format!("-dev-root-token-id={ROOT}"));
        server.arg(format!("-dev-listen-address=127.0.0.1:{port}"));
    }
    if kind == Kind::MemoryWithTls {
        server.arg("-dev-tls").arg(format!("-dev-tls-cert-dir={}", folder.display()));
    }
    Leash::start(&server, home, &[])
}

const CONFIG: &str = "server.json";

/// Raft needs a second port, and its own address to stay the same over a restart.
fn configure(folder: &Path, port: u16, leader: Option<&str>) {
    let (data, key) = (folder.join("data"), folder.join("seal.key"));
    fs::create_dir(&data).expect("a folder can be made");
    fs::write(&key, [7; 32]).expect("a file can be written");
    let [cluster] = ports::free::<1>();
    let mut raft = json!({"path": data, "node_id": port.to_string()});
    if let Some(leader) = leader {
        raft["retry_join"] = json!([{"leader_api_addr": leader}]);
    }
    let tcp = json!({
        "address": format!("127.0.0.1:{port}"),
        "cluster_address": format!("127.0.0.1:{cluster}"),
        "tls_disable": true,
    });
    let config = json!({
        "storage": {"raft": raft},
        "listener": {"tcp": tcp},
        "seal": {"static": {"current_key_id": "one", "current_key": format!("file://{}", key.display())}},
        "api_addr": format!("http://127.0.0.1:{port}"),
        "cluster_addr": format!("http://127.0.0.1:{cluster}"),
    });
    fs::write(folder.join(CONFIG), config.to_string()).expect("a file can be written");
}

fn is_ready(kind: Kind, port: u16, log: &str) -> bool {
    match kind {
        Kind::Memory => health(port) == Some(200),
        // Its last words at its start.
        Kind::MemoryWithTls => log.contains("Root Token: "),
        // It is not initialised yet.
        Kind::Disk => health(port) == Some(501),
        Kind::Standby => health(port) == Some(429),
    }
}

/// The status by which it tells how it is.
fn health(port: u16) -> Option<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    let request = "GET /v1/sys/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}
