//! Every refusal that Entra is known to answer with, and what the user is told: one file in `refusals/` each.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use evercred_core::{Advice, Failure};
use serde::Deserialize;

use crate::support::{Answer, SIGNATURE};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    docs: String,
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
    says: String,
    hint: String,
}

/// What a remedy is filled with; none of them may be left.
const WORDS: [&str; 8] =
    ["{issuer}", "{subject}", "{audience}", "{tenant}", "{client}", "{authority}", "{resource}", "{create}"];

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
    let answer = Answer { status: case.status, headers, body: case.body.clone() };
    let (_server, provider) = crate::rig("", vec![answer]).await;
    let failure = crate::exchange(&*provider).await.unwrap_err();
    let (shown, hint) = (failure.to_string(), failure.remedy().unwrap_or_default());
    let advice = format!("{hint}\n{}", failure.cure().unwrap_or_default());
    let about = format!("{name} ({}): {shown} / {advice}", case.docs);
    assert_eq!(class(&failure), case.expect.class, "{about}");
    assert_eq!(failure.provider_code(), case.expect.code.as_deref(), "{about}");
    assert!(shown.contains(&case.expect.says), "{about}");
    assert!(advice.contains(&case.expect.hint) && !WORDS.iter().any(|word| advice.contains(word)), "{about}");
    assert!(!shown.contains("Trace ID") && !shown.contains('\r'), "{about}");
    assert!(!format!("{failure:?}").contains(SIGNATURE) && !shown.ends_with('.'), "{about}");
}

fn class(failure: &Failure) -> String {
    match failure.advice() {
        Advice::Retry { after: Some(after) } if after > Duration::ZERO => {
            format!("retry:{}", after.as_secs())
        }
        advice => advice.class().to_owned(),
    }
}
