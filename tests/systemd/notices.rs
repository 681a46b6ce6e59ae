//! What the real program tells whoever `$NOTIFY_SOCKET` belongs to.

use std::os::unix::net::UnixDatagram;

use evercred_sandbox::Sandbox;
use evercred_test_support::{Home, Outcome};

use crate::machine::{LIMIT, config, sandbox, token};

fn home(sandbox: &Sandbox) -> (Home, UnixDatagram) {
    let home = Home::new();
    home.write("token", token(sandbox));
    home.config(&config(sandbox, "~/token", "['profile']"));
    let socket = UnixDatagram::bind(home.path("notify")).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    (home, socket)
}

fn hears(socket: &UnixDatagram) -> String {
    let mut message = [0; 4096];
    let length = socket.recv(&mut message).unwrap();
    String::from_utf8_lossy(&message[..length]).into_owned()
}

#[test]
fn run_says_when_it_is_ready_and_when_it_stops() {
    let sandbox = sandbox();
    let (home, socket) = home(&sandbox);
    let mut run = home.evercred(["run"]);
    run.env("NOTIFY_SOCKET", home.path("notify"));
    let daemon = home.start_as(run);
    assert!(hears(&socket).starts_with("STATUS=0 of 1 login is fresh"));
    while !hears(&socket).starts_with("READY=1\nSTATUS=1 login is fresh") {}
    assert!(home.read(".aws/config").is_some());
    assert!(daemon.stop().success());
    while !hears(&socket).starts_with("STOPPING=1") {}
}

#[test]
fn up_in_another_service_does_not_speak_for_that() {
    let sandbox = sandbox();
    let (home, socket) = home(&sandbox);
    let mut up = home.evercred(["up", "--wait"]);
    Outcome::of(up.env("NOTIFY_SOCKET", home.path("notify"))).success();
    home.run(["down"]).success();
    socket.set_nonblocking(true).unwrap();
    assert_eq!(socket.recv(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}
