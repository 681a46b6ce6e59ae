//! `evercred get`: a credential on stdout: the one that is at hand, or on request a new one with nothing written.

use std::collections::BTreeMap;

use evercred_core::Credential;

use crate::exit::Exit;
use crate::login::LoginId;
use crate::report::Report;
use crate::time::rfc3339;

use super::app::{App, runtime};
use super::print;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The login
    #[arg(value_name = "LOGIN")]
    login: LoginId,
    /// Print one field, raw
    #[arg(long, value_name = "NAME")]
    field: Option<String>,
    /// Make a new exchange, whatever is at hand, and write nothing
    #[arg(long)]
    fresh: bool,
}

pub(super) fn run(app: &App, arguments: &Arguments) -> super::Outcome {
    let (login, attempts) = app.lender(&arguments.login)?;
    let credential = if arguments.fresh {
        let obtained = runtime()?.block_on(attempts.obtain(&login));
        obtained.map_err(|(_, failure)| Report::from(&failure))?
    } else {
        runtime()?.block_on(attempts.lend(&login)).map_err(|error| Report::from(&error))?
    };
    match &arguments.field {
        Some(name) => print(field(&credential, name)?),
        None => print(&document(&credential)),
    }
    Ok(Exit::Fresh)
}

fn field<'c>(credential: &'c Credential, name: &str) -> Result<&'c str, Box<Report>> {
    let found = credential.fields().find(|(field, _)| field.name() == name);
    found.map(|(_, secret)| secret.expose()).ok_or_else(|| {
        let known = credential.fields().map(|(field, _)| field.name()).collect::<Vec<_>>().join(", ");
        let error = std::io::Error::new(std::io::ErrorKind::NotFound, format!("there is no field {name:?}"));
        Report::new(&error, Some(format!("The credential has {known}.")), Exit::Usage).into()
    })
}

fn document(credential: &Credential) -> String {
    let mut document: BTreeMap<&str, String> =
        credential.fields().map(|(field, secret)| (field.name(), secret.expose().to_owned())).collect();
    document.insert("subject", credential.subject().to_owned());
    if let Some(end) = credential.expires_at() {
        document.insert("expires_at", rfc3339::seconds(end));
    }
    serde_json::to_string_pretty(&document).unwrap_or_default()
}
