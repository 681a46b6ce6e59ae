//! Whether a principal may act as a service account: by the bindings of that account's policy
//! (<https://cloud.google.com/iam/docs/principal-identifiers>).

use super::grants::Principal;
use super::options::{GcpRole, ServiceAccount};

/// What one may want with a service account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permission {
    GetAccessToken,
    GetOpenIdToken,
    /// To stand between a caller and the account that it wants to act as.
    ImplicitDelegation,
}

impl Permission {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::GetAccessToken => "iam.serviceAccounts.getAccessToken",
            Self::GetOpenIdToken => "iam.serviceAccounts.getOpenIdToken",
            Self::ImplicitDelegation => "iam.serviceAccounts.implicitDelegation",
        }
    }

    fn is_in(self, role: GcpRole) -> bool {
        match role {
            GcpRole::TokenCreator => true,
            GcpRole::WorkloadIdentityUser => self != Self::ImplicitDelegation,
        }
    }
}

/// Whether the account's policy lets the principal.
pub(super) fn allows(account: &ServiceAccount, principal: &Principal, permission: Permission) -> bool {
    let mut bindings = account.bindings.iter().filter(|binding| permission.is_in(binding.role));
    bindings.any(|binding| is_member(&binding.member, principal))
}

fn is_member(member: &str, principal: &Principal) -> bool {
    let Principal::Federated { pool, attributes } = principal else {
        return member == principal.member();
    };
    let set = member.strip_prefix("principalSet://iam.googleapis.com/");
    let within = set.and_then(|set| set.strip_prefix(pool.as_str())?.strip_prefix('/'));
    match within.map(|within| within.split_once('/').unwrap_or((within, ""))) {
        Some(("*", "")) => true,
        Some(("group", group)) => attributes.groups.iter().any(|member| member == group),
        Some((key, value)) => {
            let has = key.strip_prefix("attribute.").and_then(|key| attributes.custom.get(key));
            has.is_some_and(|has| has == value)
        }
        None => member == principal.member(),
    }
}
