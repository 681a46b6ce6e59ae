//! Programs that mean no good, or do no better: they are refused or sent away, and the daemon goes on answering.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::rig::{LIMIT, Rig};
use crate::wire::{ask, talk};

const SESSION: Duration = Duration::from_hours(1);
/// As many as a program could open; fewer where the machine allows no more.
const CROWD: u64 = 10_000;
/// What the least patient SDK waits for an answer.
const PATIENCE: Duration = Duration::from_secs(1);

#[test]
fn only_who_has_the_key_is_answered() {
    let rig = Rig::start(SESSION, "");
    let (address, key) = (&rig.address, rig.key());
    let good = rig.ask("");
    assert_eq!(good.status, 200, "{good:?}");
    assert!(good.head.contains("cache-control: no-store"), "{good:?}");
    assert!(good.body.contains("\"Token\"") && good.body.contains("Z\""), "{good:?}");
    for wrong in
        ["", "Authorization: \r\n", "Authorization: x\r\n", &format!("Authorization: {}\r\n", &key[1..])]
    {
        let request =
            format!("GET /aws.default HTTP/1.1\r\nHost: {address}\r\n{wrong}Connection: close\r\n\r\n");
        let refused = ask(address, &request);
        assert_eq!(refused.status, 403, "{refused:?}");
        assert!(refused.body.contains("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"), "{refused:?}");
        assert!(!refused.body.contains("AccessKeyId"), "{refused:?}");
    }
    let elsewhere = rig.request("").replace("GET /aws.default", "GET /");
    assert_eq!(ask(address, &elsewhere).status, 404);
    assert_eq!(ask(address, &rig.request("").replacen("GET", "PUT", 1)).status, 405);
}

#[test]
fn requests_under_another_name_and_requests_passed_on_are_refused() {
    let rig = Rig::start(SESSION, "");
    for more in ["X-Forwarded-For: 10.0.0.1", "Forwarded: for=10.0.0.1", "X-Forwarded-Host: a.example"] {
        let refused = rig.ask(&format!("{more}\r\n"));
        assert_eq!(refused.status, 403, "{more}");
        assert!(!refused.body.contains("AccessKeyId"), "{refused:?}");
    }
    let host = format!("Host: {}", rig.address);
    for name in ["evil.example", "127.0.0.1.evil.example", "169.254.170.2"] {
        let refused = ask(&rig.address, &rig.request("").replace(&host, &format!("Host: {name}")));
        assert_eq!(refused.status, 403, "{name}");
        assert!(!refused.body.contains("AccessKeyId"), "{refused:?}");
    }
    assert_eq!(rig.ask("").status, 200);
}

#[test]
fn what_is_too_large_is_refused_and_the_next_is_answered() {
    let rig = Rig::start(SESSION, "");
    let large = "x".repeat(200_000);
    assert_ne!(rig.ask(&format!("X-Large: {large}\r\n")).status, 200);
    assert_ne!(rig.ask(&"X: y\r\n".repeat(1_000)).status, 200);
    let body = rig.request(&format!("Content-Length: {}\r\n", large.len())) + &large;
    assert_ne!(ask(&rig.address, &body).status, 200);
    assert_ne!(ask(&rig.address, "nonsense\r\n\r\n").status, 200);
    assert_eq!(rig.ask("").status, 200);
}

#[test]
fn ten_thousand_who_hold_connections_keep_nobody_out() {
    let mut rig = Rig::start(SESSION, "refresh_every = \"2s\"");
    let crowd = as_many_as_this_process_may_open();
    let mut held: Vec<TcpStream> = Vec::new();
    for number in 0..crowd {
        let mut stream = TcpStream::connect(&rig.address).unwrap();
        match number % 4 {
            // One says nothing; one sends its head a byte at a time; one its body; one asked, and keeps its connection.
            0 => {}
            1 => drop(stream.write_all(b"G")),
            2 => drop(stream.write_all(rig.request("Content-Length: 9\r\n").as_bytes())),
            _ => drop(stream.write_all(rig.request("").replace("Connection: close\r\n", "").as_bytes())),
        }
        held.push(stream);
        if number % 1_000 == 999 {
            let start = Instant::now();
            assert_eq!(rig.ask("").status, 200);
            assert!(start.elapsed() < PATIENCE, "{:?} behind {number} connections", start.elapsed());
        }
    }
    let open = std::fs::read_dir(format!("/proc/{}/fd", rig.daemon.id())).unwrap().count();
    assert!(open < 700, "the daemon has {open} files open");
    for mut stream in held.iter().rev().take(500) {
        // Who is slow goes on being slow.
        let _ = stream.write_all(b"E");
    }
    let start = Instant::now();
    assert_eq!(rig.ask("").status, 200);
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    let before = rig.until_fresh()["issued_at"].clone();
    let (home, daemon) = (&rig.home, &mut rig.daemon);
    daemon.until("another session", LIMIT, || {
        (home.status()["logins"][0]["issued_at"] != before).then_some(())
    });
    assert!(rig.daemon.log().lines().count() < 40, "{}", rig.daemon.log());
}

#[test]
fn who_asks_and_never_reads_the_answers_is_sent_away() {
    let rig = Rig::start(SESSION, "");
    let request = rig.request("").replace("Connection: close\r\n", "");
    let mut deaf = TcpStream::connect(&rig.address).unwrap();
    deaf.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
    // Both sides' buffers fill, and nobody takes more.
    while deaf.write_all(request.as_bytes()).is_ok() {}
    assert_eq!(rig.ask("").status, 200);
    let crowd: Vec<TcpStream> = (0..1_200).map(|_| TcpStream::connect(&rig.address).unwrap()).collect();
    assert_eq!(rig.ask("").status, 200);
    let mut rest = Vec::new();
    deaf.set_read_timeout(Some(LIMIT)).unwrap();
    // What was written is still there, and then the connection has ended.
    let _ = deaf.read_to_end(&mut rest);
    drop(crowd);
}

#[test]
fn a_wrong_key_a_thousand_times_costs_no_more_than_a_refusal() {
    let rig = Rig::start(SESSION, "");
    let mut stream = TcpStream::connect(&rig.address).unwrap();
    let wrong = rig.request("").replace("Connection: close\r\n", "").replace(&rig.key(), "wrong");
    for _ in 0..1_000 {
        assert_eq!(crate::wire::ask_on(&mut stream, &wrong).status, 403);
    }
    assert_eq!(talk(stream, &rig.request("")).status, 200);
    assert!(!rig.daemon.log().contains("wrong"), "{}", rig.daemon.log());
}

/// Raises this process's own limit of open files as far as it may.
fn as_many_as_this_process_may_open() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(CROWD * 2);
    let crowd = CROWD.min(limit.saturating_sub(500));
    assert!(crowd >= 1_500, "this process may open only {limit} files: raise `ulimit -n`");
    crowd
}
