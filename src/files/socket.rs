//! Sockets in folders of our own. Their names are as short as the kernel wants them (107 bytes), because they are
//! reached through the open folder.

use std::ffi::OsStr;
use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use evercred_core::Failure;
use rustix::fd::AsRawFd;
use rustix::fs::{AtFlags, Mode, chmodat, unlinkat};
use rustix::io::Errno;

use super::place::Folder;
use super::trouble::failure;

/// Listens at `path`, for this user alone. Whoever calls it knows that nobody else listens there: a socket that is
/// left over is replaced.
pub fn listen(path: &Path) -> Result<UnixListener, Failure> {
    let folder = Folder::make(path.parent().unwrap_or(Path::new(".")))?;
    let name = path.file_name().unwrap_or_default();
    bind(&folder, name).map_err(|error| failure("listen at", path, error))
}

/// Connects to whoever listens at `path`; `None` if nobody does.
pub fn connect(path: &Path) -> Result<Option<UnixStream>, Failure> {
    let wrong = |error: io::Error| failure("connect to", path, error);
    let Some(folder) = Folder::find(path.parent().unwrap_or(Path::new(".")))? else { return Ok(None) };
    match UnixStream::connect(short(&folder, path.file_name().unwrap_or_default())) {
        Ok(stream) => Ok(Some(stream)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            Ok(None)
        }
        Err(error) => Err(wrong(error)),
    }
}

/// Removes the socket, or whatever has its name.
pub fn remove_socket(path: &Path) {
    let Ok(Some(folder)) = Folder::find(path.parent().unwrap_or(Path::new("."))) else { return };
    let _ = unlinkat(folder.descriptor(), path.file_name().unwrap_or_default(), AtFlags::empty());
}

fn bind(folder: &Folder, name: &OsStr) -> io::Result<UnixListener> {
    match unlinkat(folder.descriptor(), name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(error) => return Err(error.into()),
    }
    let listener = UnixListener::bind(short(folder, name))?;
    chmodat(folder.descriptor(), name, Mode::RUSR | Mode::WUSR, AtFlags::empty())?;
    Ok(listener)
}

fn short(folder: &Folder, name: &OsStr) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", folder.descriptor().as_raw_fd())).join(name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_socket_is_for_this_user_alone_and_may_have_a_long_path() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("x".repeat(120)).join("control.sock");
        assert!(connect(&path).unwrap().is_none());
        let listener = listen(&path).unwrap();
        let mode = path.symlink_metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(connect(&path).unwrap().is_some());
        drop(listener);
        assert!(connect(&path).unwrap().is_none(), "nobody listens any more");
        let _again = listen(&path).unwrap();
        assert!(connect(&path).unwrap().is_some());
        remove_socket(&path);
        assert!(!path.exists());
    }
}
