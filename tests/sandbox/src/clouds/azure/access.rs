//! Access tokens: signed as Entra signs them, and remembered, so that what is shown later is told from what was made
//! up.

use std::collections::BTreeMap;
use std::io;

use jsonwebtoken::jwk::JwkSet;
use serde_json::json;

use super::directory::{Application, AzureOptions};
use crate::keys::{Algorithm, KeyRing, Signer};
use crate::random;

/// An access token that was issued.
#[derive(Debug, Clone)]
pub(super) struct Issued {
    pub(super) token: String,
    pub(super) audience: String,
    /// The application that it was issued to.
    pub(super) client_id: String,
    pub(super) expires_at: i64,
}

/// All that were issued, by themselves, and the keys that signed them.
pub(crate) struct AccessTokens {
    keys: KeyRing,
    issued: BTreeMap<String, Issued>,
}

impl AccessTokens {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { keys: KeyRing::new(Algorithm::Es256)?, issued: BTreeMap::new() })
    }

    /// Ends them all.
    pub(crate) fn revoke(&mut self) {
        self.issued.clear();
    }

    pub(super) fn keys(&self) -> JwkSet {
        self.keys.published()
    }

    pub(super) fn issue(
        &mut self,
        options: &AzureOptions,
        application: &Application,
        resource: &str,
        now: i64,
    ) -> Issued {
        let expires_at = now.saturating_add_unsigned(options.access_token_lifetime.as_secs());
        let issuer = format!("https://sts.windows.net/{}/", options.tenant_id);
        let claims = json!({
            "aud": resource,
            "iss": issuer,
            "iat": now,
            "nbf": now,
            "exp": expires_at,
            "appid": application.client_id,
            "appidacr": "2",
            "idp": issuer,
            "idtyp": "app",
            "oid": application.object_id,
            "sub": application.object_id,
            "tid": options.tenant_id,
            "uti": random::letters(22),
            "ver": "1.0",
        });
        let signed = self
            .keys
            .signer(Signer::Current)
            .and_then(|(header, key)| jsonwebtoken::encode(&header, &claims, &key).map_err(io::Error::other));
        // Claims that are JSON can be signed; an empty token would be refused wherever it is shown.
        let token = signed.unwrap_or_default();
        let (audience, client_id) = (resource.to_owned(), application.client_id.clone());
        let fresh = Issued { token: token.clone(), audience, client_id, expires_at };
        self.issued.insert(token, fresh.clone());
        fresh
    }

    pub(super) fn get(&self, token: &str) -> Option<&Issued> {
        self.issued.get(token)
    }
}
