//! The engine in paused time: real files, a scripted provider and source, a clock that can be set.

mod ends;
mod life;
mod others;
mod outage;
mod reader;
mod renewal;
mod rig;
mod secrets;
