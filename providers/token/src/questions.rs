//! What the user is asked who sets up the first login.

use evercred_core::Question;

/// The keys that only the user, or the environment, can know.
pub const QUESTIONS: &[Question] = &[Question {
    key: "audience",
    meaning: "Whom the ID token is for: what the program that gets it expects in `aud`",
    example: "https://service.example.com",
    variables: &[],
    required: true,
}];
