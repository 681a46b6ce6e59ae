//! A first config, made of what the machine knows and what its user says.
//!
//! It holds no more than the keys that nobody else can know, each with what it means and where its value came from; all
//! else has a default that is right. Before it is written it is resolved, like any config, and every output is tried
//! on the files that are there.

mod answers;
mod obstacles;
mod text;

pub use answers::{Answers, Value};
pub use obstacles::obstacles;
pub use text::{Draft, LoginDraft, text};
