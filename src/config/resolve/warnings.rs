//! What is allowed, but cannot be meant: a config with this in it counts.
//!
//! Only what the config alone shows is found here. What depends on the life of what is granted becomes a note of the
//! login when that is known, by the same rules (`engine/notes.rs`).

use std::ops::Range;

use evercred_core::{HumanDuration, Lifetime};

use super::Resolver;
use crate::config::problem::Problem;
use crate::config::tree::{self, Section};
use crate::login::Login;

impl Resolver<'_> {
    /// Notes what is odd about how long the login's credentials are to live.
    pub(super) fn warn(&mut self, login: &Login, section: &Section<'_>) {
        let Some(lifetime) = login.provider().lifetime() else { return };
        let place = |key: &str| tree::value_span(section.get_ref(), key);
        let misfits = login.demand().misfits(lifetime.time).into_iter().map(|misfit| {
            let [life, enough] = [lifetime.time, misfit.enough].map(HumanDuration::from);
            Problem::new(
                place(lifetime.key).unwrap_or_else(|| section.span()),
                format!("the credential lives {life}, but {misfit}"),
            )
            .hint(format!("Let `{}` be {enough} or more.", lifetime.key))
        });
        let idle = idle(login, lifetime, place("refresh_every"));
        self.warnings.extend(misfits.chain(idle));
    }
}

/// A `refresh_every` that comes later than the refreshes that there are without it.
fn idle(login: &Login, lifetime: Lifetime, place: Option<Range<usize>>) -> Option<Problem> {
    let half = lifetime.time / 2;
    login.policy.refresh_every.filter(|every| *every > half)?;
    let [life, half] = [lifetime.time, half].map(HumanDuration::from);
    let message =
        format!("this changes nothing: the credential lives {life}, and is replaced at half of that anyway");
    Some(Problem::new(place?, message).hint(format!("Let it be less than {half}, or leave it out.")))
}

#[cfg(test)]
mod tests {
    use crate::config::testing::warnings;

    const LOGIN: &str = "[cloud.a]\nrole = \"role/x\"\n";

    #[test]
    fn a_life_that_is_too_short_for_a_reader_is_told_with_its_line_and_the_remedy() {
        let text = format!("{LOGIN}duration = \"15m\"\n");
        insta::assert_snapshot!(warnings(&text), @"3:12+5 the credential lives 15m, but boto3 asks for a new one 15m before its end, so it asks before every request; it works, at a price | Let `duration` be 30m or more.");
        assert_eq!(warnings(LOGIN), "", "an hour is enough");
    }

    #[test]
    fn a_refresh_that_comes_too_late_to_count_is_told() {
        insta::assert_snapshot!(warnings(&format!("{LOGIN}refresh_every = \"31m\"\n")), @"3:17+5 this changes nothing: the credential lives 1h, and is replaced at half of that anyway | Let it be less than 30m, or leave it out.");
        assert_eq!(warnings(&format!("{LOGIN}refresh_every = \"30m\"\n")), "");
    }
}
