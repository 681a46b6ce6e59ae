//! Another user of this machine, for whom a login's files are.

use std::path::PathBuf;

use evercred_core::{BuildError, Environment};
use nix::unistd::User;
use rustix::process::geteuid;

use crate::files::Owner;

/// What has to be known of a user to keep files for one.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) owner: Owner,
    home: PathBuf,
    name: String,
}

impl Account {
    /// The user of that name, whom only root, or that very user, may write for.
    pub(crate) fn of(name: &str) -> Result<Self, BuildError> {
        let user = User::from_name(name)
            .map_err(|error| {
                BuildError::at("user", format!("the user {name:?} cannot be looked up: {error}"))
            })?
            .ok_or_else(|| {
                BuildError::at("user", format!("there is no user {name:?}"))
                    .hint("Name a user of this machine (\"getent passwd\" lists them).")
            })?;
        let ours = geteuid();
        if !ours.is_root() && ours.as_raw() != user.uid.as_raw() {
            return Err(BuildError::at("user", format!("only root can keep files for {name:?}"))
                .hint("Run evercred as root, or let that user run one, and leave `user` out."));
        }
        let owner = Owner { user: user.uid.as_raw(), group: user.gid.as_raw() };
        Ok(Self { owner, home: user.dir, name: user.name })
    }

    /// What such a user's programs know at least. Nothing of the daemon's own environment concerns them.
    pub(crate) fn environment(&self) -> Environment {
        let home = self.home.to_string_lossy();
        [("HOME", home.as_ref()), ("USER", &self.name), ("LOGNAME", &self.name)].into_iter().collect()
    }

    /// Where the user's own evercred would keep its files.
    pub(crate) fn state_folder(&self) -> PathBuf {
        self.home.join(".local/state/evercred")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_a_home_of_which_the_environment_speaks() {
        let root = Account::of("root");
        if geteuid().is_root() {
            let root = root.unwrap();
            assert_eq!(root.owner, Owner { user: 0, group: 0 });
            assert_eq!(root.environment().get("USER"), Some("root"));
            assert!(root.state_folder().starts_with(root.environment().get("HOME").unwrap()));
        } else {
            assert!(root.unwrap_err().message.contains("only root"));
        }
        let error = Account::of("nobody-has-this-name").unwrap_err();
        assert_eq!(
            (error.key, error.message.as_str()),
            (Some("user"), "there is no user \"nobody-has-this-name\"")
        );
    }
}
