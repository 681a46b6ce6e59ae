//! What Entra answers when it refuses, what to do about it, and what to tell the user: one table.
//!
//! Microsoft lists the codes (<https://learn.microsoft.com/entra/identity-platform/reference-error-codes>) and warns
//! that they may become finer: a digit is added at the end, so that `AADSTS700213` covers `AADSTS7002138`. Names in
//! braces in a remedy stand for what the exchange was made with. Claims of the token are shown: they are not secret,
//! and nine refusals of ten are a claim that no federated credential expects.

use evercred_core::Advice;

/// One way to be refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The codes that mean it, without `AADSTS`. One that ends with a star covers its finer ones.
    codes: &'static [&'static str],
    /// What to do.
    pub(crate) advice: Advice,
    /// What it means, for servers that send a code without a message.
    pub(crate) meaning: &'static str,
    /// What the reader can do.
    pub(crate) remedy: &'static str,
}

/// The refusal that fits the code, or else the status.
pub(crate) fn find(code: &str, status: u16) -> &'static Refusal {
    let number = code.strip_prefix("AADSTS").unwrap_or(code);
    let fits =
        |known: &&str| known.strip_suffix('*').map_or(*known == number, |stem| number.starts_with(stem));
    let unknown = match status {
        429 => &THROTTLED,
        408 | 500.. => &UNWELL,
        _ => &UNKNOWN,
    };
    TABLE.iter().find(|refusal| refusal.codes.iter().any(fits)).unwrap_or(unknown)
}

/// A remedy, and the command that sets up the trust.
macro_rules! or_trust {
    ($remedy:literal) => {
        concat!(
            $remedy,
            "\naz ad app federated-credential create --id {client} --parameters '{\"name\": \"evercred\", \"issuer\": \
             \"{issuer}\", \"subject\": \"{subject}\", \"audiences\": [\"{audience}\"]}'"
        )
    };
}

static TABLE: &[Refusal] = &[
    Refusal {
        codes: &["700211*"],
        advice: Advice::NeedsAttention,
        meaning: "no federated credential is for this issuer",
        remedy: or_trust!(
            "The token says `iss` {issuer}, `sub` {subject}, `aud` {audience}, and {client} has no federated credential for \
             that issuer (to the letter, a final slash included): create one, which takes some minutes to count."
        ),
    },
    Refusal {
        codes: &["700212*"],
        advice: Advice::NeedsAttention,
        meaning: "no federated credential is for this audience",
        remedy: or_trust!(
            "The token says `aud` {audience}. Set `audience` to what the federated credential of {client} names, or create one \
             for this audience."
        ),
    },
    Refusal {
        codes: &["700213*", "700214"],
        advice: Advice::NeedsAttention,
        meaning: "no federated credential is for this subject",
        remedy: or_trust!(
            "The token says `sub` {subject} (`iss` {issuer}, `aud` {audience}), and {client} has no federated credential with \
             just that subject; capitals count, and there are no wildcards. Create one, which takes some minutes to count; \
             a managed identity has `az identity federated-credential create`."
        ),
    },
    Refusal {
        codes: &["70021", "700222", "700229", "700227"],
        advice: Advice::NeedsAttention,
        meaning: "no federated credential fits the token",
        remedy: or_trust!(
            "The token says `iss` {issuer}, `sub` {subject}, `aud` {audience}. Tokens of Entra itself are not taken; for all \
             others, create a federated credential, which takes some minutes to count."
        ),
    },
    Refusal {
        codes: &["700024*", "500133"],
        advice: Advice::NewToken,
        meaning: "the ID token has expired, or is not valid yet",
        remedy: "A new token is asked for. If this repeats, compare this machine's clock with the true time.",
    },
    Refusal {
        codes: &["700027*", "900384", "50006", "50012", "50013", "50027*"],
        advice: Advice::NewToken,
        meaning: "Entra does not accept the ID token, or its signature",
        remedy: "A new token is asked for. If this repeats, check that the token source gives ID tokens of {issuer}, and \
                 that {issuer} serves the keys it signs with (RS256) to the internet; Entra remembers keys for a while.",
    },
    Refusal {
        codes: &["50166", "501661", "90061"],
        advice: Advice::RETRY,
        meaning: "Entra could not fetch the issuer's keys",
        remedy: "Usually transient. If it lasts, check that {issuer}/.well-known/openid-configuration and the keys it \
                 names can be fetched from the internet.",
    },
    Refusal {
        codes: &["700016", "700011", "70001"],
        advice: Advice::NeedsAttention,
        meaning: "the tenant knows no such application",
        remedy: "Correct `client_id` ({client}) or `tenant_id` ({tenant}). The \"Application (client) ID\" is wanted, not \
                 the object ID; and an application of another tenant needs a service principal in this one.",
    },
    Refusal {
        codes: &["7000112", "1000031"],
        advice: Advice::NeedsAttention,
        meaning: "the application is disabled",
        remedy: "Let an administrator enable sign-ins of the enterprise application {client} in the tenant {tenant}.",
    },
    Refusal {
        codes: &["90002", "900023", "90019", "50059"],
        advice: Advice::NeedsAttention,
        meaning: "there is no such tenant in this cloud",
        remedy: "Correct `tenant_id` ({tenant}); if it is right, its cloud is another: set `cloud`, since {authority} is \
                 what was asked.",
    },
    Refusal {
        codes: &["90038", "900382", "900432", "900439", "50049", "90051", "1000104"],
        advice: Advice::NeedsAttention,
        meaning: "the tenant belongs to another cloud",
        remedy: "Set `cloud` to that of the tenant {tenant}: \"public\", \"us-government\" or \"china\"; {authority} is \
                 what was asked.",
    },
    Refusal {
        codes: &["7000215", "7000222", "7000218", "700025", "70002"],
        advice: Advice::NeedsAttention,
        meaning: "Entra took the request for one with a client secret",
        remedy: "evercred has no secret and sends none: check that nothing between here and {authority} changes its \
                 requests, and that {client} is an application that may prove itself (no public client).",
    },
    Refusal {
        codes: &["500011", "50001", "650057", "650052", "650054", "700022", "700023"],
        advice: Advice::NeedsAttention,
        meaning: "the tenant has no such resource",
        remedy: "Correct {resource} in `resources`; each must be a resource that the tenant {tenant} has a service \
                 principal of.",
    },
    Refusal {
        codes: &["70011", "1002012", "28002", "28003", "901002"],
        advice: Advice::NeedsAttention,
        meaning: "the scope is not one for applications",
        remedy: "Correct {resource} in `resources`: a resource, or its scope that ends with \"/.default\".",
    },
    Refusal {
        codes: &["65001", "65005*", "650056", "90094", "501051", "50105"],
        advice: Advice::NeedsAttention,
        meaning: "the application has not been granted access to the resource",
        remedy: "Let an administrator of the tenant {tenant} grant {client} a role or permission for {resource}.",
    },
    Refusal {
        codes: &["53003", "530032", "530035", "50131", "500021", "500022", "50002", "500213"],
        advice: Advice::NeedsAttention,
        meaning: "a policy of the tenant keeps this login out",
        remedy: "Look {client} up in the sign-in logs of the tenant {tenant} (service principal sign-ins): they name the \
                 Conditional Access policy or tenant restriction.",
    },
    Refusal {
        codes: &["50196", "90055"],
        advice: Advice::RETRY,
        meaning: "too many requests",
        remedy: "Entra wants to be asked less often, and evercred waits. If this repeats, look for something else that \
                 logs in as {client} in a loop.",
    },
    Refusal {
        codes: &["50000", "50033", "90006", "90012", "90024", "90033", "90036", "90090", "90091"],
        advice: Advice::RETRY,
        meaning: "Entra is not well",
        remedy: "This is usually transient; evercred tries again.",
    },
];

static THROTTLED: Refusal = Refusal {
    codes: &[],
    advice: Advice::RETRY,
    meaning: "too many requests",
    remedy: "Entra wants to be asked less often, and evercred waits.",
};

static UNWELL: Refusal = Refusal {
    codes: &[],
    advice: Advice::RETRY,
    meaning: "Entra is not well",
    remedy: "This is usually transient; evercred tries again.",
};

static UNKNOWN: Refusal = Refusal {
    codes: &[],
    advice: Advice::NeedsAttention,
    meaning: "Entra refused the request",
    remedy: "Check `tenant_id`, `client_id`, `resources` and `cloud`, and what https://login.microsoftonline.com/error \
             says about this code. The token says `iss` {issuer}, `sub` {subject}, `aud` {audience}.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finer_code_means_what_the_coarser_one_means() {
        assert_eq!(find("AADSTS7002138", 401).meaning, find("AADSTS700213", 401).meaning);
        assert_ne!(find("AADSTS7000215", 401).meaning, find("AADSTS70021", 400).meaning);
    }

    #[test]
    fn no_code_stands_twice() {
        let mut codes: Vec<&str> = TABLE.iter().flat_map(|refusal| refusal.codes).copied().collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }

    #[test]
    fn what_nobody_has_seen_before_is_classed_by_its_status() {
        for (status, advice) in
            [(400, Advice::NeedsAttention), (401, Advice::NeedsAttention), (429, Advice::RETRY)]
        {
            assert_eq!(find("AADSTS99999999", status).advice, advice);
        }
        assert_eq!(find("temporarily_unavailable", 503).advice, Advice::RETRY);
    }
}
