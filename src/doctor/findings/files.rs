//! The files of outputs: who may read them, whether they can be replaced, and what stands between their names and them.

use std::path::{Path, PathBuf};

use evercred_core::{Failure, Field};
use rustix::fs::{FileType, Stat, StatVfsMountFlags, StatxAttributes, StatxFlags};
use rustix::process::geteuid;

use super::{Finding, Severity};
use crate::files;
use crate::login::Login;
use crate::outputs::Output;

/// Findings about the files of a login.
pub(crate) fn files(login: &Login) -> Vec<Finding> {
    let mut findings = Vec::new();
    for output in &login.outputs {
        findings.extend(file(output.as_ref()));
        if let Some(folder) = output.target().path.parent() {
            findings.extend(self::folder(folder));
        }
    }
    let mut findings: Vec<_> = findings.into_iter().map(|finding| finding.of(&login.id)).collect();
    findings.dedup_by(|one, other| (&one.place, &one.message) == (&other.place, &other.message));
    findings
}

fn file(output: &dyn Output) -> Vec<Finding> {
    let path = &output.target().path;
    let Ok(link) = rustix::fs::lstat(path) else { return Vec::new() };
    let Ok(stat) = rustix::fs::stat(path) else {
        let finding = Finding::new(Severity::Error, "the file is a link to nothing").at(path.display());
        return vec![finding.remedy("Remove the link, or make what it leads to.")];
    };
    let mut findings = Vec::new();
    if FileType::from_raw_mode(link.st_mode).is_symlink() {
        let end = path.canonicalize().unwrap_or_default();
        let message = format!("the file is a link; what is kept fresh is {}", end.display());
        findings.push(Finding::new(Severity::Note, message).at(path.display()));
    }
    findings.extend(open_to_others(output, &stat));
    findings.extend(foreign_owner(output, &stat));
    if is_mount_point(path) {
        let message = "the file is a mount point, so it is written in place, and a reader may see half of it";
        let remedy = "Mount the folder rather than the file.";
        findings.push(Finding::new(Severity::Warning, message).at(path.display()).remedy(remedy));
    }
    findings
}

/// Whether others may do with a file what the config does not let them.
fn open_to_others(output: &dyn Output, stat: &Stat) -> Option<Finding> {
    const HARMLESS: [Field; 3] = [Field::REGION, Field::ROLE_ARN, Field::CLIENT_ID];
    let target = output.target();
    let present = stat.st_mode & 0o777;
    // A file of the user's in which we keep no secret may be as readable as the user likes it.
    let has_secret = !target.shared || output.needs().iter().any(|field| !HARMLESS.contains(field));
    let more = present & if has_secret { 0o077 } else { 0o022 } & !target.mode;
    (more != 0).then(|| {
        let what = if more & 0o022 == 0 { "read" } else { "write" };
        Finding::new(Severity::Error, format!("other users may {what} the file (mode {present:04o})"))
            .at(target.path.display())
            .remedy(format!("chmod {:04o} {}", present & (target.mode | 0o700), target.path.display()))
            .fixable()
    })
}

fn foreign_owner(output: &dyn Output, stat: &Stat) -> Option<Finding> {
    let target = output.target();
    let wanted = target.owner.map_or_else(|| geteuid().as_raw(), |owner| owner.user);
    (stat.st_uid != wanted).then(|| {
        Finding::new(
            Severity::Error,
            format!("the file belongs to user {}, not to user {wanted}", stat.st_uid),
        )
        .at(target.path.display())
        .remedy(format!("chown {wanted} {}", target.path.display()))
    })
}

/// Whether files can be replaced in this folder, or by whom.
fn folder(folder: &Path) -> Vec<Finding> {
    const STICKY: u32 = 0o1000;
    let (Ok(stat), Ok(system)) = (rustix::fs::stat(folder), rustix::fs::statvfs(folder)) else {
        return Vec::new();
    };
    let at = |severity, message: &str, remedy: String| {
        Finding::new(severity, message).at(folder.display()).remedy(remedy)
    };
    let mut findings = Vec::new();
    if stat.st_mode & 0o022 != 0 && stat.st_mode & STICKY == 0 {
        let remedy = format!("chmod go-w {}", folder.display());
        findings.push(at(Severity::Error, "other users may replace files in this folder", remedy));
    }
    if system.f_flag.contains(StatVfsMountFlags::RDONLY) {
        let remedy = "Choose another path, or mount the file system for writing.".to_owned();
        findings.push(at(Severity::Error, "the file system can only be read", remedy));
    } else if system.f_bavail == 0 {
        findings.push(at(Severity::Error, "the file system is full", "Make room in it.".to_owned()));
    }
    findings
}

fn is_mount_point(path: &Path) -> bool {
    let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
    rustix::fs::statx(rustix::fs::CWD, path, flags, StatxFlags::TYPE)
        .is_ok_and(|stat| stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

/// Takes the rights on a login's files away that the config does not give; says which files those were.
pub(crate) fn restrict(login: &Login) -> Result<Vec<PathBuf>, Failure> {
    let mut done = Vec::new();
    for output in &login.outputs {
        let target = output.target();
        let Ok(stat) = rustix::fs::stat(&target.path) else { continue };
        if open_to_others(output.as_ref(), &stat).is_some() {
            files::restrict(target)?;
            done.push(target.path.clone());
        }
    }
    Ok(done)
}
