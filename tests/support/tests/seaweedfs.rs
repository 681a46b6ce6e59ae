//! `SeaweedFS` as the other tests use it, without evercred: it must verify the sandbox's tokens, or a green test of
//! an exchange would mean nothing.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

use std::process::Command;
use std::sync::LazyLock;

use evercred_sandbox::{Algorithm, Mint, Options, Sandbox, Signer};
use evercred_test_support::{Home, Outcome, Seaweed, clients};

struct Rig {
    platform: Sandbox,
    seaweed: Seaweed,
}

static RIG: LazyLock<Rig> = LazyLock::new(|| {
    let platform = Sandbox::start(Options { algorithm: Algorithm::Rs256, ..Options::default() }).unwrap();
    let seaweed = Seaweed::start(&platform.issuer(), &format!("{}/keys", platform.issuer()));
    Rig { platform, seaweed }
});

#[test]
fn a_session_for_a_good_token_may_use_its_s3() {
    let home = home();
    let made = Outcome::of(aws(&home, &Mint::default()).args(["s3", "mb", "s3://made-by-a-session"]));
    assert!(made.success().contains("made-by-a-session"));
    let listed = Outcome::of(aws(&home, &Mint::default()).args(["s3", "ls"]));
    assert!(listed.success().contains("made-by-a-session"));
}

#[test]
fn every_wrong_token_is_refused() {
    let wrong = [
        (Mint::audience("somebody-else"), "invalid token audience"),
        (Mint::default().expired(), "ExpiredToken"),
        (Mint::default().subject("https://github.com/evil/app"), "AccessDenied"),
        (Mint::default().signed_by(Signer::Impostor), "signature is invalid"),
    ];
    for (mint, words) in wrong {
        let outcome = Outcome::of(aws(&home(), &mint).args(["s3", "ls"])).failure();
        assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
    }
}

fn home() -> Home {
    let home = Home::new();
    home.write(".aws/config", "[default]\nregion = us-east-1\n");
    home
}

/// The aws CLI, which exchanges such a token by itself.
fn aws(home: &Home, mint: &Mint) -> Command {
    let token = home.write("token", RIG.platform.mint(mint));
    let mut aws = clients::aws(home);
    aws.env("AWS_WEB_IDENTITY_TOKEN_FILE", token).env("AWS_ROLE_ARN", Seaweed::ROLE_ARN);
    aws.env("AWS_ENDPOINT_URL", RIG.seaweed.endpoint());
    aws
}
