//! Starting what is due, within its bounds.

use crate::time::{Deadline, Now};

use super::Engine;
use super::family::{self, Access};
use super::schedule::Step;
use super::work::Job;

impl Engine {
    /// Starts everything that is due and within its bounds; says when to look again.
    pub(super) fn start_what_is_due(&mut self) -> Option<Deadline> {
        let now = self.clock.read();
        // Who has waited longest comes first, or those that fail often would use up the budget of the others.
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by_key(|index| self.entries[*index].state.next.boot);
        let mut under_way = self.reads_under_way();
        let deadlines = order.into_iter().filter_map(|index| self.start_if_due(index, now, &mut under_way));
        deadlines.reduce(Deadline::earlier)
    }

    /// The same for one login; nothing has to be looked at again before what was started has ended.
    fn start_if_due(&mut self, index: usize, now: Now, under_way: &mut [usize]) -> Option<Deadline> {
        let mut step = self.entries[index].next_step(now)?;
        let access = if step == Step::Attempt { self.access(index, now) } else { Access::Open };
        if matches!(access, Access::Awaited) {
            step = self.step_without_login(index, now);
        }
        match step {
            Step::Wait(deadline) => Some(deadline),
            Step::Attempt => self.start_attempt(index, access, now, under_way),
            Step::Retire => self.start_retirement(index),
            Step::Inspect(deadline) => self.start_inspection(index, deadline, now),
        }
    }

    fn start_attempt(
        &mut self,
        index: usize,
        access: Access,
        now: Now,
        under_way: &mut [usize],
    ) -> Option<Deadline> {
        let reads = self.lenders[index].map(|lender| &mut under_way[lender]);
        if reads.as_ref().is_some_and(|reads| **reads >= family::AT_ONCE) {
            return None;
        }
        let is_unreachable = self.is_unreachable(index);
        let entry = &mut self.entries[index];
        if let Err(wait) = self.budget.take(entry.budgets(is_unreachable), now.boot) {
            return Some(Deadline::after(wait, now));
        }
        if let Some(reads) = reads {
            *reads += 1;
        }
        match access {
            Access::Lacking(error) => self.work.start_adoption(entry, error),
            Access::Open | Access::Awaited => self.work.start(Job::Attempt, entry),
        }
        None
    }

    fn start_retirement(&mut self, index: usize) -> Option<Deadline> {
        let entry = &mut self.entries[index];
        entry.state.retired = true;
        self.work.start(Job::Retirement, entry);
        None
    }

    fn start_inspection(&mut self, index: usize, deadline: Deadline, now: Now) -> Option<Deadline> {
        match self.pace.start(now.boot) {
            Ok(()) => {
                self.work.start(Job::Inspection, &mut self.entries[index]);
                None
            }
            Err(None) => Some(deadline),
            Err(Some(wait)) => Some(deadline.earlier(Deadline::after(wait, now))),
        }
    }
}
