//! When a login's hooks are due, and their turn.
//!
//! What counts is not what an attempt did but what the hooks were told of last: a note in the runtime folder, beside
//! the record of what was published. So a hook that was killed with the daemon is made up for, what another process
//! published is told of by whoever notices it first, a program that runs once a minute knows that it failed the minute
//! before, and any number of changes while a hook runs are one afterwards.
//!
//! Hooks of one login run one after the other, in the order of the config, whichever process runs them: they hold a
//! lock of their own. They run beside attempts, which do not wait for them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use evercred_core::{Failure, Secret};
use serde::{Deserialize, Serialize};

use crate::files;
use crate::hooks::{Event, Facts};
use crate::login::Login;
use crate::time::rfc3339;

use super::attempt::{Attempts, panicked};
use super::attempt_error::causes;
use super::record::{Present, Published};
use super::state::Held;

/// What the hooks of a login were told of last.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Told {
    outputs: Vec<Published>,
    failing: bool,
}

/// What is to be told, and about whom.
#[derive(Debug)]
struct News {
    events: Vec<Event>,
    held: Option<Held>,
    told: Told,
    /// What the outputs hold, for hiding it in what a hook prints.
    secrets: Vec<Secret>,
}

impl Attempts {
    /// Tells the login's hooks what they have not been told yet, given whether its last attempt failed. Gives a
    /// sentence for each that failed; `None` if none ran.
    pub async fn announce(self: &Arc<Self>, login: &Arc<Login>, failing: bool) -> Option<Vec<String>> {
        if login.hooks.is_empty() {
            return None;
        }
        self.announce_in_turn(login, failing).await.unwrap_or_else(|failure| {
            tracing::warn!(login = %login.id, %failure, "The hooks cannot be run.");
            Some(vec![format!("The hooks could not be run: {failure}.")])
        })
    }

    async fn announce_in_turn(
        self: &Arc<Self>,
        login: &Arc<Login>,
        failing: bool,
    ) -> Result<Option<Vec<String>>, Failure> {
        let _turn = self.lock_at(login, |this, login| this.records.hooks_lock_path(&login.id)).await?;
        let look = move |this: Arc<Self>, login: Arc<Login>| this.news(&login, failing);
        let news = self.in_background(login, look).await.ok_or_else(|| panicked("look for news"))?;
        let Some(News { events, held, told, secrets }) = news else { return Ok(None) };
        let facts = facts(login, held.as_ref());
        let mut failed = None;
        for event in events {
            for hook in login.hooks.iter().filter(|hook| hook.is_for(event)) {
                tracing::debug!(login = %login.id, hook = hook.describe(), event = event.name(), "Running a hook.");
                let failures: &mut Vec<_> = failed.get_or_insert_default();
                if let Err(failure) = hook.run(event, &facts, &secrets).await {
                    failures.push(self.failed(login, event, &failure));
                }
            }
        }
        let note = move |this: Arc<Self>, login: Arc<Login>| {
            let text = serde_json::to_vec(&told).unwrap_or_default();
            this.publisher.update_private(&this.records.hooks_path(&login.id), &text)
        };
        self.in_background(login, note).await.unwrap_or_else(|| Err(panicked("note what was told")))?;
        Ok(failed)
    }

    /// Compares what is published with what was told; `None` if all was.
    fn news(&self, login: &Login, failing: bool) -> Option<News> {
        let told = files::read(&self.records.hooks_path(&login.id)).ok().flatten();
        let mut told: Told = told.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        let Present { held, outputs } = self.records.present(login).unwrap_or_default();
        let mut events = Vec::new();
        if outputs.iter().any(|output| !told.outputs.contains(output)) {
            events.push(Event::Change);
        }
        match (told.failing, failing) {
            (false, true) => events.push(Event::Failure),
            (true, false) => events.push(Event::Recovery),
            _ => {}
        }
        // Of an output that could not be written now, what was told before still counts.
        let is_kept = |path: &Path| login.outputs.iter().any(|output| output.target().path == path);
        told.outputs.retain(|old| is_kept(&old.path) && outputs.iter().all(|new| new.path != old.path));
        told.outputs.extend(outputs);
        told.failing = failing;
        (!events.is_empty()).then(|| News { events, held, told, secrets: secrets(login) })
    }

    fn failed(&self, login: &Login, event: Event, failure: &Failure) -> String {
        let sentence = [vec![failure.to_string()], causes(failure)].concat().join(": ");
        let (event, hint) = (event.name(), failure.remedy());
        tracing::warn!(login = %login.id, event, failure = sentence, hint, "A hook failed.");
        format!("{}, {event}: {sentence}.", rfc3339::seconds(self.clock.now()))
    }
}

fn facts(login: &Login, held: Option<&Held>) -> Facts {
    let paths: Vec<PathBuf> = login.outputs.iter().map(|output| output.target().path.clone()).collect();
    Facts {
        login: login.id.to_string(),
        subject: held.map(|held| held.subject.clone()).unwrap_or_default(),
        expires_at: held.and_then(|held| held.expires_at).map(rfc3339::seconds).unwrap_or_default(),
        outputs: paths,
    }
}

/// The long words of what is ours in the outputs. That some of them are no secrets does not matter.
fn secrets(login: &Login) -> Vec<Secret> {
    let own = login.outputs.iter().filter_map(|output| {
        let current = files::read(&output.target().path).ok()??;
        output.own_part(&current)
    });
    let words = |own: Vec<u8>| -> Vec<Secret> {
        let text = String::from_utf8_lossy(&own);
        let words = text.split(|c: char| c.is_whitespace() || "\"',:;{}[]()<>".contains(c));
        // In a file of variables the value comes after the name; elsewhere, an equals sign may be part of it.
        let values =
            words.flat_map(|word| [Some(word), word.split_once('=').map(|(_, value)| value)]).flatten();
        let long = values.filter(|word| word.len() >= SHORTEST_SECRET && !Path::new(word).exists());
        long.map(Secret::new).collect()
    };
    own.flat_map(words).collect()
}

/// Shorter words are names.
const SHORTEST_SECRET: usize = 16;
