//! The machine-wide service, from its installation to its removal.

use std::time::{Duration, Instant};

use evercred_test_support::until;

use crate::machine::{
    LIMIT, config, drop_in, exchanges, log, machine, property, sandbox, token, undisturbed, until_property,
};

const UNIT: &str = "evercred.service";
const OUTPUT: &str = "/run/evercred/aws.json";
const OUTPUTS: &str = "[{ type = 'json', path = '/run/evercred/aws.json', mode = '0640' }]";

#[test]
fn the_machines_service_starts_notifies_and_is_started_anew_when_it_is_stuck() {
    let (machine, sandbox) = (machine(), sandbox());
    machine.write("/etc/evercred/config.toml", config(&sandbox, "/etc/evercred/token", OUTPUTS));
    let undisturbed = undisturbed();
    // Much less time than the start will take.
    drop_in(UNIT, "impatient", "[Service]\nTimeoutStartSec=5\nWatchdogSec=6\nRestartSec=1\n");
    machine.run(["evercred", "install", "systemd", "--now"]).success();

    is_not_ready_before_every_login_is_fresh(&sandbox);
    drop(undisturbed);
    serves_its_group_and_nobody_else();
    reads_its_config_again_and_tells_what_came_of_it(&sandbox);
    runs_under_the_hardening_that_it_claims();
    a_stuck_one_is_started_anew_and_adopts_what_is_fresh(&sandbox);
    survives_as_a_dynamic_user();
    let _undisturbed = crate::machine::undisturbed();
    is_taken_away_again();
}

fn is_not_ready_before_every_login_is_fresh(sandbox: &evercred_sandbox::Sandbox) {
    until_property(UNIT, "StatusText", |text| {
        text.starts_with("0 of 1 login is fresh; aws.default") && text.contains("token")
    });
    let process = property(UNIT, "MainPID");
    // Without a word from the engine systemd would have killed it twice by now.
    let since = Instant::now();
    until("several times TimeoutStartSec", LIMIT, || {
        assert_eq!(property(UNIT, "ActiveState"), "activating", "{}", log(UNIT));
        (since.elapsed() > Duration::from_secs(12)).then_some(())
    });
    assert_eq!(property(UNIT, "MainPID"), process);
    // Without that word, it does.
    stop_its_engine();
    let process = until_property(UNIT, "MainPID", |id| id != "0" && id != process);
    machine().write("/etc/evercred/token", token(sandbox));
    until_property(UNIT, "ActiveState", |state| state == "active");
    assert_eq!(property(UNIT, "MainPID"), process);
    let status = property(UNIT, "StatusText");
    assert!(status.starts_with("1 login is fresh; the next refresh is due at 20"), "{status}");
}

fn stop_its_engine() {
    machine().run(["systemctl", "kill", "--kill-who=main", "--signal=STOP", UNIT]).success();
}

fn serves_its_group_and_nobody_else() {
    machine().add_user("member", false);
    machine().add_user("stranger", false);
    machine().run(["usermod", "--append", "--groups", "evercred", "member"]).success();
    assert_eq!(
        machine().run(["stat", "--format=%U:%G %a", OUTPUT]).success().trim(),
        "evercred:evercred 640"
    );
    assert!(machine().run_as("member", ["cat", OUTPUT]).success().contains("secret_access_key"));
    let _ = machine().run_as("stranger", ["cat", OUTPUT]).failure();
    // Whoever administers the service sees how it is.
    let status =
        machine().run(["runuser", "--user", "evercred", "--", "env", "USER=evercred", "evercred", "status"]);
    assert!(status.success().contains("evercred runs as process"));
}

fn reads_its_config_again_and_tells_what_came_of_it(sandbox: &evercred_sandbox::Sandbox) {
    let process = property(UNIT, "MainPID");
    let good = config(sandbox, "/etc/evercred/token", OUTPUTS);
    let role = sandbox.role_arn("dev");
    let more = format!(
        "[aws.more]\nrole_arn = '{role}'\nendpoint_url = '{}'\nregion = 'eu-west-1'\n\
         outputs = [{{ type = 'json', path = '/run/evercred/more.json', mode = '0640' }}]\n",
        sandbox.url()
    );
    machine().write("/etc/evercred/config.toml", format!("{good}{more}"));
    machine().run(["systemctl", "reload", UNIT]).success();
    until_property(UNIT, "StatusText", |text| text.starts_with("2 logins are fresh; "));

    machine().write("/etc/evercred/config.toml", format!("{good}{more}nonsense"));
    let _ = machine().run(["systemctl", "reload", UNIT]).failure();
    let status = until_property(UNIT, "StatusText", |text| text.contains("The config does not count: "));
    assert!(status.starts_with("2 logins are fresh; "), "{status}");
    assert!(log(UNIT).contains("nonsense"), "{}", log(UNIT));

    machine().write("/etc/evercred/config.toml", good);
    // As by hand, or by an older habit.
    machine().run(["systemctl", "kill", "--kill-who=main", "--signal=HUP", UNIT]).success();
    until_property(UNIT, "StatusText", |text| {
        text.starts_with("1 login is fresh; ") && !text.contains("config")
    });
    assert_eq!(property(UNIT, "MainPID"), process);
    assert_eq!(property(UNIT, "ActiveState"), "active");
}

fn runs_under_the_hardening_that_it_claims() {
    let process = property(UNIT, "MainPID");
    let status = machine().run(["cat", &format!("/proc/{process}/status")]).success();
    let line = |name: &str| {
        let found = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        found.split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!((line("NoNewPrivs:"), line("Seccomp:")), ("1".to_owned(), "2".to_owned()));
    assert_eq!((line("CapEff:"), line("CapBnd:")), ("0".repeat(16), "0".repeat(16)));
    let user = machine().run(["id", "--user", "evercred"]).success();
    assert_eq!(line("Uid:"), user.trim());
    let inside = |words: &[&str]| {
        machine().run(["nsenter", "--target", &process, "--mount"].into_iter().chain(words.iter().copied()))
    };
    inside(&["touch", "/run/evercred/probe"]).success();
    inside(&["rm", "/run/evercred/probe"]).success();
    assert!(inside(&["touch", "/etc/probe"]).failure().stderr.contains("Read-only file system"));
    assert_eq!(inside(&["ls", "/home"]).success(), "");
}

fn a_stuck_one_is_started_anew_and_adopts_what_is_fresh(sandbox: &evercred_sandbox::Sandbox) {
    let (process, asked) = (property(UNIT, "MainPID"), exchanges(sandbox));
    let content = machine().run(["cat", OUTPUT]).success();
    stop_its_engine();
    let stuck = Instant::now();
    until_property(UNIT, "MainPID", |id| id != "0" && id != process);
    until_property(UNIT, "ActiveState", |state| state == "active");
    // WatchdogSec=6 and RestartSec=1, and a busy machine.
    assert!(stuck.elapsed() < Duration::from_secs(20), "{:?}", stuck.elapsed());
    assert_ne!(property(UNIT, "MainPID"), process);
    assert!(log(UNIT).contains("Watchdog timeout"), "{}", log(UNIT));
    assert_eq!((machine().run(["cat", OUTPUT]).success(), exchanges(sandbox)), (content, asked));
}

fn survives_as_a_dynamic_user() {
    drop_in(UNIT, "dynamic-user", include_str!("../../systemd/system/dynamic-user.conf"));
    machine().run(["systemctl", "stop", UNIT]).success();
    machine().run(["systemctl", "start", UNIT]).success();
    let owner = machine().run(["stat", "--format=%u %G", OUTPUT]).success();
    let (user, group) = owner.trim().split_once(' ').unwrap();
    assert!(
        (61_184..=65_519).contains(&user.parse::<u32>().unwrap()),
        "{owner}: systemd's range for such users"
    );
    assert_eq!(group, "evercred");
    assert!(machine().run_as("member", ["cat", OUTPUT]).success().contains("secret_access_key"));
    let _ = machine().run_as("stranger", ["cat", OUTPUT]).failure();
    machine().run(["systemctl", "stop", UNIT]).success();
    let _ = machine().run(["stat", "/run/evercred"]).failure();
}

fn is_taken_away_again() {
    machine().run(["evercred", "uninstall", "systemd"]).success();
    assert_eq!(property(UNIT, "LoadState"), "not-found");
    let again = machine().run(["evercred", "uninstall", "systemd"]).success();
    assert_eq!(again.trim(), "nothing of evercred is installed there");
}
