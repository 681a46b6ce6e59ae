//! The HTTP server: who is answered, and what is too much.

use std::io::Write;
use std::net::{TcpListener, TcpStream};

use evercred_test_support::{Daemon, Home, free_port};

use crate::configure;
use crate::http::{ask, request};
use crate::workspace::{LIMIT, Workspace};

/// A daemon that listens on the loopback interface, and where.
fn listening(workspace: &Workspace) -> (Daemon, String) {
    configure(workspace, "", "[metrics]\nlisten = \"127.0.0.1:0\"");
    let mut daemon = workspace.start();
    let address = daemon.until("its address", LIMIT, || {
        let log = daemon_log(workspace);
        let at = log.find("Listening. listen=\"127.0.0.1:")?;
        log[at..].split('"').nth(1).map(str::to_owned)
    });
    (daemon, address)
}

fn daemon_log(workspace: &Workspace) -> String {
    workspace.home.read("run/stderr").unwrap_or_default()
}

#[test]
fn only_requests_that_name_this_machine_are_answered() {
    let workspace = Workspace::new();
    let (_daemon, address) = listening(&workspace);
    for host in [address.as_str(), "localhost", "localhost:1234", "[::1]:80"] {
        assert_eq!(ask(&address, &request("/healthz", host)).status, 200, "{host}");
    }
    for host in ["evil.example", "evil.example:9464", "127.0.0.1.evil.example", "10.0.0.1"] {
        let answer = ask(&address, &request("/metrics", host));
        assert_eq!(answer.status, 403, "{host}");
        assert!(!answer.body.contains("aws.default"), "{answer:?}");
    }
    assert_eq!(ask(&address, "GET /metrics HTTP/1.0\r\n\r\n").status, 403);
    let smuggled = "GET http://evil.example/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(ask(&address, smuggled).status, 403);
}

#[test]
fn what_is_too_large_or_not_asked_for_so_is_refused_and_the_next_is_answered() {
    let workspace = Workspace::new();
    let (_daemon, address) = listening(&workspace);
    assert_eq!(ask(&address, &request("/", &address)).status, 404);
    assert_eq!(
        ask(&address, "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n").status,
        405
    );
    let large = "x".repeat(100_000);
    let head = format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: {large}\r\n\r\n");
    assert_ne!(ask(&address, &head).status, 200);
    let body = format!("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n{large}");
    assert_ne!(ask(&address, &body).status, 200);
    assert_ne!(ask(&address, "nonsense\r\n\r\n").status, 200);
    assert_eq!(ask(&address, &request("/healthz", &address)).status, 200);
}

#[test]
fn those_who_connect_and_say_nothing_do_not_keep_others_out_for_long() {
    let workspace = Workspace::new();
    let (_daemon, address) = listening(&workspace);
    let silent: Vec<TcpStream> = (0..64).map(|_| TcpStream::connect(&address).unwrap()).collect();
    for mut stream in &silent {
        stream.write_all(b"GET /metrics HTTP/1.1\r\n").unwrap();
    }
    assert_eq!(ask(&address, &request("/healthz", &address)).status, 200);
}

#[test]
fn a_port_that_somebody_else_has_is_said_and_taken_when_it_is_free() {
    let address = format!("127.0.0.1:{}", free_port());
    let other = TcpListener::bind(&address).unwrap();
    let workspace = Workspace::new();
    configure(&workspace, "", &format!("[metrics]\nlisten = \"{address}\""));
    let mut daemon = workspace.start();
    daemon.until("the complaint", LIMIT, || {
        daemon_log(&workspace).contains("failed to listen at").then_some(())
    });
    drop(other);
    daemon.until("the port", LIMIT, || daemon_log(&workspace).contains("Listening.").then_some(()));
    assert_eq!(ask(&address, &request("/healthz", &address)).status, 200);
}

#[test]
fn an_address_that_other_machines_reach_is_a_mistake_of_the_config() {
    let home = Home::new();
    for (listen, complaint) in [
        ("0.0.0.0:9464", "other machines could reach"),
        ("[::]:9464", "other machines could reach"),
        ("192.0.2.1:9464", "other machines could reach"),
        ("9464", "is no address with a port"),
        ("unix:relative.sock", "names no absolute path"),
    ] {
        home.config(&format!("[metrics]\nlisten = \"{listen}\"\n[token.a]\naudience = \"a\"\n"));
        let refused = home.run(["config", "check"]).failure();
        assert_eq!(refused.code(), Some(3), "{refused:?}");
        assert!(refused.stderr.contains(complaint), "{listen}: {refused:?}");
        assert!(refused.stderr.contains("127.0.0.1:9464") || refused.stderr.contains("unix:"), "{refused:?}");
    }
}

#[test]
fn what_lies_where_a_socket_is_to_be_is_not_replaced() {
    let workspace = Workspace::new();
    let precious = workspace.home.write("precious", "words");
    configure(&workspace, "", &format!("[metrics]\nlisten = \"unix:{}\"", precious.display()));
    let mut daemon = workspace.start();
    daemon.until("the complaint", LIMIT, || {
        daemon_log(&workspace).contains("something else is there already").then_some(())
    });
    assert_eq!(workspace.home.read("precious").as_deref(), Some("words"));
    drop(daemon);

    let socket = workspace.home.path("socket");
    let _other = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    configure(&workspace, "", &format!("[metrics]\nlisten = \"unix:{}\"", socket.display()));
    let mut daemon = workspace.start();
    daemon.until("the complaint", LIMIT, || {
        daemon_log(&workspace).contains("another program listens there").then_some(())
    });
}
