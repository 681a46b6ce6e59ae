//! What AWS knows of a token when it evaluates a condition.
//!
//! Of the token's claims only few become condition keys: `aud`, `sub` and `amr` of every issuer, and more of some that AWS
//! knows by name
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif>).

use std::collections::BTreeMap;

use evercred_core::Claims;
use serde_json::Value;

use crate::SessionName;

/// What there is to know.
#[derive(Debug)]
pub(super) struct Facts<'q> {
    pub(super) claims: &'q Claims,
    /// The issuer as IAM names it: without its scheme.
    pub(super) host: &'q str,
    /// The account of the role, if it is known.
    pub(super) role_account: Option<&'q str>,
    /// By the names in lower case, since the case of a key does not count.
    keys: BTreeMap<String, Vec<String>>,
}

/// What is known of a condition key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known<'f> {
    /// It has these values.
    Values(&'f [String]),
    /// It has none.
    Absent,
    /// Only AWS knows.
    NotFromHere,
}

/// Claims that are condition keys for tokens of this issuer.
fn keys_of(host: &str) -> &'static [&'static str] {
    const GITHUB: &[&str] = &[
        "amr",
        "actor",
        "actor_id",
        "job_workflow_ref",
        "repository",
        "repository_id",
        "workflow",
        "ref",
        "environment",
        "enterprise_id",
    ];
    match host.split('/').next().unwrap_or_default() {
        "token.actions.githubusercontent.com" => GITHUB,
        "accounts.google.com" => &["amr", "email", "hd"],
        _ => &["amr"],
    }
}

impl<'q> Facts<'q> {
    pub(super) fn of(claims: &'q Claims, role_arn: Option<&'q str>) -> Self {
        let issuer = claims.issuer().unwrap_or_default();
        let host = issuer.split_once("://").map_or(issuer, |(_, host)| host);
        let mut keys = BTreeMap::new();
        let mut add = |name: &str, values: Vec<String>| {
            if !values.is_empty() {
                keys.insert(format!("{host}:{name}").to_lowercase(), values);
            }
        };
        add("aud", audience(claims));
        add("sub", texts(claims.all().get("sub")));
        for name in keys_of(host) {
            add(name, texts(claims.all().get(*name)));
        }
        let session = SessionName::from_claims(claims).as_str().to_owned();
        keys.insert("sts:rolesessionname".to_owned(), vec![session]);
        let role_account = role_arn.and_then(|arn| arn.split(':').nth(4));
        Self { claims, host, role_account, keys }
    }

    pub(super) fn known(&self, key: &str) -> Known<'_> {
        let key = key.to_lowercase();
        match self.keys.get(&key) {
            Some(values) => Known::Values(values),
            None if key.starts_with("aws:") || key.starts_with("sts:") => Known::NotFromHere,
            None => Known::Absent,
        }
    }

    /// The claim that a condition key stands for, if it is one of this issuer's.
    pub(super) fn claim<'k>(&self, key: &'k str) -> Option<&'k str> {
        let (host, claim) = key.rsplit_once(':')?;
        host.eq_ignore_ascii_case(self.host).then_some(claim)
    }

    /// Why a key of this issuer has no value.
    pub(super) fn why_absent(&self, key: &str) -> String {
        let Some(claim) = self.claim(key) else {
            return format!("the key {key} is of another issuer than the token, which is of {}", self.host);
        };
        let names = ["aud", "sub"].iter().chain(keys_of(self.host)).copied().collect::<Vec<_>>();
        if names.contains(&claim) {
            return format!("the token has no `{claim}`");
        }
        format!(
            "there is no condition key for `{claim}`: of tokens of {} AWS knows {}",
            self.host,
            names.join(", ")
        )
    }

    pub(super) fn has_party(&self) -> bool {
        self.claims.text("azp").is_some()
    }
}

/// What counts as audience: `azp` if there is one, for it names the one client of several audiences.
pub(super) fn audience(claims: &Claims) -> Vec<String> {
    let several = || claims.audiences().into_iter().map(str::to_owned).collect();
    claims.text("azp").map_or_else(several, |party| vec![party.to_owned()])
}

fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(number @ (Value::Number(_) | Value::Bool(_))) => vec![number.to_string()],
        _ => Vec::new(),
    }
}
