//! Who is connected, and who has to go when too many come.
//!
//! A connection is busy while its request is being answered, and quiet otherwise: before it has sent a whole request, and
//! between two. Where there is no more room, the one that has been quiet for longest goes, so that nobody can keep others
//! out by holding connections open, or by sending requests a byte at a time. Who is busy is never sent away.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Everybody who is connected, to one server or to several that share it.
#[derive(Debug)]
pub struct Crowd {
    most: usize,
    sheds: bool,
    /// Grows with each connection that becomes quiet: what is less has been quiet for longer.
    ticket: AtomicU64,
    places: Mutex<Vec<Arc<Place>>>,
    room: Notify,
}

#[derive(Debug)]
struct Place {
    /// Its ticket, or [`BUSY`], or [`LEAVING`].
    quiet_since: AtomicU64,
    leave: Notify,
}

const BUSY: u64 = u64::MAX;
const LEAVING: u64 = u64::MAX - 1;

impl Crowd {
    /// At most so many; who comes then waits until another goes.
    pub fn waiting(most: usize) -> Self {
        Self { most, sheds: false, ticket: AtomicU64::new(0), places: Mutex::default(), room: Notify::new() }
    }

    /// At most so many; for who comes then, the one that has been quiet for longest goes.
    pub fn shedding(most: usize) -> Self {
        Self { sheds: true, ..Self::waiting(most) }
    }

    /// A seat, as soon as there is one.
    pub(super) async fn enter(self: &Arc<Self>) -> Seat {
        loop {
            let room = self.room.notified();
            {
                let mut places = self.places();
                if places.len() < self.most {
                    let place = Place { quiet_since: AtomicU64::new(self.ticket()), leave: Notify::new() };
                    let place = Arc::new(place);
                    places.push(Arc::clone(&place));
                    return Seat { crowd: Arc::clone(self), place };
                }
            }
            self.make_room();
            room.await;
        }
    }

    /// Sends away who has been quiet for longest, if that is how it is done here.
    pub(super) fn make_room(&self) {
        if !self.sheds {
            return;
        }
        let places = self.places();
        let quiet_since = |place: &Arc<Place>| place.quiet_since.load(Ordering::Relaxed);
        if let Some(oldest) = places.iter().min_by_key(|place| quiet_since(place))
            && quiet_since(oldest) < LEAVING
        {
            oldest.quiet_since.store(LEAVING, Ordering::Relaxed);
            oldest.leave.notify_one();
        }
    }

    fn ticket(&self) -> u64 {
        self.ticket.fetch_add(1, Ordering::Relaxed)
    }

    fn places(&self) -> MutexGuard<'_, Vec<Arc<Place>>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one connection, until dropped.
#[derive(Debug)]
pub(super) struct Seat {
    crowd: Arc<Crowd>,
    place: Arc<Place>,
}

impl Seat {
    /// Busy until what this gives is dropped.
    pub(super) fn work(&self) -> impl Drop {
        self.become_unless_leaving(BUSY);
        Work(self)
    }

    /// Returns when somebody else needs the place more.
    pub(super) async fn given_up(&self) {
        self.place.leave.notified().await;
    }

    fn become_unless_leaving(&self, state: u64) {
        let next = |known| (known != LEAVING).then_some(state);
        let _ = self.place.quiet_since.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.crowd.places().retain(|place| !Arc::ptr_eq(place, &self.place));
        self.crowd.room.notify_one();
    }
}

struct Work<'s>(&'s Seat);

impl Drop for Work<'_> {
    fn drop(&mut self) {
        self.0.become_unless_leaving(self.0.crowd.ticket());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn is_asked_to_go(seat: &Seat) -> bool {
        tokio::time::timeout(Duration::from_millis(1), seat.given_up()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_been_quiet_for_longest_goes_and_who_is_busy_stays() {
        let crowd = Arc::new(Crowd::shedding(3));
        let (first, second, third) = (crowd.enter().await, crowd.enter().await, crowd.enter().await);
        let _busy = first.work();
        drop(second.work());
        let fourth = tokio::spawn({
            let crowd = Arc::clone(&crowd);
            async move { crowd.enter().await }
        });
        tokio::task::yield_now().await;
        assert!(!is_asked_to_go(&first).await, "it is busy");
        assert!(!is_asked_to_go(&second).await, "it was busy a moment ago");
        assert!(is_asked_to_go(&third).await);
        assert!(!fourth.is_finished());
        drop(third);
        fourth.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn where_nobody_is_sent_away_who_comes_waits() {
        let crowd = Arc::new(Crowd::waiting(1));
        let first = crowd.enter().await;
        let second = crowd.enter();
        tokio::pin!(second);
        assert!(tokio::time::timeout(Duration::from_mins(1), &mut second).await.is_err());
        assert!(!is_asked_to_go(&first).await);
        drop(first);
        second.await;
    }
}
