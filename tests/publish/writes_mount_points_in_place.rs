//! A single file that is mounted into a container cannot be replaced: it is overwritten, and the caller is told.

use std::fs;
use std::path::Path;

use evercred::files::Target;

use crate::own_mounts::in_own_mounts;
use crate::worker::Order;

const MOUNT: &str = r#"
    cd "$1"; mkdir source home; printf 'an old content that is longer\n' >source/file; chmod 640 source/file
    : >home/file; mount --bind source/file home/file; shift; echo "inode $(stat -c %i home/file)""#;

const SHOW: &str = r#"
    echo "inode $(stat -c %i home/file)"; echo "mode $(stat -c %a home/file)"
    echo "outside $(cat source/file)"; echo "names $(ls -A home)""#;

#[test]
fn a_mounted_file_is_written_in_place_and_keeps_its_inode() {
    for shared in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let order = order_for(folder.path(), shared, 3);
        let script = format!("{MOUNT}\n\"$@\"\n{SHOW}");
        let output = in_own_mounts(&script, folder.path(), &[order.clone(), order]);
        assert!(output.contains("result WrittenInPlace\n\nresult Unchanged\n"), "{output}");
        let inodes: Vec<&str> = output.lines().filter(|line| line.starts_with("inode ")).collect();
        assert_eq!((inodes.len(), inodes[0]), (2, inodes[1]), "{output}");
        assert!(output.contains("mode 640\noutside new\nnew\nnew\nnames file\n"), "{output}");
    }
}

#[test]
fn a_kernel_that_does_not_report_mount_points_makes_no_difference() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!("{MOUNT}\nstrace -f -o log -e inject=statx:error=ENOSYS \"$@\"\n{SHOW}");
    for shared in [false, true] {
        fs::remove_dir_all(folder.path()).unwrap();
        fs::create_dir(folder.path()).unwrap();
        let output = in_own_mounts(&script, folder.path(), &[order_for(folder.path(), shared, 3)]);
        let log = fs::read_to_string(folder.path().join("log")).unwrap();
        assert!(log.contains("EBUSY") && log.contains("INJECTED"), "{log}");
        assert!(output.contains("result WrittenInPlace\n"), "{output}");
        assert!(output.contains("names file\n"), "{output}");
    }
}

#[test]
fn a_kill_in_between_leaves_nothing_of_the_old_content_behind_the_new() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "{MOUNT}\nstrace -f -o log -e inject=ftruncate:signal=KILL:when=1 \"$@\" || echo killed\n{SHOW}"
    );
    let output = in_own_mounts(&script, folder.path(), &[order_for(folder.path(), false, 2)]);
    assert!(output.contains("killed\n"), "{output}");
    assert!(output.contains("outside new\nnew\nnames file"), "{output}");
}

#[test]
fn a_full_disk_keeps_the_old_content_of_a_mounted_file() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!("mount -t tmpfs -o size=64k,mode=700 evercred \"$1\"\n{MOUNT}\n\"$@\"\n{SHOW}");
    let output = in_own_mounts(&script, folder.path(), &[order_for(folder.path(), false, 20_000)]);
    assert!(output.contains("result retry | failed to overwrite"), "{output}");
    assert!(output.contains("outside an old content that is longer\n"), "{output}");
}

fn order_for(folder: &Path, shared: bool, times: usize) -> Order {
    let target = Target { shared, ..Target::new(folder.join("home/file"), 0o600) };
    Order { lock_folder: folder.join("locks"), target, line: "new".to_owned(), times }
}
