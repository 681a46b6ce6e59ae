//! The token helper, asked by the unmodified `bao` command: several servers and a namespace at once, and what becomes
//! of `bao login`.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use evercred_sandbox::{Algorithm, Mint, Options, Sandbox};
use evercred_test_support::{Home, OpenBao, Outcome, clients};
use rustix::process::Signal;
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_evercred-vault-token-helper");
const PLAIN: &str = ".vault-token";
const LIMIT: Duration = Duration::from_mins(1);

struct Rig {
    platform: Sandbox,
    one: OpenBao,
    two: OpenBao,
}

/// The server `one` has a namespace with a login of its own; `two` speaks TLS.
static RIG: LazyLock<Rig> = LazyLock::new(|| {
    let platform = Sandbox::start(Options { algorithm: Algorithm::Rs256, ..Options::default() }).unwrap();
    let (one, two) = (OpenBao::start(), OpenBao::start_with_tls());
    let keys = format!("{}/keys", platform.issuer());
    one.trust(&platform.issuer(), &keys);
    two.trust(&platform.issuer(), &keys);
    one.role("at-one", &json!({}));
    two.role("at-two", &json!({}));
    one.admin(["namespace", "create", "team"]);
    one.admin(["auth", "enable", "-namespace=team", "jwt"]);
    one.write("team/auth/jwt/config", &json!({"jwks_url": keys, "bound_issuer": platform.issuer()}));
    let role = json!({"role_type": "jwt", "user_claim": "sub", "bound_audiences": ["vault.hashicorp.com"]});
    one.write("team/auth/jwt/role/in-the-team", &role);
    Rig { platform, one, two }
});

#[test]
fn the_command_gets_the_right_token_for_each_server_and_namespace() {
    let home = home(&[&at_one(), &in_the_team(), &at_two()]);
    home.run(["once"]).success();
    let role = |command: &mut Command| role(command);
    assert_eq!(role(&mut bao(&home, &RIG.one)), "at-one");
    assert_eq!(role(&mut bao(&home, &RIG.two)), "at-two");
    assert_eq!(role(bao(&home, &RIG.one).env("BAO_NAMESPACE", "team")), "in-the-team");
    assert_eq!(role(bao(&home, &RIG.one).env("VAULT_NAMESPACE", "team/")), "in-the-team");
    let mut elsewhere = bao(&home, &RIG.two);
    assert_eq!(role(elsewhere.arg("-address").arg(RIG.one.address())), "at-one", "the option counts first");
    assert_eq!(home.read(PLAIN), None, "no token lies about in a file of another");
}

#[test]
fn a_namespace_given_as_an_option_is_not_told_but_the_only_login_is_found() {
    let home = home(&[&in_the_team()]);
    home.run(["once"]).success();
    assert_eq!(role(bao(&home, &RIG.one).arg("-namespace=team")), "in-the-team");
}

#[test]
fn tokens_are_there_while_no_evercred_runs_and_gone_after_logging_out() {
    let home = home(&[&at_one()]);
    let mut daemon = home.start();
    daemon.until("the token", LIMIT, || (!get(&home, &RIG.one).is_empty()).then_some(()));
    let token = get(&home, &RIG.one);
    daemon.signal(Signal::KILL);
    drop(daemon);
    assert_eq!(role(&mut bao(&home, &RIG.one)), "at-one");
    assert_eq!(get(&home, &RIG.one), token);
    home.run(["logout"]).success();
    assert_eq!(get(&home, &RIG.one), "");
    assert!(Outcome::of(&mut bao(&home, &RIG.one)).failure().stderr.contains("permission denied"));
}

#[test]
fn logging_in_by_hand_at_a_server_of_evercreds_is_refused_and_says_what_to_do() {
    let home = home(&[&at_one()]);
    home.run(["once"]).success();
    let outcome = Outcome::of(login(&home, &RIG.one).arg("root")).failure();
    assert!(outcome.stderr.contains("evercred keeps the token"), "{outcome:?}");
    assert!(outcome.stderr.contains("BAO_TOKEN"), "{outcome:?}");
    assert_eq!(role(&mut bao(&home, &RIG.one)), "at-one");
    let by_variable = Outcome::of(bao(&home, &RIG.one).env("BAO_TOKEN", "root")).success();
    assert!(by_variable.contains("root"));
    Outcome::of(login(&home, &RIG.one).args(["-no-store", "root"])).success();
    Outcome::of(login(&home, &RIG.one).arg(get(&home, &RIG.one))).success();
    let erased = Outcome::of(helper(&home, &RIG.one).arg("erase")).failure();
    assert!(erased.stderr.contains("evercred logout vault.default"), "{erased:?}");
    assert_eq!(role(&mut bao(&home, &RIG.one)), "at-one");
}

#[test]
fn logging_in_at_another_server_works_as_without_a_helper() {
    let home = home(&[&at_one()]);
    home.run(["once"]).success();
    Outcome::of(login(&home, &RIG.two).arg("root")).success();
    assert_eq!(home.read(PLAIN).as_deref(), Some("root"));
    assert_eq!(lookup(&mut bao(&home, &RIG.two))["id"], "root");
    assert_eq!(role(&mut bao(&home, &RIG.one)), "at-one");
    Outcome::of(helper(&home, &RIG.two).arg("erase")).success();
    assert_eq!(home.read(PLAIN), None);
    let elsewhere = home.path("elsewhere");
    Outcome::of(login(&home, &RIG.two).arg("root").env("BAO_TOKEN_PATH", &elsewhere)).success();
    assert_eq!((home.read("elsewhere").as_deref(), home.read(PLAIN)), (Some("root"), None));
}

#[test]
fn a_token_in_the_plain_file_that_is_evercreds_goes_to_no_other_server() {
    let home = home(&[&at_one().replace("[\"token-helper\"]", "[\"token-helper\", \"vault-token\"]")]);
    home.run(["once"]).success();
    let token = home.read(PLAIN).unwrap();
    assert_eq!(get(&home, &RIG.one), token);
    assert_eq!(get(&home, &RIG.two), "");
    let outcome = Outcome::of(login(&home, &RIG.two).arg("root")).failure();
    assert!(outcome.stderr.contains("vault.default"), "{outcome:?}");
    assert_eq!(home.read(PLAIN).unwrap(), token);
}

#[test]
fn the_subcommand_and_the_program_are_the_same() {
    let home = home(&[&at_one()]);
    home.run(["once"]).success();
    let mut subcommand = home.evercred(["vault-token-helper", "get"]);
    let token = Outcome::of(subcommand.env("VAULT_ADDR", RIG.one.address())).success();
    assert!(token.starts_with("s."));
    assert_eq!(token, get(&home, &RIG.one));
    assert_eq!(Outcome::of(&mut helper(&home, &RIG.one)).code(), Some(2));
}

#[test]
fn a_helper_that_nobody_has_named_is_noted() {
    let home = home(&[&at_one()]);
    home.write(".bao", "");
    let outcome = home.run(["once", "--output", "json"]);
    let status: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let notes = status["logins"][0]["notes"].to_string();
    assert!(notes.contains("token_helper") && notes.contains(PROGRAM), "{notes}");
}

/// A home with logins, an ID token, and the helper named to `bao`.
fn home(logins: &[&str]) -> Home {
    let home = Home::new();
    let token = home.write("token", RIG.platform.mint(&Mint::audience("vault.hashicorp.com")));
    home.config(&format!("[source]\ntype = \"file\"\npath = \"{}\"\n{}", token.display(), logins.concat()));
    home.write(".bao", format!("token_helper = \"{PROGRAM}\"\n"));
    home
}

fn at_one() -> String {
    table("default", &RIG.one, "role = \"at-one\"")
}

fn in_the_team() -> String {
    table("team", &RIG.one, "role = \"in-the-team\"\nnamespace = \"team\"")
}

fn at_two() -> String {
    table("two", &RIG.two, &format!("role = \"at-two\"\nca_bundle = \"{}\"", RIG.two.authority().display()))
}

fn table(name: &str, server: &OpenBao, more: &str) -> String {
    let address = server.address();
    format!("\n[vault.{name}]\naddress = \"{address}\"\noutputs = [\"token-helper\"]\n{more}\n")
}

/// `bao token lookup`, which takes its token from the helper.
fn bao(home: &Home, server: &OpenBao) -> Command {
    let mut bao = at(clients::bao(home), server);
    bao.args(["token", "lookup", "-format=json"]);
    bao
}

fn login(home: &Home, server: &OpenBao) -> Command {
    let mut bao = at(clients::bao(home), server);
    bao.arg("login");
    bao
}

fn helper(home: &Home, server: &OpenBao) -> Command {
    at(home.command(PROGRAM), server)
}

fn at(mut command: Command, server: &OpenBao) -> Command {
    command.env("VAULT_ADDR", server.address());
    if server.authority().exists() {
        command.env("VAULT_CACERT", server.authority());
    }
    command
}

fn get(home: &Home, server: &OpenBao) -> String {
    Outcome::of(helper(home, server).arg("get")).success()
}

fn lookup(bao: &mut Command) -> Value {
    let found: Value = serde_json::from_str(&Outcome::of(bao).success()).unwrap();
    found["data"].clone()
}

fn role(bao: &mut Command) -> String {
    lookup(bao)["meta"]["role"].as_str().unwrap().to_owned()
}
