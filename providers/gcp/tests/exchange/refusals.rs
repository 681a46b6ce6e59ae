//! Every refusal that Google is known to answer with, and what the user is told: one file in `refusals/` each.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use evercred_core::{Advice, Failure};
use serde::Deserialize;

use crate::support::{Answer, SIGNATURE, federated};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    docs: String,
    /// Keys of the login, besides those that all have. With a service account, the exchange before goes well.
    #[serde(default)]
    config: String,
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: String,
    expect: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    class: String,
    code: Option<String>,
    says: Option<String>,
    hint: String,
}

#[tokio::test]
async fn every_refusal_has_its_class_its_sentence_and_its_remedy() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exchange/refusals");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case: Case = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        check(&case, &path.file_stem().unwrap().to_string_lossy()).await;
        count += 1;
    }
    assert!(count >= 30, "only {count} cases were found");
}

async fn check(case: &Case, name: &str) {
    let headers = case.headers.clone().into_iter().collect();
    let mut answers = vec![Answer { status: case.status, headers, body: case.body.clone() }];
    if case.config.contains("service_account") {
        answers.insert(0, federated("federated-token-1", 3600));
    }
    let (_server, provider) = crate::rig(&case.config, answers).await;
    let failure = crate::exchange(&*provider).await.unwrap_err();
    let (shown, hint) = (failure.to_string(), failure.remedy().unwrap_or_default());
    let advice = format!("{hint}\n{}", failure.cure().unwrap_or_default());
    let about = format!("{name} ({}): {shown} / {advice}", case.docs);
    assert_eq!(class(&failure), case.expect.class, "{about}");
    assert_eq!(failure.provider_code(), case.expect.code.as_deref(), "{about}");
    assert!(shown.contains(case.expect.says.as_deref().unwrap_or_default()), "{about}");
    assert!(advice.contains(&case.expect.hint) && !hint.contains('{'), "{about}");
    assert!(!shown.contains(SIGNATURE) && !shown.contains("federated-token"), "{about}");
    assert!(!shown.ends_with('.'), "{about}");
}

fn class(failure: &Failure) -> String {
    match failure.advice() {
        Advice::Retry { after: Some(after) } if after > Duration::ZERO => {
            format!("retry:{}", after.as_secs())
        }
        advice => advice.class().to_owned(),
    }
}
