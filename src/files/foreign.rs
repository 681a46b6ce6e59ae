//! Other programs that write a shared file without any lock, in the way of `aws configure set`: read it, open it
//! truncated, write it back.
//!
//! Such a writer shows for a while as an empty or half file, and it may start at any instant. So we read only when
//! no process has the file open for writing, *exchange* our draft with the file instead of renaming over it, and
//! then look at what we took away: if it is what we had read and still nobody writes to it, nothing was lost.
//! Otherwise it goes back at once, and the publish starts again on top of their content.
//!
//! What cannot be saved: two writers without locks that overlap lose one another's changes with or without us, and
//! a program that read the old content before our exchange puts it back after, which the next publish mends.

mod writers;

use std::io;
use std::time::Duration;

use evercred_core::{Advice, Failure};
use rustix::fs::AtFlags;
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};

use self::writers::Writer;
use super::content::{self, Current, Links};
use super::draft::{self, Draft};
use super::place::Place;

const NAP: Duration = Duration::from_millis(2);

/// How long a file must not have been written to be taken for finished; for writers whom we cannot see (of another
/// user, container or host).
const QUIET: Duration = Duration::from_millis(10);

/// How long to wait for that at most: a file that is written without end has no quiet moment.
const LONGEST_WAIT_FOR_QUIET: Duration = Duration::from_millis(30);

/// How long to wait for a writer whom we see.
const LONGEST_WAIT_FOR_WRITER: Duration = Duration::from_secs(3);

/// The file, once nobody is in the middle of writing it. `suspected`: somebody was a moment ago.
pub(super) fn settled(place: &Place, suspected: bool) -> Result<Option<Current>, Failure> {
    let mut waited = Duration::ZERO;
    loop {
        let unrest = unrest(place, suspected).map_err(|error| place.trouble("read", error))?;
        match unrest {
            Unrest::Writer(writer) if waited >= LONGEST_WAIT_FOR_WRITER => return Err(busy(place, &writer)),
            Unrest::Young if waited >= LONGEST_WAIT_FOR_QUIET => return place.read(),
            Unrest::None => return place.read(),
            Unrest::Writer(_) | Unrest::Young => nap(),
        }
        waited += NAP;
    }
}

/// Exchanges the draft with the file that was read as `current`; `false` if somebody wrote in between, and then the
/// file is theirs again.
pub(super) fn exchange(draft: &mut Draft<'_>, current: &Current) -> io::Result<bool> {
    if !is_unwritten(draft.place(), current)? {
        return Ok(false);
    }
    match draft.exchange_names() {
        Ok(()) => {}
        Err(Errno::NOENT) => return Ok(false),
        Err(error) if draft::is_unsupported(error) => return draft.take_the_name().map(|()| true),
        Err(error) => return Err(error.into()),
    }
    let untouched = is_untouched(draft, current);
    if !matches!(untouched, Ok(true)) {
        draft.exchange_names()?;
    }
    untouched
}

fn is_unwritten(place: &Place, current: &Current) -> io::Result<bool> {
    match rustix::fs::statat(place.folder(), place.name(), AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(current.is_unwritten(&stat)),
        Err(Errno::NOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Whether the file that now has the draft's name is what was read, and will stay it. The first look is quick, so
/// that a writer finds its own file again when it comes back; the last one sees what a writer did who has left
/// since.
fn is_untouched(draft: &Draft<'_>, current: &Current) -> io::Result<bool> {
    Ok(has_same_content(draft, current)?
        && writers::of(&current.stat).is_none()
        && has_same_content(draft, current)?)
}

fn has_same_content(draft: &Draft<'_>, current: &Current) -> io::Result<bool> {
    let old = content::read(draft.place().folder(), draft.name(), Links::Refuse)?;
    Ok(old.is_some_and(|old| current.is_same_file(&old.stat) && old.bytes == current.bytes))
}

/// Why a file may not be finished.
enum Unrest {
    None,
    /// It was written a moment ago.
    Young,
    /// A process has it open for writing.
    Writer(Writer),
}

fn unrest(place: &Place, suspected: bool) -> io::Result<Unrest> {
    let stat = match rustix::fs::statat(place.folder(), place.name(), AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => stat,
        Err(Errno::NOENT) => return Ok(Unrest::None),
        Err(error) => return Err(error.into()),
    };
    let is_young = is_young(stat.st_mtime, stat.st_mtime_nsec);
    // Looking through all processes takes milliseconds: only if there is a reason.
    if !suspected && !is_young && stat.st_size > 0 {
        return Ok(Unrest::None);
    }
    Ok(match writers::of(&stat) {
        Some(writer) => Unrest::Writer(writer),
        None if is_young => Unrest::Young,
        None => Unrest::None,
    })
}

/// Compared with the clock that stamps files, not with the injected one.
fn is_young(seconds: i64, nanoseconds: impl TryInto<i64>) -> bool {
    let now = clock_gettime(ClockId::Realtime);
    let whole = i128::from(now.tv_sec) - i128::from(seconds);
    let part = i128::from(now.tv_nsec) - i128::from(nanoseconds.try_into().unwrap_or(0));
    let age = whole * 1_000_000_000 + part;
    (0..QUIET.as_nanos().cast_signed()).contains(&age)
}

#[expect(clippy::disallowed_methods, reason = "waits for another process, which lives in real time")]
fn nap() {
    std::thread::sleep(NAP);
}

fn busy(place: &Place, writer: &Writer) -> Failure {
    Failure::new("write", place.shown(), Advice::RETRY)
        .message(format!("{writer} has it open for writing"))
        .hint(format!("Let {writer} finish, or end it: what it has not written yet would be lost."))
}
