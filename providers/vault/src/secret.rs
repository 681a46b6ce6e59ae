//! A secret: one read, or several whose answers change together.
//!
//! A lease is renewed for as long as the server lets it, a certificate is kept until half of its life is over, and what
//! has no end is read again. As soon as one part can be kept no longer, all are read anew. Leases are known to this
//! process alone; after a restart, what they were for is replaced when it is due.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use evercred_core::{
    Advice, BoxFuture, BuildError, Credential, Failure, Field, Secret as Text, SecretRead, SecretReader,
    SecretRequest,
};
use serde_json::{Map, Value};
use vaultrs::error::ClientError;

use crate::failure::{self, Asked, Call};
use crate::logical::Ask;
use crate::part::Part;
use crate::server::{Server, is_usable};
use crate::settings;

/// What has no end may be changed by anybody at any time.
const LOOK_AGAIN: Duration = Duration::from_mins(5);
/// The parts without their data, as JSON.
const PARTS: Field = Field::new("vault_parts");

/// The reads of one secret, and the server that answers them.
#[derive(Debug)]
pub(crate) struct Secret {
    server: Arc<Server>,
    /// What stands for the names in braces in the remedies.
    names: Vec<(&'static str, String)>,
    /// By name; the only one of a secret that is not a composition has none.
    reads: Vec<(Option<String>, SecretRead)>,
    /// Whether an answer to a write did not say how long it is good.
    is_endless: AtomicBool,
    /// Whether the last lease could not be renewed although it was renewable.
    was_refused: AtomicBool,
}

impl Secret {
    pub(crate) fn open(
        server: &Arc<Server>,
        names: Vec<(&'static str, String)>,
        request: SecretRequest,
    ) -> Result<Self, BuildError> {
        let mut reads = request.into_reads();
        for (name, read) in &mut reads {
            let key = if name.is_some() { "reads" } else { "path" };
            read.path = settings::segments(&read.path).ok_or_else(|| {
                BuildError::at(key, format!("{:?} is not a path in Vault", read.path))
                    .hint("Write it as the HTTP API has it, without `/v1/`, like \"kv/data/app\".")
            })?;
            if read.version.is_some() && read.parameters.is_some() {
                let key = if name.is_some() { "reads" } else { "version" };
                return Err(BuildError::at(key, "only what is read has versions, not what is written")
                    .hint("Leave out `version` or `parameters`."));
            }
        }
        let (is_endless, was_refused) = (AtomicBool::new(false), AtomicBool::new(false));
        Ok(Self { server: Arc::clone(server), names, reads, is_endless, was_refused })
    }

    async fn read_all(&self, login: &Credential) -> Result<Credential, Failure> {
        let token = self.token(login)?;
        let mut parts = Vec::with_capacity(self.reads.len());
        let mut request_id = String::new();
        for (_, read) in &self.reads {
            let (part, id) = self.read_one(token, read).await?;
            parts.push(part);
            request_id = id;
        }
        self.is_endless.store(self.reads.iter().zip(&parts).any(is_endless), Ordering::Relaxed);
        Ok(self.credential(parts).with_request_id(request_id))
    }

    async fn read_one(&self, token: &Text, read: &SecretRead) -> Result<(Part, String), Failure> {
        let now = self.server.now();
        let ask = Ask { path: &read.path, version: read.version, parameters: read.parameters.as_ref() };
        let answer = match self.server.ask(token, ask).await {
            Ok(answer) => answer,
            Err(error) => return Err(self.explain(token, Call::of(read), read, error).await),
        };
        if answer.data.is_none() {
            return Err(self.asked(Call::of(read), read, &self.place(read)).empty());
        }
        let request_id = answer.request_id.clone();
        Ok((Part::new(read, answer, now), request_id))
    }

    /// The parts of `held`, each kept alive or read again; `None` if one of them cannot be kept.
    async fn keep_all(&self, login: &Credential, held: &Credential) -> Result<Option<Credential>, Failure> {
        let token = self.token(login)?;
        let Some(before) = self.parts_of(held) else { return Ok(None) };
        let mut parts = Vec::with_capacity(before.len());
        for ((_, read), part) in self.reads.iter().zip(before) {
            let Some(part) = self.keep_one(token, read, part).await? else { return Ok(None) };
            parts.push(part);
        }
        Ok(Some(self.credential(parts)))
    }

    async fn keep_one(&self, token: &Text, read: &SecretRead, part: Part) -> Result<Option<Part>, Failure> {
        let now = self.server.now();
        match &part.lease {
            Some(lease) if lease.renewable => match self.server.renew_lease(token, &lease.id).await {
                Ok(answer) => {
                    self.was_refused.store(false, Ordering::Relaxed);
                    Ok(part.renewed(&answer, now))
                }
                // Not known any more, or at its end.
                Err(error) if matches!(failure::status(&error), Some(400 | 404)) => Ok(None),
                Err(error) if failure::status(&error) == Some(403) && self.is_alive(token).await => {
                    self.was_refused.store(true, Ordering::Relaxed);
                    Ok(None)
                }
                Err(error) => {
                    let failure = self.explain(token, Call::RenewLease, read, error).await;
                    Err(failure.conceal([&Text::new(&lease.id)]))
                }
            },
            _ if part.is_static() && read.parameters.is_none() => {
                self.read_one(token, read).await.map(|(part, _)| Some(part))
            }
            _ => Ok(part.is_young(now).then_some(part)),
        }
    }

    /// What failed; a refusal may be that of the token rather than of what was asked for, in the same words.
    async fn explain(&self, token: &Text, call: Call, read: &SecretRead, error: ClientError) -> Failure {
        let is_refusal = failure::status(&error) == Some(403);
        let failure = self.asked(call, read, &self.place(read)).explain(error).conceal([token]);
        if is_refusal && !self.is_alive(token).await {
            return self.dead(read).caused_by(failure);
        }
        failure
    }

    /// Whether the server still knows the token. If nobody can say, it counts as alive.
    async fn is_alive(&self, token: &Text) -> bool {
        let answer = self.server.look_up(token).await;
        answer.map_or_else(|error| failure::status(&error) != Some(403), |()| true)
    }

    fn dead(&self, read: &SecretRead) -> Failure {
        Failure::new(Call::of(read).operation(), self.place(read), Advice::NewToken)
            .message("the token is not good any more; it was revoked")
            .hint("A new login is made. If this repeats, find out who revokes its tokens.")
    }

    fn token<'c>(&self, login: &'c Credential) -> Result<&'c Text, Failure> {
        login.field(Field::VAULT_TOKEN).filter(|token| is_usable(token)).ok_or_else(|| {
            Failure::new("read the secret", self.describe(), Advice::NewToken)
                .message("there is no token to read it with")
        })
    }

    fn asked<'a>(&self, call: Call, read: &SecretRead, place: &'a str) -> Asked<'a> {
        let mut names = self.names.clone();
        names.push(("{path}", read.path.clone()));
        names.push(("{capability}", if read.parameters.is_some() { "update" } else { "read" }.to_owned()));
        names.push(("{versioned}", versioned(&read.path)));
        Asked { call, place, names }
    }

    fn place(&self, read: &SecretRead) -> String {
        format!("{}, {}", self.server.place(), read.path)
    }

    fn credential(&self, parts: Vec<Part>) -> Credential {
        let subject = parts.iter().map(|part| part.subject.as_str()).collect::<Vec<_>>().join("; ");
        let mut credential = Credential::new(subject, self.server.now());
        for part in &parts {
            credential = part.ends_at.map_or(credential.clone(), |end| credential.expiring_at(end));
        }
        if parts.iter().any(|part| part.lease.is_some()) {
            credential = credential.bound();
        }
        if parts.iter().any(|part| !part.is_static()) {
            credential = credential.renewable();
        }
        if self.reads.iter().zip(&parts).any(may_change) {
            credential = credential.changing_within(LOOK_AGAIN);
        }
        let known = serde_json::to_string(&parts).unwrap_or_default();
        credential.with(PARTS, Text::new(known)).with(Field::DATA, Text::new(self.compose(parts)))
    }

    /// The data of the only read, or of all by name.
    fn compose(&self, parts: Vec<Part>) -> String {
        let mut whole = Map::new();
        for ((name, _), part) in self.reads.iter().zip(parts) {
            match name {
                Some(name) => {
                    whole.insert(name.clone(), Value::Object(part.data));
                }
                None => whole = part.data,
            }
        }
        Value::Object(whole).to_string()
    }

    /// The reverse.
    fn parts_of(&self, held: &Credential) -> Option<Vec<Part>> {
        let mut parts: Vec<Part> = serde_json::from_str(held.field(PARTS)?.expose()).ok()?;
        let mut whole: Map<String, Value> = serde_json::from_str(held.field(Field::DATA)?.expose()).ok()?;
        for ((name, _), part) in self.reads.iter().zip(&mut parts) {
            part.data = match name {
                Some(name) => whole.remove(name)?.as_object()?.clone(),
                None => std::mem::take(&mut whole),
            };
        }
        (parts.len() == self.reads.len()).then_some(parts)
    }
}

/// A version that is pinned stays what it is.
fn may_change(((_, read), part): (&(Option<String>, SecretRead), &Part)) -> bool {
    part.is_static() && read.parameters.is_none() && read.version.is_none()
}

fn is_endless(((_, read), part): (&(Option<String>, SecretRead), &Part)) -> bool {
    part.is_static() && read.parameters.is_some()
}

/// The path as a versioned store has it, where the store is mounted at the first segment.
fn versioned(path: &str) -> String {
    path.split_once('/').map_or_else(|| path.to_owned(), |(mount, rest)| format!("{mount}/data/{rest}"))
}

impl SecretReader for Secret {
    fn describe(&self) -> String {
        self.reads.iter().map(|(_, read)| read.path.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn notes(&self) -> Vec<String> {
        let endless = self.is_endless.load(Ordering::Relaxed).then(|| {
            "The answer does not say how long it is good, so it is asked for anew once a day; set `lifetime`.".to_owned()
        });
        let refused = self.was_refused.load(Ordering::Relaxed).then(|| {
            "The lease before this one could not be renewed: the token's policies do not allow `update` on \
             sys/leases/renew. So it is replaced each time, and programs need to read the new one."
                .to_owned()
        });
        endless.into_iter().chain(refused).collect()
    }

    fn read<'a>(&'a self, login: &'a Credential) -> BoxFuture<'a, Result<Credential, Failure>> {
        Box::pin(self.read_all(login))
    }

    fn renew<'a>(
        &'a self,
        login: &'a Credential,
        held: &'a Credential,
    ) -> BoxFuture<'a, Result<Option<Credential>, Failure>> {
        Box::pin(self.keep_all(login, held))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_the_command_line_leads_to_that_of_the_api() {
        assert_eq!(versioned("kv/team/app"), "kv/data/team/app");
    }
}
