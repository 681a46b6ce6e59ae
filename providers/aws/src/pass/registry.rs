//! ECR, private and public: a password for half a day
//! (<https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html>,
//! <https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_GetAuthorizationToken.html>).
//!
//! One signed request in the JSON protocol, over the shared client: an SDK of its own for each would be megabytes.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evercred_core::{Advice, Credential, Failure, Field, Fit, Pass, Secret};
use evercred_http::network_failure;
use http::header::CONTENT_TYPE;
use serde::Deserialize;

use super::{Services, unsigned};
use crate::partition::Partition;
use crate::settings::{ECR, ECR_PUBLIC};
use crate::signing::Signer;

const OPERATION: &str = "get a token of the registry";
const LONGEST_ANSWER: usize = 64 << 10;

/// A registry, as its host tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Registry<'a> {
    /// `ACCOUNT.dkr.ecr.REGION.amazonaws.com`.
    Private { account: &'a str, region: &'a str },
    /// `public.ecr.aws`.
    Public,
}

impl<'a> Registry<'a> {
    pub(super) fn of(host: &'a str) -> Option<Self> {
        if host == "public.ecr.aws" || host == "ecr-public.aws.com" {
            return Some(Self::Public);
        }
        let (account, rest) = host.split_once('.')?;
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let endings =
            [("dkr.ecr.", false), ("dkr.ecr-fips.", false), ("dkr-ecr.", true), ("dkr-ecr-fips.", true)];
        let (rest, dual) =
            endings.iter().find_map(|(start, dual)| Some((rest.strip_prefix(start)?, *dual)))?;
        let (region, domain) = rest.split_once('.')?;
        let own = Partition::of_region(region).domain;
        let is_own =
            if dual { matches!(domain, "on.aws" | "on.amazonwebservices.com.cn") } else { domain == own };
        (is_account && is_own).then_some(Self::Private { account, region })
    }
}

pub(super) fn fit(registry: &Registry<'_>, own: &str) -> Fit {
    match registry {
        Registry::Private { account, .. } if *account == own => Fit::Account,
        _ => Fit::Cloud,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    authorization_data: Data,
}

/// The private service answers with a list, the public one without.
#[derive(Deserialize)]
#[serde(untagged)]
enum Data {
    Many(Vec<Authorization>),
    One(Authorization),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authorization {
    authorization_token: String,
    expires_at: f64,
}

#[derive(Deserialize, Default)]
struct Refusal {
    #[serde(rename = "__type", default)]
    code: String,
    #[serde(alias = "Message", default)]
    message: String,
}

/// One question to one of the two services.
struct Question<'a> {
    url: String,
    target: &'static str,
    signer: Signer<'a>,
    /// What the role must be allowed.
    actions: &'static str,
}

pub(super) async fn pass(
    services: &Services,
    host: &str,
    credential: &Credential,
    now: SystemTime,
) -> Result<Pass, Failure> {
    let registry = Registry::of(host).ok_or_else(|| {
        Failure::new(OPERATION, host, Advice::NeedsAttention).message("this is no registry of AWS's")
    })?;
    let question = question(services, &registry, credential, now);
    let answer = ask(&services.client, &question).await?;
    let found = match answer.authorization_data {
        Data::One(found) => Some(found),
        Data::Many(found) => found.into_iter().next(),
    };
    let pass = found.and_then(|found| {
        let end = SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(found.expires_at).ok()?)?;
        let text = String::from_utf8(STANDARD.decode(found.authorization_token).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        Some(Pass::password(user, Secret::new(password)).asked_for().expiring_at(end))
    });
    pass.ok_or_else(|| nonsense(&question.url))
}

fn question<'a>(
    services: &Services,
    registry: &Registry<'a>,
    credential: &'a Credential,
    now: SystemTime,
) -> Question<'a> {
    let (service, name, region, target, actions) = match registry {
        Registry::Private { region, .. } => (
            ECR,
            "ecr",
            *region,
            "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
            "ecr:GetAuthorizationToken",
        ),
        // It is there and nowhere else.
        Registry::Public => (
            ECR_PUBLIC,
            "ecr-public",
            "us-east-1",
            "SpencerFrontendService.GetAuthorizationToken",
            "ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken",
        ),
    };
    let url = services.named(service).unwrap_or_else(|| match registry {
        Registry::Private { .. } if services.use_fips => services.regional("ecr", region),
        _ => services.regional(&format!("api.{name}"), region),
    });
    Question { url, target, signer: Signer { credential, region, service: name, now }, actions }
}

async fn ask(client: &reqwest::Client, question: &Question<'_>) -> Result<Answer, Failure> {
    let request = signed(question).map_err(|error| unsigned(OPERATION, &question.url, error))?;
    let unreachable = |error| network_failure(OPERATION, &question.url, error);
    let mut answer = client.execute(request).await.map_err(unreachable)?;
    let status = answer.status();
    let mut bytes = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(unreachable)? {
        if bytes.len() + part.len() > LONGEST_ANSWER {
            return Err(nonsense(&question.url));
        }
        bytes.extend_from_slice(&part);
    }
    if status.is_success() {
        return serde_json::from_slice(&bytes).map_err(|_| nonsense(&question.url));
    }
    let told = [Field::SECRET_ACCESS_KEY, Field::SESSION_TOKEN];
    let told = told.into_iter().filter_map(|field| question.signer.credential.field(field));
    Err(refused(question, status.as_u16(), &bytes).conceal(told))
}

/// The answer is for all registries that the session may use, so nothing has to be said.
const BODY: &str = "{}";

fn signed(question: &Question<'_>) -> Result<reqwest::Request, crate::signing::SigningError> {
    let mut request = http::Request::post(&question.url)
        .header(CONTENT_TYPE, "application/x-amz-json-1.1")
        .header("x-amz-target", question.target)
        .body(())?;
    question.signer.sign(&mut request, BODY.as_bytes())?;
    let request = request.map(|()| BODY);
    Ok(reqwest::Request::try_from(request)?)
}

fn refused(question: &Question<'_>, status: u16, body: &[u8]) -> Failure {
    let Refusal { code, message } = serde_json::from_slice(body).unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    let transient = matches!(status, 408 | 429 | 500..) || code.contains("Throttling");
    let advice = if transient { Advice::RETRY } else { Advice::NeedsAttention };
    let failure = Failure::new(OPERATION, &question.url, advice);
    if code.is_empty() {
        return failure.message(format!("HTTP status {status}")).hint(NOT_ECR);
    }
    let hint = format!("Allow the login's role {} on the resource \"*\".", question.actions);
    failure.code(code).message(message).hint(hint)
}

const NOT_ECR: &str = "Something between here and AWS answered in its place: check AWS_ENDPOINT_URL_ECR and the proxy \
                       variables (HTTPS_PROXY, NO_PROXY).";

fn nonsense(place: &str) -> Failure {
    Failure::new(OPERATION, place, Advice::RETRY).message("the answer is not one of ECR").hint(NOT_ECR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_known_by_its_host() {
        let private = |account, region| Some(Registry::Private { account, region });
        for (host, expected) in [
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", private("123456789012", "eu-west-1")),
            ("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", private("123456789012", "us-east-1")),
            ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", private("123456789012", "cn-north-1")),
            ("123456789012.dkr-ecr.eu-west-1.on.aws", private("123456789012", "eu-west-1")),
            ("public.ecr.aws", Some(Registry::Public)),
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.dev", None),
            ("123456789012.dkr.ecr.eu-west-1.evil.dev", None),
            ("12.dkr.ecr.eu-west-1.amazonaws.com", None),
            ("docker.io", None),
        ] {
            assert_eq!(Registry::of(host), expected, "{host}");
        }
    }

    #[test]
    fn the_registry_of_the_logins_own_account_fits_best() {
        let registry = Registry::of("123456789012.dkr.ecr.eu-west-1.amazonaws.com").unwrap();
        assert!(fit(&registry, "123456789012") > fit(&registry, "210987654321"));
    }
}
