//! An endpoint through what happens to a daemon: reloads, restarts, outages, a port that somebody else has.

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use evercred_sandbox::Group;
use evercred_test_support::{Home, free_port, until};

use crate::rig::{LIMIT, Rig};
use crate::wire::{ask, ask_on};

const SESSION: Duration = Duration::from_hours(1);

#[test]
fn a_reload_keeps_the_connections_of_what_did_not_change_and_moves_what_did() {
    let mut rig = Rig::start(SESSION, "");
    let request = rig.request("").replace("Connection: close\r\n", "");
    let mut stream = TcpStream::connect(&rig.address).unwrap();
    assert_eq!(ask_on(&mut stream, &request).status, 200);
    let config = rig.home.read(".config/evercred/config.toml").unwrap();
    rig.home.config(&format!("{config}\n[token.other]\naudience = \"other\"\n"));
    rig.home.run(["reload"]).success();
    assert_eq!(rig.home.status()["logins"].as_array().unwrap().len(), 2);
    assert_eq!(ask_on(&mut stream, &request).status, 200, "the same connection");

    let elsewhere = format!("127.0.0.1:{}", free_port());
    rig.configure(&elsewhere, "");
    rig.home.run(["reload"]).success();
    rig.until_fresh();
    let answer = ask_once_listening(&elsewhere, &rig.request("").replace(&rig.address, &elsewhere));
    assert_eq!(answer, 200, "the key is still the same");
    TcpStream::connect(&rig.address).unwrap_err();
}

#[test]
fn a_restart_answers_with_what_the_outputs_hold_before_anybody_is_asked() {
    let mut rig = Rig::start(SESSION, "");
    let config = rig.home.read(".config/evercred/config.toml").unwrap();
    rig.home.config(&format!("{config}\n[[aws.default.outputs]]\ntype = \"profile\"\n"));
    rig.home.run(["reload"]).success();
    rig.until_fresh();
    let (before, key) = (rig.ask("").body, rig.key());
    rig.sandbox.stop();
    let Rig { daemon, home, sandbox, address } = rig;
    assert!(daemon.stop().success());
    let mut rig = Rig { daemon: home.start(), home, sandbox, address };
    rig.until_fresh();
    assert_eq!((rig.ask("").body, rig.key()), (before, key));
    rig.sandbox.resume().unwrap();
}

#[test]
fn without_a_credential_who_asks_is_told_why_in_time() {
    let mut rig = Rig::start(SESSION, "");
    let Rig { daemon, home, sandbox, address } = rig;
    assert!(daemon.stop().success());
    sandbox.stop();
    rig = Rig { daemon: home.start(), home, sandbox, address };
    rig.daemon.until("the port", LIMIT, || TcpStream::connect(&rig.address).ok());
    for _ in 0..3 {
        let start = Instant::now();
        let refused = rig.ask("");
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        assert_eq!(refused.status, 503, "{refused:?}");
        assert!(refused.head.contains("retry-after: "), "{refused:?}");
        assert!(refused.body.contains("evercred failed to "), "{refused:?}");
    }
    rig.sandbox.resume().unwrap();
    rig.until_fresh();
    assert_eq!(rig.ask("").status, 200);
}

#[test]
fn a_hundred_who_ask_before_the_first_session_make_one_exchange() {
    let rig = Rig::start(SESSION, "");
    let Rig { daemon, home, sandbox, address } = rig;
    assert!(daemon.stop().success());
    sandbox.forget_requests();
    let mut rig = Rig { daemon: home.start(), home, sandbox, address };
    rig.daemon.until("the port", LIMIT, || TcpStream::connect(&rig.address).ok());
    // As SDKs do: who is told to come again does so.
    let ask = || until("a session", LIMIT, || (rig.ask("").status == 200).then_some(()));
    std::thread::scope(|scope| (0..100).for_each(|_| drop(scope.spawn(ask))));
    assert_eq!(rig.sandbox.requests_to(Group::Sts).len(), 1);
    rig.until_fresh();
}

#[test]
fn a_port_that_somebody_else_has_is_a_note_and_taken_when_it_is_free() {
    let mut rig = Rig::start(SESSION, "");
    let address = format!("127.0.0.1:{}", free_port());
    let other = TcpListener::bind(&address).unwrap();
    rig.configure(&address, "");
    rig.home.run(["reload"]).success();
    let home = &rig.home;
    let note = rig.daemon.until("a note", LIMIT, || {
        let login = home.status()["logins"][0].clone();
        (login["phase"] == "fresh").then_some(())?;
        let notes = login["notes"].as_array()?.clone();
        notes
            .iter()
            .find_map(|note| note.as_str().filter(|note| note.contains("cannot ask")).map(str::to_owned))
    });
    assert!(note.contains(&address) && note.contains("Choose another `listen`"), "{note}");
    drop(other);
    let home = &rig.home;
    rig.daemon.until("no note", LIMIT, || {
        (home.status()["logins"][0]["notes"].as_array()?.is_empty()).then_some(())
    });
    rig.address = address;
    assert_eq!(rig.ask("").status, 200);
}

#[test]
fn two_logins_at_one_address_are_a_mistake_that_names_the_remedy() {
    let home = Home::new();
    let login = |name: &str| {
        format!(
            "[aws.{name}]\nrole_arn = \"arn:aws:iam::123456789012:role/dev\"\noutputs = [\"container-endpoint\"]\n"
        )
    };
    home.config(&format!("[source]\ntype = \"env\"\nvariable = \"T\"\n{}{}", login("a"), login("b")));
    let refused = home.run(["config", "check"]).failure();
    assert_eq!(refused.code(), Some(3), "{refused:?}");
    assert!(refused.stderr.contains("127.0.0.1:7311 is also where programs ask aws.b"), "{refused:?}");
    assert!(refused.stderr.contains("listen = \"127.0.0.1:7321\""), "{refused:?}");
}

#[test]
fn a_key_that_somebody_removes_is_put_back() {
    let mut rig = Rig::start(SESSION, "");
    let key = rig.key();
    let path = rig.home.path(".local/state/evercred/aws.default.container.key");
    std::fs::remove_file(&path).unwrap();
    rig.daemon.until("the key", LIMIT, || std::fs::read_to_string(&path).ok().filter(|back| *back == key));
    assert_eq!(rig.ask("").status, 200);
}

fn ask_once_listening(address: &str, request: &str) -> u16 {
    until("somebody to listen", LIMIT, || TcpStream::connect(address).ok());
    ask(address, request).status
}
