use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use super::*;

/// Far longer than it takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longer than any test: without a sign nothing is looked at.
const NEVER: Duration = Duration::from_hours(1);

struct Watched {
    folder: TempDir,
    _guard: Guard,
    changes: mpsc::Receiver<PathBuf>,
}

impl Watched {
    /// Watches `names` in a new folder that `prepare` has set up.
    fn new(names: &[&str], prepare: impl Fn(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        let paths: Vec<PathBuf> = names.iter().map(|name| folder.path().join(name)).collect();
        let terrain = Terrain::with_busy(["/", "/tmp"]);
        let (guard, changes) = watch_in(&paths, terrain, NEVER);
        Self { folder, _guard: guard, changes }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn next(&mut self) -> PathBuf {
        let path = tokio::time::timeout(PATIENCE, self.changes.recv()).await.expect("no change was noticed");
        path.unwrap().strip_prefix(self.folder.path()).unwrap().to_owned()
    }
}

fn replace(path: &Path, content: &str) {
    let new = path.with_extension("new");
    write(&new, content);
    rename(&new, path);
}

#[expect(clippy::disallowed_methods, reason = "plays the other program that writes the file")]
fn write(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "plays the other program that replaces the file")]
fn rename(from: &Path, to: &Path) {
    fs::rename(from, to).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "plays the other program that deletes the file")]
fn delete(path: &Path) {
    fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn every_replacement_by_rename_is_noticed() {
    let mut watched = Watched::new(&["token"], |folder| write(&folder.join("token"), "0"));
    for content in ["1", "2", "3"] {
        replace(&watched.path("token"), content);
        assert_eq!(watched.next().await, Path::new("token"));
    }
}

#[tokio::test]
async fn writing_in_place_is_noticed() {
    let mut watched = Watched::new(&["token"], |folder| write(&folder.join("token"), "0"));
    for content in ["1", "2"] {
        write(&watched.path("token"), content);
        assert_eq!(watched.next().await, Path::new("token"));
    }
}

#[tokio::test]
async fn a_file_that_comes_and_goes_is_noticed() {
    let mut watched = Watched::new(&["token"], |_| {});
    write(&watched.path("token"), "1");
    assert_eq!(watched.next().await, Path::new("token"));
    delete(&watched.path("token"));
    assert_eq!(watched.next().await, Path::new("token"));
}

#[tokio::test]
async fn a_file_with_the_same_content_wakes_nobody() {
    let mut watched = Watched::new(&["same", "other"], |folder| write(&folder.join("same"), "0"));
    replace(&watched.path("same"), "0");
    write(&watched.path("other"), "1");
    assert_eq!(watched.next().await, Path::new("other"));
    replace(&watched.path("same"), "0");
    delete(&watched.path("other"));
    assert_eq!(watched.next().await, Path::new("other"));
}

/// Lays out a volume as the kubelet does: the file is a link into `..data`, which is a link to a dated folder.
fn project(volume: &Path, generation: &str) {
    let folder = volume.join(format!("..{generation}"));
    fs::create_dir(&folder).unwrap();
    write(&folder.join("token"), generation);
    symlink(format!("..{generation}"), volume.join("..data_tmp")).unwrap();
    rename(&volume.join("..data_tmp"), &volume.join("..data"));
}

#[tokio::test]
async fn every_turn_of_a_kubernetes_volume_is_noticed() {
    let mut watched = Watched::new(&["token"], |volume| {
        project(volume, "1");
        symlink("..data/token", volume.join("token")).unwrap();
    });
    for (generation, previous) in [("2", "..1"), ("3", "..2"), ("4", "..3")] {
        project(watched.folder.path(), generation);
        fs::remove_dir_all(watched.path(previous)).unwrap();
        assert_eq!(watched.next().await, Path::new("token"));
    }
}

#[tokio::test]
async fn a_change_behind_a_link_to_another_folder_is_noticed() {
    let mut watched = Watched::new(&["here/token"], |folder| {
        fs::create_dir(folder.join("here")).unwrap();
        fs::create_dir(folder.join("there")).unwrap();
        write(&folder.join("there/token"), "0");
        symlink("../there/token", folder.join("here/token")).unwrap();
    });
    replace(&watched.path("there/token"), "1");
    assert_eq!(watched.next().await, Path::new("here/token"));
}

#[tokio::test]
async fn folders_that_are_deleted_and_made_again_are_followed() {
    let make = |folder: &Path, content: &str| {
        fs::create_dir(folder.join("a")).unwrap();
        fs::create_dir(folder.join("a/b")).unwrap();
        write(&folder.join("a/b/token"), content);
    };
    let mut watched = Watched::new(&["a/b/token"], |folder| make(folder, "0"));
    for content in ["1", "2"] {
        fs::remove_dir_all(watched.path("a")).unwrap();
        assert_eq!(watched.next().await, Path::new("a/b/token"));
        make(watched.folder.path(), content);
        assert_eq!(watched.next().await, Path::new("a/b/token"));
    }
    replace(&watched.path("a/b/token"), "3");
    assert_eq!(watched.next().await, Path::new("a/b/token"));
}

#[tokio::test]
async fn a_folder_that_is_swapped_by_rename_is_followed() {
    let mut watched = Watched::new(&["live/token"], |folder| {
        for (name, content) in [("live", "0"), ("next", "1")] {
            fs::create_dir(folder.join(name)).unwrap();
            write(&folder.join(name).join("token"), content);
        }
    });
    rename(&watched.path("live"), &watched.path("old"));
    rename(&watched.path("next"), &watched.path("live"));
    assert_eq!(watched.next().await, Path::new("live/token"));
    replace(&watched.path("live/token"), "2");
    assert_eq!(watched.next().await, Path::new("live/token"));
}

#[tokio::test]
async fn in_a_busy_folder_the_file_itself_is_watched_through_replacements_without_ticks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    write(&path, "0");
    let terrain = Terrain::with_busy([folder.path()]);
    assert!(!Plan::of(std::slice::from_ref(&path), &terrain).needs_ticks());
    let (_guard, mut receiver) = watch_in(std::slice::from_ref(&path), terrain, NEVER);
    for content in ["1", "2", "3"] {
        replace(&path, content);
        let changed = tokio::time::timeout(PATIENCE, receiver.recv()).await.expect("no change was noticed");
        assert_eq!(changed.as_ref(), Some(&path));
    }
}

#[tokio::test]
async fn in_a_busy_folder_a_file_that_does_not_exist_yet_is_found_by_looking() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let terrain = Terrain::with_busy([folder.path()]);
    let (_guard, mut receiver) = watch_in(std::slice::from_ref(&path), terrain, Duration::from_millis(20));
    write(&path, "1");
    let changed = tokio::time::timeout(PATIENCE, receiver.recv()).await.expect("no change was noticed");
    assert_eq!(changed, Some(path));
}

#[tokio::test]
async fn on_a_local_file_system_there_are_no_ticks() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan::of(&[folder.path().join("token")], &Terrain::with_busy(["/", "/tmp"]));
    assert!(!plan.needs_ticks(), "{plan:?}");
    assert!(plan.watched().contains(folder.path()), "{plan:?}");
}
