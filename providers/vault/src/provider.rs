//! The login, and the token's life after it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use evercred_core::{
    Advice, Audience, BoxFuture, BuildError, Contact, Credential, Failure, Field, Gateway, IdToken, Provider,
    Secret, SecretReader, SecretRequest, SecretStore,
};
use vaultrs::api::AuthInfo;

use crate::failure::{self, Asked, Call};
use crate::login::{ACCESSOR, Auth, Login, ending};
use crate::secret;
use crate::server::{Server, is_usable};
use crate::settings::Settings;

/// A role, and the server that knows it.
#[derive(Debug)]
pub(crate) struct Vault {
    server: Arc<Server>,
    mount: String,
    role: Option<String>,
    audience: Audience,
    address: String,
    namespace: Option<String>,
    fields: Vec<Field>,
    variables: Vec<(&'static str, Field)>,
    notes: Vec<String>,
    ends_on_exit: bool,
    /// How often the last token could be used; 0 means as often as one likes.
    uses: AtomicU64,
    /// Whether the server did not prolong the token before this one.
    was_refused: AtomicBool,
}

/// The address and the namespace are no secrets, but programs that get the token from a file of variables need them.
const ADDRESS: Field = Field::new("vault_addr");
const NAMESPACE: Field = Field::new("vault_namespace");

impl Vault {
    pub(crate) fn new(
        server: Server,
        mount: String,
        role: Option<String>,
        (audience, settings): (Audience, Settings),
    ) -> Self {
        let mut variables = vec![("VAULT_TOKEN", Field::VAULT_TOKEN), ("VAULT_ADDR", ADDRESS)];
        variables.extend(settings.namespace.is_some().then_some(("VAULT_NAMESPACE", NAMESPACE)));
        Self {
            server: Arc::new(server),
            mount,
            role,
            audience,
            address: settings.address.as_str().to_owned(),
            namespace: settings.namespace,
            fields: variables.iter().map(|(_, field)| *field).collect(),
            variables,
            notes: settings.notes,
            ends_on_exit: false,
            uses: AtomicU64::new(0),
            was_refused: AtomicBool::new(false),
        }
    }

    /// The same with a choice about the token's end.
    pub(crate) fn ending_on_exit(self, ends_on_exit: bool) -> Self {
        Self { ends_on_exit, ..self }
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    async fn log_in(&self, token: &IdToken) -> Result<Credential, Failure> {
        let now = self.server.now();
        let login = Login { mount: &self.mount, role: self.role.as_deref(), token };
        let call = self.call(Call::LogIn, token);
        let answer = self.server.log_in(login).await.map_err(|error| call.explain(error))?;
        let auth = answer.auth.ok_or_else(|| call.not_understood())?;
        check(&auth, &call)?;
        self.uses.store(auth.num_uses, Ordering::Relaxed);
        Ok(self.complete(auth.credential(now)).with_request_id(answer.request_id))
    }

    async fn prolong(&self, held: &Credential) -> Result<Option<Credential>, Failure> {
        let Some(token) = held.field(Field::VAULT_TOKEN).filter(|token| is_usable(token)) else {
            return Ok(None);
        };
        let now = self.server.now();
        match self.server.renew(token).await {
            // Less than a second is left: 0 would mean for ever.
            Ok(renewed) if renewed.lease_duration == 0 && held.expires_at().is_some() => Ok(None),
            Ok(renewed) => {
                self.was_refused.store(false, Ordering::Relaxed);
                Ok(Some(self.complete(prolonged(held, token, &renewed, now))))
            }
            // Not renewable, at its end, revoked, or not allowed to renew itself: all end in a new login.
            Err(error) if matches!(failure::status(&error), Some(400 | 403 | 404)) => {
                self.was_refused.store(true, Ordering::Relaxed);
                Ok(None)
            }
            Err(error) => Err(self.asked(Call::Renew, Vec::new()).explain(error)),
        }
    }

    async fn end(&self, held: &Credential) -> Result<(), Failure> {
        let Some(token) = held.field(Field::VAULT_TOKEN).filter(|token| is_usable(token)) else {
            return Ok(());
        };
        match self.server.revoke(token).await {
            // Not known any more: somebody was faster.
            Err(error) if failure::status(&error) == Some(403) => Ok(()),
            answer => answer.map_err(|error| self.asked(Call::Revoke, Vec::new()).explain(error)),
        }
    }

    fn complete(&self, credential: Credential) -> Credential {
        let add = |credential: Credential, (field, value)| credential.with(field, value);
        self.fixed().into_iter().fold(credential, add)
    }

    fn call(&self, call: Call, token: &IdToken) -> Asked<'_> {
        let claims = token.claims();
        let unknown = "(none)";
        let more = vec![
            ("{issuer}", claims.issuer().unwrap_or(unknown).to_owned()),
            ("{subject}", claims.subject().unwrap_or(unknown).to_owned()),
            ("{audience}", claims.audiences().join(", ")),
        ];
        self.asked(call, more)
    }

    fn asked(&self, call: Call, mut names: Vec<(&'static str, String)>) -> Asked<'_> {
        names.extend(self.names());
        Asked { call, place: self.server.place(), names }
    }

    fn names(&self) -> [(&'static str, String); 3] {
        [
            ("{mount}", self.mount.clone()),
            ("{role}", self.role.clone().unwrap_or_else(|| "that is the mount's default".to_owned())),
            ("{namespace}", self.namespace.clone().unwrap_or_else(|| "root".to_owned())),
        ]
    }
}

/// The same token with what the renewal granted. A life much shorter than before means that the longest one is near,
/// so that this was the last renewal: half of it later, a new token follows, while this one still works.
fn prolonged(held: &Credential, token: &Secret, renewed: &AuthInfo, now: SystemTime) -> Credential {
    const AS_LONG: f64 = 0.9;
    let before = held.expires_at().and_then(|end| end.duration_since(held.issued_at()).ok());
    let is_last =
        before.is_some_and(|before| Duration::from_secs(renewed.lease_duration) < before.mul_f64(AS_LONG));
    let same = Credential::new(held.subject(), now).with(Field::VAULT_TOKEN, token.clone());
    let same = match held.field(ACCESSOR) {
        Some(accessor) => same.with(ACCESSOR, accessor.clone()),
        None => same,
    };
    let same = match held.request_id() {
        Some(id) => same.with_request_id(id),
        None => same,
    };
    ending(if renewed.renewable && !is_last { same.renewable() } else { same }, now, renewed.lease_duration)
}

/// An answer may be good and still have no token in it.
fn check(auth: &Auth, call: &Asked<'_>) -> Result<(), Failure> {
    if auth.mfa_requirement.is_some() {
        return Err(call
            .failure(Advice::NeedsAttention)
            .message("the login asks for a second factor, which only a person has")
            .hint("Exempt the entity or the mount of this login from the server's MFA enforcement."));
    }
    if is_usable(&auth.token()) { Ok(()) } else { Err(call.not_understood()) }
}

impl Provider for Vault {
    fn audience(&self) -> &Audience {
        &self.audience
    }

    fn provides(&self) -> &[Field] {
        &self.fields
    }

    fn fixed(&self) -> Vec<(Field, Secret)> {
        let namespace = self.namespace.as_ref().map(|namespace| (NAMESPACE, Secret::new(namespace)));
        std::iter::once((ADDRESS, Secret::new(&self.address))).chain(namespace).collect()
    }

    fn variables(&self) -> &[(&'static str, Field)] {
        &self.variables
    }

    fn peer(&self) -> Option<&str> {
        Some(self.server.place())
    }

    fn notes(&self) -> Vec<String> {
        let uses = self.uses.load(Ordering::Relaxed);
        let limited = (uses > 0).then(|| {
            format!(
                "The role's tokens end after {uses} uses, which nobody can see coming; set its token_num_uses to 0, or \
                 programs will be refused until the next refresh."
            )
        });
        let refused = self.was_refused.load(Ordering::Relaxed).then(|| {
            "The token before this one could not be renewed: it was revoked, or its policies do not allow \
             `update` on auth/token/renew-self. Programs that held it need to read the new one."
                .to_owned()
        });
        self.notes.iter().cloned().chain(limited).chain(refused).collect()
    }

    fn ends_on_exit(&self) -> bool {
        self.ends_on_exit
    }

    fn gateway(&self) -> Option<&dyn Gateway> {
        Some(self)
    }

    fn secret_store(&self) -> Option<&dyn SecretStore> {
        Some(self)
    }

    fn greet(&self) -> BoxFuture<'_, Vec<Contact>> {
        Box::pin(async { vec![self.server.greet().await] })
    }

    fn exchange<'a>(&'a self, token: &'a IdToken) -> BoxFuture<'a, Result<Credential, Failure>> {
        Box::pin(self.log_in(token))
    }

    fn revoke<'a>(&'a self, held: &'a Credential) -> Option<BoxFuture<'a, Result<(), Failure>>> {
        Some(Box::pin(self.end(held)))
    }

    fn renew<'a>(&'a self, held: &'a Credential) -> BoxFuture<'a, Result<Option<Credential>, Failure>> {
        Box::pin(self.prolong(held))
    }
}

impl SecretStore for Vault {
    fn open(&self, request: SecretRequest) -> Result<Arc<dyn SecretReader>, BuildError> {
        Ok(Arc::new(secret::Secret::open(&self.server, self.names().to_vec(), request)?))
    }
}
