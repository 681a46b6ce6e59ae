//! The key of an endpoint: what a program has to present to be answered.
//!
//! It is a random text in a file that only its user reads. It outlives the daemon, because programs may hold it for as long
//! as they run: whoever writes the file keeps what is there. Comparing takes the same time however much of a guess is right.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evercred_core::{Advice, Failure, Secret};
use subtle::ConstantTimeEq as _;
use tokio::time::Instant;

use crate::files::{self, Target};

/// 256 bits cannot be guessed.
const BYTES: usize = 32;
/// How they look in base64url.
const LENGTH: usize = 43;
/// Wrong keys make us look at the file so often at most.
const LOOK: Duration = Duration::from_secs(1);

/// A key and its file.
#[derive(Debug)]
pub struct Key {
    target: Target,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    key: Option<Secret>,
    looked: Option<Instant>,
}

impl Key {
    /// The key that is in the file `target`, or will be.
    pub fn new(target: Target) -> Arc<Self> {
        Arc::new(Self { target, known: Mutex::default() })
    }

    /// Its file.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// What the file is to hold, given what it holds: that, if it is a key, or the one that was there before, or a new one.
    pub fn render(&self, current: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
        let mut known = self.known();
        let key = match (current.and_then(key_in), known.key.take()) {
            (Some(there), _) => there,
            (None, Some(before)) => before,
            (None, None) => new_key(&self.target)?,
        };
        Ok(known.key.insert(key).expose().as_bytes().to_vec())
    }

    /// The key as text, once its file has been rendered or read.
    pub fn known_text(&self) -> Option<Secret> {
        self.known().key.clone()
    }

    /// Whether `content` is a key.
    pub fn is_key(content: &[u8]) -> bool {
        key_in(content).is_some()
    }

    /// Whether `presented` is the key.
    pub async fn admits(&self, presented: &[u8]) -> bool {
        if self.is_known(presented) {
            return true;
        }
        // Another process may have written the file, or an earlier daemon.
        self.is_worth_a_look() && self.look().await && self.is_known(presented)
    }

    fn is_known(&self, presented: &[u8]) -> bool {
        let known = self.known();
        known.key.as_ref().is_some_and(|key| key.expose().as_bytes().ct_eq(presented).into())
    }

    fn is_worth_a_look(&self) -> bool {
        let mut known = self.known();
        let is_due = known.looked.is_none_or(|looked| looked.elapsed() >= LOOK);
        if is_due {
            known.looked = Some(Instant::now());
        }
        is_due
    }

    /// Says whether the file has a key.
    async fn look(&self) -> bool {
        let target = self.target.clone();
        let read = tokio::task::spawn_blocking(move || files::read_target(&target).ok().flatten()).await;
        match read.ok().flatten().as_deref().and_then(key_in) {
            Some(key) => {
                self.known().key = Some(key);
                true
            }
            None => false,
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key_in(content: &[u8]) -> Option<Secret> {
    let is_key = content.len() == LENGTH
        && content.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    str::from_utf8(content).ok().filter(|_| is_key).map(Secret::new)
}

fn new_key(target: &Target) -> Result<Secret, Failure> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| {
        Failure::new("make a key", target.path.display().to_string(), Advice::RETRY)
            .hint("The kernel gives no random numbers; it is tried again.")
            .caused_by(error)
    })?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_at(folder: &tempfile::TempDir) -> Arc<Key> {
        Key::new(Target::new(folder.path().join("key"), 0o600))
    }

    #[tokio::test]
    async fn a_key_is_new_once_and_stays_even_if_its_file_goes() {
        let folder = tempfile::tempdir().unwrap();
        let key = key_at(&folder);
        let first = key.render(None).unwrap();
        assert_eq!(first.len(), LENGTH);
        assert_eq!(key.render(None).unwrap(), first, "it is put back");
        assert_eq!(key.render(Some(b"nonsense")).unwrap(), first);
        assert_eq!(key_at(&folder).render(Some(&first)).unwrap(), first, "the next daemon keeps it");
        assert_ne!(key_at(&folder).render(None).unwrap(), first);
        assert!(key.admits(&first).await);
    }

    #[tokio::test]
    async fn only_the_whole_key_is_admitted() {
        let key = key_at(&tempfile::tempdir().unwrap());
        assert!(!key.admits(b"").await, "there is none yet");
        let text = key.render(None).unwrap();
        for wrong in [&b""[..], &text[1..], &text[..LENGTH - 1], &[text.as_slice(), b"\n"].concat(), b"x"] {
            assert!(!key.admits(wrong).await);
        }
    }

    #[tokio::test]
    async fn a_daemon_that_was_restarted_reads_the_key_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let text = key_at(&folder).render(None).unwrap();
        files::Publisher::new(folder.path().join("locks"))
            .update_private(&folder.path().join("key"), &text)
            .unwrap();
        let after = key_at(&folder);
        assert!(after.admits(&text).await);
    }
}
