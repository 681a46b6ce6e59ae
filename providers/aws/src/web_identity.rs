//! `AssumeRoleWithWebIdentity`: the first role's session, by the ID token and unsigned.

use std::time::Duration;

use aws_sdk_sts::error::SdkError;
use aws_sdk_sts::operation::assume_role_with_web_identity::{
    AssumeRoleWithWebIdentityError, AssumeRoleWithWebIdentityOutput,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use evercred_core::{Claims, IdToken};

use crate::failure::Call;
use crate::refusal::WEB_IDENTITY;
use crate::sts::{Sts, descriptors, seconds};
use crate::{Config, RoleArn, SessionName};

/// What comes back, before it is explained.
pub(crate) type Answer =
    Result<AssumeRoleWithWebIdentityOutput, SdkError<AssumeRoleWithWebIdentityError, HttpResponse>>;

/// Asks once.
pub(crate) async fn ask(
    sts: &Sts,
    config: &Config,
    (token, name, duration): (&IdToken, &SessionName, Duration),
) -> Answer {
    let request = sts.unsigned().assume_role_with_web_identity();
    request
        .role_arn(config.role_arn.as_str())
        .role_session_name(name.as_str())
        .web_identity_token(token.raw().expose())
        .duration_seconds(seconds(duration))
        .set_policy(config.policy.as_ref().map(|policy| policy.as_str().to_owned()))
        .set_policy_arns(descriptors(&config.policy_arns))
        .send()
        .await
}

/// The call in the words that a refusal of it needs: the claims, and the identity provider that AWS looks for.
pub(crate) fn call<'a>(sts: &'a Sts, role: &RoleArn, claims: &Claims) -> Call<'a> {
    let issuer = claims.issuer().unwrap_or("(none)");
    // IAM leaves out the scheme and keeps the rest to the letter, a final slash included.
    let host = issuer.split_once("://").map_or(issuer, |(_, host)| host);
    let provider = format!("arn:{}:iam::{}:oidc-provider/{host}", role.partition().name, role.account());
    Call {
        operation: format!("assume the role {role} by the ID token"),
        place: sts.place(),
        refusals: WEB_IDENTITY,
        words: vec![
            ("{role}", role.to_string()),
            ("{account}", role.account().to_owned()),
            ("{provider}", provider),
            ("{host}", host.to_owned()),
            ("{issuer}", issuer.to_owned()),
            ("{audience}", claims.audiences().join(", ")),
            ("{subject}", claims.subject().unwrap_or("(none)").to_owned()),
        ],
        now: sts.now(),
    }
}
