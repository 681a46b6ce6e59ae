//! What an exchange gives back.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::{Field, Secret};

/// A credential: named secret fields, whom it speaks for, and when it ends.
#[derive(Debug, Clone)]
pub struct Credential {
    fields: BTreeMap<Field, Secret>,
    subject: String,
    issued_at: SystemTime,
    expires_at: Option<SystemTime>,
    request_id: Option<String>,
    renewable: bool,
    bound: bool,
    changes_within: Option<Duration>,
}

impl Credential {
    /// A credential without fields, for the identity named `subject` on the provider's side, received at
    /// `issued_at`.
    pub fn new(subject: impl Into<String>, issued_at: SystemTime) -> Self {
        Self {
            fields: BTreeMap::new(),
            subject: subject.into(),
            issued_at,
            expires_at: None,
            request_id: None,
            renewable: false,
            bound: false,
            changes_within: None,
        }
    }

    /// Adds a field.
    #[must_use]
    pub fn with(mut self, field: Field, value: Secret) -> Self {
        self.fields.insert(field, value);
        self
    }

    /// Lets the credential end at `instant`, or earlier if it ended earlier already.
    #[must_use]
    pub fn expiring_at(mut self, instant: SystemTime) -> Self {
        self.expires_at = Some(self.expires_at.map_or(instant, |known| known.min(instant)));
        self
    }

    /// Notes the provider's own identifier of the exchange, for its support and for audit logs.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }

    /// Notes that [`crate::Provider::renew`] may be able to keep the credential alive beyond its end.
    #[must_use]
    pub fn renewable(mut self) -> Self {
        self.renewable = true;
        self
    }

    /// Notes that it dies with the credential that it was read with.
    #[must_use]
    pub fn bound(mut self) -> Self {
        self.bound = true;
        self
    }

    /// Notes that it may be another after so long, although it has not ended: somebody may change it at any time.
    #[must_use]
    pub fn changing_within(mut self, time: Duration) -> Self {
        self.changes_within = Some(time);
        self
    }

    /// One field, if the credential has it.
    pub fn field(&self, field: Field) -> Option<&Secret> {
        self.fields.get(&field)
    }

    /// All fields, by name.
    pub fn fields(&self) -> impl Iterator<Item = (Field, &Secret)> {
        self.fields.iter().map(|(field, secret)| (*field, secret))
    }

    /// Whom the credential speaks for, in the provider's words. Not secret.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// When the credential was received.
    pub fn issued_at(&self) -> SystemTime {
        self.issued_at
    }

    /// When the credential ends by the issuer's clock; `None` means never.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// Whether the provider may be able to keep the credential alive; otherwise it can only be replaced.
    pub fn is_renewable(&self) -> bool {
        self.renewable
    }

    /// Whether it dies with the credential that it was read with.
    pub fn is_bound(&self) -> bool {
        self.bound
    }

    /// How soon it may be another without having ended; `None`: only its end counts.
    pub fn changes_within(&self) -> Option<Duration> {
        self.changes_within
    }

    /// The provider's identifier of the exchange.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_expiry_can_only_move_closer() {
        let now = SystemTime::UNIX_EPOCH;
        let late = now + Duration::from_secs(20);
        let early = now + Duration::from_secs(10);
        let credential = Credential::new("me", now).expiring_at(early).expiring_at(late);
        assert_eq!(credential.expires_at(), Some(early));
    }
}
