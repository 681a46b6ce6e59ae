//! The helper for one server: evercred's own tokens, and the plain file for everything else.

use std::path::PathBuf;

use evercred_core::{Advice, Environment, Failure, Secret};

use super::kept::{best, canonical, tokens};
use crate::config::Paths;
use crate::files::{self, Publisher, Target};
use crate::outputs::HelperToken;

#[derive(Debug)]
pub(super) struct Helper {
    tokens: Vec<HelperToken>,
    address: String,
    namespace: String,
    /// Where the commands keep their token without a helper.
    plain: PathBuf,
    publisher: Publisher,
}

impl Helper {
    pub(super) fn new(environment: &Environment, paths: &Paths) -> Self {
        let address = environment.first(&["BAO_ADDR", "VAULT_ADDR"]).unwrap_or(USUAL);
        let namespace = environment.first(&["BAO_NAMESPACE", "VAULT_NAMESPACE"]).unwrap_or_default();
        let namespace = Some(namespace.trim_matches('/')).filter(|namespace| *namespace != "root");
        let plain = environment.get("BAO_TOKEN_PATH").unwrap_or("~/.vault-token");
        Self {
            tokens: tokens(&paths.state_folder),
            address: canonical(address),
            namespace: namespace.unwrap_or_default().to_owned(),
            plain: environment.expand(plain),
            publisher: Publisher::new(paths.runtime_folder.join("locks")),
        }
    }

    /// The token, if there is one.
    pub(super) fn get(&self) -> Result<Option<Secret>, Failure> {
        if let Some(own) = self.own() {
            return Ok(Some(own.token.clone()));
        }
        Ok(self.read_plain()?.filter(|token| self.login_of(token).is_none()))
    }

    /// Keeps `token`, unless evercred keeps one for that server itself.
    pub(super) fn store(&self, token: &Secret) -> Result<(), Failure> {
        match self.own() {
            Some(own) if own.token.expose() == token.expose() => Ok(()),
            Some(own) => Err(refusal("store the token", own)),
            None => {
                self.check_plain("store the token")?;
                let mut render = |_: Option<&[u8]>| Ok(token.expose().as_bytes().to_vec());
                self.publisher.publish(&self.target(), &mut render).map(drop)
            }
        }
    }

    /// Forgets the token, unless evercred keeps it.
    pub(super) fn erase(&self) -> Result<(), Failure> {
        if let Some(own) = self.own() {
            return Err(refusal("erase the token", own));
        }
        self.check_plain("erase the token")?;
        self.publisher.remove(&self.target()).map(drop)
    }

    fn own(&self) -> Option<&HelperToken> {
        best(&self.tokens, &self.address, &self.namespace)
    }

    fn target(&self) -> Target {
        Target::new(&self.plain, 0o600)
    }

    fn read_plain(&self) -> Result<Option<Secret>, Failure> {
        let bytes = files::read(&self.plain).map_err(|error| {
            Failure::new("read", self.plain.display().to_string(), Advice::NeedsAttention).caused_by(error)
        })?;
        let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
        Ok(text.filter(|text| !text.is_empty()).map(Secret::new))
    }

    /// The plain file may be an output of one of our logins, too.
    fn check_plain(&self, operation: &'static str) -> Result<(), Failure> {
        let Some(login) = self.read_plain()?.and_then(|token| self.login_of(&token).map(str::to_owned))
        else {
            return Ok(());
        };
        let message = format!("the file holds the token of {login}, which evercred keeps there");
        let hint = format!("Leave the output vault-token out of {login}, or set BAO_TOKEN for a while.");
        Err(Failure::new(operation, self.plain.display().to_string(), Advice::NeedsAttention)
            .message(message)
            .hint(hint))
    }

    fn login_of(&self, token: &Secret) -> Option<&str> {
        self.tokens.iter().find(|own| own.token.expose() == token.expose()).map(|own| own.login.as_str())
    }
}

/// Where both commands look without an address.
const USUAL: &str = "https://127.0.0.1:8200";

fn refusal(operation: &'static str, own: &HelperToken) -> Failure {
    let login = &own.login;
    Failure::new(operation, &own.address, Advice::NeedsAttention)
        .message(format!("evercred keeps the token for this server itself, as {login}"))
        .hint(format!(
            "Use the other token by setting BAO_TOKEN, or end evercred's first: evercred logout {login}"
        ))
}
