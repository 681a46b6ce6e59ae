//! What is under way: tasks that report back, at most one for each login.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use evercred_core::{Advice, Failure};
use tokio::task::{Id, JoinSet};

use crate::login::Login;

use super::attempt::{Attempts, Outcome};
use super::attempt_error::{AttemptError, Stage};
use super::entry::Entry;
use super::record::Standing;
use super::state::Held;

/// What can be under way for a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Job {
    /// An attempt.
    Attempt,
    /// A look whether the outputs are in place.
    Inspection,
    /// The removal of outputs that have ended.
    Retirement,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Done {
    Attempt(Outcome),
    Inspection(Option<Standing>),
    /// What another process has published meanwhile, and was left to stand.
    Retirement(Result<Option<Held>, Failure>),
}

/// The tasks under way.
#[derive(Debug)]
pub(super) struct Work {
    attempts: Arc<Attempts>,
    tasks: JoinSet<Done>,
    /// A task that panics cannot say whose it was.
    owners: HashMap<Id, (Arc<Login>, Job)>,
}

impl Work {
    pub(super) fn new(attempts: Arc<Attempts>) -> Self {
        Self { attempts, tasks: JoinSet::new(), owners: HashMap::new() }
    }

    pub(super) fn start(&mut self, job: Job, entry: &mut Entry) {
        entry.start(job);
        let (attempts, login) = (Arc::clone(&self.attempts), Arc::clone(&entry.login));
        let owner = Arc::clone(&login);
        let adopt_after = entry.adopt_after();
        let task = self.tasks.spawn(async move {
            match job {
                Job::Attempt => Done::Attempt(attempts.run(&login, adopt_after).await),
                Job::Inspection => Done::Inspection(attempts.inspect(&login).await),
                Job::Retirement => Done::Retirement(attempts.retire(&login).await),
            }
        });
        self.owners.insert(task.id(), (owner, job));
    }

    /// Starts an attempt that can ask nobody, because the login that a secret is read with has failed with `error`.
    pub(super) fn start_adoption(&mut self, entry: &mut Entry, error: AttemptError) {
        entry.start(Job::Attempt);
        let (attempts, login) = (Arc::clone(&self.attempts), Arc::clone(&entry.login));
        let (owner, adopt_after) = (Arc::clone(&login), entry.adopt_after());
        let task = self
            .tasks
            .spawn(async move { Done::Attempt(attempts.adopt_only(&login, adopt_after, error).await) });
        self.owners.insert(task.id(), (owner, Job::Attempt));
    }

    /// Whether an attempt has got a credential for `login` that was issued after `issued_at`.
    pub(super) fn has_newer(&self, login: &Login, issued_at: SystemTime) -> bool {
        self.attempts.kept.has_newer(login, issued_at)
    }

    /// What ends next, and whose it was; `None` if nothing is under way. Nothing is lost if the wait is given up.
    pub(super) async fn next(&mut self) -> Option<(Arc<Login>, Done)> {
        loop {
            let (task, done) = match self.tasks.join_next_with_id().await? {
                Ok((task, done)) => (task, Some(done)),
                Err(error) => (error.id(), None),
            };
            if let Some((login, job)) = self.owners.remove(&task) {
                return Some((login, done.unwrap_or_else(|| panicked(job))));
            }
        }
    }
}

fn panicked(job: Job) -> Done {
    let failure = |operation| {
        Failure::new(operation, "", Advice::RETRY)
            .message("the code for it panicked")
            .hint("Please report this as a bug, with the log; evercred tries again.")
    };
    match job {
        Job::Attempt => Done::Attempt(Outcome::Failed {
            held: None,
            error: AttemptError::new(Stage::Exchange, &failure("complete the attempt")),
        }),
        Job::Inspection => Done::Inspection(None),
        Job::Retirement => Done::Retirement(Err(failure("remove the outputs"))),
    }
}
