//! From what happens to lines.

use std::collections::HashMap;
use std::sync::PoisonError;

use super::{Audit, Entry, Kind, Token};
use crate::engine::attempt_error::Stage;
use crate::events::{Event, Observer};
use crate::login::{Login, LoginId};

/// Of each login that is refused something, the last refusal, and how many like it came after.
#[derive(Debug, Default)]
pub(super) struct Repeats(HashMap<LoginId, (Refusal, u64)>);

/// What makes two refusals alike.
type Refusal = (Option<Stage>, String);

impl Observer for Audit {
    fn noted(&self, login: &Login, event: &Event<'_>) {
        let entry = |kind| Entry {
            login: Some(login.id.to_string()),
            provider: Some(login.id.kind().to_owned()),
            audience: Some(login.provider().audience().to_string()),
            ..Entry::new(kind, self.clock.as_ref())
        };
        let Some(entry) = told(event, entry) else { return };
        let mut repeats = self.repeats.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = repeats.fold(&login.id, entry) {
            self.write(&entry);
        }
    }
}

/// The entry of an event, begun by `entry`; `None` for what is only counted.
fn told(event: &Event<'_>, entry: impl Fn(Kind) -> Entry) -> Option<Entry> {
    Some(match event {
        Event::Exchanged { token, credential, .. } => {
            Entry { token: token.map(Token::of), ..entry(Kind::Exchange).with_credential(credential) }
        }
        Event::Renewed { credential, .. } => entry(Kind::Renewal).with_credential(credential),
        Event::Refused { stage, failure, token, .. } => {
            let entry = entry(Kind::Refusal).with_failure(failure);
            Entry { token: token.map(Token::of), stage: Some(*stage), ..entry }
        }
        Event::Published { path, credential } => {
            Entry { path: Some((*path).to_owned()), ..entry(Kind::Publish).with_credential(credential) }
        }
        Event::Unpublished { path, failure } => {
            let entry = entry(Kind::Publish).with_failure(failure);
            Entry { path: Some((*path).to_owned()), stage: Some(Stage::Publish), ..entry }
        }
        Event::Revoked { credential, failure } => {
            let entry = entry(Kind::Revocation).with_credential(credential);
            failure.map_or(entry.clone(), |failure| entry.with_failure(failure))
        }
        Event::LoggedOut => entry(Kind::LogOut),
        Event::Attempted { .. } => return None,
    })
}

impl Repeats {
    /// The entry as it is written; `None` for one more refusal like the last one.
    fn fold(&mut self, login: &LoginId, entry: Entry) -> Option<Entry> {
        let refusal = (entry.event == Kind::Refusal).then(|| (entry.stage, entry.outcome.clone()));
        if let (Some(refusal), Some((last, count))) = (&refusal, self.0.get_mut(login))
            && refusal == last
        {
            *count += 1;
            return None;
        }
        let before = self.0.remove(login).map(|(_, count)| count).filter(|count| *count > 0);
        if let Some(refusal) = refusal {
            self.0.insert(login.clone(), (refusal, 0));
        }
        Some(Entry { repeated: before, ..entry })
    }
}

#[cfg(test)]
mod tests {
    use evercred_core::{Advice, Failure};

    use super::*;
    use crate::time::fake::FakeClock;

    #[test]
    fn refusals_of_one_kind_are_one_line_and_the_next_says_how_many_they_were() {
        let clock = FakeClock::new();
        let refusal = |advice| Entry {
            stage: Some(Stage::Exchange),
            ..Entry::new(Kind::Refusal, &clock).with_failure(&Failure::new("ask", "x", advice))
        };
        let id = LoginId::new("aws", "a");
        let mut repeats = Repeats::default();
        let mut written = Vec::new();
        for entry in [
            refusal(Advice::Unreachable),
            refusal(Advice::Unreachable),
            refusal(Advice::Unreachable),
            refusal(Advice::NeedsAttention),
            refusal(Advice::Unreachable),
            refusal(Advice::Unreachable),
            Entry::new(Kind::Exchange, &clock),
            Entry::new(Kind::Publish, &clock),
        ] {
            written.extend(repeats.fold(&id, entry).map(|entry| (entry.event, entry.repeated)));
        }
        let expected = [
            (Kind::Refusal, None),
            (Kind::Refusal, Some(2)),
            (Kind::Refusal, None),
            (Kind::Exchange, Some(1)),
            (Kind::Publish, None),
        ];
        assert_eq!(written, expected);
    }
}
