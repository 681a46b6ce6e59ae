//! Five hundred secrets of one login: the server is not stormed, the daemon stays small, and a restart asks nobody.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use evercred_test_support::{Daemon, Home};
use serde_json::{Value, json};

use super::rig::{POLICY, Rig};

const COUNT: usize = 500;
/// Much more than it takes, and much less than it would take one after another with a login for each.
const LIMIT: Duration = Duration::from_mins(1);

#[test]
fn five_hundred_secrets_are_read_within_the_servers_quota_and_adopted_by_a_restart() {
    let rig = Rig::start(&json!({"token_policies": ["app"], "token_ttl": "1h"}), POLICY);
    rig.server.write("kv/data/app", &json!({"data": {"password": "x".repeat(100)}}));
    let home = rig.home(&secrets());
    // The server itself counts, and refuses what is beyond: 50 a second, and when some of them were late, those too.
    quota(&rig, 100, "1s");
    let start = Instant::now();
    let mut daemon = home.start();
    let peak = until_all_fresh(&home, &mut daemon);
    eprintln!(
        "{COUNT} secrets: all fresh after {:?}, PSS at most {peak} KiB, then {} KiB",
        start.elapsed(),
        pss(&daemon)
    );
    let refused: Vec<_> = logins(&home).into_iter().filter(|login| login["failures"] != 0).collect();
    assert_eq!(refused, Vec::<Value>::new(), "none was beyond the quota");
    assert!(!daemon.log().contains(" WARN "), "nor ever has been");
    assert!(daemon.stop().success());

    quota(&rig, 1, "1h");
    let start = Instant::now();
    let mut daemon = home.start();
    let peak = until_all_fresh(&home, &mut daemon);
    eprintln!(
        "restart: all fresh after {:?}, PSS at most {peak} KiB, then {} KiB",
        start.elapsed(),
        pss(&daemon)
    );
    assert!(!daemon.log().contains(" WARN "), "nobody was asked");
}

fn secrets() -> String {
    let mut config = String::new();
    for index in 0..COUNT {
        let _ = writeln!(
            config,
            "[[vault.default.secrets]]\nname = 's{index}'\npath = 'kv/data/app'\nfile = '~/secrets/{index}.json'\n"
        );
    }
    config
}

/// Lets the server refuse more than so many requests to the store in that time.
fn quota(rig: &Rig, rate: u32, interval: &str) {
    rig.server.write("sys/quotas/rate-limit/kv", &json!({"path": "kv/", "rate": rate, "interval": interval}));
}

/// Waits until every file is there and every login fresh; gives the largest memory meanwhile.
fn until_all_fresh(home: &Home, daemon: &mut Daemon) -> u64 {
    let mut peak = 0;
    let id = daemon.id();
    daemon.until("all to be fresh", LIMIT, || {
        peak = peak.max(pss_of(id));
        // To ask for the status costs more than what is measured, so the files come first.
        (files(home) == COUNT && logins(home).iter().all(|login| login["phase"] == "fresh")).then_some(())
    });
    peak
}

fn files(home: &Home) -> usize {
    home.path("secrets").read_dir().map(Iterator::count).unwrap_or_default()
}

fn logins(home: &Home) -> Vec<Value> {
    let status = home.status();
    let logins = status["logins"].as_array().unwrap().clone();
    assert_eq!(logins.len(), COUNT + 1);
    // Without a daemon, the records speak of what was published.
    if status["daemon"].is_null() { vec![Value::Null] } else { logins }
}

fn pss(daemon: &Daemon) -> u64 {
    pss_of(daemon.id())
}

/// The memory of a process, shared pages in proportion (proc(5), `smaps_rollup`), in KiB.
fn pss_of(id: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse().ok()).unwrap_or_default()
}
