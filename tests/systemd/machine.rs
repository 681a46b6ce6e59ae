//! The container that the tests share, and logins in it.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use evercred_sandbox::{Group, Mint, Options, Sandbox};
use evercred_test_support::{Container, program, until};

/// As long as anything here may take on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);

/// One container for all tests: each has a service, or a user, of its own.
pub(crate) fn machine() -> &'static Container {
    static MACHINE: OnceLock<Container> = OnceLock::new();
    MACHINE.get_or_init(|| Container::boot(&[program()]))
}

/// Held by whoever has systemd read its units again, and by whoever counts on a start that evercred prolonged: systemd
/// forgets that at the same time.
pub(crate) fn undisturbed() -> MutexGuard<'static, ()> {
    static UNITS: Mutex<()> = Mutex::new(());
    UNITS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A sandbox that the container reaches, too.
pub(crate) fn sandbox() -> Sandbox {
    Sandbox::start(Options::default()).unwrap()
}

/// A login that reads its token at `token` and has `outputs`.
pub(crate) fn config(sandbox: &Sandbox, token: &str, outputs: &str) -> String {
    let (role, url) = (sandbox.role_arn("dev"), sandbox.url());
    format!(
        "source = {{ type = 'file', path = '{token}' }}\n[aws.default]\nrole_arn = '{role}'\n\
         endpoint_url = '{url}'\nregion = 'eu-west-1'\noutputs = {outputs}\n"
    )
}

pub(crate) fn token(sandbox: &Sandbox) -> String {
    sandbox.mint(&Mint::default())
}

/// How often the sandbox gave out credentials.
pub(crate) fn exchanges(sandbox: &Sandbox) -> usize {
    sandbox.requests_to(Group::Sts).iter().filter(|request| request.succeeded()).count()
}

/// One property of a unit of the system's manager.
pub(crate) fn property(unit: &str, name: &str) -> String {
    let shown = machine().run(["systemctl", "show", "--value", "--property", name, unit]).success();
    shown.trim().to_owned()
}

/// Waits until a unit of the system's manager has a property of this value; its log is the error.
pub(crate) fn until_property(unit: &str, name: &str, wanted: impl Fn(&str) -> bool) -> String {
    let start = Instant::now();
    until(&format!("{name} of {unit}"), 2 * LIMIT, || {
        let found = property(unit, name);
        assert!(start.elapsed() < LIMIT, "{name} of {unit} is {found:?}:\n{}", log(unit));
        wanted(&found).then_some(found)
    })
}

/// What a unit has logged up to now.
pub(crate) fn log(unit: &str) -> String {
    machine().run(["journalctl", "--sync"]).success();
    machine().run(["journalctl", "--no-pager", "--unit", unit]).success()
}

/// Gives a unit another drop-in.
pub(crate) fn drop_in(unit: &str, name: &str, text: &str) {
    machine().write(&format!("/etc/systemd/system/{unit}.d/{name}.conf"), text);
    machine().run(["systemctl", "daemon-reload"]).success();
}
