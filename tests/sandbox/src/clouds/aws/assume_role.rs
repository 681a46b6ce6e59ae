//! `AssumeRole`, from the session of another role: role chaining
//! (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).

use std::collections::BTreeMap;
use std::time::Duration;

use super::account::{AwsOptions, Role};
use super::answer::{Answer, Xml};
use super::parameters::{Assume, Parameters};
use super::sessions::Session;
use super::trust::{self, Asked};
use super::web_identity::with_packed_size;
use super::{Call, Refusal, signature};
use crate::log::Facts;
use crate::state::State;

/// How long a session lasts if nobody says.
const DEFAULT_LIFETIME: Duration = Duration::from_hours(1);
/// No chained session lives longer, whatever its role allows.
const LONGEST_CHAINED: Duration = Duration::from_hours(1);

pub(super) fn answer(
    state: &State,
    call: &Call<'_>,
    parameters: &Parameters,
    facts: &mut Facts,
) -> Result<Answer, Refusal> {
    let caller = signature::caller(state, call, "sts", facts)?;
    let asked = parameters.assume()?;
    let options = state.options().aws.clone();
    let role = permitted_role(state, &options, &caller, parameters, &asked)?;
    if asked.duration.is_some_and(|seconds| seconds > LONGEST_CHAINED.as_secs()) {
        return Err(Refusal::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ));
    }
    let lifetime = lifetime(&asked, role.max_session)?;
    let session = state.aws().open(&options, role, asked.session_name, state.clock.now(), lifetime);
    state.secrets().extend(session.secrets());
    facts.access_key_id = Some(session.access_key_id.clone());
    let mut result = Xml::default();
    session.describe(&mut result);
    Ok(Answer::new("AssumeRole", with_packed_size(result, &asked)))
}

/// How long a session shall last: what was asked for, or an hour.
pub(super) fn lifetime(asked: &Assume<'_>, longest: Duration) -> Result<Duration, Refusal> {
    let lifetime = asked.duration.map_or(DEFAULT_LIFETIME, Duration::from_secs);
    if asked.duration.is_some() && lifetime > longest {
        return Err(Refusal::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(lifetime)
}

fn permitted_role<'a>(
    state: &State,
    options: &'a AwsOptions,
    caller: &Session,
    parameters: &Parameters,
    asked: &Assume<'_>,
) -> Result<&'a Role, Refusal> {
    let actions = if parameters.tags().is_empty() {
        &["sts:AssumeRole"][..]
    } else {
        &["sts:AssumeRole", "sts:TagSession"][..]
    };
    let role = options.role(asked.role_arn);
    for &action in actions {
        let question = question(options, caller, parameters, asked, action);
        let allowed = |role: &Role| trust::allows(&options.trust_policy(role, &state.issuer()), &question);
        if !role.is_some_and(allowed) {
            return Err(denied(caller, action, asked.role_arn));
        }
    }
    role.ok_or_else(|| denied(caller, "sts:AssumeRole", asked.role_arn))
}

fn denied(caller: &Session, action: &str, role_arn: &str) -> Refusal {
    let arn = &caller.arn;
    Refusal::new(
        403,
        "AccessDenied",
        format!("User: {arn} is not authorized to perform: {action} on resource: {role_arn}"),
    )
}

fn question(
    options: &AwsOptions,
    caller: &Session,
    parameters: &Parameters,
    asked: &Assume<'_>,
    action: &'static str,
) -> Asked {
    let mut keys = BTreeMap::from([
        ("aws:principalarn".to_owned(), vec![caller.role_arn.clone()]),
        ("sts:rolesessionname".to_owned(), vec![asked.session_name.to_owned()]),
    ]);
    if let Some(id) = parameters.get("ExternalId") {
        keys.insert("sts:externalid".to_owned(), vec![id.to_owned()]);
    }
    for (key, value) in parameters.tags() {
        keys.insert(format!("aws:requesttag/{}", key.to_lowercase()), vec![value.to_owned()]);
        keys.entry("aws:tagkeys".to_owned()).or_default().push(key.to_owned());
    }
    let account = [options.root_arn(), options.account.clone()];
    let own = [caller.role_arn.clone(), caller.arn.clone()];
    Asked { kind: "AWS", principals: account.into_iter().chain(own).collect(), action, keys }
}
