//! The exchange itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::RequestId;
use evercred_core::{
    Advice, Audience, BoxFuture, Contact, Credential, Failure, Field, IdToken, Lifetime, Passes, Provider,
    Secret,
};

use crate::failure::Call;
use crate::pass::Services;
use crate::session::Session;
use crate::settings::Settings;
use crate::sts::Sts;
use crate::{Config, SessionName, assume_role, guard, refusal, web_identity};

/// A role, and the way to a session of it.
#[derive(Debug)]
pub(crate) struct Aws {
    config: Config,
    audience: Audience,
    /// The region that outputs name, if somebody chose one.
    region: Option<String>,
    /// The endpoint that somebody named instead of AWS's own.
    peer: Option<String>,
    fields: Vec<Field>,
    variables: Vec<(&'static str, Field)>,
    sts: Sts,
    notes: Vec<String>,
    pub(crate) services: Services,
    /// Whether the role turned out to allow no more than [`EVERY_ROLE`].
    is_limited: AtomicBool,
}

/// What every role allows: the least value of a role's own maximum.
const EVERY_ROLE: Duration = Duration::from_hours(1);

impl Aws {
    pub(crate) fn new(config: Config, settings: Settings, sts: Sts, client: reqwest::Client) -> Self {
        let services = Services::new(&settings, &config, client);
        let region = settings.region_is_chosen.then_some(settings.region);
        let peer = settings.endpoint_url;
        let mut notes = settings.notes;
        notes.extend(config.cap_note());
        let default_audience = || Audience::new(config.role_arn.partition().audience());
        Self {
            audience: config.audience.clone().unwrap_or_else(default_audience),
            fields: fields(region.is_some()),
            variables: variables(region.is_some()),
            is_limited: AtomicBool::new(false),
            config,
            region,
            peer,
            sts,
            notes,
            services,
        }
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.sts.now()
    }

    async fn log_in(&self, token: &IdToken) -> Result<Credential, Failure> {
        let derived = || SessionName::from_claims(token.claims());
        let name = self.config.session_name.clone().unwrap_or_else(derived);
        let mut session = self.first(token, &name).await?;
        let mut role = &self.config.role_arn;
        for (index, link) in self.config.chain.iter().enumerate() {
            let duration = self.config.link_duration(index);
            session = assume_role::follow(&self.sts, (&session, role), link, (&name, duration)).await?;
            role = &link.role_arn;
        }
        Ok(self.credential(session))
    }

    /// The session of the first role; asked for once more, and shorter, if the role turns out to allow no longer
    /// ones.
    async fn first(&self, token: &IdToken, name: &SessionName) -> Result<Session, Failure> {
        let wanted = self.config.first_duration();
        let known_limit = if self.is_limited.load(Ordering::Relaxed) { EVERY_ROLE } else { Duration::MAX };
        let mut answer =
            web_identity::ask(&self.sts, &self.config, (token, name, wanted.min(known_limit))).await;
        let is_too_long = |error: &SdkError<_, _>| refusal::is_too_long(error.code(), error.message());
        if wanted.min(known_limit) > EVERY_ROLE && answer.as_ref().is_err_and(is_too_long) {
            self.is_limited.store(true, Ordering::Relaxed);
            answer = web_identity::ask(&self.sts, &self.config, (token, name, EVERY_ROLE)).await;
        }
        let call = web_identity::call(&self.sts, &self.config.role_arn, token.claims());
        let output = answer.map_err(|error| call.explain(error))?;
        let (credentials, user) = (output.credentials(), output.assumed_role_user());
        Session::from_answer(credentials, user, output.request_id(), (&call, self.sts.now()))
    }

    fn credential(&self, session: Session) -> Credential {
        let role = self.config.last_role();
        let subject = session.arn.unwrap_or_else(|| role.to_string());
        let mut credential = Credential::new(subject, self.sts.now())
            .with(Field::ACCESS_KEY_ID, Secret::new(session.access_key_id))
            .with(Field::SECRET_ACCESS_KEY, session.secret_access_key)
            .with(Field::SESSION_TOKEN, session.token)
            .expiring_at(session.expires_at);
        for (field, value) in self.fixed() {
            credential = credential.with(field, value);
        }
        match session.request_id {
            Some(id) => credential.with_request_id(id),
            None => credential,
        }
    }

    async fn compare(&self, credential: &Credential) -> Result<(), Failure> {
        let asked = if self.config.verify { Some(self.ask_whose(credential).await?) } else { None };
        let arn = asked.as_deref().unwrap_or(credential.subject());
        guard::compare(arn, self.config.last_role(), self.sts.place())
    }

    async fn ask_whose(&self, credential: &Credential) -> Result<String, Failure> {
        let answer = self.sts.signed_with(credential).get_caller_identity().send().await;
        let call = Call {
            operation: "ask AWS whose the new session is".to_owned(),
            place: self.sts.place(),
            refusals: &[],
            words: Vec::new(),
            now: self.sts.now(),
        };
        let told = [Field::SECRET_ACCESS_KEY, Field::SESSION_TOKEN]
            .into_iter()
            .filter_map(|field| credential.field(field));
        let output = answer.map_err(|error| call.explain(error).conceal(told))?;
        let unsaid = || call.failure(Advice::RETRY).message("the answer does not say");
        output.arn().map(str::to_owned).ok_or_else(unsaid)
    }
}

fn fields(has_region: bool) -> Vec<Field> {
    let mut fields = vec![
        Field::ACCESS_KEY_ID,
        Field::SECRET_ACCESS_KEY,
        Field::SESSION_TOKEN,
        Field::ACCOUNT_ID,
        Field::ROLE_ARN,
    ];
    fields.extend(has_region.then_some(Field::REGION));
    fields
}

/// The variables that AWS SDKs read. Every one names a field that each credential has.
fn variables(has_region: bool) -> Vec<(&'static str, Field)> {
    let mut variables = vec![
        ("AWS_ACCESS_KEY_ID", Field::ACCESS_KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", Field::SECRET_ACCESS_KEY),
        ("AWS_SESSION_TOKEN", Field::SESSION_TOKEN),
        ("AWS_ACCOUNT_ID", Field::ACCOUNT_ID),
    ];
    if has_region {
        variables.extend([("AWS_REGION", Field::REGION), ("AWS_DEFAULT_REGION", Field::REGION)]);
    }
    variables
}

impl Provider for Aws {
    fn audience(&self) -> &Audience {
        &self.audience
    }

    fn provides(&self) -> &[Field] {
        &self.fields
    }

    fn fixed(&self) -> Vec<(Field, Secret)> {
        let role = self.config.last_role();
        let region = self.region.as_ref().map(|region| (Field::REGION, Secret::new(region)));
        let fixed = [(Field::ACCOUNT_ID, role.account()), (Field::ROLE_ARN, role.as_str())];
        fixed.map(|(field, value)| (field, Secret::new(value))).into_iter().chain(region).collect()
    }

    fn variables(&self) -> &[(&'static str, Field)] {
        &self.variables
    }

    fn lifetime(&self) -> Option<Lifetime> {
        Some(self.config.lifetime())
    }

    fn peer(&self) -> Option<&str> {
        self.peer.as_deref()
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.notes.clone();
        if self.is_limited.load(Ordering::Relaxed) {
            let role = &self.config.role_arn;
            notes.push(format!(
                "{role} allows no sessions as long as `duration` says, so they last 1h; raise the role's maximum \
                 session duration and restart evercred to change that."
            ));
        }
        notes
    }

    fn greet(&self) -> BoxFuture<'_, Vec<Contact>> {
        Box::pin(async { vec![self.sts.greet().await] })
    }

    fn passes(&self) -> Option<&dyn Passes> {
        Some(self)
    }

    fn exchange<'a>(&'a self, token: &'a IdToken) -> BoxFuture<'a, Result<Credential, Failure>> {
        Box::pin(self.log_in(token))
    }

    fn guard<'a>(&'a self, credential: &'a Credential) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(self.compare(credential))
    }
}
