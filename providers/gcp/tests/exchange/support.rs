//! What Google's services say, and a provider that is built as the daemon builds it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use evercred_core::{BuildError, Configured, Environment, IdToken, Provider, Surroundings, WallClock};
use evercred_gcp::Config;
use evercred_http::{BuildContext, Http};
use evercred_test_support::scripted::{Answer, Scripted};
use evercred_test_support::tokens::jwt;
use serde_json::{Value, json};

/// 2026-11-22T20:00:00Z, when the tests take place.
pub(crate) const NOW: Duration = Duration::from_hours(498_716);

/// A server that answers as Google's services do.
pub(crate) async fn server(answers: Vec<Answer>) -> Scripted {
    Scripted::answering("content-type: application/json; charset=UTF-8\r\n", answers).await
}

/// An answer with this body.
pub(crate) fn ok(body: &Value) -> Answer {
    Answer::new(200, body.to_string())
}

/// A refusal with this body.
pub(crate) fn refused(status: u16, body: &Value) -> Answer {
    Answer::new(status, body.to_string())
}

/// An answer of the token exchange.
pub(crate) fn federated(token: &str, expires_in: u64) -> Answer {
    ok(&json!({
        "access_token": token,
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "token_type": "Bearer",
        "expires_in": expires_in,
    }))
}

/// An answer of `generateAccessToken`.
pub(crate) fn impersonated(token: &str, expire_time: &str) -> Answer {
    ok(&json!({ "accessToken": token, "expireTime": expire_time }))
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
        "sub": "acme-app-x1",
        "aud": ["https://iam.googleapis.com/projects/1234/locations/global/workloadIdentityPools/ona/providers/main"],
        "exp": 1_795_381_200,
        "iat": 1_795_377_600,
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
