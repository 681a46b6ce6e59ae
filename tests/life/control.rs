//! The control socket: `refresh`, `wait`, `status --watch`, and who may talk at all.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use evercred_test_support::{Outcome, clients};

use crate::workspace::{LIMIT, Workspace};

const SOCKET: &str = "run/evercred/control.sock";

#[test]
fn refresh_exchanges_once_with_a_daemon_and_once_without() {
    let workspace = Workspace::new();
    let daemon = workspace.start();
    let said = workspace.home.run(["refresh", "aws.default"]).success();
    assert!(said.starts_with("aws.default: fresh"), "{said}");
    assert_eq!(workspace.exchanges().len(), 2);
    drop(daemon);
    workspace.home.run(["refresh"]).success();
    assert_eq!(workspace.exchanges().len(), 3);
}

#[test]
fn a_login_that_is_not_there_is_named_with_those_that_are() {
    let workspace = Workspace::new();
    let _daemon = workspace.start();
    for command in ["refresh", "wait", "status"] {
        let outcome = workspace.home.run([command, "aws.defualt"]);
        assert_eq!(outcome.code(), Some(3), "{outcome:?}");
        assert!(outcome.stderr.contains("The config has aws.default."), "{outcome:?}");
    }
}

#[test]
fn without_a_daemon_there_is_nothing_to_wait_for() {
    let workspace = Workspace::new();
    for command in [["wait"].as_slice(), &["reload"], &["status", "--watch"]] {
        let outcome = workspace.home.run(command);
        assert_eq!(outcome.code(), Some(8), "{outcome:?}");
        assert!(outcome.stderr.contains("evercred up"), "{outcome:?}");
    }
}

#[test]
fn a_watched_status_tells_each_change_as_a_line_and_ends_with_the_daemon() {
    let workspace = Workspace::new();
    let daemon = workspace.start();
    let mut command = workspace.home.evercred(["status", "--watch", "--json"]);
    let mut watch = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<serde_json::Value>(&lines.next().unwrap().unwrap()).unwrap();
    let first = next()["logins"][0]["attempts"].as_u64().unwrap();
    workspace.home.run(["refresh"]).success();
    while next()["logins"][0]["attempts"].as_u64().unwrap() == first {}
    drop(daemon);
    let end = evercred_test_support::until("its end", LIMIT, || watch.try_wait().unwrap());
    assert_eq!(end.code(), Some(0));
}

#[test]
fn nonsense_and_silence_on_the_socket_disturb_nobody() {
    let workspace = Workspace::new();
    let _daemon = workspace.start();
    let silent: Vec<UnixStream> =
        (0..40).map(|_| UnixStream::connect(workspace.home.path(SOCKET)).unwrap()).collect();
    let endless = vec![b'x'; 100_000];
    for nonsense in [b"{\"request\":\"steal\"}\n".as_slice(), b"\xff\xfe\n", b"[[[[[[\n", &endless] {
        let mut stream = UnixStream::connect(workspace.home.path(SOCKET)).unwrap();
        // The daemon may hang up before all of it is sent.
        let _ = stream.write_all(nonsense);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(answer.is_empty() || answer.contains("\"failed\""), "{answer}");
    }
    assert_eq!(workspace.home.status()["logins"][0]["phase"], "fresh");
    drop(silent);
}

#[test]
fn another_user_gets_no_answer_even_where_the_socket_is_open_to_all() {
    assert!(rustix::process::geteuid().is_root(), "this test changes users, which takes root");
    let workspace = Workspace::new();
    let _daemon = workspace.start();
    let socket = workspace.home.path(SOCKET);
    let ask = |uid: &str| {
        let script = "use IO::Socket::UNIX;\n\
            my $socket = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die \"no way in: $!\";\n\
            print {$socket} qq({\"request\":\"status\"}\\n);\n\
            $socket->flush;\n\
            print scalar(<$socket>) // '';";
        let mut command = Command::new("setpriv");
        command.args(["--reuid", uid, "--clear-groups", "perl", "-e", script]).arg(&socket);
        Outcome::of(&mut command)
    };
    let other = ask("65534");
    assert!(other.stderr.contains("no way in: Permission denied"), "{other:?}");
    for folder in socket.ancestors().skip(1).take(3) {
        std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755)).unwrap();
    }
    std::fs::set_permissions(&socket, PermissionsExt::from_mode(0o666)).unwrap();
    let other = ask("65534");
    assert!(other.stdout.is_empty() && !other.stderr.contains("no way in"), "{other:?}");
    assert!(ask("0").success().contains("\"answer\":\"status\""));
}

#[test]
fn the_status_fits_its_schema() {
    let workspace = Workspace::new();
    let _daemon = workspace.start();
    let schema = workspace.home.run(["config", "schema", "status"]).success();
    let status = workspace.home.status().to_string();
    let mut check = clients::python(&workspace.home, "fits_schema.py");
    Outcome::of(check.args([schema, status])).success();
}
