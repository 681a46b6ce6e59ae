//! Services of users: under their own manager, under the system's, and by a timer.

use evercred_test_support::until;

use crate::machine::{
    LIMIT, config, drop_in, exchanges, machine, property, sandbox, token, undisturbed, until_property,
};

/// Gives a new user a login with a token in their home.
fn user(name: &str, lingers: bool, sandbox: &evercred_sandbox::Sandbox, token_at: &str) {
    machine().add_user(name, lingers);
    let home = format!("/home/{name}");
    machine().write(&format!("{home}/token"), token(sandbox));
    let config = config(sandbox, token_at, "['profile', { type = 'json', path = '~/aws.json' }]");
    machine().write(&format!("{home}/.config/evercred/config.toml"), config);
    machine().run(["chown", "--recursive", &format!("{name}:"), &home]).success();
}

fn of_user(user: &str, unit: &str, name: &str) -> String {
    let shown = machine().run_as(user, ["systemctl", "--user", "show", "--value", "--property", name, unit]);
    shown.success().trim().to_owned()
}

#[test]
fn a_users_own_manager_runs_it_and_a_second_installation_changes_nothing() {
    let (machine, sandbox) = (machine(), sandbox());
    user("alice", true, &sandbox, "~/token");
    let install = ["evercred", "install", "systemd", "--now"];
    let installed = machine.run_as("alice", install).success();
    assert!(installed.contains("wrote /home/alice/.config/systemd/user/evercred.service"), "{installed}");
    until("the service to be ready", LIMIT, || {
        (of_user("alice", "evercred", "ActiveState") == "active").then_some(())
    });
    assert!(of_user("alice", "evercred", "StatusText").starts_with("1 login is fresh"));
    assert!(machine.run_as("alice", ["evercred", "status"]).success().contains("evercred runs as process"));

    let process = of_user("alice", "evercred", "MainPID");
    let again = machine.run_as("alice", install).success();
    assert!(again.contains("unchanged /home/alice/.config/systemd/user/evercred.service"), "{again}");
    assert_eq!(of_user("alice", "evercred", "MainPID"), process);
    assert_eq!(of_user("alice", "evercred", "UnitFileState"), "enabled");

    machine.run_as("alice", ["evercred", "uninstall", "systemd"]).success();
    assert_eq!(of_user("alice", "evercred", "LoadState"), "not-found");
    assert_eq!(exchanges(&sandbox), 1);
}

#[test]
fn the_systems_manager_runs_it_for_a_user_whose_token_is_a_credential_of_the_unit() {
    let (machine, sandbox) = (machine(), sandbox());
    user("bob", false, &sandbox, "${CREDENTIALS_DIRECTORY}/id-token");
    machine.run(["mv", "/home/bob/token", "/etc/bobs-token"]).success();
    machine.run(["chown", "root:", "/etc/bobs-token"]).success();
    machine.run(["chmod", "600", "/etc/bobs-token"]).success();
    let unit = "evercred@bob.service";
    // To its end: another test takes all units of the system away again.
    let _undisturbed = undisturbed();
    drop_in(unit, "credential", "[Service]\nLoadCredential=id-token:/etc/bobs-token\n");
    machine.run(["evercred", "install", "systemd", "--for", "bob", "--now"]).success();
    until_property(unit, "ActiveState", |state| state == "active");
    // Where the system's service keeps it is not where a session of the user would look first.
    assert!(machine.run_as("bob", ["evercred", "status"]).success().contains("evercred runs as process"));
    let owner = machine.run(["stat", "--format=%U %a", "/home/bob/aws.json"]).success();
    assert_eq!(owner.trim(), "bob 600");
    assert_eq!(property(unit, "UnitFileState"), "enabled");
}

#[test]
fn a_timer_does_without_a_daemon() {
    let (machine, sandbox) = (machine(), sandbox());
    user("carol", true, &sandbox, "~/token");
    machine.run_as("carol", ["evercred", "install", "systemd", "--timer", "--now"]).success();
    until("the first run", LIMIT, || machine.path("/home/carol/aws.json").exists().then_some(()));
    let result = || of_user("carol", "evercred-once.service", "ActiveState");
    until("its end", LIMIT, || (result() == "inactive").then_some(()));
    assert_eq!(of_user("carol", "evercred-once.service", "Result"), "success");
    let next = of_user("carol", "evercred-once.timer", "NextElapseUSecMonotonic");
    assert!(!next.is_empty() && next != "infinity", "{next}");
    // What is fresh is left alone.
    machine.run_as("carol", ["systemctl", "--user", "start", "evercred-once"]).success();
    assert_eq!(exchanges(&sandbox), 1);
}
