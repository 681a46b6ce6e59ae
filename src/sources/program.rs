//! Running a program that prints an ID token.
//!
//! It gets an argument vector, never a shell line, and the environment that the config was loaded with. Its
//! standard output is the token and is not shown; its standard error is for the report. When its time is over, it
//! is killed with its whole process group. Arguments are not shown anywhere: people put secrets there.

mod execution;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use evercred_core::{Advice, Audience, Environment, Failure, IdToken};

use super::problem;

/// What stands for the audience in arguments.
const PLACEHOLDER: &str = "{audience}";
/// Programs that want the audience in their environment find it here.
const AUDIENCE_VARIABLE: &str = "EVERCRED_AUDIENCE";

/// A program that prints a token.
pub(super) struct Program {
    /// Its name, or the names it goes by: the first that is found runs.
    pub(super) names: Vec<String>,
    /// Its arguments, with `{audience}` where the audience belongs.
    pub(super) arguments: Vec<String>,
    /// Its environment.
    pub(super) environment: Environment,
    /// The time it may take.
    pub(super) limit: Duration,
    /// What to do if there is no such program: a full sentence.
    pub(super) if_missing: &'static str,
}

impl Program {
    /// Its first name, for reports.
    pub(super) fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// Runs it for `audience`.
    pub(super) async fn mint(&self, audience: &Audience) -> Result<IdToken, Failure> {
        let (name, path) = self.find()?;
        let mut command = tokio::process::Command::new(path);
        command
            .args(self.arguments.iter().map(|argument| argument.replace(PLACEHOLDER, audience.as_str())))
            .env_clear()
            .envs(self.environment.iter())
            .env(AUDIENCE_VARIABLE, audience.as_str());
        let text = execution::output(command, name, self.limit).await?;
        problem::parse(&text, &format!("the output of {name}"), Advice::NeedsAttention)
    }

    fn find(&self) -> Result<(&str, PathBuf), Failure> {
        let found = |name: &String| find(&self.environment, name);
        self.names.iter().find_map(|name| Some((name.as_str(), found(name)?))).ok_or_else(|| {
            Failure::new(format!("run {}", self.names.join(" or ")), "", Advice::NeedsAttention)
                .message("there is no such executable program")
                .hint(self.if_missing)
        })
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("names", &self.names)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// The executable that `name` stands for: a path (`~/` allowed), or what `PATH` has by that name.
pub(super) fn find(environment: &Environment, name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(environment.expand(name)).filter(|path| executable(path));
    }
    let folders = environment.get("PATH").unwrap_or("/usr/local/bin:/usr/bin:/bin");
    // An empty or relative entry would mean the folder that the daemon happens to be in.
    let folders = std::env::split_paths(folders).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(name)).find(|path| executable(path))
}

fn executable(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}
