//! `azureProfile.json`: the subscriptions that `az` knows, each with the login that it uses for it.

use evercred_core::{Advice, Credential, Failure, Field, Secret};
use serde_json::{Map, Value, json};

use super::{MARK, failure, is_marked, not_az, overlaid, text};
use crate::files::Target;
use crate::outputs::json_list::{Fate, Item, JsonList, with_member};
use crate::outputs::{Output, required};

/// The login's subscriptions.
#[derive(Debug)]
pub(super) struct Subscriptions {
    pub(super) target: Target,
    /// The one to make the default, by name or ID.
    pub(super) preferred: Option<String>,
    pub(super) cloud_name: Option<String>,
    pub(super) login: String,
}

const LIST: &str = "subscriptions";
const DEFAULT: &str = "isDefault";

/// As `az` begins this file.
const EMPTY: &str = "\u{feff}{\"subscriptions\": []}";

/// What `az` calls the login to a tenant without subscriptions.
const TENANT_LEVEL: &str = "N/A(tenant level account)";

/// Whose subscriptions they are.
struct Identity<'a> {
    client: &'a str,
    tenant: &'a str,
    cloud: &'a str,
}

impl Identity<'_> {
    fn is_of(&self, item: &Value) -> bool {
        let is = |value: &Value, wanted: &str| {
            value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(wanted))
        };
        is(&item["user"]["name"], self.client)
            && is(&item["tenantId"], self.tenant)
            && item["environmentName"] == self.cloud
    }

    /// What `az` keeps of a subscription.
    fn entry(&self, subscription: &Value, login: &str) -> Map<String, Value> {
        let mut entry = subscription.as_object().cloned().unwrap_or_default();
        let rest = json!({
            "user": {"name": self.client, "type": "servicePrincipal"},
            "tenantId": self.tenant,
            "environmentName": self.cloud,
            MARK: login,
        });
        entry.extend(rest.as_object().cloned().unwrap_or_default());
        entry
    }
}

impl Subscriptions {
    fn identity<'a>(&'a self, credential: &'a Credential) -> Result<Identity<'a>, Failure> {
        let field = |field| required(credential, field, self.target.path.display()).map(Secret::expose);
        let cloud = match (&self.cloud_name, field(Field::CLOUD)?) {
            (Some(name), _) => name,
            (None, "usgovernment") => "AzureUSGovernment",
            (None, "china") => "AzureChinaCloud",
            (None, _) => "AzureCloud",
        };
        Ok(Identity { client: field(Field::CLIENT_ID)?, tenant: field(Field::TENANT_ID)?, cloud })
    }

    /// What the login sees; a login that sees nothing is one to the tenant alone.
    fn wanted(&self, credential: &Credential, identity: &Identity<'_>) -> Option<Vec<Map<String, Value>>> {
        let list: Value = serde_json::from_str(credential.field(Field::SUBSCRIPTIONS)?.expose()).ok()?;
        let entries: Vec<_> = list.as_array()?.iter().map(|one| identity.entry(one, &self.login)).collect();
        if !entries.is_empty() {
            return Some(entries);
        }
        let tenant = json!({"id": identity.tenant, "name": TENANT_LEVEL, "state": "Enabled"});
        Some(vec![identity.entry(&tenant, &self.login)])
    }

    fn is_ours(&self, item: &Item, identity: &Identity<'_>) -> bool {
        is_marked(&item.value, &self.login) || identity.is_of(&item.value)
    }

    /// The file with just `wanted` as the login's.
    fn merged(
        &self,
        list: &JsonList<'_>,
        mut wanted: Vec<Map<String, Value>>,
        identity: &Identity<'_>,
    ) -> Result<String, Failure> {
        self.leave_theirs(list, &mut wanted, identity)?;
        let fate = |item: &Item| {
            if !self.is_ours(item, identity) {
                return Fate::Stays;
            }
            match wanted.iter().position(|entry| entry["id"] == item.value["id"]) {
                Some(index) => updated(&item.value, &wanted.swap_remove(index)),
                None => Fate::Goes,
            }
        };
        let mut fates: Vec<Fate> = list.items.iter().map(fate).collect();
        let mut added: Vec<Value> =
            wanted.into_iter().map(|entry| overlaid(&json!({DEFAULT: false}), &entry)).collect();
        added.sort_by(|one, other| one["name"].as_str().cmp(&other["name"].as_str()));
        self.choose_default(list, &mut fates, &mut added, identity);
        Ok(list.edited(&fates, &added))
    }

    /// Takes out of `wanted` what another login has: `az` has one entry for each subscription, which stays with it.
    fn leave_theirs(
        &self,
        list: &JsonList<'_>,
        wanted: &mut Vec<Map<String, Value>>,
        identity: &Identity<'_>,
    ) -> Result<(), Failure> {
        let theirs: Vec<&Item> = list.items.iter().filter(|item| !self.is_ours(item, identity)).collect();
        let other = |id: &Value| theirs.iter().find(|item| item.value["id"] == *id);
        let first = wanted.first().and_then(|entry| other(&entry["id"]));
        let owner = first.map(|item| item.value["user"]["name"].clone());
        wanted.retain(|entry| other(&entry["id"]).is_none());
        match owner {
            Some(owner) if wanted.is_empty() => {
                let message = format!("each subscription is one that az has for {owner} already");
                Err(failure(&self.target, message)
                    .hint("Log that one out with `az logout --username`, or remove this output."))
            }
            _ => Ok(()),
        }
    }

    /// Makes one of ours the default of its cloud, unless one is.
    fn choose_default(
        &self,
        list: &JsonList<'_>,
        fates: &mut [Fate],
        added: &mut [Value],
        identity: &Identity<'_>,
    ) {
        let remaining = || list.items.iter().zip(fates.iter()).filter(|(_, fate)| **fate != Fate::Goes);
        let is_chosen = |value: &Value| value["environmentName"] == identity.cloud && value[DEFAULT] == true;
        if remaining().any(|(item, _)| is_chosen(&item.value)) {
            return;
        }
        let ours = list.items.iter().zip(fates.iter_mut()).filter_map(|(item, fate)| {
            if *fate == Fate::Stays && self.is_ours(item, identity) {
                *fate = Fate::Becomes(item.value.clone());
            }
            if let Fate::Becomes(value) = fate { Some(value) } else { None }
        });
        if let Some(value) = ours.chain(added.iter_mut()).min_by_key(|value| self.rank(value)) {
            value[DEFAULT] = Value::Bool(true);
        }
    }

    /// The lowest is the best one for a default: the preferred one, or else one that is enabled.
    fn rank(&self, value: &Value) -> (bool, bool) {
        let is = |key: &str, wanted: &str| {
            value[key].as_str().is_some_and(|text| text.eq_ignore_ascii_case(wanted))
        };
        let is_preferred =
            self.preferred.as_deref().is_none_or(|wanted| is("id", wanted) || is("name", wanted));
        (!is_preferred, value["state"] != "Enabled")
    }
}

fn updated(known: &Value, wanted: &Map<String, Value>) -> Fate {
    let value = overlaid(known, wanted);
    if value == *known { Fate::Stays } else { Fate::Becomes(value) }
}

impl Output for Subscriptions {
    fn target(&self) -> &Target {
        &self.target
    }

    fn section(&self) -> Option<&str> {
        Some(&self.login)
    }

    fn needs(&self) -> &[Field] {
        &[Field::CLIENT_ID, Field::TENANT_ID, Field::CLOUD, Field::SUBSCRIPTIONS]
    }

    fn render(&self, credential: &Credential, current: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
        let identity = self.identity(credential)?;
        let text = text(current, EMPTY).ok_or_else(|| not_az(&self.target))?;
        let Some(wanted) = self.wanted(credential, &identity) else {
            let is_there = self.own_part(text.as_bytes()).is_some();
            return if is_there { Ok(text.as_bytes().to_vec()) } else { Err(self.unlisted()) };
        };
        let made = JsonList::member(text, LIST).is_none().then(|| with_member(text, LIST)).flatten();
        let text = made.as_deref().unwrap_or(text);
        let list = JsonList::member(text, LIST).ok_or_else(|| not_az(&self.target))?;
        self.merged(&list, wanted, &identity).map(String::into_bytes)
    }

    /// Without what the user chooses with `az account set`.
    fn own_part(&self, current: &[u8]) -> Option<Vec<u8>> {
        let list = JsonList::member(str::from_utf8(current).ok()?, LIST)?;
        let own = list.items.into_iter().map(|item| item.value).filter(|value| is_marked(value, &self.login));
        let without_choice = own.map(|mut value| {
            value[DEFAULT] = Value::Null;
            value
        });
        let own: Vec<Value> = without_choice.collect();
        (!own.is_empty()).then(|| Value::Array(own).to_string().into_bytes())
    }

    fn retract(&self, current: &[u8]) -> Option<Vec<u8>> {
        let Some(list) = str::from_utf8(current).ok().and_then(|text| JsonList::member(text, LIST)) else {
            return Some(current.to_vec());
        };
        let fate = |item: &Item| if is_marked(&item.value, &self.login) { Fate::Goes } else { Fate::Stays };
        let rest = list.edited(&list.items.iter().map(fate).collect::<Vec<_>>(), &[]);
        (rest != EMPTY).then(|| rest.into_bytes())
    }
}

impl Subscriptions {
    fn unlisted(&self) -> Failure {
        Failure::new("write the login of az", self.target.path.display().to_string(), Advice::RETRY)
            .message("the login's subscriptions are not known, and az works with none that it is not told of")
            .hint("The log says why the resource manager did not list them; evercred tries again.")
    }
}
