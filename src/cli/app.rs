//! What every command starts from: the machine, the config, and the maker of attempts.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use evercred_core::{Environment, Surroundings, WallClock};
use evercred_http::{BuildContext, Http};
use tokio::runtime::Runtime;

use crate::audit::Audit;
use crate::config::{self, ConfigError, Machine, Paths, Problems, Resolved, Services};
use crate::engine::attempt::Attempts;
use crate::engine::record::Records;
use crate::events::Observer;
use crate::exit::Exit;
use crate::files::Publisher;
use crate::login::{Login, LoginId};
use crate::registry::Registry;
use crate::report::Report;
use crate::sources::TokenSource;
use crate::time::{Clock, SystemClock};

#[derive(Debug)]
pub(super) struct App {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) machine: Machine,
    pub(super) registry: Registry,
    pub(super) config: Option<PathBuf>,
}

/// What was found in the config, and what makes its attempts.
type Found<T> = Result<(T, Arc<Attempts>), Box<Report>>;

impl App {
    pub(super) fn new(
        environment: Environment,
        registry: Registry,
        config: Option<PathBuf>,
    ) -> Result<Self, Box<Report>> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let paths = Paths::of(&environment).map_err(|error| Report::from(&error))?;
        let http = Http::new(&environment);
        let surroundings = Surroundings { environment, clock: Arc::clone(&clock) as Arc<dyn WallClock> };
        let program = config::program();
        let credential_process = config::credential_process(&program);
        let build = BuildContext { surroundings, http };
        let machine = Machine { build, paths, program, credential_process };
        Ok(Self { clock, machine, registry, config })
    }

    /// The config, resolved.
    pub(super) fn resolved(&self) -> Result<Resolved, Box<Report>> {
        self.config_if_any().map_err(|error| Report::from(&error).into())
    }

    /// The config, resolved, or why there is none.
    pub(super) fn config_if_any(&self) -> Result<Resolved, ConfigError> {
        config::load(&self.registry, &self.machine, self.config.as_deref())
    }

    /// The logins that `names` name, or all if it names none; and what makes their attempts.
    pub(super) fn logins(&self, names: &[LoginId]) -> Found<Vec<Arc<Login>>> {
        self.logins_holding(|login| login.has_secrets, names)
    }

    /// The same, with attempts that lend credentials.
    pub(super) fn lenders(&self, names: &[LoginId]) -> Found<Vec<Arc<Login>>> {
        self.logins_holding(|_| true, names)
    }

    /// The one login of that name, and attempts that lend its credential.
    pub(super) fn lender(&self, name: &LoginId) -> Found<Arc<Login>> {
        let (mut logins, attempts) = self.lenders(std::slice::from_ref(name))?;
        Ok((logins.swap_remove(0), attempts))
    }

    fn logins_holding(&self, wanted: fn(&Login) -> bool, names: &[LoginId]) -> Found<Vec<Arc<Login>>> {
        let resolved = self.resolved()?;
        let audit = self.audit(&resolved.services);
        let attempts = self.attempts_holding(wanted, audit.map(|audit| audit as Arc<dyn Observer>));
        let mut logins = resolved.logins;
        for name in names {
            if !logins.iter().any(|login| login.id == *name) {
                let known: Vec<String> = logins.iter().map(|login| login.id.to_string()).collect();
                return Err(Report::no_login(name, known).into());
            }
        }
        logins.retain(|login| names.is_empty() || names.contains(&login.id));
        Ok((logins, attempts))
    }

    /// The one login of that name, and what makes its attempts.
    pub(super) fn login(&self, name: &LoginId) -> Found<Arc<Login>> {
        let (mut logins, attempts) = self.logins(std::slice::from_ref(name))?;
        Ok((logins.swap_remove(0), attempts))
    }

    /// The token source of that name, or the one that logins without a `source` use. Works without a config, too.
    pub(super) fn source(&self, name: Option<&str>) -> Result<Arc<dyn TokenSource>, Box<Report>> {
        let loaded = self.config_if_any();
        let resolved = match (loaded, name) {
            (Err(ConfigError::NotFound { .. }), None) if self.config.is_none() => None,
            (loaded, _) => Some(loaded.map_err(|error| Report::from(&error))?),
        };
        let configured =
            resolved.as_ref().and_then(|resolved| resolved.sources.get(&name.map(str::to_owned)));
        match (configured, name, &resolved) {
            (Some(source), _, _) => Ok(Arc::clone(source)),
            (None, Some(name), Some(resolved)) => Err(no_source(name, resolved).into()),
            _ => config::default_source(&self.registry, &self.machine)
                .map_err(|problems| no_default_source(&problems).into()),
        }
    }

    pub(super) fn records(&self) -> Records {
        Records::new(self.machine.paths.runtime_folder.clone(), self.publisher())
    }

    /// Records of files that are nobody else's.
    pub(super) fn records_in(&self, folder: &Path) -> Records {
        Records::new(folder.to_owned(), Publisher::new(folder.join("locks")))
    }

    /// Attempts that hold the credentials of `wanted` logins in memory.
    pub(super) fn attempts_holding(
        &self,
        wanted: fn(&Login) -> bool,
        observers: impl IntoIterator<Item = Arc<dyn Observer>>,
    ) -> Arc<Attempts> {
        self.attempts_with(self.publisher(), self.records(), (wanted, observers))
    }

    /// Attempts whose locks and records are in `folder`, for files that are nobody else's.
    pub(super) fn attempts_in(
        &self,
        folder: &Path,
        observers: impl IntoIterator<Item = Arc<dyn Observer>>,
    ) -> Arc<Attempts> {
        let publisher = Publisher::new(folder.join("locks"));
        self.attempts_with(publisher, self.records_in(folder), (Login::is_asked_for, observers))
    }

    fn attempts_with(
        &self,
        publisher: Publisher,
        records: Records,
        (wanted, observers): (fn(&Login) -> bool, impl IntoIterator<Item = Arc<dyn Observer>>),
    ) -> Arc<Attempts> {
        let attempts = Attempts::new(Arc::clone(&self.clock), publisher, records, fastrand::f64);
        Arc::new(attempts.holding(wanted).observed_by(observers.into_iter().collect()))
    }

    /// The audit log, if there is to be one.
    pub(super) fn audit(&self, services: &Services) -> Option<Arc<Audit>> {
        let settings = services.audit.as_ref()?;
        Some(Arc::new(Audit::new(settings, Arc::clone(&self.clock))))
    }

    pub(super) fn publisher(&self) -> Publisher {
        Publisher::new(self.machine.paths.runtime_folder.join("locks"))
    }
}

/// Time for file work under way when a process stops.
pub(super) const LAST_WORDS: Duration = Duration::from_millis(300);

/// The runtime: one thread, because the daemon waits more than it works.
pub(super) fn runtime() -> Result<Runtime, Box<Report>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        let hint = "Is the limit of open files (ulimit -n) reached?".to_owned();
        Report::new(&error, Some(hint), Exit::Failed).into()
    })
}

/// Without a config there is no line to point at.
fn no_default_source(problems: &Problems) -> Report {
    let Some(problem) = problems.list.first() else { return Report::from(problems) };
    Report::new(&std::io::Error::other(problem.message.clone()), problem.hint.clone(), Exit::BadConfig)
}

fn no_source(name: &str, resolved: &Resolved) -> Report {
    let known = resolved.sources.keys().flatten().cloned().collect::<Vec<_>>().join(", ");
    let hint = if known.is_empty() {
        format!("Add a table [sources.{name}].")
    } else {
        format!("The config has {known}.")
    };
    let error =
        std::io::Error::new(std::io::ErrorKind::NotFound, format!("there is no token source {name:?}"));
    Report::new(&error, Some(hint), Exit::BadConfig)
}
