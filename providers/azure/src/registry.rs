//! A container registry's own token, for one of Entra's
//! (<https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md>).

use evercred_core::{Advice, Failure, IdToken, Pass, Secret};
use evercred_http::network_failure;
use serde::Deserialize;

/// Who the registry's token is the password of.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
const LONGEST_ANSWER: usize = 64 << 10;
const OPERATION: &str = "get a token of the registry";

/// Whether a host is that of a container registry of Azure's.
pub(crate) fn is_one(host: &str) -> bool {
    [".azurecr.io", ".azurecr.us", ".azurecr.cn"].iter().any(|domain| host.ends_with(domain))
}

#[derive(Deserialize)]
struct Answer {
    refresh_token: String,
}

#[derive(Deserialize, Default)]
struct Refusal {
    #[serde(default)]
    errors: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    code: String,
    message: String,
}

pub(crate) async fn exchange(
    http: &reqwest::Client,
    host: &str,
    tenant: &str,
    token: &Secret,
) -> Result<Pass, Failure> {
    let form = [
        ("grant_type", "access_token"),
        ("service", host),
        ("tenant", tenant),
        ("access_token", token.expose()),
    ];
    let unreachable = |error| network_failure(OPERATION, host, error);
    let request = http.post(format!("https://{host}/oauth2/exchange")).form(&form);
    let mut answer = request.send().await.map_err(unreachable)?;
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(unreachable)? {
        if body.len() + part.len() > LONGEST_ANSWER {
            return Err(nonsense(host, "the answer is too long to be one of a registry"));
        }
        body.extend_from_slice(&part);
    }
    if !status.is_success() {
        return Err(refused(host, status.as_u16(), &body).conceal([token]));
    }
    let answer: Answer =
        serde_json::from_slice(&body).map_err(|_| nonsense(host, "the answer is not one of a registry"))?;
    let end = IdToken::parse(&answer.refresh_token).ok().and_then(|token| token.expires_at().ok());
    let pass = Pass::password(NOBODY, Secret::new(answer.refresh_token)).asked_for();
    Ok(match end {
        Some(end) => pass.expiring_at(end),
        None => pass,
    })
}

fn nonsense(host: &str, what: &str) -> Failure {
    Failure::new(OPERATION, host, Advice::RETRY)
        .message(what)
        .hint("Something between here and the registry answered in its place: check the proxy variables.")
}

fn refused(host: &str, status: u16, body: &[u8]) -> Failure {
    let reason = serde_json::from_slice::<Refusal>(body).unwrap_or_default().errors.into_iter().next();
    let advice = if matches!(status, 408 | 429 | 500..) { Advice::RETRY } else { Advice::NeedsAttention };
    let failure = Failure::new(OPERATION, host, advice).hint(
        "Give the login's application the role AcrPull at the registry, and see whether the registry is in the \
         login's tenant.",
    );
    match reason {
        Some(Reason { code, message }) => failure.code(code).message(message),
        None => failure.message(format!("HTTP status {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_registries_of_azures_get_its_tokens() {
        assert!(is_one("acme.azurecr.io") && is_one("acme.azurecr.cn"));
        for host in ["azurecr.io", "acme.azurecr.io.evil.dev", "acme.azurecr.io:444", "docker.io"] {
            assert!(!is_one(host), "{host}");
        }
    }
}
