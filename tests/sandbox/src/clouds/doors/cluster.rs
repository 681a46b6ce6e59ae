//! API servers of Kubernetes, which tell whoever comes in who they are: `https://NAME.eks.cluster.test`,
//! `https://NAME.gke.cluster.test`, `https://NAME.aks.cluster.test`, and `https://AUDIENCE.oidc.cluster.test`.
//!
//! EKS learns who asks as aws-iam-authenticator does: it takes the URL out of the token, checks that it leads to STS and
//! asks for nothing but the caller's identity, that the header with the cluster's name is signed, and that it was signed
//! within a quarter of an hour; then it *makes that request*. (The real one insists on https; the sandbox's STS speaks
//! plain HTTP, too.) GKE, AKS and an issuer of the cluster's own are asked for the token itself.

use std::io;
use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

use super::bearer;
use crate::clouds::{azure, gcp};
use crate::log::Facts;
use crate::platform::token_id;
use crate::state::State;
use crate::verify::verify;

/// The application of every AKS cluster.
const AKS: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";

pub(crate) fn is_one(host: &str) -> bool {
    host.ends_with(".cluster.test")
}

/// Answers every request to an API server.
pub(crate) async fn answer(state: &Arc<State>, host: &str, headers: &HeaderMap) -> Response {
    let mut labels = host.split('.');
    let (name, kind) = (labels.next().unwrap_or_default(), labels.next().unwrap_or_default());
    let mut facts = Facts { action: Some(format!("{kind}/{name}")), ..Facts::default() };
    facts.bearer_id = bearer(headers).map(token_id);
    let who = match (kind, bearer(headers)) {
        ("eks", Some(token)) => ask_sts(state, name, token).await,
        ("gke", _) => gcp::principal(state, headers),
        ("aks", _) => azure::object(state, headers, AKS),
        ("oidc", Some(token)) => of_issuer(state, name, token),
        _ => Err("there is no token".to_owned()),
    };
    match who {
        Ok(who) => {
            facts.principal = Some(who.clone());
            (Extension(facts), Json(json!({"user": who}))).into_response()
        }
        Err(why) => {
            facts.error = Some(why);
            let status = json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                "message": "Unauthorized", "reason": "Unauthorized", "code": 401,
            });
            (StatusCode::UNAUTHORIZED, Extension(facts), Json(status)).into_response()
        }
    }
}

fn of_issuer(state: &State, audience: &str, token: &str) -> Result<String, String> {
    let claims = verify(state, token).map_err(|rejection| format!("{rejection:?}"))?;
    if !claims.audience().iter().any(|one| one == audience) {
        return Err(format!("the token is for {:?}", claims.audience()));
    }
    Ok(claims.text("sub").unwrap_or_default().to_owned())
}

async fn ask_sts(state: &State, cluster: &str, token: &str) -> Result<String, String> {
    let url = presigned(token).ok_or("the token holds no URL")?;
    check(state, &url)?;
    let answer = get(state, &url, cluster).await.map_err(|error| error.to_string())?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    if !head.contains(" 200 ") {
        return Err(format!("STS refused: {body}"));
    }
    let arn = body.split_once("<Arn>").and_then(|(_, rest)| rest.split_once("</Arn>"));
    arn.map(|(arn, _)| arn.to_owned()).ok_or_else(|| "STS does not say who".to_owned())
}

fn presigned(token: &str) -> Option<Url> {
    let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix("k8s-aws-v1.")?).ok()?;
    Url::parse(str::from_utf8(&bytes).ok()?).ok()
}

/// The parameters that the authenticator lets pass, in small letters.
const PARAMETERS: [&str; 9] = [
    "action",
    "version",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
];

fn check(state: &State, url: &Url) -> Result<(), String> {
    let place = url.host_str().zip(url.port()).map(|(host, port)| format!("{host}:{port}"));
    if place.as_deref() != Some(&state.address) || url.path() != "/" {
        return Err(format!("{place:?} is not STS"));
    }
    let pairs: Vec<_> = url.query_pairs().map(|(key, value)| (key.to_lowercase(), value)).collect();
    let get = |name: &str| {
        let found = pairs.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.to_string()).unwrap_or_default()
    };
    if let Some((other, _)) = pairs.iter().find(|(key, _)| !PARAMETERS.contains(&key.as_str())) {
        return Err(format!("the parameter {other} is not allowed"));
    }
    if get("action") != "GetCallerIdentity" {
        return Err("the action is another one".to_owned());
    }
    if !get("x-amz-signedheaders").split(';').any(|name| name == "x-k8s-aws-id") {
        return Err("the name of the cluster is not signed".to_owned());
    }
    match get("x-amz-expires").parse::<u32>() {
        Ok(0..=900) => Ok(()),
        _ => Err("it is good for too long".to_owned()),
    }
}

async fn get(state: &State, url: &Url, cluster: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(&state.address).await?;
    let request = format!(
        "GET {}?{} HTTP/1.0\r\nHost: {}\r\nX-K8s-Aws-Id: {cluster}\r\nAccept: application/xml\r\n\r\n",
        url.path(),
        url.query().unwrap_or_default(),
        state.address,
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
