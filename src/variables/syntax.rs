//! Variables as statements of a shell, or in the form of what else reads them.
//!
//! Every value is quoted such that its reader takes it literally, whatever is in it.

use clap::ValueEnum;
use serde_json::{Map, Value};

use super::Variables;
use crate::outputs::{dotenv_value, shell_quoted};

/// Who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Syntax {
    /// Every shell of the POSIX family: `eval "$(evercred env …)"`
    #[value(name = "sh", alias = "bash", alias = "zsh")]
    Sh,
    /// fish: `evercred env … --format fish | source`
    Fish,
    /// PowerShell: `evercred env … --format powershell | Out-String | Invoke-Expression`
    Powershell,
    /// `.env` files; they cannot take a variable out
    Dotenv,
    /// direnv's `.envrc`, which is loaded again when the config changes: `eval "$(evercred env … --format direnv)"`
    Direnv,
    /// The file that `$GITHUB_ENV` names, for the steps that follow; secrets are masked in the log
    Github,
    /// An object with `set` and `unset`
    Json,
}

/// A value that cannot be written so that its reader takes it literally.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value of {0} has characters that readers of .env files understand differently")]
pub struct Unwritable(String);

/// The statements.
pub(super) fn statements(syntax: Syntax, variables: &Variables) -> Result<String, Unwritable> {
    match syntax {
        Syntax::Sh | Syntax::Direnv => Ok(sh(variables)),
        Syntax::Fish => Ok(fish(variables)),
        Syntax::Powershell => Ok(powershell(variables)),
        Syntax::Dotenv => dotenv(variables),
        Syntax::Github => Ok(super::github::lines(variables)),
        Syntax::Json => Ok(json(variables)),
    }
}

/// One statement each, with everything in them quoted.
fn sh(variables: &Variables) -> String {
    let unset: Vec<_> = variables.unset().collect();
    let unset = (!unset.is_empty()).then(|| format!("unset {}\n", unset.join(" ")));
    let set = values(variables).map(|(name, value)| format!("export {name}={}\n", shell_quoted(value)));
    unset.into_iter().chain(set).collect()
}

/// <https://fishshell.com/docs/current/language.html#quotes>: between single quotes, a backslash means itself unless it
/// stands before another or before a quote.
fn fish(variables: &Variables) -> String {
    let unset = variables.unset().map(|name| format!("set -eg {name}\n"));
    let quoted = |value: &str| format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"));
    let set = values(variables).map(|(name, value)| format!("set -gx {name} {}\n", quoted(value)));
    unset.chain(set).collect()
}

/// <https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules>: a quote is doubled,
/// and typographic ones count as such.
fn powershell(variables: &Variables) -> String {
    let unset =
        variables.unset().map(|name| format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue\n"));
    let quoted = |value: &str| {
        let is_quote = |c: char| matches!(c, '\'' | '\u{2018}'..='\u{201b}');
        let doubled = value.chars().flat_map(|c| std::iter::repeat_n(c, if is_quote(c) { 2 } else { 1 }));
        format!("'{}'", doubled.collect::<String>())
    };
    let set = values(variables).map(|(name, value)| format!("$env:{name} = {}\n", quoted(value)));
    unset.chain(set).collect()
}

fn dotenv(variables: &Variables) -> Result<String, Unwritable> {
    let line = |(name, value): (&str, &str)| {
        let value = dotenv_value(value).ok_or_else(|| Unwritable(name.to_owned()))?;
        Ok(format!("{name}={value}\n"))
    };
    values(variables).map(line).collect()
}

fn json(variables: &Variables) -> String {
    let set: Map<String, Value> =
        values(variables).map(|(name, value)| (name.to_owned(), value.into())).collect();
    let unset: Vec<&str> = variables.unset().collect();
    format!("{:#}\n", serde_json::json!({ "set": set, "unset": unset }))
}

fn values(variables: &Variables) -> impl Iterator<Item = (&str, &str)> {
    variables.set().map(|(name, setting)| (name, setting.value.expose()))
}
