//! The bodies of the requests that set up the auth method and its role.

use evercred_core::trust::{Asked, Binding, Test};
use evercred_core::{Advice, Failure};
use serde_json::{Map, Value, json};

use super::{KEYS_URL, POLICY};

/// Where the keys come from, and whose tokens they sign.
pub(super) fn config(asked: &Asked<'_>) -> Value {
    let issuer = asked.identity.issuer;
    match asked.inputs.get(KEYS_URL) {
        Some(keys) => json!({"jwks_url": keys, "bound_issuer": issuer}),
        None => json!({"oidc_discovery_url": issuer, "bound_issuer": issuer}),
    }
}

/// Who may log in.
pub(super) fn role(asked: &Asked<'_>, binding: &Binding) -> Result<Value, Failure> {
    let (claims, globs) = claims(binding);
    if globs && let Some(star) = claims.values().filter_map(Value::as_str).find(|value| inner_star(value)) {
        return Err(Failure::new("write the role", asked.identity.issuer, Advice::NeedsAttention)
            .message(format!("Vault would take the star within {star:?} for any text"))
            .hint("Take --scope workspace, which is compared to the letter."));
    }
    if asked.format == "terraform"
        && claims.values().filter_map(Value::as_str).any(|value| value.contains(','))
    {
        return Err(Failure::new("write the role", asked.identity.issuer, Advice::NeedsAttention)
            .message("Terraform's provider for Vault takes a comma within a claim for the end of it")
            .hint("Take --format cli or --format json."));
    }
    let mut role = json!({
        "role_type": "jwt",
        "bound_audiences": [asked.audience],
        "user_claim": "sub",
        "token_policies": [asked.inputs.value(POLICY)],
        "token_period": "1h",
    });
    if let Some(subject) = binding.subject() {
        role["bound_subject"] = json!(subject);
    }
    if !claims.is_empty() {
        role["bound_claims_type"] = json!(if globs { "glob" } else { "string" });
        role["bound_claims"] = Value::Object(claims);
    }
    Ok(role)
}

/// What the claims have to say, and whether these are globs. A claim within an object is named by a JSON pointer.
fn claims(binding: &Binding) -> (Map<String, Value>, bool) {
    let mut globs = false;
    let claim = |test: &Test| match test {
        Test::Claim { path: [name], value, .. } => Some(((*name).to_owned(), json!(value))),
        Test::Claim { path, value, .. } => Some((format!("/{}", path.join("/")), json!(value))),
        Test::SubjectBegins(start) => {
            globs = true;
            Some(("sub".to_owned(), json!(format!("{start}*"))))
        }
        Test::Subject(_) => None,
    };
    (binding.tests.iter().filter_map(claim).collect(), globs)
}

/// A star that we did not put there.
fn inner_star(value: &str) -> bool {
    value.strip_suffix('*').unwrap_or(value).contains('*')
}
