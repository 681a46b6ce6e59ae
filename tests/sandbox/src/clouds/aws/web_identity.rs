//! `AssumeRoleWithWebIdentity`
//! (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>).

use std::collections::BTreeMap;

use super::account::{AwsOptions, Role};
use super::answer::{Answer, Xml};
use super::parameters::{Assume, Parameters};
use super::trust::{self, Asked};
use super::{Refusal, assume_role};
use crate::log::Facts;
use crate::platform::token_id;
use crate::state::State;
use crate::verify::{Claims, Rejection, verify};

const ACTION: &str = "sts:AssumeRoleWithWebIdentity";

pub(super) fn answer(state: &State, parameters: &Parameters, facts: &mut Facts) -> Result<Answer, Refusal> {
    let asked = parameters.assume()?;
    let token = parameters.get("WebIdentityToken").unwrap_or_default();
    facts.token_id = Some(token_id(token));
    let claims = verify(state, token).map_err(refusal)?;
    facts.audience = claims.audience();
    let options = state.options().aws.clone();
    let audience = check_provider(state, &options, &claims, &asked)?;
    let role = permitted_role(state, &options, &claims, &asked)?;
    let lifetime = assume_role::lifetime(&asked, role.max_session)?;
    let session = state.aws().open(&options, role, asked.session_name, state.clock.now(), lifetime);
    state.secrets().extend(session.secrets());
    facts.access_key_id = Some(session.access_key_id.clone());
    let mut result = Xml::default()
        .with("Audience", &audience)
        .with("Provider", &options.provider_arn(&state.issuer()))
        .with("SubjectFromWebIdentityToken", claims.text("sub").unwrap_or_default());
    session.describe(&mut result);
    Ok(Answer::new("AssumeRoleWithWebIdentity", with_packed_size(result, &asked)))
}

pub(super) fn with_packed_size(result: Xml, asked: &Assume<'_>) -> Xml {
    match asked.packed_size {
        Some(percent) => result.with("PackedPolicySize", &percent.to_string()),
        None => result,
    }
}

/// The audience that counts, if the role's account knows the issuer and the issuer's entry there knows it.
fn check_provider(
    state: &State,
    options: &AwsOptions,
    claims: &Claims,
    asked: &Assume<'_>,
) -> Result<String, Refusal> {
    if asked.role_arn.split(':').nth(4) != Some(options.account.as_str()) {
        return Err(no_provider(&state.issuer()));
    }
    if claims.text("sub").is_none() {
        return Err(invalid("Missing a required claim: sub"));
    }
    let audience = audience(claims).into_iter().find(|audience| options.client_ids.contains(audience));
    audience.ok_or_else(|| invalid("Incorrect token audience"))
}

/// What counts as audience: `azp` if there is one, for it names the one client of several audiences.
fn audience(claims: &Claims) -> Vec<String> {
    claims.text("azp").map_or_else(|| claims.audience(), |party| vec![party.to_owned()])
}

/// STS does not tell a role that does not exist from one that does not trust the token.
fn permitted_role<'a>(
    state: &State,
    options: &'a AwsOptions,
    claims: &Claims,
    asked: &Assume<'_>,
) -> Result<&'a Role, Refusal> {
    let issuer = state.issuer();
    let issuer = AwsOptions::issuer_path(&issuer);
    let subject = claims.text("sub").map(str::to_owned).into_iter().collect();
    let keys = BTreeMap::from([
        (format!("{issuer}:aud"), audience(claims)),
        (format!("{issuer}:sub"), subject),
        ("sts:rolesessionname".to_owned(), vec![asked.session_name.to_owned()]),
    ]);
    let question = Asked {
        kind: "Federated",
        principals: vec![options.provider_arn(&state.issuer())],
        action: ACTION,
        keys,
    };
    let role = options.role(asked.role_arn);
    role.filter(|role| trust::allows(&options.trust_policy(role, &state.issuer()), &question))
        .ok_or_else(|| Refusal::new(403, "AccessDenied", format!("Not authorized to perform {ACTION}")))
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidIdentityToken", message)
}

fn no_provider(issuer: &str) -> Refusal {
    invalid(format!("No OpenIDConnect provider found in your account for {issuer}"))
}

fn refusal(rejection: Rejection) -> Refusal {
    match rejection {
        Rejection::NotAToken => invalid(
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        ),
        Rejection::UnknownIssuer(issuer) => no_provider(&issuer),
        Rejection::MissingClaim(claim) => invalid(format!("Missing a required claim: {claim}")),
        Rejection::NoAnswer => Refusal::new(
            400,
            "IDPCommunicationError",
            "The identity provider (IDP) that was asked to verify the incoming identity token could not be reached.",
        ),
        Rejection::NoKey => invalid(
            "Couldn't retrieve verification key from your identity provider,  please reference \
             AssumeRoleWithWebIdentity documentation for requirements",
        ),
        Rejection::BadSignature => invalid("The ID Token signature is invalid"),
        // STS has no space before the second number.
        Rejection::Expired { now, expired_at } => Refusal::new(
            400,
            "ExpiredTokenException",
            format!(
                "Token expired: current date/time {now} must be before the expiration date/time{expired_at}"
            ),
        ),
        Rejection::NotYetValid { valid_from } => {
            invalid(format!("Token not valid yet: it must not be used before {valid_from}"))
        }
    }
}
