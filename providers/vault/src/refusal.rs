//! What the server answers when it refuses, what to do about it, and what to tell the user: one table.
//!
//! Vault has no error codes, only a status and a sentence, so both are compared; the sentences are those of OpenBao 2
//! and of Vault 1.16 to 1.20 (<https://openbao.org/api-docs/#http-status-codes>). Names in braces in a remedy stand
//! for what the call was made with. Claims of the token are shown: they are not secret, and nine refusals of ten are
//! a claim that the role does not expect.

use evercred_core::Advice;

use crate::failure::Call;

mod secret;

/// One way to be refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    statuses: &'static [u16],
    /// What the message must contain, in lower case, for it to be this one: any of these. Empty: nothing particular.
    saying: &'static [&'static str],
    /// What to do.
    pub(crate) advice: Advice,
    /// What it means, for servers that send a status without a message.
    pub(crate) meaning: &'static str,
    /// What the reader can do.
    pub(crate) remedy: &'static str,
}

/// The refusal that fits, of those of the call and of every call.
pub(crate) fn find(call: Call, status: u16, message: &str) -> &'static Refusal {
    let message = message.to_lowercase();
    let says = |refusal: &Refusal| {
        refusal.saying.is_empty() || refusal.saying.iter().any(|words| message.contains(words))
    };
    let particular = match call {
        Call::LogIn => LOGIN,
        Call::Read | Call::Write => secret::REFUSALS,
        Call::Renew | Call::Revoke | Call::RenewLease => &[],
    };
    let fits = |refusal: &&Refusal| refusal.statuses.contains(&status) && says(refusal);
    let unknown = if status >= 500 { &UNWELL } else { &UNKNOWN };
    particular.iter().chain(COMMON).find(fits).unwrap_or(unknown)
}

/// Of the login. A write without a key resets it, so cures write the whole role. The order counts: a message about the audience names the token too.
static LOGIN: &[Refusal] = &[
    Refusal {
        statuses: &[400, 403],
        saying: &["token is expired", "token expired", "expiration time (exp)"],
        advice: Advice::NewToken,
        meaning: "the ID token has expired",
        remedy: "A new token is asked for. If this repeats, compare this machine's clock with the true time.",
    },
    Refusal {
        statuses: &[400, 403],
        saying: &["not yet valid", "issued in the future", "issued at (iat)", "not before (nbf)"],
        advice: Advice::RETRY,
        meaning: "the ID token is not valid yet",
        remedy: "Compare this machine's clock and the server's with the true time.",
    },
    Refusal {
        statuses: &[400, 403],
        saying: &["audience"],
        advice: Advice::NeedsAttention,
        meaning: "the ID token is for an audience that the role does not take",
        remedy: "The token says `aud` {audience}. Add it to the bound_audiences of the role {role}, or set `audience` \
                 to one that is there.\nbao read -format=json auth/{mount}/role/{role} \
                 | jq '.data | .bound_audiences += [\"{audience}\"]' | bao write auth/{mount}/role/{role} -",
    },
    Refusal {
        statuses: &[400, 403],
        saying: &["issuer"],
        advice: Advice::NeedsAttention,
        meaning: "the ID token is of an issuer that the mount does not take",
        remedy: "The token says `iss` {issuer}. Set that as bound_issuer (or as oidc_discovery_url) of auth/{mount}/config, \
                 or correct `mount`.\nbao read -format=json auth/{mount}/config \
                 | jq '.data + {\"bound_issuer\": \"{issuer}\"}' | bao write auth/{mount}/config -",
    },
    Refusal {
        statuses: &[400, 403],
        saying: &["subject"],
        advice: Advice::NeedsAttention,
        meaning: "the ID token is for a subject that the role does not take",
        remedy: "The token says `sub` {subject}. Set that as bound_subject of the role {role}, or use bound_claims with a \
                 pattern instead.\nbao read -format=json auth/{mount}/role/{role} \
                 | jq '.data + {\"bound_subject\": \"{subject}\"}' | bao write auth/{mount}/role/{role} -",
    },
    Refusal {
        statuses: &[400, 403],
        saying: &["error validating claims", "bound claim"],
        advice: Advice::NeedsAttention,
        meaning: "a claim of the ID token is not as the role expects",
        remedy: "Compare the bound_claims of the role {role} with what `evercred token --audience {audience} --decode` \
                 shows. The token says `sub` {subject}.",
    },
    Refusal {
        statuses: &[400, 403],
        saying: &["not found in token", "claim not found"],
        advice: Advice::NeedsAttention,
        meaning: "the ID token lacks a claim that the role reads",
        remedy: "Set the user_claim (and the groups_claim and claim_mappings) of the role {role} to claims that `evercred \
                 token --audience {audience} --decode` shows.",
    },
    Refusal {
        statuses: &[400, 500, 503],
        saying: &["fetching keys", "jwks", "discovery", "keyset", "key set"],
        advice: Advice::RETRY,
        meaning: "the server could not fetch the issuer's keys",
        remedy: "Usually transient. If it lasts, check that the server can reach {issuer}, and the URLs in \
                 auth/{mount}/config.",
    },
    Refusal {
        statuses: &[400, 403],
        saying: &["signature"],
        advice: Advice::NewToken,
        meaning: "the signature of the ID token is not by a key that the mount knows",
        remedy: "A new token is asked for. If this repeats, check that auth/{mount}/config names the keys of {issuer} \
                 (oidc_discovery_url, jwks_url or jwt_validation_pubkeys).",
    },
    Refusal {
        statuses: &[400],
        saying: &["missing role"],
        advice: Advice::NeedsAttention,
        meaning: "the mount has no default role",
        remedy: "Set `role` in the config, or default_role in auth/{mount}/config.",
    },
    Refusal {
        statuses: &[400],
        saying: &["could not be found", "role not found"],
        advice: Advice::NeedsAttention,
        meaning: "the mount has no such role",
        remedy: "Correct `role` in the config; `bao list auth/{mount}/role` shows which there are.",
    },
    Refusal {
        statuses: &[404],
        saying: &["namespace"],
        advice: Advice::NeedsAttention,
        meaning: "there is no such namespace",
        remedy: "The namespace asked for is {namespace}. Correct `namespace`, or BAO_NAMESPACE and VAULT_NAMESPACE.",
    },
    Refusal {
        statuses: &[404, 405],
        saying: &[],
        advice: Advice::NeedsAttention,
        meaning: "nothing at this path takes a JWT login",
        remedy: NO_MOUNT,
    },
    Refusal {
        statuses: &[403],
        saying: &[],
        advice: Advice::NeedsAttention,
        meaning: "permission denied",
        remedy: NO_MOUNT,
    },
];

const NO_MOUNT: &str = "The server says this when no JWT auth method is mounted at auth/{mount} of the namespace \
                        {namespace}: correct `mount` (`bao auth list` shows which there are) or `namespace`. Else the \
                        token_bound_cidrs of the role {role} keep this machine out.";

/// Of every call.
static COMMON: &[Refusal] = &[
    Refusal {
        statuses: &[503],
        saying: &["sealed"],
        // Nobody is there who could be asked, and asking costs nothing, so the return is noticed at once.
        advice: Advice::Unreachable,
        meaning: "the server is sealed",
        remedy: "Somebody has to unseal it; evercred keeps trying.",
    },
    Refusal {
        statuses: &[472, 473],
        saying: &[],
        advice: Advice::Unreachable,
        meaning: "the server is a standby that does not take requests",
        remedy: "Set `address` to that of the active server, or of a load balancer that knows which one it is.",
    },
    Refusal {
        statuses: &[307],
        saying: &[],
        // It answers so, too, while the active server is gone.
        advice: Advice::Unreachable,
        meaning: "the server is a standby that refers to the active one",
        remedy: "Set `address` to that of the active server, or of a load balancer that knows which one it is: redirects \
                 are not followed, because whoever sends one would be sent the token.",
    },
    Refusal {
        statuses: &[500, 503],
        saying: &["not active", "no active", "standby", "not initialized"],
        advice: Advice::Unreachable,
        meaning: "the cluster has no active server",
        remedy: "This is usually transient; evercred tries again.",
    },
    Refusal {
        statuses: &[429],
        saying: &[],
        advice: Advice::RETRY,
        meaning: "too many requests",
        remedy: "The server limits how often it is asked (a rate limit quota), or it is a standby; evercred tries again.",
    },
    Refusal {
        statuses: &[412],
        saying: &[],
        advice: Advice::RETRY,
        meaning: "the server has not caught up with the active one yet",
        remedy: "This is usually transient; evercred tries again.",
    },
];

static UNWELL: Refusal = Refusal {
    statuses: &[],
    saying: &[],
    advice: Advice::RETRY,
    meaning: "the server is not well",
    remedy: "This is usually transient; evercred tries again. The server's log says more.",
};

static UNKNOWN: Refusal = Refusal {
    statuses: &[],
    saying: &[],
    advice: Advice::NeedsAttention,
    meaning: "the server refused the request",
    remedy: "Check `address`, `mount`, `role` and `namespace`; the server's audit log says more.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_nobody_can_use_is_asked_again_soon() {
        for (status, message) in [
            (503, "Vault is sealed"),
            (473, ""),
            (307, ""),
            (472, ""),
            (500, "local node not active but active cluster node not found"),
        ] {
            assert_eq!(find(Call::LogIn, status, message).advice, Advice::Unreachable, "{status} {message}");
            assert_eq!(find(Call::Read, status, message).advice, Advice::Unreachable, "{status} {message}");
        }
    }

    #[test]
    fn what_nobody_has_seen_before_is_classed_by_its_status() {
        assert_eq!(find(Call::LogIn, 418, "?").advice, Advice::NeedsAttention);
        assert_eq!(find(Call::LogIn, 502, "?").advice, Advice::RETRY);
        assert_eq!(find(Call::Read, 429, "").advice, Advice::RETRY);
    }
}
