//! `PostgreSQL`, for credentials that [`OpenBao`] makes for a moment and takes back.
//!
//! It listens on a socket in its own folder and on no port, and lets nobody in without a password.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::geteuid;
use serde_json::json;
use tempfile::TempDir;

use crate::leash::{End, Leash};
use crate::{Home, OpenBao, Outcome, clients};

/// A running `PostgreSQL` with nothing in it but its superuser.
#[derive(Debug)]
pub struct Postgres {
    _leash: Leash,
    folder: PathBuf,
}

impl Postgres {
    /// Starts one; when this returns, it answers.
    pub fn start() -> Self {
        let folder =
            tempfile::Builder::new().prefix("evercred-postgres-").tempdir().expect("a folder can be made");
        initialise(&folder);
        let path = folder.path().to_owned();
        let leash = Leash::start_to_end(&server(&path), folder, &[], End::Quit);
        let ready = leash.until_ready("PostgreSQL", |_| answers(&path).then_some(()));
        Self { _leash: ready.unwrap_or_else(|error| panic!("{error}")).0, folder: path }
    }

    /// `psql` in a home, with everything it needs but `PGUSER` and `PGPASSWORD`.
    pub fn psql(&self, home: &Home) -> Command {
        let mut psql = home.command(program("psql"));
        psql.env("PGHOST", &self.folder).env("PGDATABASE", "postgres");
        psql.args(["--no-psqlrc", "--no-password", "--tuples-only", "--no-align", "--quiet"]);
        psql
    }

    /// Runs SQL as the superuser; gives the rows, each a line.
    pub fn admin(&self, sql: &str) -> String {
        let home = Home::new();
        let mut psql = self.psql(&home);
        psql.env("PGUSER", SUPERUSER).env("PGPASSWORD", PASSWORD).args(["--command", sql]);
        Outcome::of(&mut psql).success()
    }

    /// The users that can log in, without the superuser.
    pub fn users(&self) -> Vec<String> {
        let sql = format!("SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname <> '{SUPERUSER}'");
        self.admin(&sql).lines().map(str::to_owned).collect()
    }
}

impl OpenBao {
    /// Mounts the database engine at `database`, for the roles that [`OpenBao::database_role`] makes.
    pub fn manage(&self, postgres: &Postgres) {
        self.admin(["secrets", "enable", "database"]);
        let place = postgres.folder.display();
        self.write(
            "database/config/postgres",
            &json!({
                "plugin_name": "postgresql-database-plugin",
                "connection_url": format!("postgresql://{{{{username}}}}:{{{{password}}}}@/postgres?host={place}"),
                "username": SUPERUSER,
                "password": PASSWORD,
                "allowed_roles": "*",
            }),
        );
    }

    /// Makes a role, such that each read of `database/creds/NAME` makes a user, who lives for `default_ttl` after it
    /// was made or renewed, and never longer than `max_ttl` (`"10s"`).
    pub fn database_role(&self, name: &str, default_ttl: &str, max_ttl: &str) {
        let create =
            r#"CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"#;
        self.write(
            &format!("database/roles/{name}"),
            &json!({
                "db_name": "postgres",
                "creation_statements": [create],
                "revocation_statements": [r#"DROP ROLE IF EXISTS "{{name}}""#],
                "default_ttl": default_ttl,
                "max_ttl": max_ttl,
            }),
        );
    }
}

const SUPERUSER: &str = "postgres";
const PASSWORD: &str = "postgres";

/// It refuses to run as root, and every machine has a user that is nobody.
const NOBODY: u32 = 65534;

fn initialise(folder: &TempDir) {
    let password = folder.path().join("password");
    fs::write(&password, PASSWORD).expect("a file can be written");
    if geteuid().is_root() {
        for path in [folder.path(), &password] {
            chown(path, Some(NOBODY), Some(NOBODY)).expect("root can give files away");
        }
    }
    let mut command = unprivileged("initdb");
    command.arg("--pgdata").arg(folder.path().join("data")).arg("--pwfile").arg(password);
    command.args([
        "--username",
        SUPERUSER,
        "--auth=scram-sha-256",
        "--locale=C",
        "--encoding=UTF8",
        "--no-sync",
    ]);
    Outcome::of(command.env_clear().current_dir(folder.path())).success();
}

fn server(folder: &Path) -> Command {
    let mut server = unprivileged("postgres");
    server.arg("-D").arg(folder.join("data")).arg("-k").arg(folder);
    server.args(["-c", "listen_addresses=", "-c", "fsync=off"]);
    server
}

fn unprivileged(name: &str) -> Command {
    if !geteuid().is_root() {
        return Command::new(program(name));
    }
    let mut command = Command::new(clients::debian("setpriv"));
    command.args(["--reuid", &NOBODY.to_string(), "--regid", &NOBODY.to_string(), "--clear-groups"]);
    command.arg(program(name));
    command
}

fn answers(folder: &Path) -> bool {
    let mut probe = Command::new(program("pg_isready"));
    let status = probe.env_clear().arg("--quiet").arg("--host").arg(folder).status();
    status.expect("pg_isready starts").success()
}

/// A program of the newest version; Debian puts only some of them where they are found.
fn program(name: &str) -> PathBuf {
    let versions = Path::new("/usr/lib/postgresql").read_dir().into_iter().flatten().filter_map(Result::ok);
    let mut programs: Vec<_> = versions.map(|version| version.path().join("bin").join(name)).collect();
    programs.retain(|path| path.is_file());
    programs.sort();
    programs.pop().unwrap_or_else(|| panic!("there is no {name} of PostgreSQL: {}", clients::REMEDY))
}
