//! A hook as it is configured.

use evercred_core::{BuildError, Environment, HumanDuration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pid_file::SignalName;
use super::{Action, Event, Hook, Program};

/// The key of a login that holds its hooks.
const KEY: &str = "hooks";

/// Tells another program what happened to the login: by running `command`, or by sending `signal` to the process in
/// `pid_file`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The program and its arguments, one string each; no shell is involved. It finds `EVERCRED_LOGIN`,
    /// `EVERCRED_EVENT`, `EVERCRED_SUBJECT`, `EVERCRED_EXPIRES_AT` and `EVERCRED_OUTPUTS` (one path a line) in its
    /// environment.
    #[serde(default)]
    command: Option<Vec<String>>,
    /// The signal to send instead: `HUP`, `INT`, `QUIT`, `USR1`, `USR2`, `TERM`, `CONT` or `WINCH`.
    #[serde(default)]
    signal: Option<SignalName>,
    /// The file that holds the number of the process to send it to.
    #[serde(default)]
    pid_file: Option<String>,
    /// What to tell of: `change` (an output has new content, the first included), `failure` (the login begins to
    /// fail), `recovery` (it is fresh again).
    #[serde(default = "change")]
    on: Vec<Event>,
    /// How long the program may take before it is killed with its children.
    #[serde(default = "half_a_minute")]
    timeout: HumanDuration,
}

fn change() -> Vec<Event> {
    vec![Event::Change]
}

fn half_a_minute() -> HumanDuration {
    HumanDuration::from_secs(30)
}

/// All of them.
pub(crate) fn build(hooks: Vec<Config>, environment: &Environment) -> Result<Vec<Hook>, BuildError> {
    hooks.into_iter().map(|hook| hook.build(environment)).collect()
}

impl Config {
    /// The hook; programs get `environment`.
    fn build(self, environment: &Environment) -> Result<Hook, BuildError> {
        if self.on.is_empty() {
            return Err(wrong("a hook that is told of nothing never runs")
                .hint("Leave out `on`, or write on = [\"change\"]."));
        }
        if self.timeout.get().is_zero() {
            return Err(
                wrong("a hook without any time cannot run").hint("Write a `timeout` such as \"30s\".")
            );
        }
        let on = self.on.clone();
        Ok(Hook { on, action: self.action(environment)? })
    }

    fn action(self, environment: &Environment) -> Result<Action, BuildError> {
        let refused = |message: &str, hint: &str| Err(wrong(message).hint(hint));
        match (self.command, self.signal, self.pid_file) {
            (Some(words), None, None) => Ok(Action::Run(program(words, environment, self.timeout)?)),
            (None, Some(signal), Some(file)) => {
                Ok(Action::Signal { signal, pid_file: environment.expand(&file) })
            }
            (None, Some(_), None) => refused(
                "a signal needs a process",
                "Add `pid_file`, the file that holds the number of the process.",
            ),
            (None, None, Some(_)) => {
                refused("`pid_file` alone says nothing", "Add `signal`, such as \"HUP\".")
            }
            (None, None, None) => {
                refused("a hook needs something to do", "Add `command`, or `signal` and `pid_file`.")
            }
            (Some(_), ..) => refused(
                "a hook does one thing",
                "Write a hook with `command`, and another with `signal` and `pid_file`.",
            ),
        }
    }
}

fn program(
    words: Vec<String>,
    environment: &Environment,
    timeout: HumanDuration,
) -> Result<Program, BuildError> {
    let mut words = words.into_iter();
    let Some(name) = words.next().filter(|name| !name.is_empty()) else {
        return Err(wrong("no program is named").hint("Write command = [\"program\", \"argument\"]."));
    };
    if name.contains(' ') && words.len() == 0 {
        return Err(wrong(format!("{name:?} is one word where a list of words belongs"))
            .hint("Give the program and each argument a string of its own; no shell splits them."));
    }
    Ok(Program { name, arguments: words.collect(), environment: environment.clone(), limit: timeout.get() })
}

fn wrong(message: impl Into<String>) -> BuildError {
    BuildError::at(KEY, message)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn built(config: Value) -> Result<Hook, String> {
        let config: Config = serde_json::from_value(config).map_err(|error| error.to_string())?;
        config.build(&Environment::default()).map_err(|error| error.message)
    }

    #[test]
    fn a_hook_does_exactly_one_thing() {
        built(json!({"command": ["/bin/true"]})).unwrap();
        built(json!({"signal": "HUP", "pid_file": "/run/x.pid"})).unwrap();
        for bad in [
            json!({}),
            json!({"signal": "HUP"}),
            json!({"pid_file": "/run/x.pid"}),
            json!({"command": ["/bin/true"], "signal": "HUP", "pid_file": "/run/x.pid"}),
            json!({"command": []}),
            json!({"command": ["systemctl reload nginx"]}),
            json!({"command": ["/bin/true"], "on": []}),
            json!({"command": ["/bin/true"], "timeout": "0s"}),
            json!({"signal": "KILL", "pid_file": "/run/x.pid"}),
            json!({"command": "systemctl reload nginx"}),
        ] {
            assert!(built(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_hook_is_told_of_changes_unless_it_says_otherwise() {
        let hook = built(json!({"command": ["/bin/true"]})).unwrap();
        assert!(hook.is_for(Event::Change) && !hook.is_for(Event::Failure) && !hook.is_for(Event::Recovery));
        let hook = built(json!({"command": ["/bin/true"], "on": ["failure", "recovery"]})).unwrap();
        assert!(!hook.is_for(Event::Change) && hook.is_for(Event::Failure) && hook.is_for(Event::Recovery));
    }
}
