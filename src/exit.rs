//! The exit codes: stable, distinct, and meant for scripts.

use std::process::ExitCode;

use evercred_core::Advice;

/// How a command ended. The numbers are part of the interface and never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Everything that was asked for is there, and every credential in question is fresh.
    Fresh = 0,
    /// Something of this machine failed: a file, a socket, a process.
    Failed = 1,
    /// The command line is wrong (clap's own number).
    Usage = 2,
    /// There is no config that can be read, or it has mistakes, or no login of the given name.
    BadConfig = 3,
    /// The provider or the token source refused: somebody has to change something.
    Refused = 4,
    /// The provider or the token source could not be reached or had a failure of its own: try again later.
    Unavailable = 5,
    /// The credential is still good, but could not be refreshed when it was due.
    Stale = 6,
    /// The credential has expired.
    Expired = 7,
    /// No daemon is running, and nothing was published yet.
    NotRunning = 8,
    /// What was waited for did not come in time.
    TimedOut = 9,
    /// A client does not use a login that is for it, or something else is wrong that keeps it from that.
    Unused = 10,
}

impl Exit {
    /// All of them, for the manual.
    pub const ALL: [Self; 11] = [
        Self::Fresh,
        Self::Failed,
        Self::Usage,
        Self::BadConfig,
        Self::Refused,
        Self::Unavailable,
        Self::Stale,
        Self::Expired,
        Self::NotRunning,
        Self::TimedOut,
        Self::Unused,
    ];

    /// The number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What it means, in a few words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Fresh => "done; every credential in question is fresh",
            Self::Failed => "a file, a socket or a process of this machine failed",
            Self::Usage => "the command line is wrong",
            Self::BadConfig => "no config, or one with mistakes, or no login of that name",
            Self::Refused => "refused by the provider or the token source",
            Self::Unavailable => "the provider or the token source is unavailable",
            Self::Stale => "the credential is good but overdue for a refresh",
            Self::Expired => "the credential has expired",
            Self::NotRunning => "no daemon is running, and nothing was published yet",
            Self::TimedOut => "what was waited for did not come in time",
            Self::Unused => "a client does not use a login that is for it",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl From<Advice> for Exit {
    fn from(advice: Advice) -> Self {
        match advice {
            Advice::Retry { .. } | Advice::Unreachable => Self::Unavailable,
            Advice::NewToken | Advice::NeedsAttention => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_under_its_own_number() {
        let codes: Vec<_> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes, (0..11).collect::<Vec<_>>());
    }
}
