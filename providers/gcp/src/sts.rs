//! The token exchange (RFC 8693) at Google's Security Token Service.

use std::time::{Duration, SystemTime};

use evercred_core::{Failure, IdToken, Secret};
use reqwest::Client;
use serde::Deserialize;
use serde_json::json;

use crate::call::Call;
use crate::refusal;
use crate::settings::{EVERYTHING, Settings};

/// An access token of the pool's own identity.
#[derive(Debug)]
pub(crate) struct Federated {
    pub(crate) token: Secret,
    pub(crate) expires_at: SystemTime,
}

/// How the service takes `token` for what it is. Both kinds mean a JWT; `gcloud` writes the second for workforce pools.
pub(crate) fn subject_token_type(settings: &Settings) -> &'static str {
    if settings.resource.is_workforce() {
        "urn:ietf:params:oauth:token-type:id_token"
    } else {
        "urn:ietf:params:oauth:token-type:jwt"
    }
}

/// Exchanges `token`.
pub(crate) async fn exchange(
    client: &Client,
    settings: &Settings,
    token: &IdToken,
    now: SystemTime,
) -> Result<Federated, Failure> {
    let call = Call {
        operation: "exchange the ID token",
        place: settings.sts.as_str(),
        refusals: refusal::EXCHANGE,
        words: words(settings, token),
        told: vec![token.raw()],
        now,
    };
    let form = form(settings, token);
    let answer: Answer = call.send(client.post(settings.sts.at("v1/token")).form(&form)).await?;
    if answer.access_token.is_empty() {
        return Err(call.useless("the access token in the answer is empty"));
    }
    if !answer.token_type.eq_ignore_ascii_case("bearer") {
        return Err(call.useless("the answer is not a bearer token"));
    }
    let lasts = Duration::from_secs(answer.expires_in);
    let expires_at =
        now.checked_add(lasts).ok_or_else(|| call.useless("the answer's expiry is not a time"))?;
    // A direct token never outlives what it was given for, whatever the answer says.
    let expires_at = token.expires_at().map_or(expires_at, |end| expires_at.min(end));
    Ok(Federated { token: Secret::new(answer.access_token), expires_at })
}

/// What is sent.
fn form(settings: &Settings, token: &IdToken) -> Vec<(&'static str, String)> {
    let options = settings.user_project.as_ref().map(|project| json!({ "userProject": project }).to_string());
    // On the way to a service account, whose scopes are another matter, the token has to be good for IAM.
    let scope = if settings.account.is_some() { EVERYTHING.to_owned() } else { settings.scopes.join(" ") };
    let mut form = vec![
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange".to_owned()),
        ("audience", settings.resource.audience()),
        ("scope", scope),
        ("requested_token_type", ACCESS_TOKEN.to_owned()),
        ("subject_token_type", subject_token_type(settings).to_owned()),
        ("subject_token", token.raw().expose().to_owned()),
    ];
    form.extend(options.map(|options| ("options", options)));
    form
}

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: u64,
    token_type: String,
}

/// What the remedies speak of. Claims are no secret, and most refusals are a claim that the provider does not expect.
pub(crate) fn words(settings: &Settings, token: &IdToken) -> Vec<(&'static str, String)> {
    let claims = token.claims();
    let subject = claims.subject().unwrap_or("?");
    let resource = &settings.resource;
    vec![
        ("{issuer}", claims.issuer().unwrap_or("?").to_owned()),
        ("{subject}", subject.to_owned()),
        ("{audience}", settings.audience.as_str().to_owned()),
        ("{resource}", resource.path()),
        ("{describe}", describe(settings)),
        ("{update}", describe(settings).replacen(" describe ", " update-oidc ", 1)),
        ("{principal}", resource.principal(subject)),
        ("{account}", settings.account.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("{user_project}", settings.user_project.clone().unwrap_or_default()),
    ]
}

/// The command that shows how the provider is set up.
fn describe(settings: &Settings) -> String {
    let resource = &settings.resource;
    let (pool, name) = (resource.pool(), resource.name());
    match resource.project_number() {
        Some(number) => format!(
            "gcloud iam workload-identity-pools providers describe {name} --location=global \
             --workload-identity-pool={pool} --project={number}"
        ),
        None => {
            format!(
                "gcloud iam workforce-pools providers describe {name} --location=global --workforce-pool={pool}"
            )
        }
    }
}
