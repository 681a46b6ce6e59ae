//! The secrets of a login: each becomes a login of its own, whose credential is read with that of the first.

use std::sync::Arc;

use evercred_core::{BuildError, SecretReader, SecretRequest};
use serde_json::{Value, json};

use super::Resolver;
use super::conflicts::Claim;
use crate::config::account::Account;
use crate::config::problem::Problem;
use crate::config::tree::{self, Section};
use crate::config::{common, secret, show};
use crate::digest;
use crate::files;
use crate::login::{Login, LoginId, Origin, check_name};
use crate::outputs::SecretContext;
use crate::outputs::consumers::Served;
use crate::registry::ProviderKind;

impl Resolver<'_> {
    /// The tables of a login's secrets, as far as they are tables.
    pub(super) fn secret_tables<'t>(
        &mut self,
        kind: &ProviderKind,
        section: &Section<'t>,
    ) -> Vec<Section<'t>> {
        let Some((key, value)) = section.get_ref().get_key_value(common::SECRETS) else { return Vec::new() };
        let name = kind.kind.name;
        if !kind.secrets {
            let message = format!("there are no secrets to read at `{name}`");
            let others = self.registry.providers.iter().filter(|kind| kind.secrets);
            let others: Vec<_> = others.map(|kind| format!("`{}`", kind.kind.name)).collect();
            let hint = format!("Remove it; logins at {} can have it.", others.join(", "));
            self.problems.push(Problem::new(key.span(), message).hint(hint));
            return Vec::new();
        }
        let Some(array) = value.get_ref().as_array() else {
            let problem = Problem::new(value.span(), "`secrets` must be an array of tables");
            self.problems.push(problem.hint(format!("Write [[{name}.NAME.secrets]].")));
            return Vec::new();
        };
        let wrong = array.iter().filter(|value| tree::as_section(value).is_none());
        self.problems.extend(wrong.map(|value| {
            let hint = "Write { path = \"…\", file = \"…\" }.".to_owned();
            Problem::new(value.span(), "this must be a table").hint(hint)
        }));
        array.iter().filter_map(tree::as_section).collect()
    }

    /// Notes the secret as a login, or what is wrong with it. Without the login it is read with, its keys are checked.
    pub(super) fn secret(
        &mut self,
        login: &LoginId,
        lender: Option<&Arc<Login>>,
        account: Option<&Account>,
        section: &Section<'_>,
    ) {
        let request = self.take(secret::request(&self.schemas, section));
        let itself = self.take(secret::itself(&self.schemas, section, self.environment()));
        let template = self.template_file(section);
        let context = self.secret_context(request.as_ref(), template.clone(), account);
        let outputs = self.take(secret::file(&self.schemas, section, &context));
        let name = itself.as_ref().and_then(|itself| itself.name.as_deref());
        let id = self.secret_id(login, name, request.as_ref(), section);
        if let Some((id, outputs)) = id.as_ref().zip(outputs.as_ref()) {
            let claims = outputs.iter().map(|output| Claim::new(id, output.as_ref(), section.span()));
            claims.for_each(|claim| self.claim(claim));
        }
        let Some((lender, request)) = lender.zip(request) else { return };
        let reader = self.open(lender, request, section);
        let (Some(id), Some(reader), Some(itself), Some(outputs)) = (id, reader, itself, outputs) else {
            return;
        };
        let fingerprint = self.describe_secret(lender, &id, section, template.as_deref());
        let origin = Origin::Secret { login: Arc::clone(lender), reader };
        let (policy, hooks) = (itself.policy, itself.hooks);
        let reason = self.reason(&id, account);
        self.logins.push(Arc::new(Login {
            id,
            fingerprint,
            origin,
            served: vec![Served::new("secret", &outputs)],
            outputs,
            policy,
            hooks,
            reason,
            hosts: Vec::new(),
            has_secrets: false,
        }));
    }

    fn open(
        &mut self,
        lender: &Login,
        request: SecretRequest,
        section: &Section<'_>,
    ) -> Option<Arc<dyn SecretReader>> {
        let store = lender.provider().secret_store()?;
        let problem = |error: BuildError| {
            let place = error.key.and_then(|key| tree::value_span(section.get_ref(), key));
            vec![Problem::new(place.unwrap_or_else(|| section.span()), error.message).hint(error.hint)]
        };
        self.take(store.open(request).map_err(problem))
    }

    /// Its name, or what it can be called after.
    fn secret_id(
        &mut self,
        login: &LoginId,
        name: Option<&str>,
        request: Option<&SecretRequest>,
        section: &Section<'_>,
    ) -> Option<LoginId> {
        let file = section.get_ref().get("file").and_then(|value| value.get_ref().as_str());
        let path = request.and_then(|request| request.path.as_deref());
        let derived = path.and_then(|path| path.trim_matches('/').rsplit('/').next());
        let name = name.map(str::to_owned).or_else(|| derived.or(file.map(stem)).map(plain))?;
        let id = login.secret(&name);
        let place = tree::value_span(section.get_ref(), "name").unwrap_or_else(|| section.span());
        if check_name(id.name()).is_err() {
            let hint =
                "Set `name`: letters, digits, `_`, `.` and `-`, and with the login's name no more than 64.";
            self.problems.push(Problem::new(place, format!("{id} cannot be a name")).hint(hint.to_owned()));
            return None;
        }
        self.check_unique(&id, place)?;
        Some(id)
    }

    /// What is in the file that `template_file` names. A template is a part of the config that has a file of its own.
    fn template_file(&mut self, section: &Section<'_>) -> Option<String> {
        let value = section.get_ref().get("template_file")?;
        let path = self.machine.build.surroundings.environment.expand(value.get_ref().as_str()?);
        let problem = |why: String| {
            Problem::new(value.span(), format!("the template cannot be read: {why}"))
                .hint("It must be a text file (UTF-8) that this user may read.".to_owned())
        };
        self.templates.push(path.clone());
        let read = match files::read(&path) {
            Ok(Some(bytes)) => String::from_utf8(bytes).map_err(|_| problem("it is no text".to_owned())),
            Ok(None) => Err(problem(format!("there is no {}", path.display()))),
            Err(error) => Err(problem(error.to_string())),
        };
        self.take(read.map_err(|problem| vec![problem]))
    }

    fn secret_context(
        &self,
        request: Option<&SecretRequest>,
        template: Option<String>,
        account: Option<&Account>,
    ) -> SecretContext {
        SecretContext {
            environment: account.map_or_else(|| self.environment().clone(), Account::environment),
            owner: account.map(|account| account.owner),
            template,
            is_composed: request.is_some_and(|request| request.path.is_none()),
        }
    }

    /// Shows the secret's table with its defaults, and gives its digest.
    fn describe_secret(
        &mut self,
        lender: &Login,
        id: &LoginId,
        section: &Section<'_>,
        template: Option<&str>,
    ) -> String {
        let schema = secret::one(&self.schemas);
        let mut table = tree::to_json(section);
        show::fill(&schema, &mut table);
        let mut shown = table.clone();
        show::mask(&schema, &mut shown);
        self.show_secret(&lender.id, shown);
        let all = json!({"login": lender.fingerprint, "id": id, "table": table, "template": template});
        digest::of(all.to_string())
    }

    fn show_secret(&mut self, login: &LoginId, shown: Value) {
        let place = &mut self.shown[login.kind()][login.name()][common::SECRETS];
        match place.as_array_mut() {
            Some(secrets) => secrets.push(shown),
            None => *place = json!([shown]),
        }
    }
}

/// The name of the file at `path`, without its extension.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or_default().trim_start_matches('.');
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// What a name can be made of.
fn plain(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.chars().map(|c| if fits(c) { c } else { '-' }).collect()
}
