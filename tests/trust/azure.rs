//! Azure: the federated credential decides in the sandbox, which compares as Entra does, to the letter.

use evercred_sandbox::{Application, FederatedCredential, Mint};
use serde_json::Value;

use crate::cases::{self, Case};
use crate::{check, home, login, platform, trust};

const AUDIENCE: &str = "api://AzureADTokenExchange";

#[test]
fn the_federated_credential_lets_in_those_who_are_meant_and_nobody_else() {
    let platform = platform();
    let cases: Vec<Case> = cases::by_subject().into_iter().filter(is_exact).collect();
    assert!(cases.len() >= 10, "{}", cases.len());
    for case in cases {
        let token = home(&platform, &case.minted, AUDIENCE);
        let credential = trust(&token, "azure", &["--format", "json", "--scope", case.scope]);
        let credential: Value = serde_json::from_str(&credential).unwrap();
        let text = |name: &str| credential[name].as_str().unwrap().to_owned();
        assert_eq!(credential["audiences"].as_array().unwrap().len(), 1, "Entra takes one");
        let credential = FederatedCredential {
            issuer: Some(text("issuer")),
            subject: text("subject"),
            audience: credential["audiences"][0].as_str().unwrap().to_owned(),
        };
        let (mut tenant, mut client) = (String::new(), String::new());
        platform.adjust(|options| {
            let azure = &mut options.azure;
            client.clone_from(&azure.applications[0].client_id);
            tenant.clone_from(&azure.tenant_id);
            azure.applications = vec![Application::new(client.clone()).trusting(credential)];
        });
        check(&case, |minted: &Mint| {
            let home = home(&platform, minted, AUDIENCE);
            let authority = home.write("authority.pem", platform.authority());
            let proxy = platform.proxy_url();
            let table = format!(
                "[azure.default]\ntenant_id = {tenant:?}\nclient_id = {client:?}\nproxy = {proxy:?}\n\
                 ca_bundle = {authority:?}\n"
            );
            login(&home, &table)
        });
    }
}

/// Whether all who are meant have the same subject, which is all that Entra looks at.
fn is_exact(case: &Case) -> bool {
    !case.kin.iter().any(|kin| kin.claims.get("sub") != case.minted.claims.get("sub"))
}

#[test]
fn what_only_begins_alike_is_refused_with_what_to_do_instead() {
    let platform = platform();
    let refused = cases::by_subject().into_iter().filter(|case| !is_exact(case));
    for case in refused {
        let token = home(&platform, &case.minted, AUDIENCE);
        let outcome = token.run(["trust", "azure", "--token-file", "token", "--scope", case.scope]);
        assert_eq!((outcome.code(), outcome.stdout.as_str()), (Some(4), ""), "{}", case.name());
        assert!(outcome.stderr.contains("Entra compares whole subjects"), "{outcome:?}");
        assert!(outcome.stderr.contains("hint: "), "{outcome:?}");
    }
}
