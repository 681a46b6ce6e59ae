//! What AWS STS says, and a provider that is built as the daemon builds it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use evercred_aws::Config;
use evercred_core::{BuildError, Configured, Environment, IdToken, Provider, Surroundings, WallClock};
use evercred_http::{BuildContext, Http};
use evercred_test_support::scripted::{Answer, Scripted};
use evercred_test_support::tokens::jwt;
use serde_json::json;

/// 2026-11-22T20:00:00Z, when the tests take place.
pub(crate) const NOW: Duration = Duration::from_hours(498_716);

/// A server that answers as AWS STS does.
pub(crate) async fn server(answers: Vec<Answer>) -> Scripted {
    Scripted::answering("content-type: text/xml\r\n", answers).await
}

/// A session as `AssumeRoleWithWebIdentity` or `AssumeRole` gives it; `user` is empty where an imitation of STS
/// leaves it out.
pub(crate) fn session(action: &str, key: &str, user: &str, expiration: &str) -> Answer {
    let user = match user {
        "" => String::new(),
        arn => format!(
            "<AssumedRoleUser><AssumedRoleId>AROA1:me</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser>"
        ),
    };
    let body = format!(
        r#"<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <{action}Result>
    {user}
    <Credentials>
      <AccessKeyId>{key}</AccessKeyId>
      <SecretAccessKey>secret-of-{key}</SecretAccessKey>
      <SessionToken>token-of-{key}</SessionToken>
      <Expiration>{expiration}</Expiration>
    </Credentials>
  </{action}Result>
  <ResponseMetadata><RequestId>request-of-{key}</RequestId></ResponseMetadata>
</{action}Response>"#
    );
    Answer::new(200, body).with("x-amzn-requestid", &format!("request-of-{key}"))
}

/// An error in the shape of AWS's query protocol.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Answer {
    let body = format!(
        r#"<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>
  <RequestId>request-of-an-error</RequestId>
</ErrorResponse>"#
    );
    Answer::new(status, body).with("x-amzn-requestid", "request-of-an-error")
}

/// A provider from a config, as the daemon builds it.
pub(crate) fn build(config: &str, variables: &[(&str, &str)]) -> Result<Arc<dyn Provider>, BuildError> {
    let environment: Environment = variables.iter().copied().collect();
    let http = Http::new(&environment);
    let surroundings = Surroundings { environment, clock: Arc::new(Standing) };
    toml::from_str::<Config>(config).unwrap().build(&BuildContext { surroundings, http })
}

/// The machine's, until 21:00.
pub(crate) fn id_token() -> IdToken {
    IdToken::parse(&jwt(&json!({
        "iss": "https://api.gitpod.io/idp",
        "sub": "https://github.com/acme/app",
        "aud": ["sts.amazonaws.com"],
        "exp": 1_795_381_200,
        "iat": 1_795_377_600,
        "workspace_id": "acme-app-x1",
    })))
    .unwrap()
}

#[derive(Debug)]
struct Standing;

impl WallClock for Standing {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + NOW
    }
}
