//! What the settings of `bao` and `vault`, and their variables, say about where they take their token from
//! ([token helpers](https://openbao.org/docs/commands/token-helper/)).

use std::path::{Path, PathBuf};

use evercred_core::{Environment, Field};

use super::{OutputContext, Readers, Way};
use crate::vault_token_helper::PROGRAM;

/// Where a token is good.
pub(super) const ADDRESS: Field = Field::new("vault_addr");
pub(super) const NAMESPACE: Field = Field::new("vault_namespace");

/// How clients find a token that they look for by themselves: nobody but a variable tells them of the server.
pub(super) fn way(context: &OutputContext) -> Way {
    Way::refreshing(Readers::Vault).with_known("VAULT_ADDR", ADDRESS, context).with_known(
        "VAULT_NAMESPACE",
        NAMESPACE,
        context,
    )
}

/// A settings file that names a token helper.
#[derive(Debug)]
pub(super) struct Helper {
    pub(super) file: PathBuf,
    /// Whether it is evercred's.
    pub(super) is_ours: bool,
}

/// The settings files of the two commands that name a token helper; `read` gives a file's content.
pub(super) fn helpers(
    environment: &Environment,
    read: &dyn Fn(&Path) -> Option<Vec<u8>>,
) -> impl Iterator<Item = Helper> {
    let files = [("BAO_CONFIG_PATH", "~/.bao"), ("VAULT_CONFIG_PATH", "~/.vault")]
        .map(|(name, default)| environment.expand(environment.get(name).unwrap_or(default)));
    files.into_iter().filter_map(move |file| {
        let text = String::from_utf8_lossy(&read(&file)?).into_owned();
        let line = text.lines().find(|line| line.trim_start().starts_with("token_helper"))?;
        Some(Helper { is_ours: line.contains(PROGRAM), file })
    })
}

/// A sentence for each variable that keeps clients from doing what they should do instead.
pub(super) fn shadowing_variables<'e>(
    environment: &'e Environment,
    instead: &'e str,
) -> impl Iterator<Item = String> + use<'e> {
    let names = ["BAO_TOKEN", "VAULT_TOKEN"].into_iter().filter(|name| environment.get(name).is_some());
    names.map(move |name| format!("{name} is set, so that clients do not {instead}; unset it."))
}
