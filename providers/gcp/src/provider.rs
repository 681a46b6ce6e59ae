//! The exchange, and what comes after it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use evercred_core::{
    Advice, Audience, BoxFuture, Contact, Credential, Failure, Field, IdToken, Lifetime, Passes, Provider,
    Secret, WallClock,
};
use reqwest::Client;

use crate::ServiceAccount;
use crate::endpoint::Endpoint;
use crate::impersonation::{AccessToken, Impersonation};
use crate::settings::Settings;
use crate::sts::Federated;
use crate::{external_account, identity, instance, proof, sts};

/// A provider in a pool, perhaps a service account, and the way to its tokens.
#[derive(Debug)]
pub(crate) struct Gcp {
    settings: Settings,
    client: Client,
    clock: Arc<dyn WallClock>,
    fields: Vec<Field>,
    variables: Vec<(&'static str, Field)>,
    /// Whether the organisation turned out to allow no more than [`EVERY_ACCOUNT`].
    is_limited: AtomicBool,
}

/// What every service account allows.
const EVERY_ACCOUNT: Duration = Duration::from_hours(1);

/// The project that programs work in, the account they speak for, and the settings with which they exchange the ID token
/// by themselves, or what a machine of Google's would tell them: no secrets, but outputs need them. The last is the
/// token that Google signs.
const PROJECT: Field = Field::new("project");
const ACCOUNT: Field = Field::new("service_account");
const EXTERNAL_ACCOUNT: Field = Field::new("external_account");
const INSTANCE: Field = Field::new("instance");
const SIGNED_TOKEN: Field = Field::new("service_account_id_token");

impl Gcp {
    pub(crate) fn new(settings: Settings, client: Client, clock: Arc<dyn WallClock>) -> Self {
        Self {
            fields: fields(&settings),
            variables: variables(&settings),
            settings,
            client,
            clock,
            is_limited: AtomicBool::new(false),
        }
    }

    async fn log_in(&self, token: &IdToken) -> Result<Credential, Failure> {
        let now = self.clock.now();
        let federated = sts::exchange(&self.client, &self.settings, token, now).await?;
        let credential = match &self.settings.account {
            None => self.direct(federated, token, now),
            Some(account) => self.impersonated(account, &federated, token).await?,
        };
        if self.settings.verify {
            let document = external_account::document(&self.settings, self.told_lifetime());
            proof::prove(document, token, self.settings.sts.as_str()).await?;
        }
        Ok(self.complete(credential))
    }

    fn direct(&self, federated: Federated, token: &IdToken, now: SystemTime) -> Credential {
        let subject = token.claims().subject().unwrap_or_default();
        Credential::new(self.settings.resource.principal(subject), now)
            .with(Field::ACCESS_TOKEN, federated.token)
            .expiring_at(federated.expires_at)
    }

    async fn impersonated(
        &self,
        account: &ServiceAccount,
        federated: &Federated,
        id_token: &IdToken,
    ) -> Result<Credential, Failure> {
        let service = self.impersonation(account, federated, id_token);
        let AccessToken { token, expires_at } = self.access_token(&service).await?;
        let credential = Credential::new(account.email(), service.now)
            .with(Field::ACCESS_TOKEN, token)
            .expiring_at(expires_at);
        match &self.settings.id_token_audience {
            Some(audience) => signed(&service, audience, credential).await,
            None => Ok(credential),
        }
    }

    /// A token that Google signs for `audience`.
    async fn sign_for(&self, token: &IdToken, audience: &str) -> Result<Credential, Failure> {
        let Some(account) = &self.settings.account else { return Err(no_account(audience)) };
        let now = self.clock.now();
        let federated = sts::exchange(&self.client, &self.settings, token, now).await?;
        let service = self.impersonation(account, &federated, token);
        signed(&service, audience, Credential::new(account.email(), now)).await
    }

    fn impersonation<'a>(
        &'a self,
        account: &'a ServiceAccount,
        federated: &'a Federated,
        id_token: &'a IdToken,
    ) -> Impersonation<'a> {
        Impersonation {
            client: &self.client,
            settings: &self.settings,
            account,
            federated: &federated.token,
            id_token,
            now: self.clock.now(),
        }
    }

    /// A token of the account; asked for once more, and shorter, if its organisation turns out to allow no longer ones.
    async fn access_token(&self, service: &Impersonation<'_>) -> Result<AccessToken, Failure> {
        let lifetime = self.told_lifetime().unwrap_or(EVERY_ACCOUNT);
        match service.access_token(lifetime).await {
            Err(refused) if refused.is_too_long && lifetime > EVERY_ACCOUNT => {
                self.is_limited.store(true, Ordering::Relaxed);
                Ok(service.access_token(EVERY_ACCOUNT).await?)
            }
            answer => Ok(answer?),
        }
    }

    /// The lifetime that is asked for, if it is not left to Google: programs must not ask for one that it refuses.
    fn told_lifetime(&self) -> Option<Duration> {
        let limit = if self.is_limited.load(Ordering::Relaxed) { EVERY_ACCOUNT } else { Duration::MAX };
        self.settings.lifetime.map(|lifetime| lifetime.min(limit))
    }

    /// Adds what outputs need to know besides.
    fn complete(&self, credential: Credential) -> Credential {
        let add = |credential: Credential, (field, value)| credential.with(field, value);
        self.fixed().into_iter().fold(credential, add)
    }
}

/// `credential` with a token that Google signs for `audience`.
async fn signed(
    service: &Impersonation<'_>,
    audience: &str,
    credential: Credential,
) -> Result<Credential, Failure> {
    let place = service.settings.credentials.as_str();
    let signed = service.id_token(audience).await?;
    identity::compare(&signed, (service.account, audience), place)?;
    let end = signed.expires_at().map_err(|error| {
        Failure::new("read the service account's ID token", place, Advice::RETRY).caused_by(error)
    })?;
    Ok(credential.with(SIGNED_TOKEN, signed.raw().clone()).expiring_at(end))
}

fn no_account(audience: &str) -> Failure {
    Failure::new("get an ID token for", audience, Advice::NeedsAttention)
        .message("Google signs ID tokens for service accounts only, and this login speaks for none")
        .hint("Set `service_account` in the login.")
}

fn fields(settings: &Settings) -> Vec<Field> {
    let mut fields = vec![Field::ACCESS_TOKEN];
    fields.extend(settings.account.is_some().then_some(ACCOUNT));
    fields.extend(settings.project.is_some().then_some(PROJECT));
    // No library can be told to go through delegates.
    fields.extend(settings.delegates.is_empty().then_some(EXTERNAL_ACCOUNT));
    fields.extend(settings.id_token_audience.is_some().then_some(SIGNED_TOKEN));
    fields
}

/// The variables that gcloud and Terraform read a token from, and those in which all look for a project.
fn variables(settings: &Settings) -> Vec<(&'static str, Field)> {
    let mut variables = vec![
        ("CLOUDSDK_AUTH_ACCESS_TOKEN", Field::ACCESS_TOKEN),
        ("GOOGLE_OAUTH_ACCESS_TOKEN", Field::ACCESS_TOKEN),
    ];
    if settings.project.is_some() {
        variables.extend([("CLOUDSDK_CORE_PROJECT", PROJECT), ("GOOGLE_CLOUD_PROJECT", PROJECT)]);
    }
    variables
}

impl Provider for Gcp {
    fn audience(&self) -> &Audience {
        &self.settings.audience
    }

    fn provides(&self) -> &[Field] {
        &self.fields
    }

    fn fixed(&self) -> Vec<(Field, Secret)> {
        let settings = &self.settings;
        let account = settings.account.as_ref().map(|account| (ACCOUNT, Secret::new(account.email())));
        let project = settings.project.as_ref().map(|project| (PROJECT, Secret::new(project)));
        let external_account = self.fields.contains(&EXTERNAL_ACCOUNT).then(|| {
            let document = external_account::document(settings, self.told_lifetime());
            (EXTERNAL_ACCOUNT, Secret::new(serde_json::Value::Object(document).to_string()))
        });
        [account, project, external_account].into_iter().flatten().collect()
    }

    fn variables(&self) -> &[(&'static str, Field)] {
        &self.variables
    }

    /// A token of the account; one of the pool's own identity ends with its ID token.
    fn lifetime(&self) -> Option<Lifetime> {
        let _ = self.settings.account.as_ref()?;
        Some(Lifetime { time: self.told_lifetime().unwrap_or(EVERY_ACCOUNT), key: "lifetime" })
    }

    fn expires_with_token(&self) -> bool {
        self.settings.account.is_none()
    }

    fn notes(&self) -> Vec<String> {
        let endpoints = [&self.settings.sts, &self.settings.credentials];
        let mut notes: Vec<String> = endpoints.into_iter().filter_map(Endpoint::note).collect();
        notes.dedup();
        if self.is_limited.load(Ordering::Relaxed) {
            let account = self.settings.account.as_ref().map(ToString::to_string).unwrap_or_default();
            notes.push(format!(
                "Tokens of {account} may not live as long as `lifetime` says, so they last 1h; add it to the constraint \
                 iam.allowServiceAccountCredentialLifetimeExtension of the organisation's policy and restart evercred \
                 to change that."
            ));
        }
        notes
    }

    fn greet(&self) -> BoxFuture<'_, Vec<Contact>> {
        Box::pin(async {
            let mut contacts = vec![evercred_http::greet(&self.client, self.settings.sts.as_str()).await];
            if self.settings.account.is_some() {
                contacts.push(evercred_http::greet(&self.client, self.settings.credentials.as_str()).await);
            }
            contacts
        })
    }

    fn passes(&self) -> Option<&dyn Passes> {
        Some(self)
    }

    fn gives_on_demand(&self) -> Option<Field> {
        self.settings.account.as_ref().map(|_| SIGNED_TOKEN)
    }

    fn exchange_for<'a>(
        &'a self,
        token: &'a IdToken,
        audience: &'a str,
    ) -> BoxFuture<'a, Result<Credential, Failure>> {
        Box::pin(self.sign_for(token, audience))
    }

    fn on_request(&self) -> &[Field] {
        &[INSTANCE]
    }

    fn complete<'a>(
        &'a self,
        credential: &'a Credential,
        _: &'a [Field],
    ) -> BoxFuture<'a, Result<Credential, Failure>> {
        let instance = instance::document(&self.settings).to_string();
        Box::pin(async move { Ok(credential.clone().with(INSTANCE, Secret::new(instance))) })
    }

    fn exchange<'a>(&'a self, token: &'a IdToken) -> BoxFuture<'a, Result<Credential, Failure>> {
        Box::pin(self.log_in(token))
    }
}
