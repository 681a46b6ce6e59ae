//! Root keeps files for somebody else: with that one's rights and no more.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use evercred::files::{Owner, Published, Publisher, Target, read_target};

const NOBODY: Owner = Owner { user: 65534, group: 65534 };

/// A folder of nobody's below one that everybody may pass, and root's own folder of locks.
struct Rig {
    folder: tempfile::TempDir,
    home: PathBuf,
}

impl Rig {
    fn new() -> Self {
        assert!(rustix::process::geteuid().is_root(), "these tests change users, which takes root");
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let home = folder.path().join("home");
        fs::create_dir(&home).unwrap();
        fs::set_permissions(&home, Permissions::from_mode(0o700)).unwrap();
        chown(&home, Some(NOBODY.user), Some(NOBODY.group)).unwrap();
        Self { folder, home }
    }

    fn target(&self, name: &str) -> Target {
        Target { owner: Some(NOBODY), ..Target::new(self.home.join(name), 0o600) }
    }

    fn publish(&self, target: &Target) -> Result<Published, evercred_core::Failure> {
        let locks = self.folder.path().join("locks");
        Publisher::new(locks).publish(target, &mut |_| Ok(b"content".to_vec()))
    }

    /// Something that only root may read.
    fn secret(&self) -> PathBuf {
        let path = self.folder.path().join("secret");
        fs::write(&path, "root's").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path
    }
}

fn owner(path: &Path) -> (u32, u32) {
    let metadata = path.symlink_metadata().unwrap();
    (metadata.uid(), metadata.gid())
}

#[test]
fn a_new_file_and_its_folders_are_the_owner_s() {
    let rig = Rig::new();
    let target = rig.target(".local/state/evercred/document");
    assert_eq!(rig.publish(&target).unwrap(), Published::Written);
    for path in target.path.ancestors().take(4) {
        assert_eq!(owner(path), (NOBODY.user, NOBODY.group), "{}", path.display());
    }
    assert_eq!(target.path.metadata().unwrap().mode() & 0o777, 0o600);
    assert_eq!(read_target(&target).unwrap().unwrap(), b"content");
    assert!(rustix::process::geteuid().is_root(), "and we are ourselves again");
    let locks = Publisher::new(rig.folder.path().join("locks"));
    assert!(locks.remove(&target).unwrap() && !target.path.exists());
}

#[test]
fn a_link_to_what_only_root_may_touch_leads_nowhere() {
    let rig = Rig::new();
    let secret = rig.secret();
    let target = rig.target("credentials");
    symlink(&secret, &target.path).unwrap();
    rig.publish(&target).unwrap_err();
    read_target(&target).unwrap_err();
    assert_eq!(fs::read_to_string(&secret).unwrap(), "root's");
    // Nor does a folder that leads there.
    symlink(rig.folder.path(), rig.home.join("way")).unwrap();
    rig.publish(&rig.target("way/planted")).unwrap_err();
    assert!(!rig.folder.path().join("planted").exists());
}

#[test]
fn a_folder_of_root_s_is_not_written_for_somebody_else() {
    let rig = Rig::new();
    let target = Target { owner: Some(NOBODY), ..Target::new(rig.folder.path().join("file"), 0o600) };
    rig.publish(&target).unwrap_err();
    assert!(!target.path.exists());
}
