//! The commonest refusals, each produced by a server that verifies, and what is told of it: what it most likely means, the
//! remedy, and what would let the token in. They are after the vendors' pages and users' reports
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_roles.html>,
//! <https://cloud.google.com/iam/docs/troubleshooting-workload-identity-federation>,
//! <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>,
//! <https://openbao.org/docs/auth/jwt/>).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a rig that does not stand must fail the test")]

use std::fmt::Write as _;
use std::time::Duration;

use evercred_sandbox::{
    Algorithm, Application, AwsOptions, FederatedCredential, GcpOptions, IdentityProvider, Mint, Options,
    Role, Sandbox, Signer,
};
use evercred_test_support::{Home, OpenBao};
use serde_json::{Value, json};

/// Its name, the token, and more of the login.
type Row = (&'static str, Mint, String);

/// What `once` says of each row's login, after `disturb` and with `common` in it.
fn asked(kind: &str, platform: &Sandbox, common: &str, rows: &[Row], disturb: impl FnOnce()) -> Vec<Value> {
    let home = Home::new();
    home.write("authority.pem", platform.authority());
    let mut config = String::new();
    for (index, (_, mint, more)) in rows.iter().enumerate() {
        let token = home.write(format!("token-{index}"), platform.mint(mint));
        let (path, audience) = (token.display(), &mint.audience[0]);
        write!(
            config,
            "[sources.row-{index}]\ntype = \"file\"\npath = \"{path}\"\n\n[{kind}.row-{index}]\nsource = \
             \"row-{index}\"\naudience = \"{audience}\"\noutputs = []\n{common}{more}\n"
        )
        .unwrap();
    }
    home.config(&config);
    disturb();
    let outcome = home.run(["once", "--output", "json"]);
    assert!(!outcome.stdout.contains("eyJ") && !outcome.stderr.contains("eyJ"), "{outcome:?}");
    let status: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome:?}"));
    let login = |index: usize| {
        let name = format!("{kind}.row-{index}");
        let mut logins = status["logins"].as_array().unwrap().iter();
        logins.find(|login| login["login"] == name.as_str()).unwrap().clone()
    };
    (0..rows.len()).map(login).collect()
}

/// The same as text.
fn told(kind: &str, platform: &Sandbox, common: &str, rows: &[Row], disturb: impl FnOnce()) -> String {
    let host = platform.address();
    let logins = asked(kind, platform, common, rows, disturb);
    let told = rows.iter().zip(logins).map(|((name, mint, _), login)| one(name, mint, &login));
    told.map(|text| text.replace(&host, "<platform>")).collect()
}

fn one(name: &str, mint: &Mint, login: &Value) -> String {
    let error = &login["error"];
    let text = |key: &str| error[key].as_str().unwrap_or_default();
    assert!(!text("hint").is_empty() && !text("reason").is_empty(), "{name}: {error:#}");
    if ["needs_attention", "new_token"].contains(&text("class")) {
        let sent = &error["sent"];
        assert_eq!(sent["audience"], json!(mint.audience), "{name}: {error:#}");
        assert!(sent["issuer"].is_string() && sent["expires_at"].is_string(), "{name}: {error:#}");
    }
    let mut told = format!("# {name}: {}, {}\n", text("code"), text("class"));
    for (what, key) in [("means", "reason"), ("hint", "hint"), ("cure", "cure")] {
        if !text(key).is_empty() {
            writeln!(told, "{what}: {}", text(key)).unwrap();
        }
    }
    let next = &login["next"];
    writeln!(told, "next: {}\n", next["code"].as_str().unwrap_or_default()).unwrap();
    told
}

fn none() {}

#[test]
fn aws_sts() {
    let trust = |condition: Value| {
        json!({"Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": "arn:aws:iam::<account>:oidc-provider/<issuer>"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": condition,
        }]})
    };
    let roles = vec![
        Role::trusting_subject("dev", "*"),
        Role::new("case", trust(json!({"StringEquals": {"<issuer>:sub": "https://github.com/Acme/app"}}))),
        Role::new("star", trust(json!({"StringEquals": {"<issuer>:sub": "https://github.com/acme/*"}}))),
        Role::new("claim", trust(json!({"StringEquals": {"<issuer>:repository": "acme/app"}}))),
        Role::trusting_role("deploy", "somebody-else", None),
    ];
    let sandbox =
        Sandbox::start(Options { aws: AwsOptions { roles, ..AwsOptions::default() }, ..Options::default() });
    let sandbox = sandbox.unwrap();
    let role = |name: &str| format!("role_arn = \"{}\"\n", sandbox.role_arn(name));
    let good = Mint::default;
    let rows = [
        ("the subject in other case", good(), role("case")),
        ("a wildcard with StringEquals", good(), role("star")),
        ("a claim that is no condition key", good(), role("claim")),
        ("no such role", good(), role("nobody")),
        ("an audience that the provider does not list", Mint::audience("acme"), role("dev")),
        ("an issuer that the account does not know", good().issuer("https://else.example"), role("dev")),
        ("another account", good(), "role_arn = \"arn:aws:iam::999999999999:role/dev\"\n".to_owned()),
        ("signed by a key that is not published", good().signed_by(Signer::Unpublished), role("dev")),
        ("signed by somebody else", good().signed_by(Signer::Impostor), role("dev")),
        (
            "a role further on that does not trust the first",
            good(),
            format!("{}chain = [{{ {} }}]\n", role("dev"), role("deploy").trim()),
        ),
    ];
    let common = format!("endpoint_url = \"{}\"\nregion = \"eu-west-1\"\n", sandbox.url());
    let mut all = told("aws", &sandbox, &common, &rows, none);
    let late = [("a token that AWS takes for expired", good(), role("dev"))];
    all += &told("aws", &sandbox, &common, &late, || sandbox.advance(Duration::from_hours(2)));
    insta::assert_snapshot!("aws", all);
}

#[test]
fn google_sts_and_iam_credentials() {
    const AUDIENCE: &str = "acme";
    let provider = |id: &str| IdentityProvider::new("workspaces", id).audience(AUDIENCE);
    let providers = vec![
        provider("plain"),
        provider("condition").condition("assertion.repository == 'https://github.com/acme/other.git'"),
        provider("mapping").attribute("google.subject", "assertion.project_path"),
        IdentityProvider { issuer: Some("https://else.example".to_owned()), ..provider("issuer") },
        IdentityProvider { disabled: true, ..provider("closed") },
    ];
    let gcp = GcpOptions { providers, ..GcpOptions::default() };
    let sandbox = Sandbox::start(Options { gcp, ..Options::default() }).unwrap();
    let at = |id: &str| format!("provider = \"{}\"\n", sandbox.gcp_provider(id));
    let account =
        |name: &str| format!("{}service_account = \"{}\"\n", at("plain"), sandbox.service_account(name));
    let good = || Mint::audience(AUDIENCE);
    let rows = [
        ("a condition that does not hold", good(), at("condition")),
        ("an audience that is not allowed", Mint::audience("else"), at("plain")),
        ("another issuer", good(), at("issuer")),
        ("a provider that does not exist", good(), at("nobody")),
        ("a provider that is disabled", good(), at("closed")),
        ("a mapping that finds no subject", good(), at("mapping")),
        ("a subject that is too long", good().subject("x".repeat(200)), at("plain")),
        ("signed by somebody else", good().signed_by(Signer::Impostor), at("plain")),
        ("a service account that is not bound", good(), account("stranger")),
        ("a service account that does not exist", good(), account("nobody")),
    ];
    let url = sandbox.url();
    let common = format!("sts_endpoint = \"{url}\"\niam_credentials_endpoint = \"{url}\"\n");
    let mut all = told("gcp", &sandbox, &common, &rows, none);
    let late = [("a token that Google takes for stale", good(), at("plain"))];
    all += &told("gcp", &sandbox, &common, &late, || sandbox.advance(Duration::from_hours(2)));
    insta::assert_snapshot!("gcp", all);
}

#[test]
fn entra() {
    const TENANT: &str = "72f1c6a4-0d5e-4b5a-9a51-3c2f6d0b7e11";
    const CLIENT: &str = "5d2f0c1a-8b1e-4c9d-9f3e-6a7b8c9d0e1f";
    const NOBODY: &str = "00000000-1111-4222-8333-444444444444";
    let sandbox = Sandbox::start(Options::default()).unwrap();
    sandbox.adjust(|options| {
        options.azure.applications = vec![Application::new(CLIENT).trusting(FederatedCredential::default())];
    });
    let who = |tenant: &str, client: &str| format!("tenant_id = \"{tenant}\"\nclient_id = \"{client}\"\n");
    let us = || who(TENANT, CLIENT);
    let good = || Mint::audience("api://AzureADTokenExchange");
    let rows = [
        ("another issuer", good().issuer("https://else.example"), us()),
        ("another subject", good().subject("https://github.com/acme/other"), us()),
        ("a subject in other case", good().subject("https://github.com/Acme/app"), us()),
        ("another audience", Mint::audience("acme"), us()),
        ("no such application", good(), who(TENANT, NOBODY)),
        ("no such tenant", good(), who(NOBODY, CLIENT)),
        ("no such resource", good(), format!("{}resources = [\"https://nobody.example\"]\n", us())),
        ("signed by somebody else", good().signed_by(Signer::Impostor), us()),
        ("signed by a key that is not published", good().signed_by(Signer::Unpublished), us()),
    ];
    let common = format!("proxy = \"{}\"\nca_bundle = \"~/authority.pem\"\n", sandbox.proxy_url());
    let mut all = told("azure", &sandbox, &common, &rows, none);
    let late = [("a token that Entra takes for expired", good(), us())];
    all += &told("azure", &sandbox, &common, &late, || sandbox.advance(Duration::from_hours(2)));
    insta::assert_snapshot!("azure", all);
}

#[test]
fn openbao() {
    let platform = Sandbox::start(Options { algorithm: Algorithm::Rs256, ..Options::default() }).unwrap();
    let bao = OpenBao::start();
    bao.trust(&platform.issuer(), &format!("{}/keys", platform.issuer()));
    bao.role("dev", &json!({}));
    bao.role("claim", &json!({"bound_claims": {"repository": "acme/other"}}));
    bao.role("subject", &json!({"bound_subject": "somebody else"}));
    bao.role("user", &json!({"user_claim": "no_such_claim"}));
    bao.role("afar", &json!({"token_bound_cidrs": ["203.0.113.0/24"]}));
    let good = || Mint::audience("vault.hashicorp.com");
    let role = |name: &str| format!("role = \"{name}\"\n");
    let rows = [
        ("another audience", Mint::audience("acme"), role("dev")),
        ("a claim that is bound to another value", good(), role("claim")),
        ("another subject", good(), role("subject")),
        ("a user claim that the token lacks", good(), role("user")),
        ("another issuer", good().issuer("https://else.example"), role("dev")),
        ("no such role", good(), role("nobody")),
        ("no role at all", good(), String::new()),
        ("nothing mounted there", good(), format!("{}mount = \"team/jwt\"\n", role("dev"))),
        ("no such namespace", good(), format!("{}namespace = \"team\"\n", role("dev"))),
        ("from elsewhere than the role allows", good(), role("afar")),
        ("signed by somebody else", good().signed_by(Signer::Impostor), role("dev")),
    ];
    let common = format!("address = \"{}\"\n", bao.address());
    insta::assert_snapshot!("vault", told("vault", &platform, &common, &rows, none));
    // Each cure is run as it is, and then lets this token in.
    let mut cured = 0;
    for row in rows {
        let before = asked("vault", &platform, &common, std::slice::from_ref(&row), none);
        let Some(cure) = before[0]["error"]["cure"].as_str() else { continue };
        bao.shell(cure);
        let after = asked("vault", &platform, &common, std::slice::from_ref(&row), none);
        assert_eq!(after[0]["error"], Value::Null, "{}: {cure}", row.0);
        cured += 1;
    }
    assert_eq!(cured, 3);
}
