//! Where the ID tokens of the engine's tests come from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evercred_core::{Audience, BoxFuture, Failure, IdToken, WallClock as _};

use super::rig::Script;
use crate::sources::TokenSource;

/// Mints tokens that live an hour, each its own unless the script says otherwise.
#[derive(Debug)]
pub(super) struct Mint(Arc<Script>, AtomicU32);

impl Mint {
    pub(super) fn of(script: &Arc<Script>) -> Self {
        Self(Arc::clone(script), AtomicU32::new(0))
    }
}

impl TokenSource for Mint {
    fn describe(&self) -> String {
        "a test".to_owned()
    }

    fn mint<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<IdToken, Failure>> {
        let now = self.0.clock.now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let repeats = self.0.repeats_tokens.load(Ordering::Relaxed);
        let number = if repeats { 0 } else { self.1.fetch_add(1, Ordering::Relaxed) };
        let payload = serde_json::json!({"aud": audience, "iat": now, "exp": now + 3_600, "jti": number});
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let token = format!("{}.{}.{}", encode("{}"), encode(&payload.to_string()), encode("signed"));
        Box::pin(async move { Ok(IdToken::parse(&token).unwrap()) })
    }
}
