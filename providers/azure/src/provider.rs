//! One exchange for each resource, and what comes of them.

use std::time::{Duration, SystemTime};

use evercred_core::{
    Advice, Audience, BoxFuture, Contact, Credential, Failure, Field, IdToken, Passes, Provider, Secret,
};
use serde_json::{Map, Value, json};

use crate::authority::{Authority, Token};
use crate::guard::{Expected, Owner};
use crate::resource::Resource;
use crate::settings::Settings;
use crate::subscriptions::ResourceManager;

/// A client of a tenant, and what it gets tokens for.
#[derive(Debug)]
pub(crate) struct Azure {
    settings: Settings,
    expected: Expected,
    authority: Authority,
    manager: ResourceManager,
    peer: String,
    fields: Vec<Field>,
    variables: Vec<(&'static str, Field)>,
}

impl Azure {
    pub(crate) fn new(settings: Settings, authority: Authority, manager: ResourceManager) -> Self {
        let expected = Expected {
            tenant: settings.expected_tenant.clone(),
            object: settings.expected_object.clone(),
            is_strict: settings.is_guarded,
        };
        Self {
            expected,
            peer: format!("{} {} {}", settings.authority, settings.tenant, settings.client),
            fields: fields(&settings),
            variables: variables(&settings),
            settings,
            authority,
            manager,
        }
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        self.authority.http()
    }

    pub(crate) fn tenant(&self) -> &str {
        &self.settings.tenant
    }

    async fn log_in(&self, token: &IdToken) -> Result<Credential, Failure> {
        self.authority.check(token)?;
        let mut tokens = Vec::new();
        for resource in &self.settings.resources {
            tokens.push((resource.name.as_str(), self.authority.exchange(token, resource).await?));
        }
        let credential = Credential::new(self.subject(tokens.first()), self.authority.now());
        let add = |credential: Credential, (field, value)| credential.with(field, value);
        Ok(with_tokens(self.fixed().into_iter().fold(credential, add), &tokens))
    }

    /// A token for a resource that the config does not name.
    async fn log_in_to(&self, token: &IdToken, resource: &str) -> Result<Credential, Failure> {
        let requested = Resource::requested(resource).map_err(|error| {
            let failure = Failure::new("get a token for", resource, Advice::NeedsAttention);
            failure.message(&error.message).hint(error.hint.unwrap_or_default())
        })?;
        self.authority.check(token)?;
        let got = (resource, self.authority.exchange(token, &requested).await?);
        let credential = Credential::new(self.subject(Some(&got)), self.authority.now());
        Ok(with_tokens(credential, &[got]))
    }

    /// The client by its ID, and the object that it is in the tenant if a token says so.
    fn subject(&self, first: Option<&(&str, Token)>) -> String {
        let owner = first.map(|(_, token)| Owner::of(token.secret.expose())).unwrap_or_default();
        let tenant = owner.tenant.as_ref().unwrap_or(&self.settings.tenant);
        match owner.object {
            Some(object) => format!("{} of tenant {tenant} (object {object})", self.settings.client),
            None => format!("{} of tenant {tenant}", self.settings.client),
        }
    }

    /// The list of subscriptions, by a token for the resource manager: one that is there, or else one more exchange.
    async fn with_subscriptions(&self, credential: &Credential) -> Result<Credential, Failure> {
        let resource = self.manager.resource();
        let list = match self.token_for(&resource.scope, credential) {
            Some(token) => self.manager.subscriptions(&token).await,
            None => match credential.field(Field::ID_TOKEN).and_then(|raw| IdToken::parse(raw.expose()).ok())
            {
                Some(token) => {
                    let token = self.authority.exchange(&token, resource).await?;
                    self.manager.subscriptions(&token.secret).await
                }
                None => return Ok(credential.clone()),
            },
        };
        Ok(credential.clone().with(Field::SUBSCRIPTIONS, list?))
    }

    fn token_for(&self, scope: &str, credential: &Credential) -> Option<Secret> {
        let resource = self.settings.resources.iter().find(|resource| resource.scope == scope)?;
        let all: Value = serde_json::from_str(credential.field(Field::ACCESS_TOKENS)?.expose()).ok()?;
        all[&resource.name]["access_token"].as_str().map(Secret::new)
    }

    fn compare(&self, credential: &Credential) -> Result<(), Failure> {
        let Some(token) = credential.field(Field::ACCESS_TOKEN) else { return Ok(()) };
        self.expected.compare(&Owner::of(token.expose()), self.authority.place())
    }
}

/// The first token is the login's own; all of them, each with its end, are a JSON object by resource.
fn with_tokens(credential: Credential, tokens: &[(&str, Token)]) -> Credential {
    let Some((_, first)) = tokens.first() else { return credential };
    let entry = |(resource, token): &(&str, Token)| {
        let end = token.expires_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let entry = json!({"access_token": token.secret.expose(), "expires_on": end.as_secs()});
        ((*resource).to_owned(), entry)
    };
    let all: Map<String, Value> = tokens.iter().map(entry).collect();
    let credential = credential
        .with(Field::ACCESS_TOKEN, first.secret.clone())
        .with(Field::ACCESS_TOKENS, Secret::new(Value::Object(all).to_string()));
    let credential =
        tokens.iter().fold(credential, |credential, (_, token)| credential.expiring_at(token.expires_at));
    match &first.request_id {
        Some(id) => credential.with_request_id(id),
        None => credential,
    }
}

fn fields(settings: &Settings) -> Vec<Field> {
    let mut fields = vec![Field::CLIENT_ID, Field::TENANT_ID, Field::CLOUD];
    fields.extend(settings.is_unusual.then_some(Field::AUTHORITY_HOST));
    if !settings.resources.is_empty() {
        fields.extend([Field::ACCESS_TOKEN, Field::ACCESS_TOKENS]);
    }
    fields
}

/// What SDKs and Terraform read. Nothing reads an access token from a variable.
fn variables(settings: &Settings) -> Vec<(&'static str, Field)> {
    let mut variables = vec![("AZURE_CLIENT_ID", Field::CLIENT_ID), ("AZURE_TENANT_ID", Field::TENANT_ID)];
    variables.extend(settings.is_unusual.then_some(("AZURE_AUTHORITY_HOST", Field::AUTHORITY_HOST)));
    variables.extend([("ARM_CLIENT_ID", Field::CLIENT_ID), ("ARM_TENANT_ID", Field::TENANT_ID)]);
    variables.extend((!settings.cloud.is_public()).then_some(("ARM_ENVIRONMENT", Field::CLOUD)));
    variables
}

impl Provider for Azure {
    fn audience(&self) -> &Audience {
        &self.settings.audience
    }

    fn provides(&self) -> &[Field] {
        &self.fields
    }

    fn fixed(&self) -> Vec<(Field, Secret)> {
        let settings = &self.settings;
        let authority = settings.is_unusual.then(|| (Field::AUTHORITY_HOST, settings.authority.as_str()));
        let fixed = [
            (Field::CLIENT_ID, settings.client.as_str()),
            (Field::TENANT_ID, &settings.tenant),
            (Field::CLOUD, settings.cloud.terraform_name()),
        ];
        fixed.into_iter().chain(authority).map(|(field, value)| (field, Secret::new(value))).collect()
    }

    fn variables(&self) -> &[(&'static str, Field)] {
        &self.variables
    }

    fn peer(&self) -> Option<&str> {
        Some(&self.peer)
    }

    fn on_request(&self) -> &[Field] {
        &[Field::SUBSCRIPTIONS]
    }

    fn complete<'a>(
        &'a self,
        credential: &'a Credential,
        _: &'a [Field],
    ) -> BoxFuture<'a, Result<Credential, Failure>> {
        Box::pin(self.with_subscriptions(credential))
    }

    fn greet(&self) -> BoxFuture<'_, Vec<Contact>> {
        Box::pin(async { vec![self.authority.greet().await] })
    }

    fn passes(&self) -> Option<&dyn Passes> {
        Some(self)
    }

    fn gives_on_demand(&self) -> Option<Field> {
        Some(Field::ACCESS_TOKEN)
    }

    fn exchange_for<'a>(
        &'a self,
        token: &'a IdToken,
        resource: &'a str,
    ) -> BoxFuture<'a, Result<Credential, Failure>> {
        Box::pin(self.log_in_to(token, resource))
    }

    fn exchange<'a>(&'a self, token: &'a IdToken) -> BoxFuture<'a, Result<Credential, Failure>> {
        Box::pin(self.log_in(token))
    }

    fn guard<'a>(&'a self, credential: &'a Credential) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async { self.compare(credential) })
    }
}
