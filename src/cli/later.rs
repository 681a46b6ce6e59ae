//! Arguments of a command that are described when that command is given.
//!
//! Describing those of all thirty commands would be much of what a start takes.

use clap::{ArgMatches, Args, Command, Error, FromArgMatches};

/// The arguments `A`.
#[derive(Debug)]
pub(super) struct Later<A>(pub(super) A);

impl<A: Args> Args for Later<A> {
    fn augment_args(command: Command) -> Command {
        command.defer(A::augment_args)
    }

    fn augment_args_for_update(command: Command) -> Command {
        command.defer(A::augment_args_for_update)
    }
}

impl<A: FromArgMatches> FromArgMatches for Later<A> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        A::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}
