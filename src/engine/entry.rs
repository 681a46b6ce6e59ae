//! One login in the engine's table: its state, and what is under way for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use evercred_core::{Advice, Failure};

use crate::login::Login;
use crate::time::{Deadline, Now};

use super::attempt::Outcome;
use super::attempt_error::AttemptError;
use super::budget::Budgeted;
use super::record::Standing;
use super::restoration::Restoration;
use super::schedule::{self, Step};
use super::secret::without_login;
use super::state::{Held, LoginState, after_attempt};
use super::status::LoginStatus;
use super::work::Job;

/// Equal failures are logged this often; then it is quiet until something changes.
const LOUD: u32 = 3;

/// How the login's hooks stand.
#[derive(Debug, Default)]
struct Hooks {
    /// Whether they are being told something.
    running: bool,
    /// Whether an attempt has ended since they began.
    due: bool,
    /// What to say of those that failed last.
    notes: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) login: Arc<Login>,
    pub(super) state: LoginState,
    notes: Vec<String>,
    job: Option<Job>,
    /// Whether another attempt must follow the one under way, because something changed meanwhile.
    stale: bool,
    /// Whether the removal of ended outputs failed and is to be tried again after the next attempt.
    retire_again: bool,
    restoration: Restoration,
    hooks: Hooks,
    /// Why there is no listening, by the addresses of its endpoints.
    deaf: BTreeMap<String, String>,
    /// The budgets that an attempt is taken from, and those while the server of a secret's login cannot be reached.
    budgets: [Vec<Budgeted>; 2],
    /// Whether a secret of this login could not reach the server, and none has since.
    pub(super) is_unreachable: bool,
    /// Nothing that was published up to then is good enough: somebody asked for a refresh.
    asked_at: SystemTime,
}

impl Entry {
    pub(super) fn new(login: Arc<Login>, now: Now) -> Self {
        Self {
            budgets: budgets(&login),
            is_unreachable: false,
            login,
            state: LoginState::new(now),
            notes: Vec::new(),
            job: None,
            stale: false,
            retire_again: false,
            restoration: Restoration::default(),
            hooks: Hooks::default(),
            deaf: BTreeMap::new(),
            asked_at: SystemTime::UNIX_EPOCH,
        }
    }

    /// What to do now; nothing while something is under way.
    pub(super) fn next_step(&self, now: Now) -> Option<Step> {
        self.job.is_none().then(|| schedule::next_step(&self.state, &self.login.policy, now))
    }

    /// Whether an attempt is under way.
    pub(super) fn is_attempting(&self) -> bool {
        self.job == Some(Job::Attempt)
    }

    /// The budgets that an attempt is taken from.
    pub(super) fn budgets(&self, is_unreachable: bool) -> &[Budgeted] {
        &self.budgets[usize::from(is_unreachable)]
    }

    /// What another process published after this may be adopted.
    pub(super) fn adopt_after(&self) -> SystemTime {
        let known = self.state.held.as_ref().map_or(SystemTime::UNIX_EPOCH, |held| held.issued_at);
        known.max(self.asked_at)
    }

    pub(super) fn start(&mut self, job: Job) {
        self.job = Some(job);
        // What is touched from now on may be missed by the look that this job takes at the outputs.
        self.state.touched = false;
    }

    /// One of its endpoints listens, or cannot.
    pub(super) fn listens(&mut self, listen: String, trouble: Option<String>) {
        match trouble {
            Some(trouble) => self.deaf.insert(listen, trouble),
            None => self.deaf.remove(&listen),
        };
    }

    /// An attempt has ended.
    pub(super) fn attempted(&mut self, outcome: Outcome, now: Now, jitter: f64) {
        self.job = None;
        let before = std::mem::replace(&mut self.state, LoginState::new(now));
        if let Outcome::Fresh { notes, .. } = &outcome {
            self.take_notes(notes);
        }
        let (failures_before, held_before) = (before.failures, before.held.clone());
        self.state = after_attempt(before, outcome, now, jitter);
        self.hooks.due = true;
        let is_same = self.is_same_secret(held_before.as_ref());
        self.log(failures_before, is_same);
        if std::mem::take(&mut self.stale) {
            self.state.wake(now);
        }
        if std::mem::take(&mut self.retire_again) {
            self.state.retired = false;
        }
    }

    /// Whether the hooks are to be told something now; they are taken to be, then.
    pub(super) fn start_announcement(&mut self) -> bool {
        let starts = self.hooks.due && !self.hooks.running && !self.login.hooks.is_empty();
        if starts {
            (self.hooks.running, self.hooks.due) = (true, false);
        }
        starts
    }

    /// The hooks have been told; what is said of those that failed stays until others have run.
    pub(super) fn announced(&mut self, failed: Option<Vec<String>>) {
        self.hooks.running = false;
        self.hooks.notes = failed.unwrap_or_else(|| std::mem::take(&mut self.hooks.notes));
    }

    /// An inspection has ended.
    pub(super) fn inspected(&mut self, standing: Option<Standing>, now: Now) {
        self.job = None;
        let Some(known) = self.state.held.as_ref().filter(|_| self.state.error.is_none()) else { return };
        match standing {
            Some(Standing::Disturbed(paths)) => self.restore(&paths, now),
            // Another process has been faster; an attempt takes that over.
            Some(Standing::InPlace(held)) if held.issued_at > known.issued_at => self.state.wake(now),
            Some(Standing::InPlace(_) | Standing::Unknown) | None => {}
        }
    }

    /// The removal of ended outputs has ended.
    pub(super) fn retired(&mut self, result: Result<Option<Held>, Failure>, now: Now) {
        self.job = None;
        let login = &self.login.id;
        match result {
            Ok(None) => tracing::warn!(%login, "The credential has ended; its outputs were removed."),
            Ok(Some(_)) => {
                self.state.retired = false;
                self.state.wake(now);
            }
            Err(failure) => {
                tracing::error!(%login, %failure, "The ended outputs could not be removed.");
                self.retire_again = true;
            }
        }
    }

    /// A file has changed: the token source's, an output's, or somebody else's.
    pub(super) fn file_changed(&mut self, path: &Path, now: Now) {
        if self.login.watched() == Some(path) {
            self.wake(now, "The token source changed.");
        }
        self.state.touched |= self.login.outputs.iter().any(|output| output.target().path == path);
    }

    /// The login that the secret is read with has failed again, maybe in another way.
    pub(super) fn lacks_login(&mut self, error: AttemptError, next: Deadline) {
        self.state.error = Some(without_login(&self.login, error));
        self.state.next = next;
    }

    /// Plans an attempt that puts these outputs back.
    fn restore(&mut self, paths: &[PathBuf], now: Now) {
        let wait = self.restoration.plan(now.boot);
        self.state.next = self.state.next.earlier(Deadline::after(wait, now));
        let disturbed = |path: &PathBuf| {
            format!("{} was changed or removed by another program; it is put back", path.display())
        };
        let mut notes = self.notes.clone();
        notes.extend(paths.iter().map(disturbed).filter(|note| !self.notes.contains(note)));
        self.take_notes(&notes);
    }

    /// Makes an attempt due now, and takes nothing that exists already for an answer.
    pub(super) fn refresh(&mut self, now: Now) {
        self.asked_at = now.wall;
        self.wake(now, "A refresh was asked for.");
    }

    /// Makes an attempt due now.
    pub(super) fn wake(&mut self, now: Now, why: &'static str) {
        tracing::info!(login = %self.login.id, "{why}");
        self.make_due(now);
    }

    /// The same without a word.
    pub(super) fn make_due(&mut self, now: Now) {
        self.state.wake(now);
        self.stale |= self.job == Some(Job::Attempt);
    }

    pub(super) fn status(&self, at: SystemTime) -> LoginStatus {
        let mut notes = [self.notes.as_slice(), &self.hooks.notes].concat();
        notes.extend(self.deaf.values().cloned());
        LoginStatus::new(&self.login, &self.state, self.job == Some(Job::Attempt), &notes, at)
    }

    /// Whether a secret without an end was read again and found to be what it was, which is nothing to speak of.
    fn is_same_secret(&self, before: Option<&Held>) -> bool {
        let is_same =
            |(before, held): (&Held, &Held)| held.expires_at.is_none() && before.subject == held.subject;
        self.login.lender().is_some() && before.zip(self.state.held.as_ref()).is_some_and(is_same)
    }

    /// Each note is said once.
    fn take_notes(&mut self, notes: &[String]) {
        for note in notes.iter().filter(|note| !self.notes.contains(note)) {
            tracing::warn!(login = %self.login.id, "{note}");
        }
        self.notes = notes.to_vec();
    }

    fn log(&self, failures_before: u32, is_same: bool) {
        let (login, state) = (&self.login.id, &self.state);
        match (&state.error, &state.held) {
            (Some(error), _) if state.failures <= LOUD => log_failure(login, error),
            (Some(error), _) => {
                tracing::debug!(%login, failures = state.failures, error = error.message, "Still failing.");
            }
            (None, Some(held)) => {
                let expires_at = held.expires_at.map(crate::time::rfc3339::seconds).unwrap_or_default();
                if failures_before > 0 {
                    tracing::info!(%login, failures = failures_before, expires_at, "Fresh again.");
                } else if is_same {
                    tracing::debug!(%login, subject = held.subject, "Unchanged.");
                } else {
                    tracing::info!(%login, subject = held.subject, expires_at, "Fresh.");
                }
            }
            (None, None) => {}
        }
    }
}

/// Reading an ID token from something local costs nobody anything, and secrets do not take from what logins need.
fn budgets(login: &Login) -> [Vec<Budgeted>; 2] {
    if let Some(lender) = login.lender() {
        return [vec![Budgeted::secrets(&lender.id)], vec![Budgeted::scouts(&lender.id)]];
    }
    let source = (!login.source().is_local()).then(|| Budgeted::logins(login.source().describe()));
    let all: Vec<_> = std::iter::once(Budgeted::logins(login.id.kind())).chain(source).collect();
    [all.clone(), all]
}

fn log_failure(login: &crate::login::LoginId, error: &AttemptError) {
    let (class, causes, hint) = (error.advice.class(), error.causes.join(": "), error.hint.as_deref());
    let causes = Some(causes.as_str()).filter(|causes| !causes.is_empty());
    let text = sentence(&error.message);
    if error.advice == Advice::NeedsAttention {
        tracing::error!(%login, class, causes, hint, "{text}");
    } else {
        tracing::warn!(%login, class, causes, hint, "{text}");
    }
}

/// An error's fragment as a sentence of the log.
fn sentence(fragment: &str) -> String {
    let mut characters = fragment.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).chain(['.']).collect()
}
