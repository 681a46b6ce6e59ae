//! `service_principal_entries.json`: a list of what `az` proves itself with as a service principal.

use std::path::{Path, PathBuf};

use evercred_core::{Credential, Environment, Failure, Field, Secret};
use serde_json::{Map, Value, json};

use super::{MARK, failure, is_marked, not_az, overlaid, text};
use crate::files::Target;
use crate::outputs::ini::Ini;
use crate::outputs::json_list::{Fate, JsonList};
use crate::outputs::{Output, Way, required};

/// The ID token as the assertion of the service principal.
#[derive(Debug)]
pub(super) struct Entries {
    pub(super) target: Target,
    /// The settings of `az`.
    pub(super) settings: PathBuf,
    pub(super) environment: Environment,
    pub(super) login: String,
    /// How `az` finds it all.
    pub(super) way: Way,
}

/// What proves a service principal in other ways.
const OTHER_PROOFS: [&str; 2] = ["client_secret", "certificate"];

impl Entries {
    fn wanted(&self, credential: &Credential) -> Result<Map<String, Value>, Failure> {
        let field = |field| required(credential, field, self.target.path.display()).map(Secret::expose);
        let entry = json!({
            "client_id": field(Field::CLIENT_ID)?,
            "tenant": field(Field::TENANT_ID)?,
            "client_assertion": field(Field::ID_TOKEN)?,
            MARK: self.login,
        });
        Ok(entry.as_object().cloned().unwrap_or_default())
    }

    fn fate(&self, item: &Value, wanted: &Map<String, Value>) -> Result<Fate, Failure> {
        let is_same = ["client_id", "tenant"].into_iter().all(|key| item.get(key) == wanted.get(key));
        match (is_same, OTHER_PROOFS.into_iter().find(|key| item.get(key).is_some())) {
            (true, Some(proof)) => Err(failure(
                &self.target,
                format!(
                    "az is logged in as this service principal with a `{proof}`, which evercred did not write"
                ),
            )
            .hint("Log it out there with `az logout --username` and the client ID, or remove this output.")),
            (true, None) => Ok(Fate::Becomes(overlaid(item, wanted))),
            (false, _) if is_marked(item, &self.login) => Ok(Fate::Goes),
            (false, _) => Ok(Fate::Stays),
        }
    }

    /// Whether `az` keeps its entries in a key ring instead.
    fn is_encrypted(&self, settings: Option<Vec<u8>>) -> bool {
        let is_true =
            |value: &str| ["1", "true", "yes", "on"].contains(&value.trim().to_ascii_lowercase().as_str());
        let variable = self.environment.get("AZURE_CORE_ENCRYPT_TOKEN_CACHE");
        let settings = settings.unwrap_or_default();
        let ini = Ini::parse(&settings);
        let here = ini.sections(|title| title == "core");
        let line = ini
            .lines
            .iter()
            .find(|line| here.contains(&line.section) && line.key() == Some("encrypt_token_cache"));
        let value = line.and_then(|line| str::from_utf8(line.bytes).ok()?.split_once(['=', ':']));
        variable.map_or(value.is_some_and(|(_, value)| is_true(value)), is_true)
    }
}

impl Output for Entries {
    fn target(&self) -> &Target {
        &self.target
    }

    fn section(&self) -> Option<&str> {
        Some(&self.login)
    }

    fn needs(&self) -> &[Field] {
        &[Field::ID_TOKEN, Field::CLIENT_ID, Field::TENANT_ID]
    }

    fn render(&self, credential: &Credential, current: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
        let wanted = self.wanted(credential)?;
        let list = text(current, "[]").and_then(JsonList::whole).ok_or_else(|| not_az(&self.target))?;
        let mut fates =
            list.items.iter().map(|item| self.fate(&item.value, &wanted)).collect::<Result<Vec<_>, _>>()?;
        let mut is_there = false;
        for (fate, item) in fates.iter_mut().zip(&list.items) {
            match fate {
                Fate::Becomes(_) if is_there => *fate = Fate::Goes,
                Fate::Becomes(value) if *value == item.value => (*fate, is_there) = (Fate::Stays, true),
                Fate::Becomes(_) => is_there = true,
                Fate::Stays | Fate::Goes => {}
            }
        }
        let added = if is_there { vec![] } else { vec![Value::Object(wanted)] };
        Ok(list.edited(&fates, &added).into_bytes())
    }

    fn own_part(&self, current: &[u8]) -> Option<Vec<u8>> {
        let list = JsonList::whole(str::from_utf8(current).ok()?)?;
        let own = list.items.iter().find(|item| is_marked(&item.value, &self.login))?;
        Some(own.value.to_string().into_bytes())
    }

    fn retract(&self, current: &[u8]) -> Option<Vec<u8>> {
        let Some(list) = str::from_utf8(current).ok().and_then(JsonList::whole) else {
            return Some(current.to_vec());
        };
        let fate = |value: &Value| if is_marked(value, &self.login) { Fate::Goes } else { Fate::Stays };
        let fates: Vec<Fate> = list.items.iter().map(|item| fate(&item.value)).collect();
        // A list without entries says the same as no file.
        fates.contains(&Fate::Stays).then(|| list.edited(&fates, &[]).into_bytes())
    }

    fn environment(&self) -> Option<Way> {
        Some(self.way.clone())
    }

    fn shadows(&self, read: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String> {
        let encrypted = self.is_encrypted(read(&self.settings));
        let note = encrypted.then(|| {
            "az keeps its logins encrypted (core.encrypt_token_cache), and does not read what evercred writes: `az config \
             set core.encrypt_token_cache=false`."
                .to_owned()
        });
        note.into_iter().collect()
    }
}
