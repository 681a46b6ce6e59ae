//! Whatever goes wrong in a publish, the old content stays, nothing is left beside it, and the failure says who has
//! to act and how.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use evercred::files::{Publisher, Target};
use evercred_core::{Advice, Failure};

use crate::own_mounts::in_own_mounts;
use crate::traced::Traced;
use crate::worker::{Order, WORKER, Worker, names_in};

#[test]
fn an_error_of_any_step_is_reported_and_keeps_the_old_file() {
    for (inject, class) in [
        ("openat:error=EACCES:when=3+", "needs_attention"),
        ("fchmod:error=EPERM", "needs_attention"),
        ("write:error=EIO:when=1", "retry"),
        ("write:error=ENOSPC:when=1", "retry"),
        ("write:error=EDQUOT:when=1", "retry"),
        ("fsync:error=EIO:when=1", "retry"),
        ("rename,renameat,renameat2:error=EIO", "retry"),
        ("rename,renameat,renameat2:error=EROFS", "needs_attention"),
    ] {
        for shared in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let order = order_for(&folder.path().join("home/file"), folder.path(), shared);
            fs::create_dir(folder.path().join("home")).unwrap();
            fs::write(&order.target.path, "old").unwrap();
            let (result, log) = Traced::start(Some(inject), folder.path().join("log")).publish(&order);
            let result = result.unwrap();
            assert!(log.contains("INJECTED"), "{inject} hit nothing: {result}\n{log}");
            assert!(result.starts_with(class), "{inject}: {result}");
            assert_eq!(fs::read(&order.target.path).unwrap(), b"old", "{inject}");
            assert_eq!(names_in(&folder.path().join("home")), ["file"], "{inject}");
        }
    }
}

#[test]
fn a_folder_that_cannot_be_forced_to_the_disk_does_not_undo_a_publish() {
    let folder = tempfile::tempdir().unwrap();
    let order = order_for(&folder.path().join("file"), folder.path(), false);
    let (result, log) =
        Traced::start(Some("fsync:error=EINVAL:when=2"), folder.path().join("log")).publish(&order);
    assert!(log.contains("INJECTED"), "{log}");
    assert_eq!(result.as_deref(), Some("Written"));
}

#[test]
fn a_full_disk_keeps_the_old_file_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let order = Order { times: 20_000, ..order_for(&folder.path().join("file"), folder.path(), false) };
    let script = r#"
        mount -t tmpfs -o size=64k,mode=700 evercred "$1"; cd "$1"
        printf old >file; shift; "$@"; echo "content $(cat file)"; echo "names $(ls -A | grep -v locks)""#;
    let output = in_own_mounts(script, folder.path(), &[order]);
    assert!(output.contains("result retry | failed to write"), "{output}");
    assert!(output.contains("No space left on device"), "{output}");
    assert!(output.contains("| Free some space"), "{output}");
    assert!(output.contains("content old\nnames file\n"), "{output}");
}

#[test]
fn a_read_only_file_system_needs_attention() {
    let folder = tempfile::tempdir().unwrap();
    let locks = tempfile::tempdir().unwrap();
    let order = order_for(&folder.path().join("file"), locks.path(), false);
    let script = r#"
        mount -t tmpfs -o size=64k,mode=700 evercred "$1"; printf old >"$1/file"; mount -o remount,ro "$1"
        file="$1/file"; shift; "$@"; echo "content $(cat $file)""#;
    let output = in_own_mounts(script, folder.path(), &[order]);
    assert!(output.contains("result needs_attention | failed to write"), "{output}");
    assert!(output.contains("Read-only file system"), "{output}");
    assert!(output.contains("content old"), "{output}");
}

#[test]
fn a_folder_without_write_permission_needs_attention() {
    const NOBODY: u32 = 65534;
    let folder = tempfile::tempdir().unwrap();
    open_to_all(folder.path());
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("file"), "old").unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o500)).unwrap();
    let program = folder.path().join("worker");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    open_to_all(&program);
    let locks = folder.path().join("locks");
    fs::create_dir(&locks).unwrap();
    let mut command = Command::new(&program);
    command.args(WORKER).current_dir("/");
    if rustix::process::geteuid().is_root() {
        // Root may write anywhere.
        command.uid(NOBODY).gid(NOBODY);
        for path in [&home, &locks, &home.join("file")] {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    let result = Worker::spawn(command).publish(&order_for(&home.join("file"), &locks, false)).unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(result.starts_with("needs_attention | failed to write"), "{result}");
    assert!(result.contains("Permission denied"), "{result}");
    assert_eq!(names_in(&home), ["file"]);
    assert_eq!(fs::read(home.join("file")).unwrap(), b"old");
}

#[test]
fn a_folder_in_the_file_s_place_needs_attention() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::create_dir(&path).unwrap();
    for shared in [false, true] {
        let failure = publish(&order_for(&path, folder.path(), shared)).unwrap_err();
        assert_eq!(failure.advice(), Advice::NeedsAttention);
        assert!(failure.remedy().unwrap().contains("Remove the folder"), "{failure}");
    }
    assert!(path.is_dir());
}

#[test]
fn a_file_in_the_folder_s_place_needs_attention() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "mine").unwrap();
    let failure = publish(&order_for(&folder.path().join("file/below"), folder.path(), false)).unwrap_err();
    assert_eq!(failure.advice(), Advice::NeedsAttention);
    assert!(failure.remedy().unwrap().contains("is a file"), "{failure:?}");
}

#[test]
fn a_pipe_is_refused_without_waiting_for_its_other_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let failure = publish(&order_for(&path, folder.path(), false)).unwrap_err();
    assert_eq!(failure.advice(), Advice::NeedsAttention);
}

#[test]
fn a_render_that_fails_leaves_everything_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "old").unwrap();
    let failure = Publisher::new(folder.path().join("locks"))
        .publish(&Target::shared(&path, 0o600), &mut |_| Err(Failure::new("render", "", Advice::RETRY)))
        .unwrap_err();
    assert_eq!(failure.to_string(), "failed to render");
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names_in(folder.path()), ["file", "locks"]);
}

fn publish(order: &Order) -> Result<(), Failure> {
    Publisher::new(order.lock_folder.clone()).publish(&order.target, &mut |_| Ok(order.bytes())).map(drop)
}

fn order_for(path: &Path, locks: &Path, shared: bool) -> Order {
    let target = Target { shared, ..Target::new(path, 0o600) };
    Order { lock_folder: locks.join("locks"), target, line: "new".to_owned(), times: 10 }
}

fn open_to_all(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
