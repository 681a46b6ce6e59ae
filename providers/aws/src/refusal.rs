//! What STS answers when it refuses, what to do about it, and what to tell the user: one table.
//!
//! Codes are compared as text, since the SDK has types for some of them only
//! (<https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>). Names in braces in a remedy stand for
//! what the call was made with. Claims of the token are shown: they are not secret, and nine refusals of ten are a
//! claim that the trust policy does not expect.

use evercred_core::Advice;

/// One way to be refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The codes that mean it.
    codes: &'static [&'static str],
    /// What the message must contain, in lower case, for it to be this one. Empty: nothing in particular.
    saying: &'static str,
    /// What to do.
    pub(crate) advice: Advice,
    /// What it means, for servers that send a code without a message.
    pub(crate) meaning: &'static str,
    /// What the reader can do.
    pub(crate) remedy: &'static str,
}

/// The refusal that fits, the particular before the common.
pub(crate) fn find(particular: &'static [Refusal], code: &str, message: &str) -> Option<&'static Refusal> {
    let message = message.to_lowercase();
    let fits = |refusal: &&Refusal| refusal.codes.contains(&code) && message.contains(refusal.saying);
    particular.iter().chain(COMMON).find(fits)
}

/// Whether it says that the role allows only shorter sessions.
pub(crate) fn is_too_long(code: Option<&str>, message: Option<&str>) -> bool {
    let says_so = |message: &str| message.to_lowercase().contains("durationseconds");
    code == Some("ValidationError") && message.is_some_and(says_so)
}

/// Of `AssumeRoleWithWebIdentity`.
pub(crate) static WEB_IDENTITY: &[Refusal] = &[
    Refusal {
        codes: &["ExpiredTokenException", "ExpiredToken"],
        saying: "",
        advice: Advice::NewToken,
        meaning: "the ID token has expired",
        remedy: "A new token is asked for. If this repeats, compare this machine's clock with the true time.",
    },
    Refusal {
        codes: &["InvalidIdentityToken"],
        saying: "verification key",
        advice: Advice::RETRY,
        meaning: "AWS could not fetch the issuer's keys",
        remedy: "Usually transient. If it lasts, check that {issuer}/.well-known/openid-configuration and the keys it \
                 names can be fetched from the internet.",
    },
    Refusal {
        codes: &["InvalidIdentityToken"],
        saying: "no openidconnect provider",
        advice: Advice::NeedsAttention,
        meaning: "the account does not know the token's issuer",
        remedy: "Create an OIDC identity provider for {issuer} with the audience {audience} in the IAM of account \
                 {account}, or correct `role_arn`.\naws iam create-open-id-connect-provider --url '{issuer}' \
                 --client-id-list '{audience}'",
    },
    // SeaweedFS's STS has one code for both.
    Refusal {
        codes: &["InvalidIdentityToken", "InvalidParameterValue"],
        saying: "audience",
        advice: Advice::NeedsAttention,
        meaning: "the token is for an audience that the identity provider does not list",
        remedy: "Add the audience {audience} to the identity provider {provider}, or set `audience` to one it lists.\naws \
                 iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn '{provider}' --client-id \
                 '{audience}'",
    },
    Refusal {
        codes: &["InvalidParameterValue"],
        saying: "signature",
        advice: Advice::NeedsAttention,
        meaning: "the token is not signed by a key of the issuer",
        remedy: "Check that the token source gives ID tokens of {issuer}, and that {provider} is set up with the keys \
                 that this issuer signs with.",
    },
    Refusal {
        codes: &["InvalidIdentityToken"],
        saying: "thumbprint",
        advice: Advice::NeedsAttention,
        meaning: "the issuer's certificate is not the one that the identity provider expects",
        remedy: "Update the thumbprints of the identity provider {provider}.",
    },
    Refusal {
        codes: &["InvalidIdentityToken"],
        saying: "",
        advice: Advice::NewToken,
        meaning: "AWS does not accept the ID token",
        remedy: "A new token is asked for. If this repeats, check that the token source gives ID tokens of {issuer}, \
                 and that {issuer} serves the keys it signs with.",
    },
    Refusal {
        codes: &["IDPRejectedClaim"],
        saying: "",
        advice: Advice::NewToken,
        meaning: "the identity provider rejected the token",
        remedy: "A new token is asked for. If this repeats, the token's issuer {issuer} has revoked it or rejects one \
                 of its claims (`sub` {subject}, `aud` {audience}).",
    },
    Refusal {
        codes: &["IDPCommunicationError"],
        saying: "",
        advice: Advice::RETRY,
        meaning: "AWS could not reach the token's issuer",
        remedy: "Usually transient. If it lasts, check that {issuer} can be reached from the internet.",
    },
    Refusal {
        codes: &["AccessDenied", "AccessDeniedException"],
        saying: "",
        advice: Advice::NeedsAttention,
        meaning: "the role's trust policy does not let this token in",
        remedy: "The token says `iss` {issuer}, `sub` {subject}, `aud` {audience}. In the trust policy of {role} check \
                 that Principal.Federated is {provider}, that Action has sts:AssumeRoleWithWebIdentity, and that \
                 Condition allows just these values of \"{host}:sub\" and \"{host}:aud\" (StringLike, not \
                 StringEquals, where it has a *). If there is no such role, correct `role_arn`.\n{\"Effect\": \"Allow\", \
                 \"Principal\": {\"Federated\": \"{provider}\"}, \"Action\": \"sts:AssumeRoleWithWebIdentity\", \
                 \"Condition\": {\"StringEquals\": {\"{host}:aud\": \"{audience}\", \"{host}:sub\": \"{subject}\"}}}",
    },
];

/// Of `AssumeRole`, on the way along a chain.
pub(crate) static CHAIN: &[Refusal] = &[
    Refusal {
        codes: &["AccessDenied", "AccessDeniedException"],
        saying: "sts:tagsession",
        advice: Advice::NeedsAttention,
        meaning: "the session may not be tagged",
        remedy: "Allow sts:TagSession beside sts:AssumeRole: in the trust policy of {role}, and in the permissions of \
                 {previous}.",
    },
    Refusal {
        codes: &["AccessDenied", "AccessDeniedException"],
        saying: "",
        advice: Advice::NeedsAttention,
        meaning: "the role may not be assumed from the role before it",
        remedy: "The trust policy of {role} must name {previous} as Principal.AWS{external_id}, and the permissions of \
                 {previous} must allow sts:AssumeRole on {role}.",
    },
    Refusal {
        codes: &["ExpiredTokenException", "ExpiredToken"],
        saying: "",
        advice: Advice::RETRY,
        meaning: "the session of the role before it has expired",
        remedy: "If this repeats, compare this machine's clock with the true time.",
    },
];

/// Of every call.
static COMMON: &[Refusal] = &[
    Refusal {
        codes: &["Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled"],
        saying: "",
        advice: Advice::RETRY,
        meaning: "too many requests",
        remedy: THROTTLED,
    },
    Refusal {
        codes: &["RequestThrottledException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown"],
        saying: "",
        advice: Advice::RETRY,
        meaning: "too many requests",
        remedy: THROTTLED,
    },
    Refusal {
        codes: &["MalformedPolicyDocument", "MalformedPolicyDocumentException"],
        saying: "",
        advice: Advice::NeedsAttention,
        meaning: "the session policy is not a valid IAM policy",
        remedy: "Correct `policy` in the config, or the managed policies in `policy_arns`.",
    },
    Refusal {
        codes: &["PackedPolicyTooLarge", "PackedPolicyTooLargeException"],
        saying: "",
        advice: Advice::NeedsAttention,
        meaning: "the session policies and tags are too long together",
        remedy: "Shorten `policy`, name fewer `policy_arns`, or send fewer and shorter session tags.",
    },
    Refusal {
        codes: &["RegionDisabledException"],
        saying: "",
        advice: Advice::NeedsAttention,
        meaning: "STS is not activated in this region for the account",
        remedy: "Activate STS for the region in the account settings of IAM, or set `region` to another one.",
    },
    Refusal {
        codes: &["ValidationError"],
        saying: "durationseconds",
        advice: Advice::NeedsAttention,
        meaning: "the role does not allow sessions of this duration",
        remedy: "Lower `duration`, or raise the maximum session duration of {role}.",
    },
    Refusal {
        codes: &[
            "ValidationError",
            "InvalidParameterValue",
            "MissingParameter",
            "InvalidParameterCombination",
        ],
        saying: "",
        advice: Advice::NeedsAttention,
        meaning: "a part of the request is not valid",
        remedy: "Correct the part of the config that the message names.",
    },
    Refusal {
        codes: &["InvalidClientTokenId", "UnrecognizedClientException"],
        saying: "",
        advice: Advice::NeedsAttention,
        meaning: "this STS does not know the session",
        remedy: "Check that `region` is enabled for the account, and that `endpoint_url` belongs to the role's \
                 partition.",
    },
    Refusal {
        codes: &[
            "SignatureDoesNotMatch",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "InvalidSignatureException",
        ],
        saying: "",
        advice: Advice::NeedsAttention,
        meaning: "the signature is not valid",
        remedy: "Compare this machine's clock with the true time: AWS takes signatures that are less than 5 minutes \
                 off. A proxy that changes requests has the same effect.",
    },
    Refusal {
        codes: &["InvalidAction", "UnknownOperationException", "UnknownAction"],
        saying: "",
        advice: Advice::NeedsAttention,
        meaning: "what answered is not STS",
        remedy: "Check that `endpoint_url` is the address of an STS.",
    },
    Refusal {
        codes: &[
            "InternalFailure",
            "InternalError",
            "InternalServerError",
            "ServiceUnavailable",
            "RequestTimeout",
        ],
        saying: "",
        advice: Advice::RETRY,
        meaning: "AWS STS is not well",
        remedy: "This is usually transient; evercred tries again.",
    },
];

const THROTTLED: &str = "AWS limits how often it is asked; evercred waits and tries again.";
