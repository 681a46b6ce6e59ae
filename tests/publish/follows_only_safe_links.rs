//! A link is followed to its end and stays a link; a way that somebody else could bend is refused.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::path::PathBuf;

use evercred::files::{Published, Publisher, Target};
use evercred_core::{Advice, Failure};

const SOMEBODY_ELSE: u32 = 65534;

#[test]
fn a_link_stays_and_the_file_at_its_end_is_published() {
    let home = Home::new();
    fs::create_dir(home.path("dotfiles")).unwrap();
    fs::write(home.path("dotfiles/credentials"), "old").unwrap();
    symlink("dotfiles", home.path("folder")).unwrap();
    symlink("../home/./folder/credentials", home.path("first")).unwrap();
    symlink(home.path("first"), home.path("second")).unwrap();
    assert_eq!(home.publish("second").unwrap(), Published::Written);
    assert!(home.path("second").is_symlink() && home.path("first").is_symlink());
    assert!(!home.path("dotfiles/credentials").is_symlink());
    assert_eq!(fs::read(home.path("dotfiles/credentials")).unwrap(), b"new");
}

#[test]
fn a_link_to_nothing_gets_its_file() {
    let home = Home::new();
    symlink("elsewhere", home.path("link")).unwrap();
    assert_eq!(home.publish("link").unwrap(), Published::Written);
    assert!(home.path("link").is_symlink());
    assert_eq!(fs::read(home.path("elsewhere")).unwrap(), b"new");
}

#[test]
fn removing_through_a_link_keeps_the_link() {
    let home = Home::new();
    symlink("elsewhere", home.path("link")).unwrap();
    home.publish("link").unwrap();
    assert!(home.publisher().remove(&Target::new(home.path("link"), 0o600)).unwrap());
    assert!(home.path("link").is_symlink() && !home.path("elsewhere").exists());
}

#[test]
fn links_that_never_end_need_attention() {
    let home = Home::new();
    symlink("two", home.path("one")).unwrap();
    symlink("one", home.path("two")).unwrap();
    home.assert_refused("one", "never end");
}

#[test]
fn a_folder_where_all_can_replace_files_is_refused() {
    let home = Home::new();
    fs::create_dir(home.path("open")).unwrap();
    fs::set_permissions(home.path("open"), fs::Permissions::from_mode(0o777)).unwrap();
    symlink("open/file", home.path("link")).unwrap();
    home.assert_refused("open/file", "chmod o-w");
    home.assert_refused("link", "chmod o-w");
    assert!(!home.path("open/file").exists());

    fs::set_permissions(home.path("open"), fs::Permissions::from_mode(0o1777)).unwrap();
    assert_eq!(
        home.publish("link").unwrap(),
        Published::Written,
        "in a sticky folder only owners replace files"
    );
}

#[test]
fn a_link_of_somebody_else_is_refused() {
    let home = Home::new();
    symlink("file", home.path("link")).unwrap();
    if !owners_can_be_given("a_link_of_somebody_else_is_refused") {
        return;
    }
    lchown(home.path("link"), Some(SOMEBODY_ELSE), None).unwrap();
    home.assert_refused("link", "one of your own");
    assert!(!home.path("file").exists());
}

#[test]
fn a_folder_of_somebody_else_is_refused() {
    let home = Home::new();
    fs::create_dir(home.path("theirs")).unwrap();
    symlink("theirs/file", home.path("link")).unwrap();
    if !owners_can_be_given("a_folder_of_somebody_else_is_refused") {
        return;
    }
    chown(home.path("theirs"), Some(SOMEBODY_ELSE), None).unwrap();
    home.assert_refused("link", "as its owner");
    home.assert_refused("theirs/file", "as its owner");
    assert!(!home.path("theirs/file").exists());
}

#[test]
fn a_file_that_somebody_else_put_into_a_folder_open_to_all_is_refused() {
    let home = Home::new();
    fs::create_dir(home.path("tmp")).unwrap();
    fs::set_permissions(home.path("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
    fs::write(home.path("tmp/file"), "bait").unwrap();
    if !owners_can_be_given("a_file_that_somebody_else_put_into_a_folder_open_to_all_is_refused") {
        return;
    }
    chown(home.path("tmp/file"), Some(SOMEBODY_ELSE), None).unwrap();
    home.assert_refused("tmp/file", "of your own");
    assert_eq!(fs::read(home.path("tmp/file")).unwrap(), b"bait");
}

/// Only root can make files of somebody else.
#[expect(clippy::print_stderr, reason = "a test that cannot be made must say so")]
fn owners_can_be_given(test: &str) -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        eprintln!("NOT TESTED: {test} needs root");
    }
    is_root
}

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("home").join(name)
    }

    fn publisher(&self) -> Publisher {
        Publisher::new(self.0.path().join("locks"))
    }

    fn publish(&self, name: &str) -> Result<Published, Failure> {
        self.publisher().publish(&Target::new(self.path(name), 0o600), &mut |_| Ok(b"new".to_vec()))
    }

    fn assert_refused(&self, name: &str, hint: &str) {
        let failure = self.publish(name).unwrap_err();
        assert_eq!(failure.advice(), Advice::NeedsAttention);
        assert!(failure.remedy().unwrap().contains(hint), "{failure}: {:?}", failure.remedy());
    }
}
