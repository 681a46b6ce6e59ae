//! A string that must not be seen.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A secret value: wiped from memory when dropped, and never printed.
///
/// The only way to the text is [`Secret::expose`], so that every use stands out in a review.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes the text into custody.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself. It may go to the issuer's peer or into an output, nowhere else.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether there is no text at all; an empty secret is never a credential.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_the_text() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "[secret]");
    }
}
