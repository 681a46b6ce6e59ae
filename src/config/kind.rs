//! One word of config, such as `aws` or `token-file`: its name, its keys, and how to build the thing it names.

use evercred_core::{BuildError, Configured};

/// A kind of provider, token source or output. Registering one is one line: `Kind::of::<its::Config>("name")`.
#[derive(Debug)]
pub struct Kind<Built, Context> {
    /// The word.
    pub name: &'static str,
    // To be written with the loader: schema and parse-and-build as function pointers.
    build: fn(&str, &Context) -> Result<Built, BuildError>,
}

impl<Built, Context> Kind<Built, Context> {
    /// The kind that `Config` describes.
    pub const fn of<Config: Configured<Context, Built = Built>>(name: &'static str) -> Self {
        Self { name, build: |_, _| Err(BuildError { key: None, message: String::new(), hint: None }) }
    }
}
