//! Mode and owner are right before the first byte of content, an existing file keeps its own, and what is unchanged
//! is not touched.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use evercred::files::{Published, Publisher, Target, ensure_folder, read};

use crate::traced::Traced;
use crate::worker::{Order, names_in};

#[test]
fn mode_and_owner_come_before_the_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = file_with_mode(folder.path(), 0o640);
    let is_root = rustix::process::geteuid().is_root();
    if is_root {
        chown(&path, Some(1234), Some(5678)).unwrap();
    }
    let target = Target::new(&path, 0o600);
    let order = Order { lock_folder: folder.path().join("locks"), target, line: "new".to_owned(), times: 1 };
    let (_, log) = Traced::start(None, folder.path().join("log")).publish(&order);
    let position = |call: &str| log.find(call).unwrap_or_else(|| panic!("no {call} in {log}"));
    let content = position("\"new\\n\"");
    assert!(position("O_EXCL") < position("fchmod("), "{log}");
    assert!(position("fchmod(") < content, "{log}");
    assert!(position("0640)") < content, "{log}");
    assert!(content < position("fsync(") && position("fsync(") < position("rename"), "{log}");
    let published = &log[position("fsync(")..position("rename")];
    assert!(published.contains("close("), "a process we start would look like a writer of the file: {log}");
    if is_root {
        assert!(position("1234, 5678)") < position("fchmod("), "chown takes mode bits away: {log}");
        assert_eq!((path.metadata().unwrap().uid(), path.metadata().unwrap().gid()), (1234, 5678));
    }
}

#[test]
fn a_new_file_has_the_target_s_mode_and_its_folders_are_private() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/file");
    assert_eq!(publish(&Target::new(&path, 0o644), folder.path()), Published::Written);
    assert_eq!(mode(&path), 0o644);
    assert_eq!(mode(&folder.path().join("a")), 0o700);
    assert_eq!(mode(&folder.path().join("a/b")), 0o700);
    assert_eq!(mode(&folder.path().join("locks")), 0o700);
}

#[test]
fn an_existing_file_keeps_its_mode() {
    for kept in [0o600, 0o400, 0o660, 0o644] {
        let folder = tempfile::tempdir().unwrap();
        let path = file_with_mode(folder.path(), kept);
        for target in [Target::new(&path, 0o666), Target::shared(&path, 0o666)] {
            fs::remove_file(&path).unwrap();
            let path = file_with_mode(folder.path(), kept);
            assert_eq!(publish(&target, folder.path()), Published::Written);
            assert_eq!(mode(&path), kept);
        }
    }
}

#[test]
fn the_same_bytes_are_not_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    for target in [Target::new(&path, 0o600), Target::shared(&path, 0o600)] {
        publish(&target, folder.path());
        let before = path.metadata().unwrap();
        assert_eq!(publish(&target, folder.path()), Published::Unchanged);
        let after = path.metadata().unwrap();
        assert_eq!((before.ino(), before.ctime_nsec()), (after.ino(), after.ctime_nsec()));
    }
}

#[test]
fn our_own_state_is_private_and_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/status.json");
    let publisher = Publisher::new(folder.path().join("locks"));
    publisher.update_private(&path, b"one").unwrap();
    publisher.update_private(&path, b"two").unwrap();
    assert_eq!(read(&path).unwrap().unwrap(), b"two");
    assert_eq!(mode(&path), 0o600);
    assert_eq!(names_in(path.parent().unwrap()), ["status.json"]);
}

#[test]
fn removing_says_whether_there_was_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let target = Target::new(folder.path().join("new/file"), 0o600);
    let publisher = Publisher::new(folder.path().join("locks"));
    assert!(!publisher.remove(&target).unwrap());
    assert!(!folder.path().join("new").exists(), "removing nothing makes no folder");
    publish(&target, folder.path());
    assert!(publisher.remove(&target).unwrap());
    assert!(!publisher.remove(&target).unwrap());
    assert_eq!(read(&target.path).unwrap(), None);
}

#[test]
fn a_folder_that_is_there_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("open");
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    ensure_folder(&path.join("below/it")).unwrap();
    assert_eq!((mode(&path), mode(&path.join("below/it"))), (0o755, 0o700));
}

#[test]
fn only_regular_files_of_moderate_size_are_read() {
    let folder = tempfile::tempdir().unwrap();
    assert!(read(folder.path()).is_err());
    let large = folder.path().join("large");
    fs::File::create(&large).unwrap().set_len(17 << 20).unwrap();
    assert!(read(&large).is_err());
    assert_eq!(read(&folder.path().join("none")).unwrap(), None);
}

fn publish(target: &Target, folder: &Path) -> Published {
    Publisher::new(folder.join("locks")).publish(target, &mut |_| Ok(b"new".to_vec())).unwrap()
}

fn file_with_mode(folder: &Path, mode: u32) -> std::path::PathBuf {
    let path = folder.join("file");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().mode() & 0o7777
}
