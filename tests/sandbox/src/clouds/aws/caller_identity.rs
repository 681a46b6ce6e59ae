//! `GetCallerIdentity`: the proof that a credential works, for it needs a right signature and no permission
//! (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>).

use super::answer::{Answer, Xml};
use super::{Call, Refusal, signature};
use crate::log::Facts;
use crate::state::State;

pub(super) fn answer(state: &State, call: &Call<'_>, facts: &mut Facts) -> Result<Answer, Refusal> {
    let caller = signature::caller(state, call, "sts", facts)?;
    let account = state.options().aws.account.clone();
    let result =
        Xml::default().with("Arn", &caller.arn).with("UserId", &caller.user_id).with("Account", &account);
    Ok(Answer::new("GetCallerIdentity", result))
}
