//! The login call, as an endpoint on vaultrs's client: its own drops what is told about uses.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use evercred_core::{Credential, Field, IdToken, Secret};
use rustify::endpoint::Endpoint;
use rustify::enums::{RequestMethod, RequestType, ResponseType};
use rustify::errors::ClientError;
use serde::Deserialize;

/// `POST auth/MOUNT/login`.
pub(crate) struct Login<'a> {
    pub(crate) mount: &'a str,
    pub(crate) role: Option<&'a str>,
    pub(crate) token: &'a IdToken,
}

impl Endpoint for Login<'_> {
    type Response = Answer;
    const REQUEST_BODY_TYPE: RequestType = RequestType::JSON;
    const RESPONSE_BODY_TYPE: ResponseType = ResponseType::JSON;

    fn path(&self) -> String {
        format!("auth/{}/login", self.mount)
    }

    fn method(&self) -> RequestMethod {
        RequestMethod::POST
    }

    fn body(&self) -> Result<Option<Vec<u8>>, ClientError> {
        let mut body = serde_json::json!({"jwt": self.token.raw().expose()});
        if let Some(role) = self.role {
            body["role"] = role.into();
        }
        Ok(Some(body.to_string().into_bytes()))
    }
}

/// What comes back. Without `Debug`: it holds the token.
#[derive(Deserialize)]
pub(crate) struct Answer {
    #[serde(default)]
    pub(crate) request_id: String,
    pub(crate) auth: Option<Auth>,
}

/// The token, and what is told about it.
#[derive(Deserialize)]
pub(crate) struct Auth {
    #[serde(default)]
    client_token: String,
    #[serde(default)]
    accessor: String,
    /// In seconds; 0 means that it never ends.
    lease_duration: u64,
    renewable: bool,
    #[serde(default)]
    entity_id: String,
    metadata: Option<HashMap<String, String>>,
    /// How often it can be used; 0 means as often as one likes.
    #[serde(default)]
    pub(crate) num_uses: u64,
    pub(crate) mfa_requirement: Option<serde_json::Value>,
}

impl Auth {
    pub(crate) fn token(&self) -> Secret {
        Secret::new(&self.client_token)
    }

    /// The credential, received at `now`. Every renewal would take one of a token's limited uses, so that such a
    /// token is replaced instead.
    pub(crate) fn credential(&self, now: SystemTime) -> Credential {
        let credential = Credential::new(self.subject(), now).with(Field::VAULT_TOKEN, self.token());
        let credential = match self.accessor.as_str() {
            "" => credential,
            accessor => credential.with(ACCESSOR, Secret::new(accessor)),
        };
        let is_renewable = self.renewable && self.num_uses == 0;
        ending(if is_renewable { credential.renewable() } else { credential }, now, self.lease_duration)
    }

    /// The login does not tell the display name, and looking it up would take a use.
    fn subject(&self) -> String {
        let role = self.metadata.as_ref().and_then(|metadata| metadata.get("role"));
        let role = role.map_or("the default role", String::as_str);
        match self.entity_id.as_str() {
            "" => role.to_owned(),
            entity => format!("{role} (entity {entity})"),
        }
    }
}

/// What a batch token does not have.
pub(crate) const ACCESSOR: Field = Field::new("vault_accessor");

/// Lets the credential end so many seconds after `now`; after none, never.
pub(crate) fn ending(credential: Credential, now: SystemTime, lease_duration: u64) -> Credential {
    match now.checked_add(Duration::from_secs(lease_duration)) {
        Some(end) if lease_duration > 0 => credential.expiring_at(end),
        _ => credential,
    }
}
