//! One login's table: common keys, provider keys, outputs.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use evercred_core::{Field, Provider};
use serde_json::{Value, json};
use toml::Spanned;
use toml::de::{DeString, DeValue};

use super::conflicts::Claim;
use super::select::{TYPE, select};
use super::sources::Source;
use super::{Resolver, check_name};
use crate::config::account::Account;
use crate::config::common::{self, Common};
use crate::config::problem::Problem;
use crate::config::show;
use crate::config::tree::{self, Section};
use crate::digest;
use crate::files::Target;
use crate::login::{Login, LoginId, Origin};
use crate::outputs::consumers::Served;
use crate::outputs::{Output, OutputContext};
use crate::registry::ProviderKind;

/// The outputs of a login, and their tables with all defaults.
#[derive(Default)]
struct Outputs {
    built: Vec<Box<dyn Output>>,
    served: Vec<Served>,
    tables: Vec<Value>,
    shown: Vec<Value>,
}

impl Resolver<'_> {
    /// Notes the login, or what is wrong with it.
    pub(super) fn login(&mut self, kind: &ProviderKind, key: &Spanned<Cow<'_, str>>, section: &Section<'_>) {
        self.problems.extend(check_name(key));
        let id = LoginId::new(kind.kind.name, key.get_ref());
        let common = self.take(common::read(&self.schemas, section, self.environment()));
        let own = tree::without(section, |key| common::KEYS.contains(&key));
        let provider = self.take(kind.kind.build(&self.schemas, &own, &common::KEYS, &self.machine.build));
        let account = common.as_ref().and_then(|common| common.account.clone());
        let context = provider.as_deref().map(|provider| self.context(&id, provider, account.as_ref()));
        let outputs = self.outputs(kind, &id, provider.as_deref().zip(context.as_ref()), section);
        let secrets = self.secret_tables(kind, section);
        let reason = self.reason(&id, account.as_ref());
        let built = (common, provider, outputs, reason);
        let login = self.itself(kind, &id, section, built, !secrets.is_empty());
        for secret in &secrets {
            self.secret(&id, login.as_ref(), account.as_ref(), secret);
        }
    }

    /// The login without its secrets.
    fn itself(
        &mut self,
        kind: &ProviderKind,
        id: &LoginId,
        section: &Section<'_>,
        (common, provider, outputs, reason): (Option<Common>, Option<Arc<dyn Provider>>, Outputs, Target),
        has_secrets: bool,
    ) -> Option<Arc<Login>> {
        let common = common?;
        let place = tree::value_span(section.get_ref(), "source").unwrap_or_else(|| section.span());
        let source = self.source_of(common.source.as_deref(), place);
        let (provider, source) = provider.zip(source)?;
        self.check_unique(id, section.span())?;
        let digest = self.describe(kind, id, section, &source, &outputs);
        let fingerprint = match provider.peer() {
            Some(peer) => digest::of(format!("{digest} {peer}")),
            None => digest,
        };
        let login = Arc::new(Login {
            id: id.clone(),
            fingerprint,
            origin: Origin::Exchange { source: source.built, provider },
            outputs: outputs.built,
            served: outputs.served,
            policy: common.policy,
            hooks: common.hooks,
            reason,
            hosts: common.hosts,
            has_secrets,
        });
        self.warn(&login, section);
        self.logins.push(Arc::clone(&login));
        Some(login)
    }

    /// Whether no other login or secret is called so; a secret's name is made of two.
    pub(super) fn check_unique(&mut self, id: &LoginId, place: Range<usize>) -> Option<()> {
        if self.logins.iter().all(|known| known.id != *id) {
            return Some(());
        }
        let message = format!("there is another login or secret named {id}");
        self.problems.push(Problem::new(place, message).hint("Give it a `name` of its own.".to_owned()));
        None
    }

    /// Shows the login's table with its defaults, and gives its digest.
    fn describe(
        &mut self,
        kind: &ProviderKind,
        id: &LoginId,
        section: &Section<'_>,
        source: &Source,
        outputs: &Outputs,
    ) -> String {
        let mut table = tree::to_json(&tree::without(section, |key| key == common::SECRETS));
        let schema = kind.kind.schema(&self.schemas);
        show::fill(&schema, &mut table);
        show::fill(&common::schema(&self.schemas), &mut table);
        let mut shown = table.clone();
        show::mask(&schema, &mut shown);
        shown[common::OUTPUTS] = json!(outputs.shown);
        self.show(&[id.kind(), id.name()], shown);
        table[common::OUTPUTS] = json!(outputs.tables);
        let all = json!({"login": id, "table": table, "source": source.table});
        digest::of(all.to_string())
    }

    /// Builds the outputs; without a provider, only their tables can be checked.
    fn outputs(
        &mut self,
        kind: &ProviderKind,
        id: &LoginId,
        surroundings: Option<(&dyn Provider, &OutputContext)>,
        section: &Section<'_>,
    ) -> Outputs {
        let mut outputs = Outputs::default();
        for entry in self.entries(kind, section) {
            let selected = select(&self.registry.outputs, &entry, None).map_err(|problem| vec![problem]);
            let Some((kind, section)) = self.take(selected) else { continue };
            let Some((provider, context)) = surroundings else {
                self.problems.extend(kind.check(&self.schemas, &section, &[TYPE]));
                continue;
            };
            let Some(built) = self.take(kind.build(&self.schemas, &section, &[TYPE], context)) else {
                continue;
            };
            for output in &built {
                self.check_needs(kind.name, output.as_ref(), provider, &entry);
                self.claim(Claim::new(id, output.as_ref(), entry.span()));
            }
            outputs.add(kind.name, &kind.schema(&self.schemas), &section, built);
        }
        outputs
    }

    /// The file that says why the login has no good credential, beside what it keeps in the state folder.
    pub(super) fn reason(&self, id: &LoginId, account: Option<&Account>) -> Target {
        let folder = account.map_or_else(|| self.machine.paths.state_folder.clone(), Account::state_folder);
        Target::new(folder.join(format!("{id}.reason.json")), 0o600)
            .owned_by(account.map(|account| account.owner))
    }

    fn context(&self, id: &LoginId, provider: &dyn Provider, account: Option<&Account>) -> OutputContext {
        let ours = || (self.environment().clone(), self.machine.paths.state_folder.clone());
        let (environment, state_folder) =
            account.map_or_else(ours, |account| (account.environment(), account.state_folder()));
        OutputContext {
            kind: id.kind().to_owned(),
            name: id.name().to_owned(),
            environment,
            owner: account.map(|account| account.owner),
            state_folder,
            program: self.machine.program.clone(),
            credential_process: self.machine.credential_process.clone(),
            config_file: self.text.file.to_owned(),
            provides: provider.provides().to_vec(),
            variables: provider.variables().to_vec(),
            fixed: provider.fixed(),
        }
    }

    /// The entries of `outputs`, or the provider's default ones.
    fn entries<'t>(&mut self, kind: &ProviderKind, section: &Section<'t>) -> Vec<Spanned<DeValue<'t>>> {
        let Some(value) = section.get_ref().get(common::OUTPUTS) else {
            let named = kind.outputs.iter().map(|name| DeValue::String(DeString::Borrowed(name)));
            return named.map(|name| Spanned::new(section.span(), name)).collect();
        };
        if let Some(array) = value.get_ref().as_array() {
            return array.to_vec();
        }
        let problem = Problem::new(value.span(), "`outputs` must be an array");
        self.problems.push(
            problem.hint(format!("Write outputs = {:?}, or [[…outputs]] with a `type`.", kind.outputs)),
        );
        Vec::new()
    }

    fn check_needs(
        &mut self,
        name: &str,
        output: &dyn Output,
        provider: &dyn Provider,
        entry: &Spanned<DeValue<'_>>,
    ) {
        let gives = [provider.provides(), provider.on_request(), &[Field::ID_TOKEN]].concat();
        let lacking = list(output.needs().iter().filter(|field| !gives.contains(field)));
        if !lacking.is_empty() {
            let message = format!("the output `{name}` needs {lacking}, which this login does not give");
            let hint = format!("It gives {}; choose an output that needs no more.", list(gives.iter()));
            self.problems.push(Problem::new(entry.span(), message).hint(hint));
        }
    }
}

impl Outputs {
    fn add(&mut self, name: &str, schema: &Value, section: &Section<'_>, built: Vec<Box<dyn Output>>) {
        let mut table = tree::to_json(section);
        show::fill(schema, &mut table);
        table[TYPE] = json!(name);
        let mut shown = table.clone();
        show::mask(schema, &mut shown);
        self.served.push(Served::new(name, &built));
        self.built.extend(built);
        self.tables.push(table);
        self.shown.push(shown);
    }
}

fn list<'f>(fields: impl Iterator<Item = &'f Field>) -> String {
    fields.map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", ")
}
