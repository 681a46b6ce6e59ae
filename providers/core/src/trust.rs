//! What has to be set up on the other side, so that it takes a token that is at hand, and no stranger's.
//!
//! A provider crate implements [`Trust`]: from the claims of a real token and from what only people know (an account, a
//! project) it makes the artifacts in each of its forms. Whom they let in is decided here, alike for all: [`bind`] finds
//! what to test at which [`Level`], or says why this cannot be done. Nothing is sent anywhere.
//!
//! What only people know comes from options, or from the login that is configured already. What nobody said is asked for
//! by the artifact itself, before it does anything: by a variable of the shell or of Terraform that has no default.

mod artifact;
mod binding;
mod extent;
mod identity;
mod inputs;
mod remedy;
mod template;

use std::fmt::Debug;

use serde_json::Value;

use crate::platform::Level;
use crate::{Audience, Failure};

pub use artifact::Program;
pub use binding::{Binding, Sees, Test, bind};
pub use identity::Identity;
pub use inputs::{Input, Inputs, Usual, made_of};
pub use template::{Dialect, json, render};

/// What a provider can have set up.
pub trait Trust: Debug + Send + Sync {
    /// The forms that it writes, the usual one first.
    fn formats(&self) -> &'static [Format];

    /// What cannot be told from a token.
    fn inputs(&self) -> &'static [Input];

    /// What the table of a configured login says of that.
    fn told_by(&self, login: &Value) -> Inputs;

    /// The audience that a login asks for, if neither the config nor the command line says another.
    fn audience(&self, inputs: &Inputs) -> Audience;

    /// The artifacts in one form.
    fn set_up(&self, asked: &Asked<'_>) -> Result<SetUp, Failure>;
}

/// A form of artifacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Its word on the command line.
    pub name: &'static str,
    /// What it is.
    pub what: &'static str,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Whose token it is.
    pub identity: &'a Identity<'a>,
    /// The audience that the login will ask for.
    pub audience: &'a Audience,
    /// Whom to let in; by default as few as can be told apart.
    pub scope: Option<Level>,
    /// The name of one of [`Trust::formats`].
    pub format: &'a str,
    /// What people said.
    pub inputs: &'a Inputs,
}

/// What is to be set up, and what that means.
#[derive(Debug, Clone)]
pub struct SetUp {
    /// Whom it lets in.
    pub scope: Level,
    /// That in full sentences, and what else there is to know.
    pub statement: Vec<String>,
    /// What nobody said, so that the artifacts ask for it.
    pub missing: Vec<&'static Input>,
    /// The artifacts.
    pub files: Vec<File>,
    /// How they are applied, one command a line.
    pub commands: Vec<String>,
}

/// An artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// What it may be called.
    pub name: &'static str,
    /// Its content.
    pub text: String,
}
