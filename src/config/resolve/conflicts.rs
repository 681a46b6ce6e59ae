//! Two outputs that would write the same thing: each refresh of one would destroy the other. Or listen at the same place.

use std::ops::Range;
use std::path::PathBuf;

use super::Resolver;
use crate::config::problem::Problem;
use crate::login::LoginId;
use crate::outputs::Output;
use crate::serve::Listen;

/// What one output writes.
#[derive(Debug)]
pub(super) struct Claim {
    login: LoginId,
    path: PathBuf,
    /// `None`: the whole file.
    section: Option<String>,
    listen: Option<Listen>,
    place: Range<usize>,
}

impl Claim {
    pub(super) fn new(login: &LoginId, output: &dyn Output, place: Range<usize>) -> Self {
        Self {
            login: login.clone(),
            path: output.target().path.clone(),
            section: output.section().map(str::to_owned),
            listen: output.endpoint().map(|endpoint| endpoint.listen().clone()),
            place,
        }
    }

    fn listens_with(&self, other: &Self) -> bool {
        self.listen.is_some() && self.listen == other.listen
    }

    fn conflicts(&self, other: &Self) -> bool {
        let overlap = self.section.is_none() || other.section.is_none() || self.section == other.section;
        self.path == other.path && overlap
    }
}

impl Resolver<'_> {
    /// Notes the claim, and a problem for each end of a conflict with an earlier one.
    pub(super) fn claim(&mut self, claim: Claim) {
        for earlier in self.claims.iter().filter(|earlier| earlier.conflicts(&claim)) {
            for (here, there) in [(earlier, &claim), (&claim, earlier)] {
                self.problems.push(self.conflict(here, there));
            }
        }
        for earlier in self.claims.iter().filter(|earlier| earlier.listens_with(&claim)) {
            for (here, there) in [(earlier, &claim), (&claim, earlier)] {
                self.problems.extend(self.same_address(here, there));
            }
        }
        self.claims.push(claim);
    }

    fn same_address(&self, here: &Claim, there: &Claim) -> Option<Problem> {
        let listen = here.listen.as_ref()?;
        let (other, line) = (&there.login, self.text.line(&there.place));
        let message = format!("{listen} is also where programs ask {other} (line {line})");
        let hint = "Give one of the two outputs another address, such as listen = \"127.0.0.1:7321\".";
        Some(Problem::new(here.place.clone(), message).hint(hint.to_owned()))
    }

    fn conflict(&self, here: &Claim, there: &Claim) -> Problem {
        let path = here.path.display();
        let what = match here.section.as_ref().or(there.section.as_ref()) {
            Some(section) => format!("[{section}] in {path}"),
            None => path.to_string(),
        };
        let (other, line) = (&there.login, self.text.line(&there.place));
        Problem::new(here.place.clone(), format!("{what} is also written by {other} (line {line})"))
            .hint("Give one of the two outputs another path or profile.".to_owned())
    }
}
