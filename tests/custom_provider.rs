//! The provider of `examples/custom_provider.rs` is complete: configured, run and published like any other.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread;

use evercred_sandbox::{Mint, Options, Sandbox};
use evercred_test_support::{Home, Outcome};

#[test]
fn a_provider_of_ones_own_logs_in_through_the_same_path() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let home = Home::new();
    let token = sandbox.mint(&Mint::audience("acme"));
    let path = home.write("token", &token);
    let acme = TcpListener::bind("127.0.0.1:0").unwrap();
    home.config(&format!(
        "[source]\ntype = \"file\"\npath = \"{}\"\n\n[acme.default]\nurl = \"http://{}/exchange\"\n",
        path.display(),
        acme.local_addr().unwrap()
    ));
    let asked = thread::spawn(move || authorization_of_the_one_request(&acme));

    let said = Outcome::of(home.command(example()).arg("once")).success();
    assert!(said.contains("acme.default: fresh"), "{said}");
    assert_eq!(asked.join().unwrap(), format!("Bearer {token}"));
    let document = home.read(".local/state/evercred/acme.default.credential.json").unwrap();
    assert!(document.contains("\"api_key\"") && document.contains("key-for-acme"), "{document}");
}

/// Answers one request with a key that lives an hour; gives the `Authorization` that came with it.
fn authorization_of_the_one_request(listener: &TcpListener) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
    let headers: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    let body = r#"["key-for-acme", 3600]"#;
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let authorization = headers.iter().find_map(|header| header.strip_prefix("authorization: "));
    authorization.unwrap().to_owned()
}

/// Cargo builds examples before it runs all tests, but not for one test alone.
fn example() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_evercred"));
    let example = program.parent().unwrap().join("examples/custom_provider");
    assert!(example.is_file(), "there is no {}: run `cargo build --examples`", example.display());
    example
}
