//! A Debian container with systemd as PID 1.
//!
//! The system in it is made once, by debootstrap from the mirror that this machine's own apt uses, and kept in
//! `target/`; what a container writes goes to memory and is gone with it. It is of this machine's own release, so that
//! the programs built here run there. It shares the network with this machine: a server of the test is on its
//! loopback interface, too. Containers of other processes wait their turn, as all have the same name for their
//! control groups.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::leash::Leash;
use crate::{Outcome, until};

/// A running container. Dropping it, or the end of this process, ends everything in it.
#[derive(Debug)]
pub struct Container {
    _leash: Leash,
    leader: u32,
}

impl Container {
    /// Boots one in which each of `programs` lies in `/usr/local/bin`.
    pub fn boot(programs: &[PathBuf]) -> Self {
        let root = system();
        let folder = tempfile::Builder::new().prefix("evercred-container-").tempdir();
        let folder = folder.expect("a folder can be made");
        let mut server = Command::new("/usr/bin/flock");
        server.env("PATH", PATH).arg("--no-fork").arg(root.with_extension("lock"));
        // A process namespace of its own: whoever kills its first process kills all.
        server.args(["/usr/bin/unshare", "--pid", "--fork", "--kill-child"]);
        server.arg(installed(NSPAWN)).arg("--quiet").arg("--directory").arg(&root);
        server.args(["--volatile=overlay", "--register=no", "--keep-unit", "--boot"]);
        for program in programs {
            let name = program.file_name().and_then(|name| name.to_str()).expect("a program has a name");
            server.arg(format!("--bind-ro={}:/usr/local/bin/{name}", program.display()));
        }
        let booted =
            Leash::start(&server, folder, &control_groups()).until_ready("the container", |_| leader(&root));
        let (leash, leader) = booted.unwrap_or_else(|log| panic!("{log}"));
        let container = Self { _leash: leash, leader };
        until("the container to have booted", LONGEST_BOOT, || {
            let state = container.run(["systemctl", "is-system-running"]).stdout;
            assert_ne!(state.trim(), "degraded", "{:?}", container.run(["systemctl", "--failed"]));
            (state.trim() == "running").then_some(())
        });
        container
    }

    /// A program in the container, to be run as root.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("/usr/bin/nsenter");
        command.env_clear().env("PATH", PATH).env("HOME", "/root");
        command.args(["--target", &self.leader.to_string(), "--all", "--", program]);
        command
    }

    /// Runs a program in the container to its end, as root.
    pub fn run<Word: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = Word>) -> Outcome {
        Outcome::of(self.command("env").args(words))
    }

    /// The same as `user`, as a login shell would.
    pub fn run_as<Word: AsRef<OsStr>>(&self, user: &str, words: impl IntoIterator<Item = Word>) -> Outcome {
        let id = self.run(["id", "--user", user]).success();
        let mut command = self.command("runuser");
        command.args(["--user", user, "--", "env", "--chdir", &format!("/home/{user}")]);
        command.args([format!("HOME=/home/{user}"), format!("XDG_RUNTIME_DIR=/run/user/{}", id.trim())]);
        command.args([format!("USER={user}"), format!("LOGNAME={user}")]);
        Outcome::of(command.args(words))
    }

    /// Makes a user with a home, and with a manager that runs without a session if it `lingers`.
    pub fn add_user(&self, name: &str, lingers: bool) {
        self.run(["useradd", "--create-home", name]).success();
        if lingers {
            self.run(["loginctl", "enable-linger", name]).success();
            until("the user's manager", LONGEST_BOOT, || {
                let state = self.run_as(name, ["systemctl", "--user", "is-system-running"]).stdout;
                (state.trim() == "running").then_some(())
            });
        }
    }

    /// Where a file of the container is for this machine.
    pub fn path(&self, absolute: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{absolute}", self.leader))
    }

    /// Writes a file of root's in the container, and the folders above it.
    pub fn write(&self, absolute: &str, content: impl AsRef<[u8]>) {
        let path = self.path(absolute);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("folders can be made");
        fs::write(&path, content).expect("a file can be written");
    }
}

/// What systemd-nspawn makes and leaves, whichever way this machine has its hierarchies.
fn control_groups() -> Vec<String> {
    let hierarchies = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"];
    let groups = |hierarchy| ["payload", "supervisor"].map(|group| format!("{hierarchy}/{group}"));
    hierarchies.into_iter().flat_map(groups).collect()
}

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Generous: the machine may be busy compiling something else.
const LONGEST_BOOT: Duration = Duration::from_mins(1);

/// The first process of the container whose system is `root`, once it has become systemd.
fn leader(root: &Path) -> Option<u32> {
    let (program, root) = (NSPAWN.to_owned() + "\0", root.display().to_string());
    let nspawn = processes().find(|id| {
        let line = fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
        line.starts_with(&program) && line.contains(&root)
    })?;
    processes().find(|id| parent(*id) == Some(nspawn) && name(*id).as_deref() == Some("systemd"))
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn name(id: u32) -> Option<String> {
    fs::read_to_string(format!("/proc/{id}/comm")).ok().map(|name| name.trim().to_owned())
}

fn parent(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// The root folder of the system that containers run, made if it is not there yet.
fn system() -> PathBuf {
    let release = fs::read_to_string("/etc/os-release").expect("this is a Linux distribution");
    let codename = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    let codename = codename.expect("this distribution is one that debootstrap knows");
    let folder = target().join("containers");
    fs::create_dir_all(&folder).expect("a folder can be made");
    let root = folder.join(codename);
    let lock = File::create(folder.join("making.lock")).expect("a file can be made");
    lock.lock().expect("a file can be locked");
    let stamp = folder.join("packages");
    if !root.is_dir() || fs::read_to_string(&stamp).ok().as_deref() != Some(PACKAGES) {
        let draft = folder.join("draft");
        for old in [&draft, &root].into_iter().filter(|old| old.exists()) {
            fs::remove_dir_all(old).expect("what an interrupted or older run left can be removed");
        }
        make(codename, &draft);
        fs::rename(&draft, &root).expect("a folder can be renamed");
        fs::write(stamp, PACKAGES).expect("a file can be written");
    }
    root
}

fn make(codename: &str, root: &Path) {
    let mut debootstrap = Command::new(installed(DEBOOTSTRAP));
    debootstrap.args(["--variant=minbase", PACKAGES, codename]).arg(root).arg(mirror(codename));
    let output = debootstrap.stdin(Stdio::null()).output().expect("debootstrap starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "the container's system could not be made: {said}");
}

/// What the init system needs to run services for users, too; and the authorities that TLS trusts.
const PACKAGES: &str = "--include=systemd,systemd-sysv,dbus,libpam-systemd,dbus-user-session,ca-certificates";

/// Whence this machine's own packages come.
fn mirror(codename: &str) -> String {
    let format = ["indextargets", "--format", "$(CODENAME) $(REPO_URI)", "Identifier: Packages"];
    let output = Command::new("apt-get").args(format).output().expect("apt-get starts");
    let targets = String::from_utf8_lossy(&output.stdout);
    let found = targets.lines().find_map(|line| line.strip_prefix(codename)?.strip_prefix(' '));
    found.expect("apt has a source of this release").to_owned()
}

fn installed(program: &'static str) -> &'static str {
    assert!(Path::new(program).is_file(), "there is no {program}: run ./tests/run, which installs it");
    program
}

const NSPAWN: &str = "/usr/bin/systemd-nspawn";
const DEBOOTSTRAP: &str = "/usr/sbin/debootstrap";

/// Cargo's folder: tests are in `target/<profile>/deps`.
fn target() -> PathBuf {
    let test = std::env::current_exe().expect("a process knows its program");
    test.ancestors().nth(3).expect("tests are in target/<profile>/deps").to_owned()
}
