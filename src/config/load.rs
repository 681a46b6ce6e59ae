//! Finding and reading the config, and the folders that belong to this user. The only reader of the environment.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use evercred_core::Environment;
use evercred_http::BuildContext;

use super::error::ConfigError;
use super::resolve::{Resolved, resolve};
use crate::registry::Registry;

/// What a config is resolved against.
#[derive(Debug, Clone)]
pub struct Machine {
    /// What providers and token sources are built with.
    pub build: BuildContext,
    /// Our folders.
    pub paths: Paths,
    /// This program, for outputs that have it called.
    pub program: PathBuf,
    /// The quick program beside it, if it was installed too.
    pub credential_process: Option<PathBuf>,
}

/// Our own folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// What outlives a restart of the machine, such as the documents that outputs serve.
    pub state_folder: PathBuf,
    /// What need not: the control socket, and what is known of the freshness of outputs.
    pub runtime_folder: PathBuf,
}

/// The environment variables of this process, once. Those that are not UTF-8 are left out: nothing we read can be.
pub fn environment() -> Environment {
    #[expect(clippy::disallowed_methods, reason = "this is the one door to the environment")]
    let variables = std::env::vars_os();
    variables
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The path of this program, also after its file was replaced by a newer one.
pub fn program() -> PathBuf {
    let Ok(path) = std::env::current_exe() else { return PathBuf::from("evercred") };
    // What Linux appends to the name of a running program's file that is gone.
    match path.to_str().and_then(|text| text.strip_suffix(" (deleted)")) {
        Some(path) => PathBuf::from(path),
        None => path,
    }
}

/// The quick program that lies beside `program`, if it does.
pub fn credential_process(program: &Path) -> Option<PathBuf> {
    Some(program.with_file_name(crate::credential_process::PROGRAM)).filter(|quick| quick.is_file())
}

impl Paths {
    /// The folders as the XDG base directory specification and systemd (`RuntimeDirectory=`) have them.
    pub fn of(environment: &Environment) -> Result<Self, ConfigError> {
        let state = under(environment, "XDG_STATE_HOME").or_else(|| under_home(environment, ".local/state"));
        let state_folder = state.ok_or(ConfigError::NoHome)?.join("evercred");
        let runtime = absolute(environment, "EVERCRED_RUNTIME_DIR").or_else(|| systemd(environment));
        let runtime = runtime.or_else(|| of_system_service(environment, Path::new("/run")));
        let runtime = runtime.or_else(|| Some(under(environment, "XDG_RUNTIME_DIR")?.join("evercred")));
        Ok(Self { runtime_folder: runtime.unwrap_or_else(|| state_folder.join("run")), state_folder })
    }
}

/// Where a config that is not there yet belongs.
pub fn place_for_new(environment: &Environment, given: Option<&Path>) -> Result<PathBuf, ConfigError> {
    let first = places(environment, given).into_iter().next().ok_or(ConfigError::NoHome)?;
    Ok(std::path::absolute(&first).unwrap_or(first))
}

/// Reads the config, from `given` or from where it belongs, and resolves it.
pub fn load(registry: &Registry, machine: &Machine, given: Option<&Path>) -> Result<Resolved, ConfigError> {
    let (file, text) = read(&machine.build.surroundings.environment, given)?;
    Ok(resolve(&file, &text, registry, machine)?)
}

/// The path of the config and its text.
///
/// A path that somebody named must be there; of the usual places, the first that is there counts.
pub fn read(environment: &Environment, given: Option<&Path>) -> Result<(PathBuf, String), ConfigError> {
    let looked = places(environment, given);
    for place in &looked {
        match std::fs::read_to_string(place) {
            // Outputs name the config in commands that run elsewhere.
            Ok(text) => return Ok((std::path::absolute(place).unwrap_or_else(|_| place.clone()), text)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(source) => return Err(ConfigError::Unreadable { file: place.clone(), source }),
        }
    }
    Err(ConfigError::NotFound { looked })
}

fn places(environment: &Environment, given: Option<&Path>) -> Vec<PathBuf> {
    let named = environment.get("EVERCRED_CONFIG").map(|path| environment.expand(path));
    if let Some(only) = given.map(Path::to_owned).or(named) {
        return vec![only];
    }
    let user = [under(environment, "XDG_CONFIG_HOME"), under_home(environment, ".config")];
    let mut places: Vec<_> = user.into_iter().flatten().collect();
    places.push(PathBuf::from("/etc"));
    for place in &mut places {
        place.push("evercred/config.toml");
    }
    places.dedup();
    places
}

/// The specification has relative paths ignored.
fn under(environment: &Environment, variable: &str) -> Option<PathBuf> {
    absolute(environment, variable)
}

fn absolute(environment: &Environment, variable: &str) -> Option<PathBuf> {
    environment.get(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

fn under_home(environment: &Environment, folder: &str) -> Option<PathBuf> {
    Some(absolute(environment, "HOME")?.join(folder))
}

/// One path, or several with colons between them if the unit has several.
fn systemd(environment: &Environment) -> Option<PathBuf> {
    environment
        .get("RUNTIME_DIRECTORY")?
        .split(':')
        .next()
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}

/// The folder below `run` of the system service that works for this user (`systemd/system/`), so that the user's own
/// commands find it. The service manager gave it to the user, or it does not count.
fn of_system_service(environment: &Environment, run: &Path) -> Option<PathBuf> {
    let folder = match environment.first(&["USER", "LOGNAME"])? {
        "evercred" => run.join("evercred"),
        user => run.join(format!("evercred-{user}")),
    };
    let owner = std::fs::symlink_metadata(&folder).ok().filter(std::fs::Metadata::is_dir)?.uid();
    (owner == rustix::process::geteuid().as_raw()).then_some(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment_of(variables: &[(&str, &str)]) -> Environment {
        variables.iter().copied().collect()
    }

    #[test]
    fn folders_follow_xdg_and_systemd() {
        let home = ("HOME", "/home/me");
        let paths = |more: &[(&str, &str)]| Paths::of(&environment_of(&[&[home], more].concat())).unwrap();
        assert_eq!(paths(&[]).state_folder, Path::new("/home/me/.local/state/evercred"));
        assert_eq!(paths(&[]).runtime_folder, Path::new("/home/me/.local/state/evercred/run"));
        assert_eq!(paths(&[("XDG_STATE_HOME", "/s")]).state_folder, Path::new("/s/evercred"));
        assert_eq!(
            paths(&[("XDG_STATE_HOME", "s")]).state_folder,
            Path::new("/home/me/.local/state/evercred")
        );
        let xdg = ("XDG_RUNTIME_DIR", "/run/user/1");
        let systemd = ("RUNTIME_DIRECTORY", "/run/a:/run/b");
        assert_eq!(paths(&[xdg]).runtime_folder, Path::new("/run/user/1/evercred"));
        assert_eq!(paths(&[xdg, systemd]).runtime_folder, Path::new("/run/a"));
        assert_eq!(paths(&[xdg, systemd, ("EVERCRED_RUNTIME_DIR", "/r")]).runtime_folder, Path::new("/r"));
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the test plays the service manager, which makes the folders"
    )]
    #[test]
    fn a_user_finds_the_runtime_folder_of_a_system_service_that_works_for_them() {
        let run = tempfile::tempdir().unwrap();
        std::fs::create_dir(run.path().join("evercred-alice")).unwrap();
        std::fs::write(run.path().join("evercred-bob"), "").unwrap();
        let found = |user: &str| of_system_service(&environment_of(&[("USER", user)]), run.path());
        assert_eq!(found("alice"), Some(run.path().join("evercred-alice")));
        assert_eq!((found("bob"), found("carol"), found("")), (None, None, None));
    }

    #[test]
    fn a_home_that_is_not_known_is_an_error_with_a_remedy() {
        let error = Paths::of(&environment_of(&[])).unwrap_err();
        assert!(matches!(error, ConfigError::NoHome) && error.remedy().contains("XDG_STATE_HOME"));
    }

    #[expect(clippy::disallowed_methods, reason = "the test puts the configs where they are looked for")]
    #[test]
    fn the_first_place_that_has_a_config_counts() {
        let folder = tempfile::tempdir().unwrap();
        let put = |place: &str| {
            let file = folder.path().join(place);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, place).unwrap();
        };
        let home = folder.path().to_str().unwrap();
        let xdg = folder.path().join("xdg");
        let environment = environment_of(&[("HOME", home), ("XDG_CONFIG_HOME", xdg.to_str().unwrap())]);
        put(".config/evercred/config.toml");
        assert_eq!(read(&environment, None).unwrap().1, ".config/evercred/config.toml");
        put("xdg/evercred/config.toml");
        assert_eq!(read(&environment, None).unwrap().1, "xdg/evercred/config.toml");
        put("mine.toml");
        assert_eq!(read(&environment, Some(&folder.path().join("mine.toml"))).unwrap().1, "mine.toml");
    }

    #[test]
    fn a_named_config_that_is_not_there_is_not_replaced_by_another() {
        let environment = environment_of(&[("EVERCRED_CONFIG", "/nowhere/c.toml"), ("HOME", "/home/me")]);
        let Err(ConfigError::NotFound { looked }) = read(&environment, None) else {
            panic!("found something")
        };
        assert_eq!(looked, [Path::new("/nowhere/c.toml")]);
    }

    #[test]
    fn a_folder_in_place_of_the_config_is_an_error_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let error = read(&environment_of(&[]), Some(folder.path())).unwrap_err();
        assert!(matches!(error, ConfigError::Unreadable { .. }), "{error}");
    }
}
