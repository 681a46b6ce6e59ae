//! Secrets stay alive: leases are renewed and replaced before their end, certificates rotate, changes are noticed, and
//! what hangs on a token follows when the token is replaced. Programs that read the files never fail.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a rig that does not stand must fail the test")]
#![expect(clippy::disallowed_methods, reason = "how long a client works is measured outside of the program")]

#[path = "openbao_secrets/certificates.rs"]
mod certificates;
#[path = "openbao_secrets/many.rs"]
mod many;
#[path = "openbao_secrets/rig.rs"]
mod rig;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use evercred_test_support::{Daemon, Home, Outcome, Postgres, until};
use rig::{POLICY, Rig, status_of};
use serde_json::json;

const LIMIT: Duration = Duration::from_mins(2);

#[test]
fn psql_works_across_rotations_of_its_user_and_the_old_user_is_gone_after_its_lease() {
    let rig = Rig::start(&json!({"token_policies": ["app"], "token_ttl": "1h"}), POLICY);
    let postgres = database(&rig, "4s", "12s");
    let home = rig.home(&database_secret(""));
    let daemon = home.start();
    let users = users_over(&home, &postgres, Duration::from_secs(45), daemon);
    assert!(
        (4..=7).contains(&users.len()),
        "each is renewed to its longest life of 12 s, near which it is replaced: {users:?}"
    );
    let first = users.iter().find(|user| !postgres.users().contains(*user));
    assert!(first.is_some(), "the old users are gone: {users:?}, {:?}", postgres.users());
    assert!(
        postgres.users().len() <= 3,
        "at most the present, the last and the next: {:?}",
        postgres.users()
    );
}

#[test]
fn a_lease_follows_its_token_before_that_ends_and_psql_works_all_the_while() {
    let role = json!({"token_policies": ["app"], "token_ttl": "6s", "token_max_ttl": "12s"});
    let rig = Rig::start(&role, POLICY);
    // The leases would live for an hour, were it not for the token they were made with.
    let postgres = database(&rig, "1h", "24h");
    let home = rig.home(&database_secret(""));
    let users = users_over(&home, &postgres, Duration::from_secs(45), home.start());
    assert!((4..=8).contains(&users.len()), "one for each token: {users:?}");
}

#[test]
fn a_revoked_token_takes_its_leases_with_it_and_all_is_whole_again_at_the_next_look() {
    let rig = Rig::start(&json!({"token_policies": ["app"], "token_ttl": "1h"}), POLICY);
    let postgres = database(&rig, "1h", "24h");
    rig.server.admin(["kv", "put", "kv/app", "password=one"]);
    let home = rig.home(&database_secret(
        "[[vault.default.secrets]]\npath = 'kv/data/app'\nfile = '~/app.json'\nrefresh_every = '1s'\n",
    ));
    let mut daemon = home.start();
    daemon.until("the database works", LIMIT, || user(&home, &postgres).ok());
    daemon.until("the other secret", LIMIT, || home.read("app.json"));
    let (token, before) = (home.read(".vault-token").unwrap(), user(&home, &postgres).unwrap());
    rig.server.admin(["token", "revoke", &token]);
    let revoked = Instant::now();
    let other = || user(&home, &postgres).ok().filter(|user| *user != before);
    let after = daemon.until("the database works for another user", LIMIT, other);
    assert!(revoked.elapsed() < Duration::from_secs(4), "{:?}", revoked.elapsed());
    assert!(home.read(".vault-token").unwrap() != token);
    daemon.until("the end of the old user", LIMIT, || (!postgres.users().contains(&before)).then_some(()));
    daemon.until("all is fresh", LIMIT, || all_fresh(&home).then_some(()));
    for secret in [token, home.read(".vault-token").unwrap(), before, after] {
        assert!(!daemon.log().contains(&secret), "the log holds a secret");
    }
}

#[test]
fn a_changed_secret_is_noticed_and_a_pinned_version_stays() {
    let rig = Rig::start(&json!({"token_policies": ["app"]}), POLICY);
    rig.server.admin(["kv", "put", "kv/app", "password=one"]);
    let home = rig.home(
        r#"
        [[vault.default.secrets]]
        path = "kv/data/app"
        file = "~/latest"
        field = "password"
        refresh_every = "1s"

        [[vault.default.secrets]]
        name = "pinned"
        path = "kv/data/app"
        version = 1
        file = "~/pinned"
        field = "password"
        refresh_every = "1s"
        "#,
    );
    let mut daemon = home.start();
    daemon.until("both files", LIMIT, || home.read("latest").zip(home.read("pinned")));
    let inode = || std::os::unix::fs::MetadataExt::ino(&home.path("latest").metadata().unwrap());
    let before = inode();
    let first = status_of(&home, "vault.default.app")["issued_at"].clone();
    daemon.until("it was read again", LIMIT, || {
        (status_of(&home, "vault.default.app")["issued_at"] != first).then_some(())
    });
    assert_eq!(inode(), before, "the same bytes are not written again");
    rig.server.admin(["kv", "put", "kv/app", "password=two"]);
    let changed = Instant::now();
    daemon.until("the change", LIMIT, || (home.read("latest")? == "two").then_some(()));
    assert!(changed.elapsed() < Duration::from_secs(3), "{:?}", changed.elapsed());
    assert_eq!(home.read("pinned").unwrap(), "one");
}

#[test]
fn a_template_error_in_a_running_daemon_keeps_the_file_and_takes_no_lease_for_each_try() {
    let rig = Rig::start(&json!({"token_policies": ["app"], "token_ttl": "1h"}), POLICY);
    let postgres = database(&rig, "1h", "24h");
    let home = rig.home(
        "[[vault.default.secrets]]\npath = 'database/creds/app'\nfile = '~/db.ini'\n\
         template = 'user = {{ username }}, {{ pasword }}'\n",
    );
    home.write("db.ini", "the old one");
    let mut daemon = home.start();
    daemon.until("the error", LIMIT, || {
        status_of(&home, "vault.default.app")["error"]["hint"].as_str().map(str::to_owned)
    });
    assert_eq!(postgres.users().len(), 1);
    // A login that is fresh again, like a changed file, is a reason to try again.
    home.write("db.ini", "another old one");
    assert_eq!(postgres.users().len(), 1);
    assert_eq!(home.read("db.ini").unwrap(), "another old one");
}

#[test]
fn no_token_lease_or_secret_comes_out_but_into_its_file() {
    let rig = Rig::start(&json!({"token_policies": ["app"], "token_ttl": "1h"}), POLICY);
    let postgres = database(&rig, "3s", "9s");
    rig.server.admin(["kv", "put", "kv/app", "password=canary-of-the-store"]);
    let home = rig.home(&database_secret(
        r#"
        [[vault.default.secrets]]
        path = "kv/data/app"
        file = "~/app.json"
        refresh_every = "1s"

        [[vault.default.secrets]]
        name = "misfit"
        path = "kv/data/app"
        file = "~/misfit"
        template = "{{ password + 1 }}{{ nothing }}"

        [[vault.default.secrets]]
        path = "pki/issue/web"
        parameters = { common_name = "web.acme.dev", ttl = "10s" }
        file = "~/web.pem"
        format = "pem"
        "#,
    ));
    let mut daemon = home.start_as(home.evercred(["run", "--log", "trace", "--log-format", "json"]));
    daemon.until("the misfit", LIMIT, || {
        status_of(&home, "vault.default.misfit")["error"].as_object().map(drop)
    });
    let first = daemon.until("the first user", LIMIT, || user(&home, &postgres).ok());
    let mut canaries = vec!["canary-of-the-store".to_owned(), "PRIVATE KEY".to_owned()];
    let mut plant = || {
        canaries.push(home.read(".vault-token").unwrap());
        canaries.push(home.read(SERVICE).unwrap().trim().rsplit('=').next().unwrap().to_owned());
        let leases = rig.server.admin(["list", "-format=json", "sys/leases/lookup/database/creds/app"]);
        canaries.extend(serde_json::from_str::<Vec<String>>(&leases).unwrap());
    };
    plant();
    daemon.until("another user", LIMIT, || user(&home, &postgres).ok().filter(|user| *user != first));
    plant();
    rig.server.admin(["token", "revoke", &home.read(".vault-token").unwrap()]);
    daemon.until("another token", LIMIT, || all_fresh_but_the_misfit(&home).then_some(()));
    let mut said = daemon.log() + &home.status().to_string() + &home.run(["config", "show"]).success();
    said += &std::fs::read_to_string(format!("/proc/{}/cmdline", daemon.id())).unwrap();
    for file in home
        .path("run/evercred")
        .read_dir()
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.is_file())
    {
        said += &std::fs::read_to_string(file).unwrap();
    }
    assert!(
        said.contains("kv/data/app, version 1") && canaries.len() >= 7,
        "the test looks at the right things"
    );
    for canary in canaries {
        assert!(!said.contains(&canary), "{canary} came out");
    }
}

fn all_fresh_but_the_misfit(home: &Home) -> bool {
    let status = home.status();
    let mut others =
        status["logins"].as_array().unwrap().iter().filter(|login| login["login"] != "vault.default.misfit");
    others.all(|login| login["phase"] == "fresh")
}

/// A database whose users live as long as the role says.
fn database(rig: &Rig, default_ttl: &str, max_ttl: &str) -> Postgres {
    let postgres = Postgres::start();
    rig.server.manage(&postgres);
    rig.server.database_role("app", default_ttl, max_ttl);
    postgres
}

/// Where `psql` finds the service `app`.
const SERVICE: &str = "pg_service.conf";

/// What `psql` and every other client of a database reads at each connection, name and password at once.
fn database_secret(more: &str) -> String {
    format!(
        r#"
        [[vault.default.secrets]]
        name = "db"
        path = "database/creds/app"
        file = "~/{SERVICE}"
        template = """
[app]
user={{{{ username }}}}
password={{{{ password }}}}
"""

        {more}"#
    )
}

/// Who `psql` is in the database, if it gets in with what is in the file now.
fn user(home: &Home, postgres: &Postgres) -> Result<String, String> {
    let mut psql = postgres.psql(home);
    psql.env("PGSERVICEFILE", home.path(SERVICE)).env("PGSERVICE", "app");
    let outcome = Outcome::of(psql.args(["--command", "SELECT current_user"]));
    if outcome.code() == Some(0) { Ok(outcome.stdout.trim().to_owned()) } else { Err(outcome.stderr) }
}

/// Who `psql` was, in one connection after another for so long; none may fail.
fn users_over(home: &Home, postgres: &Postgres, time: Duration, mut daemon: Daemon) -> BTreeSet<String> {
    daemon.until("the first user", LIMIT, || user(home, postgres).ok());
    let (start, mut users) = (Instant::now(), BTreeSet::new());
    while start.elapsed() < time {
        users.insert(user(home, postgres).unwrap_or_else(|error| panic!("{error}\n{}", daemon.log())));
    }
    until("nothing is wrong", LIMIT, || all_fresh(home).then_some(()));
    users
}

fn all_fresh(home: &Home) -> bool {
    home.status()["logins"].as_array().unwrap().iter().all(|login| login["phase"] == "fresh")
}
