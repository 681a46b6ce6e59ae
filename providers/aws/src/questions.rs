//! What the user is asked who sets up the first login.

use evercred_core::Question;

/// The keys that only the user, or the environment, can know.
pub const QUESTIONS: &[Question] = &[
    Question {
        key: "role_arn",
        meaning: "The role to assume, whose trust policy allows the ID tokens of this machine",
        example: "arn:aws:iam::123456789012:role/dev",
        variables: &["IDP_AWS_ROLE_ARN", "AWS_ROLE_ARN"],
        required: true,
    },
    Question {
        key: "region",
        meaning: "The region to ask, and to note in the profile",
        example: "eu-central-1",
        variables: &["AWS_REGION", "AWS_DEFAULT_REGION"],
        required: false,
    },
];
