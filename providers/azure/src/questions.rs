//! What the user is asked who sets up the first login.

use evercred_core::Question;

/// The keys that only the user, or the environment, can know.
pub const QUESTIONS: &[Question] = &[
    Question {
        key: "tenant_id",
        meaning: "The tenant of Microsoft Entra",
        example: "00000000-0000-0000-0000-000000000000",
        variables: &["AZURE_TENANT_ID", "ARM_TENANT_ID"],
        required: true,
    },
    Question {
        key: "client_id",
        meaning: "The application, or managed identity, with a federated credential for the ID tokens of this machine",
        example: "00000000-0000-0000-0000-000000000000",
        variables: &["AZURE_CLIENT_ID", "ARM_CLIENT_ID"],
        required: true,
    },
];
