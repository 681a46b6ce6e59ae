//! Against OpenBao, which verifies ID tokens and gives tokens that live and die as Vault's do: unmodified clients work
//! with what evercred keeps, and refusals are told in a way that helps.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::sync::LazyLock;

use evercred_sandbox::{Algorithm, Mint, Options, Sandbox, Signer};
use evercred_test_support::{Home, OpenBao, Outcome, clients};
use serde_json::{Value, json};

struct Rig {
    platform: Sandbox,
    bao: OpenBao,
    with_tls: OpenBao,
}

static RIG: LazyLock<Rig> = LazyLock::new(|| {
    let platform = Sandbox::start(Options { algorithm: Algorithm::Rs256, ..Options::default() }).unwrap();
    let (bao, with_tls) = (OpenBao::start(), OpenBao::start_with_tls());
    for server in [&bao, &with_tls] {
        server.trust(&platform.issuer(), &format!("{}/keys", platform.issuer()));
        server.role("dev", &json!({}));
    }
    bao.role("for-a-claim", &json!({"bound_claims": {"repository": "acme/other"}}));
    bao.role("for-a-subject", &json!({"bound_subject": "somebody else"}));
    bao.role("by-a-claim", &json!({"user_claim": "no_such_claim"}));
    bao.role("limited", &json!({"token_num_uses": 5}));
    bao.role("batch", &json!({"token_type": "batch", "token_ttl": "1h"}));
    bao.role("from-afar", &json!({"token_bound_cidrs": ["203.0.113.0/24"]}));
    Rig { platform, bao, with_tls }
});

const FILE: &str = ".vault-token";
const AUDIENCE: &str = "vault.hashicorp.com";
const REFUSED: i32 = 4;
const UNAVAILABLE: i32 = 5;

#[test]
fn the_command_line_reads_the_token_that_evercred_keeps() {
    let home = dev("");
    home.run(["once"]).success();
    let token = home.read(FILE).unwrap();
    assert!(token.starts_with("s.") && token.trim() == token, "a bare token");
    assert_eq!(home.path(FILE).metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(lookup(&home)["data"]["meta"]["role"], "dev");
}

#[test]
fn a_link_to_the_token_stays_a_link() {
    let home = dev("");
    let elsewhere = home.write("elsewhere/token", "");
    symlink(&elsewhere, home.path(FILE)).unwrap();
    home.run(["once"]).success();
    assert!(home.path(FILE).symlink_metadata().unwrap().is_symlink());
    assert_eq!(lookup(&home)["data"]["meta"]["role"], "dev");
}

#[test]
fn a_token_file_and_a_file_of_variables_work_as_well() {
    let home = dev("outputs = [\"token-file\", \"env-file\"]\n");
    home.run(["once"]).success();
    let token = home.read(".local/state/evercred/vault.default.token").unwrap();
    let variables = home.read(".local/state/evercred/vault.default.env").unwrap();
    assert_eq!(variables, format!("VAULT_TOKEN={token}\nVAULT_ADDR={}\n", RIG.bao.address()));
    assert_eq!(home.read(FILE), None);
}

#[test]
fn address_and_namespace_come_from_the_environment_that_the_command_line_reads() {
    let home = home(&Mint::audience(AUDIENCE), "role = \"dev\"\n");
    let outcome = Outcome::of(home.evercred(ONCE).env("VAULT_ADDR", RIG.bao.address()));
    assert_eq!(outcome.code(), Some(0), "{outcome:?}");
    let mut in_a_namespace = home.evercred(["once", "--force", "--output", "json"]);
    in_a_namespace.env("BAO_ADDR", RIG.bao.address()).env("VAULT_NAMESPACE", "nobody/");
    let error = error_of(&Outcome::of(&mut in_a_namespace), REFUSED);
    assert!(text(&error, "hint").contains("nobody"), "{error}");
}

#[test]
fn a_token_that_cannot_be_renewed_is_replaced() {
    for (role, note) in [("batch", "cannot be renewed"), ("limited", "5 uses")] {
        let home = with_role(role);
        let notes = first_notes(&home.run(ONCE));
        assert!(notes.contains(note), "{notes}");
        let first = home.read(FILE).unwrap();
        home.run(["once", "--force"]).success();
        assert_ne!(home.read(FILE).unwrap(), first, "{role}");
    }
}

#[test]
fn a_token_is_renewed_even_by_another_process_that_has_only_the_files() {
    let home = dev("");
    home.run(["once"]).success();
    let first = home.read(FILE).unwrap();
    assert!(lookup(&home)["data"]["last_renewal"].is_null());
    home.run(["once", "--force"]).success();
    assert!(lookup(&home)["data"]["last_renewal"].is_string());
    assert_eq!(home.read(FILE).unwrap(), first);
}

#[test]
fn a_token_of_one_server_never_goes_to_another() {
    let home = home(
        &Mint::audience(AUDIENCE),
        &format!("role = \"dev\"\nca_bundle = {:?}\n", RIG.with_tls.authority()),
    );
    let once = |server: &OpenBao| {
        Outcome::of(home.evercred(["once"]).env("VAULT_ADDR", server.address())).success();
        home.read(FILE).unwrap()
    };
    let first = once(&RIG.bao);
    assert_ne!(once(&RIG.with_tls), first, "what was published for the other server is not adopted");
}

#[test]
fn logging_out_revokes_the_token_and_removes_it() {
    let home = dev("");
    home.run(["once"]).success();
    let token = home.read(FILE).unwrap();
    home.run(["logout"]).success();
    assert_eq!(home.read(FILE), None);
    home.write(FILE, token);
    let refused =
        Outcome::of(clients::bao(&home).args(["token", "lookup"]).env("BAO_ADDR", RIG.bao.address()));
    assert!(refused.failure().stderr.contains("403"));
}

#[test]
fn a_token_that_somebody_revoked_is_replaced() {
    let home = dev("");
    home.run(["once"]).success();
    let first = home.read(FILE).unwrap();
    RIG.bao.admin(["token", "revoke", &first]);
    let notes = first_notes(&home.run(["once", "--force", "--output", "json"]));
    assert!(notes.contains("revoked"), "{notes}");
    assert_ne!(home.read(FILE).unwrap(), first);
    assert_eq!(lookup(&home)["data"]["meta"]["role"], "dev");
}

#[test]
fn every_refusal_has_its_class_its_sentence_and_its_remedy() {
    let good = || Mint::audience(AUDIENCE);
    let role = |name: &str| format!("role = \"{name}\"\n");
    let other_audience = format!("{}audience = \"acme\"\n", role("dev"));
    let cases = [
        (good(), role("nobody"), "could not be found", "bao list auth/jwt/role"),
        (good(), String::new(), "missing role", "Set `role`"),
        (Mint::audience("acme"), other_audience, "audience", "bound_audiences of the role dev"),
        (good(), role("for-a-claim"), "claim", "bound_claims of the role for-a-claim"),
        (good(), role("for-a-subject"), "subject", "bound_subject of the role for-a-subject"),
        (good(), role("by-a-claim"), "no_such_claim", "user_claim"),
        (good().issuer("https://else"), role("dev"), "issuer", "https://else"),
        (good(), role("from-afar"), "permission denied", "token_bound_cidrs"),
        (good(), format!("{}mount = \"team/jwt\"\n", role("dev")), "permission denied", "auth/team/jwt"),
        (good(), format!("{}namespace = \"team\"\n", role("dev")), "namespace", "asked for is team"),
    ];
    for (mint, more, message, hint) in cases {
        let error = error_of(&at(&RIG.bao, &mint, &more).run(ONCE), REFUSED);
        assert_eq!(text(&error, "class"), "needs_attention", "{error}");
        assert!(text(&error, "message").contains(message) && text(&error, "hint").contains(hint), "{error}");
    }
}

#[test]
fn a_token_that_is_refused_for_its_own_sake_asks_for_a_new_one() {
    let forged = at(&RIG.bao, &Mint::audience(AUDIENCE).signed_by(Signer::Impostor), "role = \"dev\"\n");
    let error = error_of(&forged.run(ONCE), REFUSED);
    assert_eq!(text(&error, "class"), "new_token");
    assert!(text(&error, "hint").contains("auth/jwt/config"), "{error}");
    let late = at(&RIG.bao, &Mint::audience(AUDIENCE).expired(), "role = \"dev\"\n");
    let error = error_of(&Outcome::of(late.evercred_at("-90m").args(ONCE)), REFUSED);
    assert_eq!(text(&error, "class"), "new_token");
    assert!(text(&error, "hint").contains("clock"), "{error}");
}

#[test]
fn a_private_authority_is_trusted_once_it_is_named() {
    let unknown = at(&RIG.with_tls, &Mint::audience(AUDIENCE), "role = \"dev\"\n");
    let error = error_of(&unknown.run(ONCE), UNAVAILABLE);
    assert!(text(&error, "message").contains("not trusted"), "{error}");
    assert!(text(&error, "hint").contains("ca_bundle"), "{error}");
    let authority = RIG.with_tls.authority();
    let named = format!("role = \"dev\"\nca_bundle = \"{}\"\n", authority.display());
    at(&RIG.with_tls, &Mint::audience(AUDIENCE), &named).run(["once"]).success();
    Outcome::of(unknown.evercred(["once"]).env("VAULT_CACERT", &authority)).success();
}

#[test]
fn a_server_is_verified_by_the_name_that_is_configured() {
    let named = format!("role = \"dev\"\nca_bundle = \"{}\"\n", RIG.with_tls.authority().display());
    let localhost = format!("{named}tls_server_name = \"localhost\"\n");
    at(&RIG.with_tls, &Mint::audience(AUDIENCE), &localhost).run(["once"]).success();
    let other = format!("{named}tls_server_name = \"vault.acme.dev\"\n");
    let error = error_of(&at(&RIG.with_tls, &Mint::audience(AUDIENCE), &other).run(ONCE), UNAVAILABLE);
    assert!(text(&error, "message").contains("another host name"), "{error}");
}

const ONCE: [&str; 3] = ["once", "--output", "json"];

/// A home with a login, in the given words, and an ID token.
fn home(mint: &Mint, login: &str) -> Home {
    let home = Home::new();
    let token = home.write("token", RIG.platform.mint(mint));
    let path = token.display();
    home.config(&format!("[source]\ntype = \"file\"\npath = \"{path}\"\n\n[vault.default]\n{login}"));
    home
}

fn at(server: &OpenBao, mint: &Mint, more: &str) -> Home {
    home(mint, &format!("address = \"{}\"\n{more}", server.address()))
}

fn with_role(role: &str) -> Home {
    at(&RIG.bao, &Mint::audience(AUDIENCE), &format!("role = \"{role}\"\n"))
}

fn dev(more: &str) -> Home {
    at(&RIG.bao, &Mint::audience(AUDIENCE), &format!("role = \"dev\"\n{more}"))
}

/// What `bao token lookup` says of the token in its usual place.
fn lookup(home: &Home) -> Value {
    let mut bao = clients::bao(home);
    bao.env("VAULT_ADDR", RIG.bao.address()).args(["token", "lookup", "-format=json"]);
    serde_json::from_str(&Outcome::of(&mut bao).success()).unwrap()
}

/// What `once` said of its refusal, in which no token may stand.
fn error_of(outcome: &Outcome, code: i32) -> Value {
    assert_eq!(outcome.code(), Some(code), "{outcome:?}");
    assert!(!outcome.stderr.contains("eyJ") && !outcome.stdout.contains("eyJ"), "{outcome:?}");
    let status: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let error = status["logins"][0]["error"].clone();
    assert!(!text(&error, "hint").is_empty(), "{error}");
    error
}

fn first_notes(outcome: &Outcome) -> String {
    assert_eq!(outcome.code(), Some(0), "{outcome:?}");
    let status: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let notes = status["logins"][0]["notes"].as_array().unwrap();
    notes.iter().filter_map(Value::as_str).collect()
}

fn text<'e>(error: &'e Value, key: &str) -> &'e str {
    error[key].as_str().unwrap_or_default()
}

#[test]
fn a_check_ends_the_token_that_it_got() {
    let (bao, platform) = (OpenBao::start(), &RIG.platform);
    bao.trust(&platform.issuer(), &format!("{}/keys", platform.issuer()));
    bao.role("dev", &json!({}));
    let home = at(&bao, &Mint::audience(AUDIENCE), "role = \"dev\"\n");
    let logins = || bao.admin(["list", "-format=json", "sys/leases/lookup/auth/jwt/login"]);
    home.run(["once"]).success();
    assert_eq!(logins().matches('h').count(), 1, "{}", logins());
    let kept = home.read(FILE);
    home.run(["check"]).success();
    assert_eq!(logins().matches('h').count(), 1, "{}", logins());
    assert_eq!(home.read(FILE), kept);
}
