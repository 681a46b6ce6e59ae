//! What the user is asked who sets up the first login.

use evercred_core::Question;

/// The keys that only the user, or the environment, can know.
pub const QUESTIONS: &[Question] = &[
    Question {
        key: "provider",
        meaning: "The provider of the workload identity pool that trusts the ID tokens of this machine",
        example: "projects/123456789012/locations/global/workloadIdentityPools/POOL/providers/NAME",
        variables: &["GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE"],
        required: true,
    },
    Question {
        key: "service_account",
        meaning: "The service account to speak for; without one, the pool's own identity",
        example: "dev@acme.iam.gserviceaccount.com",
        variables: &[],
        required: false,
    },
    Question {
        key: "project",
        meaning: "The project that programs work in",
        example: "acme",
        variables: &["GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"],
        required: false,
    },
];
