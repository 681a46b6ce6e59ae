//! EKS: the bearer token is a request to STS that the cluster makes to learn who asks.
//!
//! A [presigned] `GetCallerIdentity`, with the cluster's name in a signed header, so that no other cluster can use it.
//! The request's own life is a minute, but clusters take it for a quarter of an hour after it was signed, and so
//! `aws eks get-token` says fourteen minutes, too.
//!
//! [presigned]: https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evercred_core::{Advice, Credential, Failure, Pass, Secret};

use super::{Services, unsigned};
use crate::signing::Signer;

const PREFIX: &str = "k8s-aws-v1.";
const REQUEST_LIFE: Duration = Duration::from_mins(1);
const LIFE: Duration = Duration::from_mins(14);
const OPERATION: &str = "make a token for the cluster";

pub(super) fn pass(
    services: &Services,
    (cluster, region): (Option<&str>, Option<&str>),
    credential: &Credential,
    now: SystemTime,
) -> Result<Pass, Failure> {
    let cluster = cluster.ok_or_else(nameless)?;
    let region = region.unwrap_or(&services.region);
    let regional = || services.regional("sts", region);
    let named = services.sts.as_ref().map(|url| format!("{}/", url.trim_end_matches('/')));
    let url = format!("{}?Action=GetCallerIdentity&Version=2011-06-15", named.unwrap_or_else(regional));
    let signer = Signer { credential, region, service: "sts", now };
    let url = signer
        .presign(&url, &[("x-k8s-aws-id", cluster)], REQUEST_LIFE)
        .map_err(|error| unsigned(OPERATION, cluster, error))?;
    let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(url));
    Ok(Pass::bearer(Secret::new(token)).expiring_at(now + LIFE))
}

fn nameless() -> Failure {
    Failure::new(OPERATION, "", Advice::NeedsAttention)
        .message("the name of the cluster is not known")
        .hint("Add --cluster and its name, as \"aws eks list-clusters\" shows it.")
}
