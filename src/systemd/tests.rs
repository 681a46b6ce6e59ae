//! What a service manager hears, over a real socket.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::*;
use crate::engine::attempt_error::Stage;
use crate::engine::next::Next;
use crate::engine::status::{ConfigStatus, Daemon, ErrorStatus, LoginStatus};

/// Plays systemd.
struct Manager {
    socket: tokio::net::UnixDatagram,
    told: Arc<ServiceManager>,
    status: watch::Sender<Status>,
    commands: mpsc::Sender<Command>,
    engine: mpsc::Receiver<Command>,
    _folder: tempfile::TempDir,
}

impl Manager {
    fn listen(when: Ready, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        Self::on(socket, path.to_str().unwrap(), when, variables, folder)
    }

    fn on(
        socket: UnixDatagram,
        name: &str,
        when: Ready,
        variables: &[(&str, &str)],
        folder: tempfile::TempDir,
    ) -> Self {
        socket.set_nonblocking(true).unwrap();
        let socket = tokio::net::UnixDatagram::from_std(socket).unwrap();
        let environment = [("NOTIFY_SOCKET", name)].iter().chain(variables).copied().collect();
        let told = Arc::new(ServiceManager::of(&environment, 7, when));
        let (commands, engine) = mpsc::channel(1);
        let status = watch::Sender::new(status(&[("aws.default", Phase::Pending)]));
        Self { socket, told, status, commands, engine, _folder: folder }
    }

    fn start(&self) {
        let (told, status, commands) =
            (Arc::clone(&self.told), self.status.subscribe(), self.commands.clone());
        tokio::spawn(async move { told.inform(status, commands).await });
    }

    async fn hears(&self) -> String {
        let mut message = [0; 4096];
        let receive = self.socket.recv(&mut message);
        let length = tokio::time::timeout(Duration::from_secs(10), receive).await.unwrap().unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    }

    /// The engine's loop turns once.
    async fn turn(&mut self) {
        match self.engine.recv().await {
            Some(Command::Ping(answer)) => answer.send(()).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn silent(&self) -> bool {
        self.socket.try_recv(&mut [0; 1]).is_err()
    }
}

fn status(logins: &[(&str, Phase)]) -> Status {
    let logins = logins.iter().map(|(name, phase)| login(name, *phase)).collect();
    Status { version: Status::VERSION, at: SystemTime::UNIX_EPOCH, daemon: None, logins }
}

fn login(name: &str, phase: Phase) -> LoginStatus {
    let failed = matches!(phase, Phase::Blocked | Phase::Expired).then(|| ErrorStatus {
        stage: Stage::Exchange,
        class: "needs_attention".to_owned(),
        message: "failed to exchange:\nREADY=1".to_owned(),
        causes: Vec::new(),
        reason: None,
        hint: None,
        cure: None,
        sent: None,
        code: None,
        request_id: None,
    });
    LoginStatus {
        login: name.to_owned(),
        phase,
        secret: None,
        refreshing: false,
        source: String::new(),
        audience: String::new(),
        subject: None,
        issued_at: None,
        expires_at: None,
        next_attempt_at: Some(SystemTime::UNIX_EPOCH + Duration::from_hours(1)),
        attempts: 0,
        failures: 0,
        error: failed,
        next: Next::default(),
        notes: Vec::new(),
        outputs: Vec::new(),
        ways: Vec::new(),
    }
}

#[tokio::test]
async fn ready_is_said_once_and_only_when_every_login_is_fresh() {
    let manager = Manager::listen(Ready::Fresh, &[]);
    manager.start();
    assert_eq!(manager.hears().await, "STATUS=0 of 1 login is fresh; aws.default is pending.");
    manager.status.send_replace(status(&[("a.b", Phase::Fresh), ("c.d", Phase::Blocked)]));
    let blocked = "STATUS=1 of 2 logins are fresh; c.d is blocked: failed to exchange: READY=1.";
    assert_eq!(manager.hears().await, blocked);
    manager.status.send_replace(status(&[("a.b", Phase::Fresh), ("c.d", Phase::Fresh)]));
    let fresh = "STATUS=2 logins are fresh; the next refresh is due at 1970-01-01T01:00:00Z.";
    assert_eq!(manager.hears().await, format!("READY=1\n{fresh}"));
    manager.status.send_replace(status(&[("a.b", Phase::Expired), ("c.d", Phase::Blocked)]));
    assert!(manager.hears().await.starts_with("STATUS=0 of 2 logins are fresh; a.b is expired: "));
    manager.status.send_replace(status(&[("a.b", Phase::Fresh), ("c.d", Phase::Fresh)]));
    assert_eq!(manager.hears().await, fresh);
}

#[tokio::test]
async fn a_config_that_does_not_count_is_said() {
    let manager = Manager::listen(Ready::Fresh, &[]);
    let config = ConfigStatus {
        file: "config.toml".into(),
        loaded_at: SystemTime::UNIX_EPOCH,
        problems: vec!["config.toml:3:1: no".to_owned(), "more".to_owned()],
    };
    let daemon = Daemon { pid: 1, started_at: SystemTime::UNIX_EPOCH, config };
    let status = Status { daemon: Some(daemon), ..status(&[("a.b", Phase::Fresh)]) };
    manager.status.send_replace(status);
    manager.start();
    assert!(manager.hears().await.ends_with("01:00:00Z. The config does not count: config.toml:3:1: no"));
}

#[tokio::test]
async fn ready_can_mean_started() {
    let manager = Manager::listen(Ready::Started, &[]);
    manager.start();
    assert!(manager.hears().await.starts_with("READY=1\nSTATUS=0 of 1 login is fresh"));
}

#[tokio::test]
async fn a_status_that_reads_the_same_is_not_said_again() {
    let manager = Manager::listen(Ready::Fresh, &[]);
    manager.start();
    manager.hears().await;
    manager.status.send_modify(|status| status.logins[0].refreshing = true);
    tokio::task::yield_now().await;
    manager.told.stopping().await;
    assert!(manager.hears().await.starts_with("STOPPING=1\nSTATUS="));
}

#[tokio::test]
async fn each_beat_waits_for_the_engine_and_prolongs_the_start_until_ready() {
    let mut manager = Manager::listen(Ready::Fresh, &[("WATCHDOG_USEC", "200000"), ("WATCHDOG_PID", "7")]);
    manager.start();
    assert!(manager.hears().await.starts_with("STATUS="));
    manager.turn().await;
    assert_eq!(manager.hears().await, "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=200000");
    manager.status.send_replace(status(&[("a.b", Phase::Fresh)]));
    assert!(manager.hears().await.starts_with("READY=1\n"));
    manager.turn().await;
    assert_eq!(manager.hears().await, "WATCHDOG=1");
    // A loop that takes its commands and does nothing about them is as stuck as one that takes none.
    let Some(Command::Ping(_unanswered)) = manager.engine.recv().await else { panic!("no ping") };
    assert!(tokio::time::timeout(Duration::from_millis(500), manager.hears()).await.is_err());
}

#[tokio::test]
async fn a_reload_is_told_from_its_beginning_to_its_end_but_not_before_ready() {
    let manager = Manager::listen(Ready::Started, &[]);
    manager.told.reloading().await;
    manager.told.reloaded().await;
    assert!(manager.silent());
    manager.start();
    assert!(manager.hears().await.starts_with("READY=1\n"));
    let before = monotonic().as_micros();
    manager.told.reloading().await;
    let message = manager.hears().await;
    let time = message.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap().parse().unwrap();
    assert!((before..=monotonic().as_micros()).contains(&time));
    manager.told.reloaded().await;
    assert_eq!(manager.hears().await, "READY=1");
}

#[tokio::test]
async fn a_manager_may_listen_in_the_abstract_namespace() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().to_str().unwrap().to_owned();
    let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let manager = Manager::on(socket, &format!("@{name}"), Ready::Fresh, &[], folder);
    manager.told.stopping().await;
    assert!(manager.hears().await.starts_with("STOPPING=1"));
}

#[tokio::test]
async fn a_manager_that_has_gone_harms_nobody() {
    let manager = Manager::listen(Ready::Fresh, &[]);
    let told = Arc::clone(&manager.told);
    drop(manager);
    told.stopping().await;
}

#[test]
fn a_watchdog_of_another_process_is_none_of_ours() {
    let of = |variables: &[(&str, &str)]| {
        let all = [("NOTIFY_SOCKET", "/run/notify")].iter().chain(variables).copied().collect();
        ServiceManager::of(&all, 7, Ready::Fresh).watchdog
    };
    assert_eq!(of(&[("WATCHDOG_USEC", "2000000"), ("WATCHDOG_PID", "7")]), Some(Duration::from_secs(2)));
    assert_eq!(of(&[("WATCHDOG_USEC", "2000000")]), Some(Duration::from_secs(2)));
    for wrong in [[("WATCHDOG_USEC", "2000000"), ("WATCHDOG_PID", "8")], [("WATCHDOG_USEC", "0"), ("A", "")]]
    {
        assert_eq!(of(&wrong), None);
    }
    let without_a_socket = [("WATCHDOG_USEC", "2000000")].into_iter().collect();
    assert_eq!(ServiceManager::of(&without_a_socket, 7, Ready::Fresh).watchdog, None);
}
