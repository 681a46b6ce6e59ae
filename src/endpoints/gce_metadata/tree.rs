//! What the metadata server has to tell, as folders and entries, and how it tells them: a folder as the names in it, an
//! entry as text, and everything under a folder as JSON, whose keys are written in one word
//! (<https://cloud.google.com/compute/docs/metadata/querying-metadata>).

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What there is to tell of a login.
#[derive(Debug, Deserialize)]
pub(super) struct Instance {
    /// Whom it speaks for.
    pub(super) email: String,
    scopes: Vec<String>,
    project_id: Option<String>,
    numeric_project_id: Option<String>,
    universe_domain: String,
}

/// A folder or an entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Node {
    Folder(Vec<Entry>),
    Text(String),
    Number(u64),
    Lines(Vec<String>),
    /// The access token. Neither it nor the next is told of with everything else.
    Token,
    /// An ID token for an audience that has to be named.
    Identity,
}

/// What is in a folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    name: String,
    key: String,
    node: Node,
}

/// A name of Google's, `project-id` in paths and `projectId` in JSON.
fn fixed(name: &str, node: Node) -> Entry {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    let key = words.fold(first, |key, word| {
        let (initial, rest) = word.split_at(word.len().min(1));
        key + &initial.to_ascii_uppercase() + rest
    });
    Entry { name: name.to_owned(), key, node }
}

/// The name of an account, which is the same everywhere.
fn given(name: &str, node: Node) -> Entry {
    Entry { name: name.to_owned(), key: name.to_owned(), node }
}

/// All that there is. `project_number` is what the config says of it.
pub(super) fn tree(instance: &Instance, project_number: Option<u64>) -> Node {
    let account = || {
        Node::Folder(vec![
            fixed("aliases", Node::Lines(vec!["default".to_owned()])),
            fixed("email", Node::Text(instance.email.clone())),
            fixed("identity", Node::Identity),
            fixed("scopes", Node::Lines(instance.scopes.clone())),
            fixed("token", Node::Token),
        ])
    };
    let accounts = vec![given("default", account()), given(&instance.email, account())];
    let nothing = || Node::Folder(Vec::new());
    let of_pool = || instance.numeric_project_id.as_deref()?.parse().ok();
    let number = project_number.or_else(of_pool);
    let mut project = vec![fixed("attributes", nothing())];
    project.extend(number.map(|number| fixed("numeric-project-id", Node::Number(number))));
    project.extend(instance.project_id.clone().map(|id| fixed("project-id", Node::Text(id))));
    let universe = vec![fixed("universe-domain", Node::Text(instance.universe_domain.clone()))];
    let instance = vec![fixed("attributes", nothing()), fixed("service-accounts", Node::Folder(accounts))];
    let version = vec![
        fixed("instance", Node::Folder(instance)),
        fixed("project", Node::Folder(project)),
        fixed("universe", Node::Folder(universe)),
    ];
    let versions = vec![fixed("v1", Node::Folder(version))];
    Node::Folder(vec![given("computeMetadata", Node::Folder(versions))])
}

impl Node {
    /// What is at a path below. Clients of one age write `universe_domain`.
    pub(super) fn at(&self, path: &[String]) -> Option<&Self> {
        let Some((first, rest)) = path.split_first() else { return Some(self) };
        let Self::Folder(entries) = self else { return None };
        let name = if first == "universe_domain" { "universe-domain" } else { first };
        entries.iter().find(|entry| entry.name == name)?.node.at(rest)
    }

    /// It as text, unless it has to be made.
    pub(super) fn text(&self) -> Option<String> {
        Some(match self {
            Self::Folder(entries) => entries.iter().map(Entry::line).collect(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Lines(lines) => lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect(),
            Self::Token | Self::Identity => return None,
        })
    }

    /// It with all that is below, unless it has to be made.
    pub(super) fn json(&self) -> Option<Value> {
        Some(match self {
            Self::Folder(entries) => {
                let told = |entry: &Entry| Some((entry.key.clone(), entry.node.json()?));
                Value::Object(entries.iter().filter_map(told).collect::<Map<_, _>>())
            }
            Self::Text(text) => json!(text),
            Self::Number(number) => json!(number),
            Self::Lines(lines) => json!(lines),
            Self::Token | Self::Identity => return None,
        })
    }
}

impl Entry {
    fn line(&self) -> String {
        let slash = if matches!(self.node, Node::Folder(_)) { "/" } else { "" };
        format!("{}{slash}\n", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMAIL: &str = "dev@acme-dev.iam.gserviceaccount.com";

    fn at(path: &str) -> Option<Node> {
        let instance = Instance {
            email: EMAIL.to_owned(),
            scopes: vec!["https://a".to_owned(), "https://b".to_owned()],
            project_id: Some("acme-dev".to_owned()),
            numeric_project_id: Some("123456789012".to_owned()),
            universe_domain: "googleapis.com".to_owned(),
        };
        let path: Vec<String> = path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let mut node = tree(&instance, None);
        for name in path {
            let Node::Folder(entries) = node else { return None };
            node = entries.into_iter().find(|entry| entry.name == name)?.node;
        }
        Some(node)
    }

    fn text(path: &str) -> String {
        at(path).unwrap().text().unwrap()
    }

    #[test]
    fn a_folder_is_told_by_its_names_and_an_entry_as_it_is() {
        assert_eq!(text(""), "computeMetadata/\n");
        assert_eq!(text("computeMetadata/v1"), "instance/\nproject/\nuniverse/\n");
        assert_eq!(text("computeMetadata/v1/instance/service-accounts"), format!("default/\n{EMAIL}/\n"));
        let account = format!("computeMetadata/v1/instance/service-accounts/{EMAIL}");
        assert_eq!(text(&account), "aliases\nemail\nidentity\nscopes\ntoken\n");
        assert_eq!(text(&format!("{account}/scopes")), "https://a\nhttps://b\n");
        assert_eq!(text("computeMetadata/v1/project/numeric-project-id"), "123456789012");
    }

    #[test]
    fn everything_below_is_told_as_json_without_any_token() {
        let json = at("computeMetadata/v1/project").unwrap().json().unwrap();
        assert_eq!(
            json,
            json!({"attributes": {}, "numericProjectId": 123_456_789_012_u64, "projectId": "acme-dev"})
        );
        let json = at("computeMetadata/v1/instance/service-accounts").unwrap().json().unwrap();
        let account = json!({"aliases": ["default"], "email": EMAIL, "scopes": ["https://a", "https://b"]});
        assert_eq!(json, json!({"default": account, EMAIL: account}));
    }

    #[test]
    fn the_domain_of_the_universe_is_found_by_either_spelling() {
        let path = |name: &str| vec!["universe".to_owned(), name.to_owned()];
        let version = at("computeMetadata/v1").unwrap();
        let found = version.at(&path("universe-domain"));
        assert!(found.is_some() && found == version.at(&path("universe_domain")));
        assert_eq!(version.at(&path("universe")), None);
    }
}
