//! A role session as STS hands it out.

use std::time::SystemTime;

use aws_sdk_sts::types::{AssumedRoleUser, Credentials};
use evercred_core::{Advice, Failure, Secret};

use crate::failure::Call;

/// Keys that are whole and still good.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: Secret,
    pub(crate) token: Secret,
    pub(crate) expires_at: SystemTime,
    /// The session's own ARN; servers that imitate STS may leave it out.
    pub(crate) arn: Option<String>,
    pub(crate) request_id: Option<String>,
}

impl Session {
    /// Takes an answer apart. One that is empty or over already would be worse than what it replaces.
    pub(crate) fn from_answer(
        credentials: Option<&Credentials>,
        user: Option<&AssumedRoleUser>,
        request_id: Option<&str>,
        (call, now): (&Call<'_>, SystemTime),
    ) -> Result<Self, Failure> {
        let useless = |what: &str| call.failure(Advice::RETRY).message(what).request_id(request_id);
        let Some(credentials) = credentials else {
            return Err(useless("the answer holds no credentials").hint(IMITATION));
        };
        let session = Self {
            access_key_id: credentials.access_key_id().to_owned(),
            secret_access_key: Secret::new(credentials.secret_access_key()),
            token: Secret::new(credentials.session_token()),
            expires_at: SystemTime::try_from(*credentials.expiration())
                .map_err(|_| useless("the answer's expiry is not a time").hint(IMITATION))?,
            arn: user.map(|user| user.arn().to_owned()).filter(|arn| !arn.is_empty()),
            request_id: request_id.map(str::to_owned),
        };
        if session.access_key_id.is_empty()
            || session.secret_access_key.is_empty()
            || session.token.is_empty()
        {
            return Err(useless("the answer's keys are empty").hint(IMITATION));
        }
        if session.expires_at <= now {
            return Err(useless("the session it gave is over already")
                .hint("Compare this machine's clock with the true time: it seems to be fast."));
        }
        Ok(session)
    }
}

const IMITATION: &str = "What answered is not AWS STS, or is broken: check `endpoint_url` and the proxy.";
