//! `AssumeRole`: from one role's session to the next role's, signed with the former.

use std::time::Duration;

use aws_sdk_sts::operation::RequestId;
use aws_sdk_sts::types::Tag;
use evercred_core::Failure;

use crate::failure::Call;
use crate::refusal::CHAIN;
use crate::session::Session;
use crate::sts::{Sts, descriptors, seconds};
use crate::{Link, RoleArn, SessionName};

/// Follows one link of a chain. The session's name is the link's own, if it has one.
pub(crate) async fn follow(
    sts: &Sts,
    (session, previous): (&Session, &RoleArn),
    link: &Link,
    (name, duration): (&SessionName, Duration),
) -> Result<Session, Failure> {
    let request = sts.signed_by(session).assume_role();
    let answer = request
        .role_arn(link.role_arn.as_str())
        .role_session_name(link.session_name.as_ref().unwrap_or(name).as_str())
        .duration_seconds(seconds(duration))
        .set_external_id(link.external_id.clone())
        .set_tags(tags(link))
        .set_transitive_tag_keys(Some(link.transitive_tags.clone()).filter(|keys| !keys.is_empty()))
        .set_policy(link.policy.as_ref().map(|policy| policy.as_str().to_owned()))
        .set_policy_arns(descriptors(&link.policy_arns))
        .send()
        .await;
    let call = call(sts, previous, link);
    // AWS repeats the whole request, token and all, when it finds the signature wrong.
    let told = [&session.secret_access_key, &session.token];
    let output = answer.map_err(|error| call.explain(error).conceal(told))?;
    let (credentials, user) = (output.credentials(), output.assumed_role_user());
    Session::from_answer(credentials, user, output.request_id(), (&call, sts.now()))
}

fn tags(link: &Link) -> Option<Vec<Tag>> {
    let tags = link.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    // A tag that has both key and value cannot fail to be built.
    let tags: Vec<Tag> = tags.filter_map(Result::ok).collect();
    (!tags.is_empty()).then_some(tags)
}

fn call<'a>(sts: &'a Sts, previous: &RoleArn, link: &Link) -> Call<'a> {
    let external_id = match &link.external_id {
        Some(id) => format!(", with sts:ExternalId {id:?} if it demands one"),
        None => ", without demanding an sts:ExternalId (or set `external_id`)".to_owned(),
    };
    Call {
        operation: format!("assume the role {} from {previous}", link.role_arn),
        place: sts.place(),
        refusals: CHAIN,
        words: vec![
            ("{role}", link.role_arn.to_string()),
            ("{previous}", previous.to_string()),
            ("{external_id}", external_id),
        ],
        now: sts.now(),
    }
}
