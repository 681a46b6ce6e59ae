//! Passes: what kubectl, docker and git show, made from a login's credential.
//!
//! What somebody was asked for is kept until its end, for these programs ask at every step: in the runtime
//! folder, for the user alone, and no longer than the credential lasts that it was made from, even where the other side
//! would take it for longer. Of a hundred who ask for the same pass at once, one makes it, under a lock of the login's
//! own. What is made here without asking (a signature) is not kept.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use evercred_core::{Advice, Base, Credential, Door, Failure, Pass, Passes, Secret};
use serde::{Deserialize, Serialize};

use crate::digest;
use crate::files::{self, Target};
use crate::login::{Login, LoginId};
use crate::time::rfc3339;

use super::attempt::{Attempts, limited};
use super::attempt_error::{AttemptError, Stage};
use super::lending::margin;
use super::record::Records;

const ENDING: &str = ".pass.json";

/// A pass on the disk.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Of the login's config.
    fingerprint: String,
    user: Option<String>,
    secret: String,
    #[serde(with = "rfc3339")]
    made_at: SystemTime,
    #[serde(with = "rfc3339::option")]
    expires_at: Option<SystemTime>,
}

impl Attempts {
    /// What `login` shows at `door`.
    pub async fn pass(self: &Arc<Self>, login: &Arc<Login>, door: &Door) -> Result<Pass, AttemptError> {
        let maker = maker(login, door).map_err(|failure| AttemptError::new(Stage::Exchange, &failure))?;
        if let Some(kept) = self.records.kept_pass(login, door, self.clock.now()) {
            return Ok(kept);
        }
        let lock = self.lock_at(login, |this, login| this.records.passes_lock_path(&login.id)).await;
        let _lock = lock.map_err(|failure| AttemptError::new(Stage::Lock, &failure))?;
        if let Some(kept) = self.records.kept_pass(login, door, self.clock.now()) {
            return Ok(kept);
        }
        let pass = self.make_pass(login, maker, door).await?;
        if pass.was_asked_for {
            // Whoever asks next asks again.
            if let Err(failure) = self.records.keep_pass(login, door, &pass, self.clock.now()) {
                tracing::warn!(login = %login.id, %failure, "A pass could not be kept.");
            }
        }
        Ok(pass)
    }

    /// Forgets the pass for `door`: it was refused there.
    pub fn forget_pass(&self, login: &Login, door: &Door) -> Result<(), Failure> {
        let target = Target::new(self.records.pass_path(&login.id, door), 0o600);
        self.publisher.remove(&target).map(drop)
    }

    async fn make_pass(
        self: &Arc<Self>,
        login: &Arc<Login>,
        maker: &dyn Passes,
        door: &Door,
    ) -> Result<Pass, AttemptError> {
        let credential = match maker.base(door) {
            Base::Login => self.lend(login).await?,
            Base::For(recipient) => {
                let obtained = self.obtain_for(login, &recipient).await;
                obtained.map_err(|(stage, failure)| AttemptError::new(stage, &failure))?
            }
        };
        let work = async {
            let pass = maker.pass(door, &credential).await;
            pass.map_err(|failure| (Stage::Exchange, failure))
        };
        let pass = limited(login, Stage::Exchange, work).await;
        let pass = pass.map_err(|(stage, failure)| AttemptError::new(stage, &failure))?;
        Ok(within(&credential, pass, self.clock.now()))
    }
}

/// The pass, which ends a little before the credential does, for it is used up to the instant that is told. What was lent
/// for want of a better one is used up to its real end.
fn within(credential: &Credential, pass: Pass, now: SystemTime) -> Pass {
    let Some(end) = credential.expires_at() else { return pass };
    let early = end.checked_sub(margin(credential.issued_at(), end));
    pass.expiring_at(early.filter(|early| *early > now).unwrap_or(end))
}

fn maker<'l>(login: &'l Login, door: &Door) -> Result<&'l dyn Passes, Failure> {
    let passes = login.lender().is_none().then(|| login.provider().passes()).flatten();
    passes.filter(|passes| passes.fit(door).is_some()).ok_or_else(|| {
        Failure::new("sign in", door.to_string(), Advice::NeedsAttention)
            .message(format!("the login {} has nothing to show there", login.id))
            .hint("Name a login of the cloud that this belongs to.")
    })
}

impl Records {
    /// The lock of the process that makes passes of `id`.
    fn passes_lock_path(&self, id: &LoginId) -> PathBuf {
        self.folder.join(format!("{id}.passes.lock"))
    }

    fn pass_path(&self, id: &LoginId, door: &Door) -> PathBuf {
        let door = digest::of(serde_json::to_vec(&door.anywhere()).unwrap_or_default());
        self.folder.join(format!("{id}.{door}{ENDING}"))
    }

    fn kept_pass(&self, login: &Login, door: &Door, now: SystemTime) -> Option<Pass> {
        let bytes = files::read(&self.pass_path(&login.id, door)).ok()??;
        let kept: Kept = serde_json::from_slice(&bytes).ok()?;
        let is_good = kept.fingerprint == login.fingerprint
            && kept.made_at <= now
            && kept.expires_at.is_none_or(|end| now < end);
        is_good.then(|| Pass {
            user: kept.user.map(Secret::new),
            secret: Secret::new(kept.secret),
            expires_at: kept.expires_at,
            was_asked_for: true,
        })
    }

    fn keep_pass(&self, login: &Login, door: &Door, pass: &Pass, now: SystemTime) -> Result<(), Failure> {
        let kept = Kept {
            fingerprint: login.fingerprint.clone(),
            user: pass.user.as_ref().map(|user| user.expose().to_owned()),
            secret: pass.secret.expose().to_owned(),
            made_at: now,
            expires_at: pass.expires_at,
        };
        let text = serde_json::to_vec(&kept).unwrap_or_default();
        self.publisher.update_private(&self.pass_path(&login.id, door), &text)
    }

    /// Forgets the passes of `id`.
    pub(super) fn forget_passes(&self, id: &LoginId) -> Result<(), Failure> {
        let start = format!("{id}.");
        let is_one = |name: &str| {
            // Another login's name may begin with this one's.
            let door = name.strip_prefix(&start).and_then(|rest| rest.strip_suffix(ENDING));
            door.is_some_and(|door| !door.contains('.'))
        };
        let entries = self.folder.read_dir().into_iter().flatten().filter_map(Result::ok);
        let passes = entries.filter(|entry| entry.file_name().to_str().is_some_and(is_one));
        let removals = passes.map(|entry| self.publisher.remove(&Target::new(entry.path(), 0o600)));
        removals.collect::<Result<Vec<_>, _>>().map(drop)
    }
}
