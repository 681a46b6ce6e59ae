//! The engine in paused time: real files, a scripted provider and source, a clock that can be set.

mod ends;
mod life;
mod long;
mod others;
mod outage;
mod reader;
mod renewal;
mod rig;
mod script;
mod secrets;
