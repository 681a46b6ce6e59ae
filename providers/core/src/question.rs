//! What the user of a provider is asked, who sets up the first login.

/// A key of a login's table that nobody but its user, or the environment, can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// The key.
    pub key: &'static str,
    /// What it says, in one line without a period.
    pub meaning: &'static str,
    /// A value that it could have.
    pub example: &'static str,
    /// The variables that may hold its value already; the first that is set counts.
    pub variables: &'static [&'static str],
    /// Whether there is no login without it.
    pub required: bool,
}
