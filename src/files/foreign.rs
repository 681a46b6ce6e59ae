//! Other programs that write a shared file without any lock, in the way of `aws configure set`: read it, open it
//! truncated, write it back.
//!
//! Such a writer shows for a while as an empty or half file, and it may start at any instant. So we read a file that
//! was written a moment ago only when no process has it open for writing, *exchange* our draft with the file instead
//! of renaming over it, and then look at what we took away, at once and once more a little later: if it is what we had
//! read and nobody writes to it, nothing was lost. Otherwise it goes back, and the publish starts again on top of
//! their content. Whoever keeps the file open for long makes the publish fail, by name, rather than lose what he has
//! not written yet.
//!
//! What cannot be saved: two programs without locks that write at once lose one another's changes with or without
//! us; one that read before our exchange and writes after it takes our part away, until the next publish; and a
//! change made in the few milliseconds between our exchange and our being killed goes with the left-over draft.

mod writers;

use std::io;
use std::time::Duration;

use evercred_core::{Advice, Failure};
use rustix::fs::Stat;
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};

use super::content::{self, Current, Links};
use super::draft::{self, Draft};
use super::place::Place;

const NAP: Duration = Duration::from_millis(2);

/// How long a file must not have been written to be taken for finished; for writers whom we cannot see (of another
/// user, container or host).
const QUIET: Duration = Duration::from_millis(10);

/// The same for an empty file. A writer has no descriptor yet while the kernel empties the file for it, and that
/// can wait for a busy disk.
const QUIET_WHEN_EMPTY: Duration = Duration::from_secs(2);

/// How long to wait for quiet at most: a file that is written without end has no quiet moment.
const LONGEST_WAIT_FOR_QUIET: Duration = Duration::from_millis(30);

/// How long to wait for somebody who is in the middle of writing.
const LONGEST_WAIT_FOR_WRITER: Duration = Duration::from_secs(3);

/// How long ago a file was written that somebody may still be at work on.
const AT_WORK: Duration = Duration::from_secs(10);

/// How long to let a writer go first who was held up by the same disk as we: both wake up when it is done.
const COURTESY: Duration = Duration::from_millis(4);

/// How long after the exchange to look a last time, for a writer whom the kernel held up while opening the file.
const LINGER: Duration = Duration::from_millis(25);

/// The file, read when nobody was in the middle of writing it. `suspected`: somebody was a moment ago.
pub(super) fn settled(place: &Place, suspected: bool) -> Result<Option<Current>, Failure> {
    let mut waited = Duration::ZERO;
    loop {
        let Some(current) = place.read()? else { return Ok(None) };
        // After the reading: who was half-way then has the file open still, or has written it since.
        let unrest = unrest(place, &current, suspected).map_err(|error| place.trouble("read", error))?;
        match unrest {
            Unrest::None => return Ok(Some(current)),
            Unrest::Young if waited >= LONGEST_WAIT_FOR_QUIET => return Ok(Some(current)),
            Unrest::Writer(who) if waited >= LONGEST_WAIT_FOR_WRITER => return Err(busy(place, &who)),
            Unrest::Young | Unrest::Writer(_) => {}
        }
        nap(NAP);
        waited += NAP;
    }
}

/// Exchanges the draft with the file that was read as `current`; `false` if somebody wrote in between, and then the
/// file is theirs again.
pub(super) fn exchange(draft: &mut Draft<'_>, current: &Current) -> io::Result<bool> {
    if age(&current.stat) < AT_WORK {
        nap(COURTESY);
    }
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
    Ok(place.stat()?.is_some_and(|stat| current.is_unwritten(&stat)))
}

/// Whether the file that now has the draft's name is what was read, and will stay it. The first look is quick, so
/// that a writer finds its own file again when it comes back.
fn is_untouched(draft: &Draft<'_>, current: &Current) -> io::Result<bool> {
    if !has_same_content(draft, current)? || writers::of(&current.stat).is_some() {
        return Ok(false);
    }
    // Who wrote it while we looked through the processes is gone by now.
    if !has_same_content(draft, current)? {
        return Ok(false);
    }
    nap(LINGER);
    has_same_content(draft, current)
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
    /// A process has it open for writing, or was just seen at it.
    Writer(String),
}

fn unrest(place: &Place, current: &Current, suspected: bool) -> io::Result<Unrest> {
    let age = age(&current.stat);
    // Looking through all processes takes milliseconds: only if there is a reason.
    if !suspected && age >= AT_WORK && !current.bytes.is_empty() {
        return Ok(Unrest::None);
    }
    if let Some(writer) = writers::of(&current.stat) {
        return Ok(Unrest::Writer(writer.to_string()));
    }
    if !is_unwritten(place, current)? || (current.bytes.is_empty() && age < QUIET_WHEN_EMPTY) {
        return Ok(Unrest::Writer("another program".to_owned()));
    }
    Ok(if age < QUIET { Unrest::Young } else { Unrest::None })
}

/// Since when the file was not written, by the clock that stamps files and not the injected one. A time to come,
/// after the clock was set back, is long ago.
fn age(file: &Stat) -> Duration {
    let now = clock_gettime(ClockId::Realtime);
    let seconds = now.tv_sec.checked_sub(file.st_mtime).and_then(|seconds| u64::try_from(seconds).ok());
    let Some(seconds) = seconds else { return Duration::MAX };
    let started = Duration::from_nanos(u64::try_from(now.tv_nsec).unwrap_or(0));
    let written = Duration::from_nanos(file.st_mtime_nsec);
    (Duration::from_secs(seconds) + started).saturating_sub(written)
}

#[expect(clippy::disallowed_methods, reason = "waits for another process, which lives in real time")]
fn nap(duration: Duration) {
    std::thread::sleep(duration);
}

fn busy(place: &Place, writer: &str) -> Failure {
    Failure::new("write", place.shown(), Advice::RETRY)
        .message(format!("{writer} has it open for writing"))
        .hint(format!("Let {writer} finish, or end it: what it has not written yet would be lost."))
}
