//! What keeps the outputs of a config that is not written yet from being written.

use std::time::SystemTime;

use evercred_core::{Credential, Failure, Field, Secret};

use crate::files;
use crate::login::{Login, LoginId};
use crate::outputs::Output;

/// Each output that refuses what is in its file, such as somebody else's profile of the same name, and why.
pub fn obstacles<'l>(logins: impl IntoIterator<Item = &'l Login>) -> Vec<(LoginId, Failure)> {
    let of_login = |login: &'l Login| {
        let refused = login.outputs.iter().filter_map(|output| obstacle(output.as_ref()));
        refused.map(|failure| (login.id.clone(), failure)).collect::<Vec<_>>()
    };
    logins.into_iter().flat_map(of_login).collect()
}

/// Whether the file is somebody else's does not depend on the credential, so any will do. It is written nowhere.
fn obstacle(output: &dyn Output) -> Option<Failure> {
    match files::read_target(output.target()) {
        Ok(Some(current)) => output.render(&any(output.needs()), Some(&current)).err(),
        Ok(None) => None,
        Err(failure) => Some(failure),
    }
}

fn any(fields: &[Field]) -> Credential {
    let credential = Credential::new("anybody", SystemTime::UNIX_EPOCH);
    fields.iter().fold(credential, |credential, field| credential.with(*field, Secret::new("0")))
}
