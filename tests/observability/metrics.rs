//! Metrics, health and readiness of a daemon.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use evercred_sandbox::{Fault, Group};
use evercred_test_support::{Daemon, Outcome, clients};
use serde_json::Value;

use crate::configure;
use crate::http::{Answer, ask_socket, request};
use crate::workspace::{LIMIT, Workspace};

const SOCKET: &str = "run/metrics.sock";

fn monitored(workspace: &Workspace, more: &str) {
    let socket = workspace.home.path(SOCKET);
    configure(workspace, more, &format!("[metrics]\nlisten = \"unix:{}\"", socket.display()));
}

fn ask(workspace: &Workspace, daemon: &mut Daemon, path: &str) -> Answer {
    let request = request(path, "localhost");
    daemon.until("an answer", LIMIT, || ask_socket(&workspace.home.path(SOCKET), &request))
}

/// The metrics, as the Python client of Prometheus reads them.
fn metrics(workspace: &Workspace, daemon: &mut Daemon) -> Value {
    let answer = ask(workspace, daemon, "/metrics");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.head.contains("content-type: application/openmetrics-text; version=1.0.0"), "{answer:?}");
    let file = workspace.home.write("metrics", answer.body);
    serde_json::from_str(&Outcome::of(clients::python(&workspace.home, "openmetrics.py").arg(file)).success())
        .unwrap()
}

/// The value of the sample of that name whose labels hold `labels`.
fn sample(metrics: &Value, family: &str, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let samples = metrics[family]["samples"].as_array()?;
    let has = |sample: &&Value| {
        sample[0] == name && labels.iter().all(|(label, value)| sample[1][*label] == *value)
    };
    samples.iter().find(has)?[2].as_f64()
}

#[test]
fn a_prometheus_parser_reads_what_was_counted() {
    let workspace = Workspace::with_sessions_of(Duration::from_mins(30));
    monitored(&workspace, "refresh_every = \"1s\"");
    let mut daemon = workspace.start();
    let login = [("login", "aws.default")];
    let of = |metrics: &Value, name: &str| sample(metrics, name, &format!("{name}_total"), &login);
    let metrics_now = daemon_until(&workspace, &mut daemon, |now| of(now, "evercred_refreshes") >= Some(2.0));
    assert!(of(&metrics_now, "evercred_file_writes") >= Some(3.0), "{metrics_now:#}");
    let left =
        sample(&metrics_now, "evercred_time_to_expiry_seconds", "evercred_time_to_expiry_seconds", &login);
    assert!(left.is_some_and(|left| (1_700.0..=1_800.0).contains(&left)), "{left:?}");
    assert_eq!(sample(&metrics_now, "evercred_login_fresh", "evercred_login_fresh", &login), Some(1.0));
    let family = "evercred_exchange_duration_seconds";
    assert_eq!(metrics_now[family]["type"], "histogram");
    let exchanges =
        sample(&metrics_now, family, &format!("{family}_count"), &[("provider", "aws"), ("outcome", "ok")]);
    assert!(exchanges >= Some(2.0), "{metrics_now:#}");
    let family = "evercred_token_requests";
    let requests = sample(&metrics_now, family, &format!("{family}_total"), &[("outcome", "ok")]);
    assert!(requests >= Some(2.0), "{metrics_now:#}");

    workspace.sandbox.fault(Group::Sts, Fault::refuse(403, "AccessDenied", "no"));
    let failing = daemon_until(&workspace, &mut daemon, |now| of(now, "evercred_failures") >= Some(1.0));
    let class = [("login", "aws.default"), ("class", "needs_attention")];
    assert!(
        sample(&failing, "evercred_failures", "evercred_failures_total", &class) >= Some(1.0),
        "{failing:#}"
    );
    daemon_until(&workspace, &mut daemon, |now| {
        sample(now, "evercred_login_fresh", "evercred_login_fresh", &login) == Some(0.0)
    });
}

fn daemon_until(workspace: &Workspace, daemon: &mut Daemon, wanted: impl Fn(&Value) -> bool) -> Value {
    let start = std::time::Instant::now();
    loop {
        let now = metrics(workspace, daemon);
        if wanted(&now) {
            return now;
        }
        assert!(start.elapsed() < LIMIT, "{now:#}\n{}", daemon.log());
    }
}

#[test]
fn readiness_is_refused_with_the_reason_of_each_login_until_all_are_fresh() {
    let workspace = Workspace::new();
    workspace.sandbox.fault(Group::Sts, Fault::refuse(403, "AccessDenied", "no"));
    let url = workspace.sandbox.url();
    monitored(
        &workspace,
        &format!(
            "[token.good]\naudience = \"a\"\nsource = \"http\"\n[sources.http]\ntype = \"http\"\nurl = \"{url}/token\""
        ),
    );
    let mut daemon = workspace.home.start();
    workspace.until_phase(&mut daemon, "blocked");
    let answer = ready_when(&workspace, &mut daemon, |answer| answer.body.contains("\"fresh\""));
    assert_eq!(answer.status, 503, "{answer:?}");
    let said: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(said["ready"], false);
    assert_eq!(said["logins"]["token.good"], serde_json::json!({"phase": "fresh"}));
    let blocked = &said["logins"]["aws.default"];
    assert_eq!(blocked["phase"], "blocked");
    assert!(blocked["reason"].as_str().unwrap().contains("AccessDenied"), "{blocked}");
    assert!(blocked["hint"].is_string(), "{blocked}");
    assert_eq!(ask(&workspace, &mut daemon, "/healthz").status, 200, "it is well, though not ready");

    workspace.sandbox.clear_faults();
    workspace.give_token(&evercred_sandbox::Mint::default().claim("jti", "another"));
    let answer = ready_when(&workspace, &mut daemon, |answer| answer.status == 200);
    assert!(answer.body.contains("\"ready\": true"), "{answer:?}");
}

fn ready_when(workspace: &Workspace, daemon: &mut Daemon, wanted: impl Fn(&Answer) -> bool) -> Answer {
    let socket = workspace.home.path(SOCKET);
    let request = request("/readyz", "localhost");
    daemon.until("the answer", LIMIT, || ask_socket(&socket, &request).filter(&wanted))
}

#[test]
fn the_socket_is_for_this_user_alone_and_survives_a_daemon_that_was_killed() {
    let workspace = Workspace::new();
    monitored(&workspace, "");
    for _ in 0..2 {
        let mut daemon = workspace.start();
        assert_eq!(ask(&workspace, &mut daemon, "/healthz").status, 200);
        let mode = workspace.home.path(SOCKET).symlink_metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        daemon.signal(rustix::process::Signal::KILL);
        let folder = format!("/proc/{}/cwd", daemon.id());
        evercred_test_support::until("its end", LIMIT, || {
            (!std::path::Path::new(&folder).exists()).then_some(())
        });
        assert!(workspace.home.path(SOCKET).exists(), "it is left over");
    }
}
