//! Which logins a command gets, and in which ways.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use evercred_core::Credential;

use crate::config::{self, Resolved};
use crate::engine::status::Status;
use crate::exit::Exit;
use crate::login::{Login, LoginId};
use crate::outputs::Way;
use crate::report::Report;
use crate::variables::{self, Clash, Variables};

use super::App;

/// What was decided about some logins, from the config alone.
#[derive(Debug)]
pub(in crate::cli) struct Plan {
    logins: Vec<Planned>,
    /// Their secrets.
    secrets: Vec<Arc<Login>>,
    folder: PathBuf,
}

#[derive(Debug)]
struct Planned {
    login: Arc<Login>,
    /// Whether its files are the command's own.
    is_private: bool,
    ways: Vec<Way>,
    /// Whether these are the last resort.
    are_secrets: bool,
}

impl Plan {
    /// For the command that `pid` is or will be.
    pub(in crate::cli) fn of(
        app: &App,
        resolved: &Resolved,
        names: &[LoginId],
        pid: u32,
    ) -> Result<Self, Box<Report>> {
        let folder = folder(&app.machine.paths.runtime_folder).join(pid.to_string());
        let is_secret_of = |login: &Login, names: &[LoginId]| {
            login.lender().is_some_and(|lender| names.contains(&lender.id))
        };
        let secrets = resolved.logins.iter().filter(|login| is_secret_of(login, names)).cloned().collect();
        let logins = names.iter().map(|name| {
            let login = resolved.logins.iter().find(|login| login.id == *name).ok_or_else(|| {
                Report::no_login(name, resolved.logins.iter().map(|login| login.id.to_string()))
            })?;
            Planned::of(app, resolved, login, &folder)
        });
        Ok(Self { logins: logins.collect::<Result<_, _>>()?, secrets, folder })
    }

    /// The folder of files that are the command's own.
    pub(in crate::cli) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(in crate::cli) fn has_private(&self) -> bool {
        self.logins.iter().any(|planned| planned.is_private)
    }

    /// The logins whose files are everybody's, with their secrets; and those whose files are the command's own.
    pub(in crate::cli) fn split(&self) -> (Vec<Arc<Login>>, Vec<Arc<Login>>) {
        let (private, shared): (Vec<_>, Vec<_>) = self.logins.iter().partition(|planned| planned.is_private);
        let logins = |planned: Vec<&Planned>| planned.iter().map(|one| Arc::clone(&one.login)).collect();
        let mut shared: Vec<Arc<Login>> = logins(shared);
        let of_shared = |secret: &&Arc<Login>| {
            secret.lender().is_some_and(|lender| shared.iter().any(|login| login.id == lender.id))
        };
        let secrets: Vec<_> = self.secrets.iter().filter(of_shared).cloned().collect();
        shared.extend(secrets);
        (shared, logins(private))
    }

    pub(in crate::cli) fn names(&self) -> impl Iterator<Item = &LoginId> {
        self.logins.iter().map(|planned| &planned.login.id)
    }

    /// Whether the command gets a credential itself.
    pub(super) fn needs_credentials(&self) -> bool {
        self.logins.iter().any(|planned| planned.are_secrets)
    }

    /// The variables; `credential` is asked for those logins that have no other way.
    pub(super) fn variables(
        &self,
        app: &App,
        credential: impl Fn(&Arc<Login>) -> Result<Option<Credential>, Box<Report>>,
    ) -> Result<Variables, Box<Report>> {
        let environment = &app.machine.build.surroundings.environment;
        let mut variables = Variables::default();
        for Planned { login, ways, are_secrets, .. } in &self.logins {
            let lent = if *are_secrets { credential(login)? } else { None };
            for way in ways {
                let added = variables.add(login, way, environment, lent.as_ref());
                added.map_err(|clash| clashing(&clash))?;
            }
        }
        Ok(variables)
    }

    /// Whether the daemon keeps all of them.
    pub(super) fn is_in(&self, status: &Status) -> bool {
        let is_there = |name: &LoginId| status.logins.iter().any(|login| login.login == name.to_string());
        self.names().all(is_there)
    }

    /// Whether it keeps them in the files that we think of; it may have been started in another environment.
    pub(super) fn check_places(&self, status: &Status) -> Result<(), Box<Report>> {
        for Planned { login, .. } in &self.logins {
            let theirs = status.logins.iter().find(|known| known.login == login.id.to_string());
            let Some(theirs) = theirs else { continue };
            let ours = login.outputs.iter().map(|output| &output.target().path);
            if let Some(place) = ours.into_iter().find(|path| !theirs.outputs.contains(path)) {
                return Err(elsewhere(&login.id, place).into());
            }
        }
        Ok(())
    }
}

impl Planned {
    fn of(app: &App, resolved: &Resolved, login: &Arc<Login>, folder: &Path) -> Result<Self, Box<Report>> {
        if let Some(lender) = login.lender() {
            return Err(is_secret(&login.id, &lender.id).into());
        }
        let (login, ways) = (Arc::clone(login), variables::ways(login));
        let planned = Self { login, is_private: false, ways, are_secrets: false };
        if variables::any_refreshes(&planned.ways) {
            return Ok(planned);
        }
        let private = config::in_folder(&planned.login, folder, &app.registry, &app.machine, &resolved.file);
        if let Some(login) = private {
            let ways = variables::ways(&login);
            if variables::any_refreshes(&ways) {
                return Ok(Self { login, is_private: true, ways, are_secrets: false });
            }
        }
        if !planned.ways.is_empty() {
            return Ok(planned);
        }
        let secrets = variables::secrets(&planned.login).ok_or_else(|| no_way(&planned.login.id))?;
        Ok(Self { ways: vec![secrets], are_secrets: true, ..planned })
    }
}

/// Where the folders of all commands are.
pub(in crate::cli) fn folder(runtime_folder: &Path) -> PathBuf {
    runtime_folder.join("exec")
}

pub(in crate::cli) fn clashing(clash: &Clash) -> Box<Report> {
    let hint = "Name one of the two; or give one of them outputs whose variables are others.";
    Report::new(clash, Some(hint.to_owned()), Exit::Usage).into()
}

pub(in crate::cli) fn no_way(login: &LoginId) -> Report {
    let error = std::io::Error::other(format!("there are no variables by which programs find {login}"));
    let hint = "Add an output with variables of your choice: { type = \"env-file\", variables = { NAME = \"field\" } }.";
    Report::new(&error, Some(hint.to_owned()), Exit::BadConfig)
}

pub(in crate::cli) fn is_secret(secret: &LoginId, login: &LoginId) -> Report {
    let error = std::io::Error::other(format!("{secret} is a secret, which programs read from its file"));
    Report::new(&error, Some(format!("Name {login}: its secrets are kept fresh with it.")), Exit::Usage)
}

fn elsewhere(login: &LoginId, place: &Path) -> Report {
    let place = place.display();
    let error = std::io::Error::other(format!("the evercred that runs does not keep {login} in {place}"));
    let hint = "Variables such as AWS_CONFIG_FILE, CLOUDSDK_CONFIG or AZURE_CONFIG_DIR differ between here and where it \
                was started: unset them here, or restart it here (\"evercred down\", \"evercred up\").";
    Report::new(&error, Some(hint.to_owned()), Exit::Failed)
}
