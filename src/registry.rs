//! What there is to configure. This is the only file that names provider crates: one line each.
//!
//! A registry is a value, so that a program with a provider of its own adds it in one line:
//! `Registry::built_in().with_provider(login::<acme::Config>("acme", &["json"]))`.

use std::sync::Arc;

use evercred_core::explain::Explainer;
use evercred_core::trust::Trust;
use evercred_core::{Configured, Provider, Question};
use evercred_http::BuildContext;

use crate::config::kind::Kind;
use crate::outputs::{self, Output, OutputContext};
use crate::sources::{self, TokenSource};

/// The providers of this program.
pub const PROVIDERS: &[ProviderKind] = &[
    #[cfg(feature = "aws")]
    login::<evercred_aws::Config>("aws", &["profile"])
        .asking(evercred_aws::QUESTIONS)
        .with_trust(&evercred_aws::Trust),
    #[cfg(feature = "azure")]
    login::<evercred_azure::Config>("azure", &["workload-identity"])
        .asking(evercred_azure::QUESTIONS)
        .with_trust(&evercred_azure::Trust),
    #[cfg(feature = "gcp")]
    login::<evercred_gcp::Config>("gcp", &["external-account"])
        .asking(evercred_gcp::QUESTIONS)
        .with_trust(&evercred_gcp::Trust),
    #[cfg(feature = "token")]
    login::<evercred_token::Config>("token", &["token-file"]).asking(evercred_token::QUESTIONS),
    #[cfg(feature = "vault")]
    login::<evercred_vault::Config>("vault", &["vault-token"])
        .asking(evercred_vault::QUESTIONS)
        .with_secrets()
        .with_trust(&evercred_vault::Trust),
];

/// What explains the refusals of these providers from their rules. Only the program `evercred-explain` has it: it brings
/// interpreters of the vendors' languages, and the program that holds credentials for weeks is better off without.
pub const EXPLAINERS: &[(&str, &Explainer)] = &[
    #[cfg(feature = "aws")]
    ("aws", &evercred_aws::EXPLAINER),
    #[cfg(feature = "azure")]
    ("azure", &evercred_azure::EXPLAINER),
    #[cfg(feature = "gcp")]
    ("gcp", &evercred_gcp::EXPLAINER),
    #[cfg(feature = "vault")]
    ("vault", &evercred_vault::EXPLAINER),
];

/// A kind of provider: `[WORD.NAME]` in config is a login at it.
#[derive(Debug, Clone, Copy)]
pub struct ProviderKind {
    /// Its word, its keys, and how it is built.
    pub kind: Kind<Arc<dyn Provider>, BuildContext>,
    /// The outputs of a login that names none.
    pub outputs: &'static [&'static str],
    /// Whether it keeps secrets that are read with its credential.
    pub secrets: bool,
    /// What explains its refusals from its rules.
    pub explainer: Option<&'static Explainer>,
    /// What can be said of how the other side is to be set up.
    pub trust: Option<&'static dyn Trust>,
    /// What the user is asked who sets up the first login.
    pub questions: &'static [Question],
}

impl ProviderKind {
    /// The same kind, with what its first user is asked.
    #[must_use]
    pub const fn asking(mut self, questions: &'static [Question]) -> Self {
        self.questions = questions;
        self
    }

    /// The same kind, which keeps [secrets](evercred_core::SecretStore).
    #[must_use]
    pub const fn with_secrets(mut self) -> Self {
        self.secrets = true;
        self
    }

    /// The same kind, whose rules can be held against a token here.
    #[must_use]
    pub const fn explaining(mut self, explainer: &'static Explainer) -> Self {
        self.explainer = Some(explainer);
        self
    }

    /// The same kind, of which it is known how the other side is to be set up.
    #[must_use]
    pub const fn with_trust(mut self, trust: &'static dyn Trust) -> Self {
        self.trust = Some(trust);
        self
    }
}

/// The provider that `Config` describes, configured as `[name.LOGIN]`, with the outputs of a login that names none.
pub const fn login<Config>(name: &'static str, outputs: &'static [&'static str]) -> ProviderKind
where
    Config: Configured<BuildContext, Built = Arc<dyn Provider>>,
{
    let kind = Kind::of::<Config>(name);
    ProviderKind { kind, outputs, secrets: false, questions: &[], explainer: None, trust: None }
}

/// Everything that a config can name.
#[derive(Debug, Clone)]
pub struct Registry {
    /// The providers.
    pub providers: Vec<ProviderKind>,
    /// The token sources; there must be one named `auto`.
    pub sources: Vec<Kind<Arc<dyn TokenSource>, BuildContext>>,
    /// The outputs.
    pub outputs: Vec<Kind<Vec<Box<dyn Output>>, OutputContext>>,
}

impl Registry {
    /// What this program was built with.
    pub fn built_in() -> Self {
        Self {
            providers: PROVIDERS.to_vec(),
            sources: sources::KINDS.to_vec(),
            outputs: outputs::KINDS.to_vec(),
        }
    }

    /// The same, with [`EXPLAINERS`].
    #[must_use]
    pub fn with_explainers(mut self) -> Self {
        for provider in &mut self.providers {
            let built_in = EXPLAINERS.iter().find(|(name, _)| *name == provider.kind.name);
            provider.explainer = provider.explainer.or(built_in.map(|(_, explainer)| *explainer));
        }
        self
    }

    /// Whether rules of any provider can be held against a token here.
    pub fn explains(&self) -> bool {
        self.providers.iter().any(|provider| provider.explainer.is_some())
    }

    /// One provider more.
    #[must_use]
    pub fn with_provider(mut self, provider: ProviderKind) -> Self {
        self.providers.push(provider);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters_of_rules_are_in_the_program_that_explains_and_not_in_the_daemon() {
        assert!(!Registry::built_in().explains());
        let explained = Registry::built_in().with_explainers().providers.into_iter();
        let explained: Vec<_> = explained.filter(|kind| kind.explainer.is_some()).collect();
        assert_eq!(explained.len(), EXPLAINERS.len());
    }
}
