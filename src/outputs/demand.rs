//! How early a credential has to be replaced for those who read it, and whether it lives long enough for them.
//!
//! Half of a life is early enough for most. Programs that ask for a newer credential some time before the end must find
//! one when they do, or they ask before every request; and programs that hold on to what they have read must not read
//! it so late that it ends in their hands. Pure, and the only place that knows: the schedule, the notes of a login and
//! the warnings about a config all ask here.

use std::fmt;
use std::time::Duration;

use evercred_core::HumanDuration;

use super::consumers::{Consumer, Delivery, Reading, Served};

/// What the readers of a login's outputs ask of its credential's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Demand {
    asks: Option<(Consumer, Duration, bool)>,
    holds: Option<(Consumer, Duration)>,
}

/// A life that is too short for a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misfit {
    reader: Consumer,
    time: Duration,
    life: Duration,
    /// The shortest life that would do.
    pub enough: Duration,
}

/// What is left over when a program asks: for an outage, a slow token source, or a clock that is off.
const RESERVE: Duration = Duration::from_mins(2);
/// Of a life, at least this part passes before it is replaced, however early its readers ask: more exchanges would help
/// nobody.
const SHORTEST_PART: u32 = 4;

impl Demand {
    /// What those ask who are served by these deliveries.
    pub fn of(served: &[Served]) -> Self {
        served.iter().fold(Self::default(), |demand, served| demand.and(served.delivery))
    }

    fn and(self, delivery: &Delivery) -> Self {
        let early = delivery.tells_an_early_end;
        delivery.consumers.iter().fold(self, |Self { asks, holds }, reader| match reader.reads {
            Reading::BeforeEnd(window) if asks.is_none_or(|(_, longest, _)| longest < window) => {
                Self { asks: Some((*reader, window, early)), holds }
            }
            Reading::Holding(time) if holds.is_none_or(|(_, longest)| longest < time) => {
                Self { asks, holds: Some((*reader, time)) }
            }
            _ => Self { asks, holds },
        })
    }

    /// The life that counts: until a reader that holds on to what it reads may read it last.
    pub fn life_in_files(&self, life: Duration) -> Duration {
        let hold = self.holds.map_or(Duration::ZERO, |(_, hold)| hold);
        life.checked_sub(hold).filter(|left| !left.is_zero()).unwrap_or(life)
    }

    /// How long after it was received it has to be replaced, so that nobody who asks early finds it still there; none, if
    /// nobody does, or if it lives too short for that anyway.
    pub fn replace_within(&self, life: Duration) -> Option<Duration> {
        let (_, window, early) = self.asks?;
        let kept_back = if early { kept_back(life) } else { Duration::ZERO };
        life.checked_sub(window + kept_back + RESERVE).filter(|within| *within >= life / SHORTEST_PART)
    }

    /// The readers that a credential with such a life lives too short for.
    pub fn misfits(&self, life: Duration) -> Vec<Misfit> {
        let asks = self.asks.filter(|_| self.replace_within(life).is_none());
        let asks = asks.map(|(reader, time, _)| (reader, time, self.enough()));
        let holds = self.holds.filter(|(_, hold)| life < *hold + RESERVE);
        let holds = holds.map(|(reader, time)| (reader, time, time * 3 / 2));
        let misfits = asks.into_iter().chain(holds);
        misfits.map(|(reader, time, enough)| Misfit { reader, time, life, enough }).collect()
    }

    /// The shortest life, in steps that people like, that is long enough for those who ask.
    fn enough(&self) -> Duration {
        const STEP: Duration = Duration::from_mins(5);
        let steps = (1..).map(|count| STEP * count);
        let fits = |life: &Duration| self.asks.is_none() || self.replace_within(*life).is_some();
        steps.take(1_000).find(fits).unwrap_or(STEP)
    }
}

/// How much earlier than the real one the end is that SDKs of AWS are told.
///
/// Some use a session up to the very second (Go), or up to 10 or 15 s before (Rust, Java). Requests in flight and a clock
/// that is off would then fail, so five minutes are kept back. But an SDK that finds the end passed refuses a session that
/// still works, so a short one is cut by a twelfth at most: the engine replaces it at half of its life, long before.
pub fn kept_back(life: Duration) -> Duration {
    const MOST: Duration = Duration::from_mins(5);
    MOST.min(life / 12)
}

impl fmt::Display for Misfit {
    /// What comes of it: a clause.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, time) = (self.reader.name, HumanDuration::from(self.time));
        match self.reader.reads {
            Reading::Holding(_) => {
                write!(f, "{name} uses what it has read for up to {time}, so it may present what has expired")
            }
            _ => write!(
                f,
                "{name} asks for a new one {time} before its end, so it asks before every request; it works, at a price"
            ),
        }
    }
}

impl Misfit {
    /// The sentences for somebody whose login is like that.
    pub fn note(&self) -> String {
        let [life, enough] = [self.life, self.enough].map(HumanDuration::from);
        match self.reader.reads {
            Reading::Holding(_) => format!(
                "What is in the file lives {life}, but {self}. Let the token source ask for tokens that live {enough} or \
                 longer."
            ),
            _ => format!("The credential lives {life}, but {self}. A life of {enough} or more avoids it."),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn demand(ways: &[&str]) -> Demand {
        ways.iter().fold(Demand::default(), |demand, way| demand.and(Delivery::of(way)))
    }

    const fn minutes(count: u64) -> Duration {
        Duration::from_mins(count)
    }

    #[test]
    fn the_reader_that_asks_first_counts_and_it_gets_some_minutes_more() {
        let botocore = demand(&["external-account", "profile"]);
        // Fifteen minutes, of which it thinks that they begin five earlier than they do, and two for us.
        assert_eq!(botocore.replace_within(minutes(60)), Some(minutes(38)));
        assert_eq!(demand(&["external-account"]).replace_within(minutes(60)), Some(minutes(53)));
        assert_eq!(demand(&["gcloud", "azure-cli", "json"]).replace_within(minutes(60)), None, "nobody asks");
    }

    #[test]
    fn a_life_too_short_for_its_readers_is_told_with_one_that_is_not() {
        let misfits = demand(&["profile"]).misfits(minutes(15));
        let [misfit] = misfits.as_slice() else { panic!("{misfits:?}") };
        assert!(demand(&["profile"]).misfits(misfit.enough).is_empty());
        assert_eq!(
            misfit.note(),
            "The credential lives 15m, but boto3 asks for a new one 15m before its end, so it asks before every request; \
             it works, at a price. A life of 30m or more avoids it."
        );
        assert_eq!(demand(&["static-profile"]).misfits(minutes(1)), []);
    }

    #[test]
    fn what_is_held_on_to_has_to_outlive_that() {
        let azure = demand(&["workload-identity"]);
        assert_eq!(azure.life_in_files(minutes(60)), minutes(50));
        assert_eq!(azure.life_in_files(minutes(10)), minutes(10), "too short anyway");
        assert_eq!(azure.misfits(minutes(12)), []);
        let note = azure.misfits(minutes(11))[0].note();
        assert!(note.contains("azure-identity for Python") && note.contains("live 15m or longer"), "{note}");
    }

    proptest! {
        #[test]
        fn a_life_that_fits_leaves_everybody_who_asks_early_a_newer_one(life in 1_u64..50_000) {
            let life = Duration::from_secs(life);
            for way in ["profile", "container-endpoint", "external-account", "managed-identity"] {
                let demand = demand(&[way]);
                let (_, window, _) = demand.asks.unwrap();
                let Some(within) = demand.replace_within(life) else {
                    prop_assert_eq!(demand.misfits(life).len(), 1);
                    continue;
                };
                prop_assert!(within + window + RESERVE <= life && within >= life / SHORTEST_PART);
            }
        }
    }
}
