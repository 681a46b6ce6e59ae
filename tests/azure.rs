//! Against the sandbox's Entra, which verifies as the real one does: what it refuses is told in a way that helps.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

#[path = "azure/rig.rs"]
#[expect(dead_code, reason = "each test of Azure takes what it needs")]
mod rig;

use std::time::Duration;

use evercred_sandbox::{
    Application, AzureCloud, AzureOptions, Fault, FaultKind, FederatedCredential, Group, Mint, Options,
    Sandbox, Signer,
};
use evercred_test_support::Outcome;
use serde_json::Value;

use self::rig::{Rig, TOKEN};

const AUDIENCE: &str = "api://AzureADTokenExchange";
const ISSUER: &str = "/idp";
const SUBJECT: &str = "https://github.com/acme/app";
const STRANGER: &str = "00000000-1111-4222-8333-444444444444";
/// With the loudest log, in which no token may stand either.
const ONCE: [&str; 5] = ["once", "--output", "json", "--log", "trace"];
const REFUSED: i32 = 4;
const UNAVAILABLE: i32 = 5;

#[test]
fn the_id_token_is_written_once_entra_has_taken_it() {
    let rig = Rig::new(Options::default(), "");
    rig.home.run(["once"]).success();
    assert_eq!(rig.sandbox.requests_to(Group::Entra).len(), 1);
    assert!(rig.home.read(TOKEN).unwrap().starts_with("eyJ"));
}

#[test]
fn a_trust_that_does_not_fit_is_told_with_what_the_token_says() {
    let good = || Mint::audience(AUDIENCE);
    let cases = [
        (good().issuer("https://else.example"), "", "AADSTS700211", "https://else.example"),
        (
            good().subject("https://github.com/acme/other"),
            "",
            "AADSTS700213",
            "https://github.com/acme/other",
        ),
        (good().subject("https://github.com/Acme/app"), "", "AADSTS7002138", "capitals"),
        (Mint::audience("acme"), "audience = \"acme\"\n", "AADSTS700212", "acme"),
    ];
    for (mint, more, code, hint) in cases {
        let rig = with_token(Options::default(), &mint, more);
        let error = rig.refused(REFUSED, "needs_attention", code, hint);
        assert!(text(&error, "hint").contains(&rig.client_id()), "the application: {error}");
        assert!(text(&error, "cure").contains("federated-credential create"), "the remedy: {error}");
    }
}

#[test]
fn the_remedy_shows_issuer_subject_and_audience_as_they_are() {
    let application = Application::new(AzureOptions::default().applications[0].client_id.clone()).trusting(
        FederatedCredential { subject: "somebody else".to_owned(), ..FederatedCredential::default() },
    );
    let azure = AzureOptions { applications: vec![application], ..AzureOptions::default() };
    let rig = with_token(Options { azure, ..Options::default() }, &Mint::audience(AUDIENCE), "");
    let error = rig.refused(REFUSED, "needs_attention", "AADSTS700213", SUBJECT);
    for part in [ISSUER, AUDIENCE] {
        assert!(text(&error, "hint").contains(part), "{part}: {error}");
    }
}

#[test]
fn a_token_that_is_refused_for_its_own_sake_asks_for_a_new_one() {
    for (signer, code) in [(Signer::Impostor, "AADSTS700027"), (Signer::Unpublished, "AADSTS7000272")] {
        let rig = with_token(Options::default(), &Mint::audience(AUDIENCE).signed_by(signer), "");
        rig.refused(REFUSED, "new_token", code, ISSUER);
    }
    let late = with_token(Options::default(), &Mint::audience(AUDIENCE), "");
    late.sandbox.advance(Duration::from_hours(2));
    late.refused(REFUSED, "new_token", "AADSTS700024", "clock");
}

#[test]
fn a_token_that_lives_too_long_for_entra_is_not_even_sent() {
    let mint = Mint::audience(AUDIENCE).lifetime(Duration::from_hours(26));
    let rig = with_token(Options::default(), &mint, "");
    let outcome = rig.home.run(ONCE);
    let error = error_of(&outcome);
    assert!(text(&error, "message").contains("lives longer than 25 h"), "{error}");
    assert!(!text(&error, "hint").is_empty(), "{error}");
    assert_eq!(rig.sandbox.requests_to(Group::Entra).len(), 0);
}

#[test]
fn a_wrong_tenant_application_or_resource_is_told_by_its_key() {
    let rig = with_token(Options::default(), &Mint::audience(AUDIENCE), "");
    let (tenant, client) = (rig.tenant(), rig.client_id());
    let login = |tenant: &str, client: &str| format!("tenant_id = \"{tenant}\"\nclient_id = \"{client}\"\n");
    let cases = [
        (login(STRANGER, &client), "AADSTS90002", "tenant_id"),
        (login(&tenant, STRANGER), "AADSTS700016", "client_id"),
        (
            format!("{}resources = [\"https://unknown.example\"]\n", login(&tenant, &client)),
            "AADSTS500011",
            "resources",
        ),
    ];
    for (more, code, hint) in cases {
        rig.configure(&source(&rig), &more);
        rig.refused(REFUSED, "needs_attention", code, hint);
    }
}

#[test]
fn a_tenant_of_another_cloud_is_told_from_one_that_does_not_exist() {
    for (cloud, code) in [(AzureCloud::UsGovernment, "AADSTS900382"), (AzureCloud::China, "AADSTS90002")] {
        let azure = AzureOptions { cloud, ..AzureOptions::default() };
        let rig = with_token(Options { azure, ..Options::default() }, &Mint::audience(AUDIENCE), "");
        rig.refused(REFUSED, "needs_attention", code, "cloud");
    }
}

#[test]
fn the_clouds_of_governments_are_reached_at_their_own_hosts() {
    for (cloud, name, audience) in [
        (AzureCloud::UsGovernment, "us-government", "api://AzureADTokenExchangeUSGov"),
        (AzureCloud::China, "china", "api://AzureADTokenExchangeChina"),
    ] {
        let credential =
            FederatedCredential { audience: audience.to_owned(), ..FederatedCredential::default() };
        let client = AzureOptions::default().applications[0].client_id.clone();
        let applications = vec![Application::new(client).trusting(credential)];
        let azure = AzureOptions { cloud, applications, ..AzureOptions::default() };
        let more = format!("cloud = \"{name}\"\n");
        let rig = with_token(Options { azure, ..Options::default() }, &Mint::audience(audience), &more);
        rig.home.run(["once"]).success();
    }
}

#[test]
fn a_throttled_login_waits_and_says_so() {
    for fault in [
        Fault::new(FaultKind::Throttling),
        Fault::refuse(
            400,
            "50196",
            "The server terminated an operation because it encountered a client request loop.",
        ),
    ] {
        let rig = with_token(Options::default(), &Mint::audience(AUDIENCE), "");
        rig.sandbox.fault(Group::Entra, fault);
        rig.refused(UNAVAILABLE, "retry", "AADSTS", "less often");
    }
}

#[test]
fn a_refusal_that_quotes_the_request_is_shown_without_the_token() {
    let rig = Rig::new(Options::default(), "");
    rig.sandbox.fault(Group::Entra, Fault::echo(401, "700213"));
    let error = rig.refused(REFUSED, "needs_attention", "AADSTS700213", SUBJECT);
    assert!(error.to_string().contains("client_assertion="), "the request came back: {error}");
    let secrets = rig.sandbox.secrets();
    let signatures = secrets.iter().filter_map(|secret| secret.rsplit('.').next());
    assert!(signatures.map(|end| error.to_string().contains(end)).all(|is_there| !is_there), "{error}");
}

#[test]
fn a_private_authority_is_trusted_once_it_is_named() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let azure = AzureOptions::default();
    let home = evercred_test_support::Home::new();
    let config = |more: &str| {
        format!(
            "[source]\ntype = \"http\"\nurl = \"{}/token\"\n\n[azure.default]\ntenant_id = \"{}\"\nclient_id = \"{}\"\n\
             authority_host = \"{}\"\n{more}",
            sandbox.url(),
            azure.tenant_id,
            azure.applications[0].client_id,
            sandbox.https_url(),
        )
    };
    home.config(&config(""));
    let error = error_of(&home.run(ONCE));
    assert!(text(&error, "message").contains("not trusted"), "{error}");
    assert!(text(&error, "hint").contains("ca_bundle"), "{error}");
    let authority = home.write("authority.pem", sandbox.authority());
    home.config(&config(&format!("ca_bundle = \"{}\"\n", authority.display())));
    home.run(["once"]).success();
}

/// A login with this one ID token.
fn with_token(options: Options, mint: &Mint, more: &str) -> Rig {
    let rig = Rig::new(options, more);
    rig.home.write("token", rig.sandbox.mint(mint));
    rig.configure(&source(&rig), more);
    rig
}

fn source(rig: &Rig) -> String {
    format!("type = \"file\"\npath = \"{}\"", rig.home.path("token").display())
}

impl Rig {
    /// What `once` says of a refusal with this code.
    #[track_caller]
    fn refused(&self, exit: i32, class: &str, code: &str, hint: &str) -> Value {
        let outcome = self.home.run(ONCE);
        assert_eq!(outcome.code(), Some(exit), "{outcome:?}");
        let error = error_of(&outcome);
        assert_eq!(text(&error, "class"), class, "{error}");
        assert!(error.to_string().contains(code), "{code}: {error}");
        assert!(text(&error, "hint").contains(hint), "{hint}: {error}");
        assert_eq!(self.home.read(TOKEN), None, "nothing is written that Entra did not take");
        error
    }
}

/// What `once` said of its failure, in which no token may stand.
fn error_of(outcome: &Outcome) -> Value {
    assert!(!outcome.stderr.contains("eyJ") && !outcome.stdout.contains("eyJ"), "{outcome:?}");
    let status: Value = serde_json::from_str(&outcome.stdout).unwrap();
    status["logins"][0]["error"].clone()
}

fn text<'e>(error: &'e Value, key: &str) -> &'e str {
    error[key].as_str().unwrap_or_default()
}
