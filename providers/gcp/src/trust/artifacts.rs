//! The forms of the artifact.

use std::collections::BTreeMap;

use evercred_core::Failure;
use evercred_core::trust::{Asked, Dialect, File, Inputs, Program, json};
use serde_json::{Value, json};

use super::attributes::Attributes;
use super::{ACCOUNT, INPUTS, NUMBER, POOL, PROVIDER, ROLE};

/// Those that become variables; the others decide what is in the artifact.
const VARIABLES: usize = 3;

pub(super) fn file(
    asked: &Asked<'_>,
    attributes: &Attributes,
    own_audience: bool,
    statement: &[String],
) -> Result<File, Failure> {
    let audiences = (!own_audience).then(|| asked.audience.as_str());
    let values = json!({
        "issuer": asked.identity.issuer,
        "mapping": attributes.mapping,
        "mapping_flag": flag("--attribute-mapping=", &pairs(&attributes.mapping)),
        "condition_flag": format!("--attribute-condition={}", attributes.condition),
        "audiences_flag": audiences.map(|audience| flag("--allowed-audiences=", &[audience.to_owned()])),
        "issuer_flag": format!("--issuer-uri={}", asked.identity.issuer),
        "condition": attributes.condition,
        "audiences": audiences,
        "kind": kind(attributes),
        "member": attributes.member,
        "service_account": asked.inputs.get(ACCOUNT),
        "role": asked.inputs.get(ROLE),
    });
    let text = |dialect, template| {
        Program { dialect, template, statement, inputs: &INPUTS[..VARIABLES] }.text(asked.inputs, &values)
    };
    Ok(match asked.format {
        "json" => File { name: "evercred-trust.json", text: json(&resources(asked, attributes, audiences)) },
        "terraform" => {
            File { name: "evercred-trust.tf", text: text(Dialect::Hcl, include_str!("gcp.tf.jinja"))? }
        }
        _ => File { name: "evercred-trust.sh", text: text(Dialect::Shell, include_str!("gcp.sh.jinja"))? },
    })
}

pub(super) fn commands(file: &File) -> Vec<String> {
    match file.name {
        "evercred-trust.sh" => vec![format!("bash {}", file.name)],
        "evercred-trust.tf" => vec!["terraform init".to_owned(), "terraform apply".to_owned()],
        _ => Vec::new(),
    }
}

/// The provider's name; what stands for a project's number that is not known is refused by Google.
pub(super) fn provider(inputs: &Inputs) -> String {
    format!("{}/providers/{}", pool(inputs), inputs.value(PROVIDER))
}

fn pool(inputs: &Inputs) -> String {
    let number = inputs.get(NUMBER).unwrap_or("PROJECT_NUMBER");
    format!("projects/{number}/locations/global/workloadIdentityPools/{}", inputs.value(POOL))
}

fn pairs(mapping: &BTreeMap<String, String>) -> Vec<String> {
    mapping.iter().map(|(name, cel)| format!("{name}={cel}")).collect()
}

/// A flag of gcloud with a list, split at a character that none of the items has (`gcloud topic escaping`).
fn flag(name: &str, items: &[String]) -> String {
    let free = |delimiter: &&str| items.iter().all(|item| !item.contains(*delimiter));
    let delimiter = [",", "|", "~", ";", "#", "%%", "@@@"].into_iter().find(free).unwrap_or("^~^~");
    let list = items.join(delimiter);
    if delimiter == "," { format!("{name}{list}") } else { format!("{name}^{delimiter}^{list}") }
}

fn kind(attributes: &Attributes) -> &'static str {
    if attributes.is_one() { "principal://iam.googleapis.com" } else { "principalSet://iam.googleapis.com" }
}

/// What the API has (<https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers>).
fn resources(asked: &Asked<'_>, attributes: &Attributes, audience: Option<&str>) -> Value {
    let inputs = asked.inputs;
    let member = format!("{}/{}/{}", kind(attributes), pool(inputs), attributes.member);
    let mut oidc = json!({"issuerUri": asked.identity.issuer});
    if let Some(audience) = audience {
        oidc["allowedAudiences"] = json!([audience]);
    }
    let impersonation = inputs.get(ACCOUNT).map(|account| {
        let resource = format!("projects/-/serviceAccounts/{account}");
        json!({"resource": resource, "role": "roles/iam.workloadIdentityUser", "members": [member]})
    });
    let direct = inputs.get(ROLE).map(|role| {
        let number = inputs.get(NUMBER).unwrap_or("PROJECT_NUMBER");
        json!({"resource": format!("projects/{number}"), "role": role, "members": [member]})
    });
    json!({
        "workloadIdentityPool": {"name": pool(inputs)},
        "provider": {
            "name": provider(inputs),
            "oidc": oidc,
            "attributeMapping": attributes.mapping,
            "attributeCondition": attributes.condition,
        },
        "member": member,
        "bindings": impersonation.into_iter().chain(direct).collect::<Vec<_>>(),
    })
}
