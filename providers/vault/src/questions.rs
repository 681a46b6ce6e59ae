//! What the user is asked who sets up the first login.

use evercred_core::Question;

/// The keys that only the user, or the environment, can know.
pub const QUESTIONS: &[Question] = &[
    Question {
        key: "address",
        meaning: "The server",
        example: "https://vault.acme.dev:8200",
        variables: &["BAO_ADDR", "VAULT_ADDR"],
        required: true,
    },
    Question {
        key: "role",
        meaning: "The role of the JWT auth method; without one, the method's default role",
        example: "dev",
        variables: &["IDP_VAULT_ROLE"],
        required: false,
    },
    Question {
        key: "namespace",
        meaning: "The namespace, where there are several",
        example: "team",
        variables: &["BAO_NAMESPACE", "VAULT_NAMESPACE"],
        required: false,
    },
];
