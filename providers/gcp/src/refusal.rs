//! What Google answers when it refuses, what to do about it, and what to tell the user: one table.
//!
//! Most codes stand for many things, so the message decides. Its words are those that Google's pages and users' reports
//! show (<https://cloud.google.com/iam/docs/troubleshooting-workload-identity-federation>); where one of them changes,
//! the code's general entry still gives the right class. Names in braces in a remedy stand for what the request was made
//! with.
//!
//! What somebody has just granted or set up takes minutes to reach everywhere, and until then looks like a mistake. It
//! has the class of one all the same: evercred asks again every two minutes then, and a person who waits in front of
//! `evercred once` is better told what is missing than that Google is not well.

mod exchange;

use evercred_core::Advice;

pub(crate) use exchange::EXCHANGE;

/// One way to be refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The codes that mean it. None: any.
    codes: &'static [&'static str],
    /// What the message must contain, in lower case, for it to be this one: all of them.
    saying: &'static [&'static str],
    /// What to do.
    pub(crate) advice: Advice,
    /// What it means, for servers that send a code without a message.
    pub(crate) meaning: &'static str,
    /// What the reader can do.
    pub(crate) remedy: &'static str,
}

/// The refusal that fits, the particular before the common.
pub(crate) fn find(
    particular: &'static [Refusal],
    codes: &[String],
    message: &str,
) -> Option<&'static Refusal> {
    let message = message.to_lowercase();
    let is_code = |refusal: &Refusal| {
        refusal.codes.is_empty() || codes.iter().any(|code| refusal.codes.contains(&code.as_str()))
    };
    let is_said = |refusal: &Refusal| refusal.saying.iter().all(|words| message.contains(words));
    particular.iter().chain(COMMON).find(|refusal| is_code(refusal) && is_said(refusal))
}

/// Whether it says that tokens of this account may not live so long.
pub(crate) fn is_too_long(codes: &[String], message: &str) -> bool {
    let code = |code: &String| matches!(code.as_str(), "INVALID_ARGUMENT" | "FAILED_PRECONDITION");
    codes.iter().any(code) && message.to_lowercase().contains("lifetime")
}

/// Of speaking for a service account.
pub(crate) static IMPERSONATION: &[Refusal] = &[
    NOT_ENABLED,
    TOO_LONG,
    Refusal {
        codes: &["IAM_PERMISSION_DENIED", "PERMISSION_DENIED"],
        saying: &["iam.serviceaccounts."],
        advice: Advice::NeedsAttention,
        meaning: "the pool's identity may not speak for the service account, or there is no such account",
        remedy: "If {account} is right, let the identity, or a principalSet that it is in, use it. It takes up to 7 minutes \
                 to be known; evercred asks again every two.\ngcloud iam service-accounts add-iam-policy-binding '{account}' \
                 --role=roles/iam.workloadIdentityUser --member='{principal}'",
    },
    NO_ACCOUNT,
    DISABLED,
];

/// The same by way of others.
pub(crate) static DELEGATION: &[Refusal] = &[
    NOT_ENABLED,
    TOO_LONG,
    Refusal {
        codes: &["IAM_PERMISSION_DENIED", "PERMISSION_DENIED"],
        saying: &["iam.serviceaccounts."],
        advice: Advice::NeedsAttention,
        meaning: "one of the service accounts may not be spoken for by the one before it",
        remedy: "The way is {chain}. Each must grant roles/iam.serviceAccountTokenCreator to the one before it, and the \
                 first to {principal}: roles/iam.workloadIdentityUser does not let anybody through. It takes up to 7 minutes to be known; \
                 evercred asks again every two.",
    },
    NO_ACCOUNT,
    DISABLED,
];

const NOT_ENABLED: Refusal = Refusal {
    codes: &["SERVICE_DISABLED"],
    saying: &[],
    advice: Advice::NeedsAttention,
    meaning: "an API is not enabled in the project",
    remedy: "Enable it in the project that the message names, and wait some minutes.\ngcloud services enable \
             sts.googleapis.com iamcredentials.googleapis.com",
};

const TOO_LONG: Refusal = Refusal {
    codes: &["INVALID_ARGUMENT", "FAILED_PRECONDITION"],
    saying: &["lifetime"],
    advice: Advice::NeedsAttention,
    meaning: "tokens of the service account may not live so long",
    remedy: "Lower `lifetime`, or add {account} to the constraint iam.allowServiceAccountCredentialLifetimeExtension of the \
             organisation's policy.",
};

const NO_ACCOUNT: Refusal = Refusal {
    codes: &["NOT_FOUND"],
    saying: &[],
    advice: Advice::NeedsAttention,
    meaning: "there is no such service account",
    remedy: "Check the spelling of {account} in `service_account` and `delegates`; \"gcloud iam service-accounts list\" shows \
             those of a project. One that has just been made takes a minute to be known.",
};

const DISABLED: Refusal = Refusal {
    codes: &["FAILED_PRECONDITION", "PERMISSION_DENIED"],
    saying: &["disabled", "service account"],
    advice: Advice::NeedsAttention,
    meaning: "the service account is disabled",
    remedy: "Enable it.\ngcloud iam service-accounts enable '{account}'",
};

/// Of every request.
static COMMON: &[Refusal] = &[
    NOT_ENABLED,
    Refusal {
        codes: &["USER_PROJECT_DENIED"],
        saying: &[],
        advice: Advice::NeedsAttention,
        meaning: "requests may not be billed to the project",
        remedy: "Grant roles/serviceusage.serviceUsageConsumer in the project {user_project} to {principal}, or correct \
                 `user_project`.",
    },
    Refusal {
        codes: &["SECURITY_POLICY_VIOLATED", "ORG_RESTRICTION_VIOLATION"],
        saying: &[],
        advice: Advice::NeedsAttention,
        meaning: "the organisation's policy forbids it",
        remedy: "Ask whoever looks after VPC Service Controls and the policies of the organisation, and name the identifier \
                 in the message.",
    },
    Refusal {
        codes: &[],
        saying: &["organization's policy"],
        advice: Advice::NeedsAttention,
        meaning: "the organisation's policy forbids it",
        remedy: "Ask whoever looks after VPC Service Controls and the policies of the organisation, and name the identifier \
                 in the message.",
    },
    Refusal {
        codes: &["RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED", "slow_down"],
        saying: &[],
        advice: Advice::RETRY,
        meaning: "too many requests",
        remedy: "Google limits how often it is asked; evercred waits and tries again. If it lasts, raise the project's \
                 quota.",
    },
    Refusal {
        codes: &["UNAUTHENTICATED"],
        saying: &[],
        advice: Advice::NewToken,
        meaning: "the token of the pool's identity is not accepted",
        remedy: "Check that `sts_endpoint` and `iam_credentials_endpoint` belong together, and compare this machine's clock \
                 with the true time.",
    },
    Refusal {
        codes: &["PERMISSION_DENIED"],
        saying: &[],
        advice: Advice::NeedsAttention,
        meaning: "it is not allowed",
        remedy: "Check what {principal} may do, and that {account} is right. What has just been granted takes up to 7 \
                 minutes to be known.",
    },
    Refusal {
        codes: &["INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE"],
        saying: &[],
        advice: Advice::NeedsAttention,
        meaning: "a part of the request is not valid",
        remedy: "Correct the part of the config that the message names: `service_account`, `delegates`, `scopes` or \
                 `id_token_audience`.",
    },
    Refusal {
        codes: &["INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED", "server_error"],
        saying: &[],
        advice: Advice::RETRY,
        meaning: "Google's service is not well",
        remedy: "This is usually transient; evercred tries again.",
    },
    Refusal {
        codes: &["internal_failure", "temporarily_unavailable"],
        saying: &[],
        advice: Advice::RETRY,
        meaning: "Google's service is not well",
        remedy: "This is usually transient; evercred tries again.",
    },
];

const EXPIRED: &str =
    "A new token is asked for. If this repeats, compare this machine's clock with the true time.";
