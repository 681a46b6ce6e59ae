//! What the token exchange (STS) refuses.

use evercred_core::Advice;

use super::{EXPIRED, Refusal};

/// Of the token exchange.
pub(crate) static EXCHANGE: &[Refusal] = &[
    Refusal {
        codes: &["invalid_request"],
        saying: &["\"audience\""],
        advice: Advice::NeedsAttention,
        meaning: "Google does not take `provider` for the name of a provider",
        remedy: "Compare `provider` with the `name` that \"{describe}\" shows: it has the project's number, not its id, \
                 and ends with /providers/ and a name. It is {resource} now.",
    },
    Refusal {
        codes: &["invalid_target"],
        saying: &[],
        advice: Advice::NeedsAttention,
        meaning: "the pool or its provider does not exist, is disabled, or was deleted",
        remedy: "Check `provider`, {resource}: \"{describe}\" shows whether it is there and ACTIVE. What has just been made \
                 takes some minutes to be known.",
    },
    Refusal {
        codes: &["invalid_grant"],
        saying: &["audience"],
        advice: Advice::NeedsAttention,
        meaning: "the provider does not accept the token's audience",
        remedy: "The token's `aud` is {audience}. Set `audience` to one of the provider's allowed audiences, or allow this \
                 one there: \"{describe}\" shows them as oidc.allowedAudiences. What is \
                 set replaces what was there.\n{update} --allowed-audiences='{audience}'",
    },
    Refusal {
        codes: &["invalid_grant"],
        saying: &["connect", "issuer"],
        advice: Advice::RETRY,
        meaning: "Google could not fetch the issuer's keys",
        remedy: "Usually transient. If it lasts, check that {issuer}/.well-known/openid-configuration and the keys it names \
                 can be fetched from the internet, or upload the keys to the provider.",
    },
    Refusal {
        codes: &["invalid_grant"],
        saying: &["issuer"],
        advice: Advice::NeedsAttention,
        meaning: "the provider expects tokens of another issuer",
        remedy: "The token's `iss` is {issuer}. The provider's issuer must be the same to the letter, final slash included: \
                 \"{describe}\" shows it as oidc.issuerUri.\n{update} --issuer-uri='{issuer}'",
    },
    Refusal {
        codes: &[],
        saying: &["127 bytes"],
        advice: Advice::NeedsAttention,
        meaning: "the identity is longer than Google allows",
        remedy: "`google.subject` may have 127 bytes. The token's `sub` is {subject}: map a shorter claim, or cut it in the \
                 provider's attribute mapping, for instance with extract().",
    },
    Refusal {
        codes: &[],
        saying: &["google.subject"],
        advice: Advice::NeedsAttention,
        meaning: "the provider's attribute mapping finds no subject in the token",
        remedy: "The token lacks the claim that the provider maps to `google.subject`: compare \"{describe}\" with what \
                 \"evercred token --audience {audience} --decode\" shows.",
    },
    Refusal {
        codes: &[],
        saying: &["attribute condition"],
        advice: Advice::NeedsAttention,
        meaning: "the provider's attribute condition rejects the token",
        remedy: "The token's `sub` is {subject}. Compare attributeCondition in \"{describe}\" with the claims that \
                 \"evercred token --audience {audience} --decode\" shows. What is set replaces what was there.\n{update} --attribute-condition='assertion.sub == \
                 \"{subject}\"'",
    },
    Refusal {
        codes: &["invalid_grant"],
        saying: &["stale"],
        advice: Advice::NewToken,
        meaning: "the ID token has expired",
        remedy: EXPIRED,
    },
    Refusal {
        codes: &["invalid_grant"],
        saying: &["expired"],
        advice: Advice::NewToken,
        meaning: "the ID token has expired",
        remedy: EXPIRED,
    },
    Refusal {
        codes: &["invalid_grant"],
        saying: &["future"],
        advice: Advice::RETRY,
        meaning: "the ID token is not valid yet",
        remedy: "The clock of the token's issuer {issuer} is ahead of Google's. Compare it, and this machine's if that is \
                 the issuer, with the true time.",
    },
    Refusal {
        codes: &["invalid_grant"],
        saying: &[],
        advice: Advice::NewToken,
        meaning: "Google does not accept the ID token",
        remedy: "A new token is asked for. If this repeats, check that the token source gives ID tokens of {issuer}, and \
                 that this issuer serves the keys it signs with, or that the provider has just these keys.",
    },
    Refusal {
        codes: &["unauthorized_client", "access_denied"],
        saying: &[],
        advice: Advice::NeedsAttention,
        meaning: "the provider does not let this token in",
        remedy: "The token says `iss` {issuer}, `sub` {subject}, `aud` {audience}. Compare that with what \"{describe}\" \
                 shows.",
    },
    Refusal {
        codes: &["invalid_scope"],
        saying: &[],
        advice: Advice::NeedsAttention,
        meaning: "Google does not know a scope",
        remedy: "Correct `scopes`, or leave it out.",
    },
    Refusal {
        codes: &["invalid_request"],
        saying: &["userproject"],
        advice: Advice::NeedsAttention,
        meaning: "Google does not accept `user_project`",
        remedy: "Set `user_project` to the id or the number of a project that requests may be billed to.",
    },
    Refusal {
        codes: &["invalid_request", "unsupported_grant_type", "invalid_client"],
        saying: &[],
        advice: Advice::NeedsAttention,
        meaning: "a part of the request is not valid",
        remedy: "Correct the part of the config that the message names, and check `sts_endpoint`.",
    },
];
