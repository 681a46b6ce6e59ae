//! The artifacts as their readers see them, of each platform for each provider.

use evercred_sandbox::{Mint, Shape};

use crate::{home, platform};

const PLATFORMS: [(&str, Shape, &str); 6] = [
    ("gitpod", Shape::Gitpod, "https://services.acme.gitpod.cloud/idp"),
    ("ona-v2", Shape::OnaV2, "https://app.gitpod.io"),
    ("ona-v3", Shape::OnaV3, "https://app.gitpod.io"),
    ("github", Shape::GithubActions, "https://token.actions.githubusercontent.com"),
    ("gitlab", Shape::Gitlab, "https://gitlab.com"),
    ("kubernetes", Shape::Kubernetes, "https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF"),
];

#[test]
fn every_platform_has_its_artifacts_at_every_provider() {
    let sandbox = platform();
    for (name, shape, issuer) in PLATFORMS {
        for (provider, audience, format) in [
            ("aws", "sts.amazonaws.com", "cli"),
            ("azure", "api://AzureADTokenExchange", "cli"),
            (
                "gcp",
                "https://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/evercred/providers/evercred",
                "cli",
            ),
            ("vault", "vault.hashicorp.com", "cli"),
        ] {
            let home = home(&sandbox, &Mint::default().shape(shape).issuer(issuer), audience);
            let set = ["--set", "project_number=1"];
            let set: &[&str] = if provider == "gcp" { &set } else { &[] };
            let outcome =
                home.run([&["trust", provider, "--token-file", "token", "--format", format], set].concat());
            assert_eq!(outcome.code(), Some(0), "{outcome:?}");
            let both = format!("{}\n{}", outcome.stderr, outcome.stdout);
            insta::assert_snapshot!(format!("{provider}-{name}"), both);
        }
    }
}

#[test]
fn the_other_forms_say_the_same() {
    let sandbox = platform();
    let minted =
        Mint::default().shape(Shape::GithubActions).issuer("https://token.actions.githubusercontent.com");
    for (provider, audience, formats) in [
        ("aws", "sts.amazonaws.com", &["json", "terraform", "cloudformation"][..]),
        ("azure", "api://AzureADTokenExchange", &["json", "terraform"]),
        ("gcp", "acme", &["json", "terraform"]),
        ("vault", "vault.hashicorp.com", &["json", "terraform"]),
    ] {
        for format in formats {
            let home = home(&sandbox, &minted, audience);
            let artifact =
                home.run(["trust", provider, "--token-file", "token", "--format", format]).success();
            insta::assert_snapshot!(format!("{provider}-{format}"), artifact);
        }
    }
}
