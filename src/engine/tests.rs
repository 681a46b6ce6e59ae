//! The engine in paused time: real files, a scripted provider and source, a clock that can be set.

mod life;
mod long;
mod mint;
mod others;
mod outage;
mod renewal;
mod rig;
