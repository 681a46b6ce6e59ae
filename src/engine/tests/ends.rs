//! Both ends of a scripted login: its token source, and its outputs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::SystemTime;

use evercred_core::{
    Advice, Audience, BoxFuture, Credential, Failure, Field, IdToken, Secret, WallClock as _,
};
use evercred_test_support::tokens::jwt;

use super::rig::Script;
use crate::files::Target;
use crate::outputs::Output;
use crate::sources::TokenSource;

/// Mints tokens that live an hour, each its own unless the script says otherwise.
#[derive(Debug)]
pub(super) struct Mint(Arc<Script>, AtomicU32);

impl Mint {
    pub(super) fn new(script: &Arc<Script>) -> Arc<Self> {
        Arc::new(Self(Arc::clone(script), AtomicU32::new(0)))
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
        let token = jwt(&payload);
        Box::pin(async move { Ok(IdToken::parse(&token).unwrap()) })
    }
}

/// The session token as a file, unless it is told to refuse.
#[derive(Debug)]
pub(super) struct Plain(pub(super) Target, pub(super) Arc<AtomicBool>);

impl Output for Plain {
    fn target(&self) -> &Target {
        &self.0
    }

    fn needs(&self) -> &[Field] {
        &[Field::SESSION_TOKEN]
    }

    fn render(&self, credential: &Credential, _: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
        if self.1.load(Ordering::Relaxed) {
            return Err(Failure::new("write", self.0.path.display().to_string(), Advice::RETRY));
        }
        Ok(credential.field(Field::SESSION_TOKEN).unwrap().expose().as_bytes().to_vec())
    }

    fn own_part(&self, current: &[u8]) -> Option<Vec<u8>> {
        Some(current.to_vec())
    }

    fn recall(&self, current: &[u8]) -> Vec<(Field, Secret)> {
        vec![(Field::SESSION_TOKEN, Secret::new(String::from_utf8_lossy(current)))]
    }

    fn retract(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}
