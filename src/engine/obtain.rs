//! The middle of an attempt: mint → exchange → guard. What comes out is sound, and nothing is published yet.

use std::sync::Arc;
use std::time::SystemTime;

use evercred_core::{Advice, Credential, Failure, Field, IdToken, Provider, Secret};
use tracing::Instrument as _;

use crate::login::{Login, Origin};
use crate::sources::TokenSource;
use crate::sources::shared::Want;

use super::attempt::{Attempts, Failed, limited};
use super::attempt_error::Stage;

/// What an ID token is exchanged for.
#[derive(Debug, Clone, Copy)]
enum Aim<'a> {
    /// The login's own credential.
    Login,
    /// One for somebody whom the config does not know.
    For(&'a str),
}

impl Attempts {
    /// Gets a credential and publishes nothing.
    pub async fn obtain(self: &Arc<Self>, login: &Login) -> Result<Credential, (Stage, Failure)> {
        match &login.origin {
            Origin::Exchange { source, provider } => {
                let work = self.mint_and_exchange(login, source, provider.as_ref(), Aim::Login);
                limited(login, Stage::Exchange, work).await
            }
            Origin::Secret { login: lender, reader } => {
                self.read_unpublished(lender, login, reader.as_ref()).await
            }
        }
    }

    /// Gets a credential that is for `recipient` alone, besides the login's own, and publishes nothing.
    pub async fn obtain_for(
        self: &Arc<Self>,
        login: &Login,
        recipient: &str,
    ) -> Result<Credential, (Stage, Failure)> {
        let work = self.mint_and_exchange(login, login.source(), login.provider(), Aim::For(recipient));
        limited(login, Stage::Exchange, work).await
    }

    /// An ID token, minted or shared.
    async fn token(
        &self,
        source: &Arc<dyn TokenSource>,
        provider: &dyn Provider,
        want: Want,
    ) -> Result<Arc<IdToken>, Failure> {
        let span = tracing::debug_span!("mint", audience = %provider.audience());
        self.tokens.token(source, provider.audience(), want).instrument(span).await
    }

    async fn mint_and_exchange(
        &self,
        login: &Login,
        source: &Arc<dyn TokenSource>,
        provider: &dyn Provider,
        aim: Aim<'_>,
    ) -> Result<Credential, Failed> {
        let wants_life = provider.expires_with_token() || needs_token(login);
        let want = if wants_life { Want::Fresh } else { Want::Usable };
        let token =
            self.token(source, provider, want).await.map_err(|failure| self.tell_mint(login, failure))?;
        let exchange = self.exchange(login, provider, &token, aim);
        match self.tell_exchange(login, Some(&token), exchange).await {
            Err((Stage::Exchange, failure)) if failure.advice() == Advice::NewToken => {
                tracing::info!(login = %login.id, %failure, "The ID token was refused; trying once with a new one.");
                match self.token(source, provider, Want::OtherThan(token)).await {
                    Ok(other) => {
                        let exchange = self.exchange(login, provider, &other, aim);
                        self.tell_exchange(login, Some(&other), exchange).await
                    }
                    // Why the first was refused is what the reader needs; that there is no other comes second.
                    Err(no_other) => Err((Stage::Exchange, failure.caused_by(no_other))),
                }
            }
            answer => answer,
        }
    }

    async fn exchange(
        &self,
        login: &Login,
        provider: &dyn Provider,
        token: &IdToken,
        aim: Aim<'_>,
    ) -> Result<Credential, Failed> {
        let refused = |stage, failure: Failure| match failure.advice() {
            Advice::NewToken | Advice::NeedsAttention => (stage, failure.shown(token.claims())),
            Advice::Retry { .. } | Advice::Unreachable => (stage, failure),
        };
        let on_demand = provider.gives_on_demand();
        let (exchange, fields) = match aim {
            Aim::Login => (provider.exchange(token), provider.provides()),
            Aim::For(recipient) => (provider.exchange_for(token, recipient), on_demand.as_slice()),
        };
        let exchange = exchange.instrument(tracing::debug_span!("exchange"));
        let mut credential = exchange.await.map_err(|failure| refused(Stage::Exchange, failure))?;
        whole(&credential, fields, self.clock.now()).map_err(|f| (Stage::Exchange, f))?;
        let guard = provider.guard(&credential).instrument(tracing::debug_span!("guard"));
        guard.await.map_err(|failure| refused(Stage::Guard, failure))?;
        if let Aim::For(_) = aim {
            return Ok(credential);
        }
        if needs_token(login) {
            credential = credential.with(Field::ID_TOKEN, token.raw().clone());
            credential = token.expires_at().map_or(credential.clone(), |end| credential.expiring_at(end));
        }
        Ok(complete(login, provider, credential).await)
    }
}

/// Adds what outputs ask for beyond what every credential has. What cannot be had is no reason to keep the rest from
/// those that do not need it.
async fn complete(login: &Login, provider: &dyn Provider, credential: Credential) -> Credential {
    let is_wanted = |field: &&Field| login.outputs.iter().any(|output| output.needs().contains(*field));
    let wanted: Vec<Field> = provider.on_request().iter().filter(is_wanted).copied().collect();
    if wanted.is_empty() {
        return credential;
    }
    match provider.complete(&credential, &wanted).await {
        Ok(complete) => complete,
        Err(failure) => {
            tracing::warn!(login = %login.id, %failure, "An output asks for more than could be had.");
            credential
        }
    }
}

/// Whether an output holds the ID token itself.
pub(super) fn needs_token(login: &Login) -> bool {
    login.outputs.iter().any(|output| output.needs().contains(&Field::ID_TOKEN))
}

/// Refuses an answer that lacks something or is of no use.
pub(super) fn whole(credential: &Credential, fields: &[Field], now: SystemTime) -> Result<(), Failure> {
    let wrong = |what: String| {
        Err(Failure::new("use the answer", "", Advice::RETRY).message(what).hint(
            "The provider, or something between here and there, answered nonsense; evercred tries again.",
        ))
    };
    if let Some(field) = fields.iter().find(|field| credential.field(**field).is_none_or(Secret::is_empty)) {
        return wrong(format!("it has no `{field}`"));
    }
    match credential.expires_at() {
        Some(end) if end <= now => {
            wrong("the credential in it has ended already; compare the two clocks".to_owned())
        }
        _ => Ok(()),
    }
}
