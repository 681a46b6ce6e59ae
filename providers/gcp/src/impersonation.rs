//! Speaking for a service account: `generateAccessToken` and `generateIdToken` of the IAM Credentials service.

use std::time::{Duration, SystemTime};

use evercred_core::{Failure, IdToken, Secret};
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::ServiceAccount;
use crate::call::{Call, Refused};
use crate::refusal;
use crate::settings::Settings;
use crate::sts;

/// The IAM Credentials service, asked with a token of the pool's identity.
#[derive(Debug)]
pub(crate) struct Impersonation<'a> {
    pub(crate) client: &'a Client,
    pub(crate) settings: &'a Settings,
    pub(crate) account: &'a ServiceAccount,
    /// What the requests are made with.
    pub(crate) federated: &'a Secret,
    /// What that was exchanged for.
    pub(crate) id_token: &'a IdToken,
    pub(crate) now: SystemTime,
}

/// An access token of the service account.
#[derive(Debug)]
pub(crate) struct AccessToken {
    pub(crate) token: Secret,
    pub(crate) expires_at: SystemTime,
}

/// The path of a method of the service, for an account.
pub(crate) fn path(account: &ServiceAccount, method: &str) -> String {
    format!("v1/{}:{method}", account.resource())
}

impl Impersonation<'_> {
    /// Asks for an access token that lives so long.
    pub(crate) async fn access_token(&self, lifetime: Duration) -> Result<AccessToken, Refused> {
        let call = self.call("get a token of the service account");
        let body = json!({
            "delegates": self.delegates(),
            "scope": self.settings.scopes,
            "lifetime": format!("{}s", lifetime.as_secs()),
        });
        let answer: AccessAnswer = call.send(self.request("generateAccessToken", &body)).await?;
        let end: jiff::Timestamp =
            answer.expire_time.parse().map_err(|_| call.useless("the answer's expiry is not a time"))?;
        if answer.access_token.is_empty() {
            return Err(call.useless("the access token in the answer is empty").into());
        }
        Ok(AccessToken { token: Secret::new(answer.access_token), expires_at: end.into() })
    }

    /// Asks for a token that Google signs, for `audience`.
    pub(crate) async fn id_token(&self, audience: &str) -> Result<IdToken, Failure> {
        let call = self.call("get an ID token of the service account");
        let body = json!({ "delegates": self.delegates(), "audience": audience, "includeEmail": true });
        let answer: IdAnswer = call.send(self.request("generateIdToken", &body)).await?;
        IdToken::parse(&answer.token).map_err(|_| call.useless("the ID token in the answer is not one"))
    }

    fn request(&self, method: &str, body: &Value) -> RequestBuilder {
        let url = self.settings.credentials.at(&path(self.account, method));
        self.client.post(url).bearer_auth(self.federated.expose()).json(body)
    }

    fn delegates(&self) -> Vec<String> {
        self.settings.delegates.iter().map(ServiceAccount::resource).collect()
    }

    fn call(&self, operation: &'static str) -> Call<'_> {
        let is_direct = self.settings.delegates.is_empty();
        Call {
            operation,
            place: self.settings.credentials.as_str(),
            refusals: if is_direct { refusal::IMPERSONATION } else { refusal::DELEGATION },
            words: self.words(),
            told: vec![self.id_token.raw(), self.federated],
            now: self.now,
        }
    }

    fn words(&self) -> Vec<(&'static str, String)> {
        let chain = self.settings.delegates.iter().chain([self.account]).map(ToString::to_string);
        let mut words = sts::words(self.settings, self.id_token);
        words.push(("{chain}", chain.collect::<Vec<_>>().join(", then ")));
        words
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccessAnswer {
    access_token: String,
    expire_time: String,
}

#[derive(Deserialize)]
struct IdAnswer {
    token: String,
}
