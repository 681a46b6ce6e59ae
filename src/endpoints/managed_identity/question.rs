//! What is asked of a managed identity.

use hyper::Uri;
use url::form_urlencoded;

use super::dialect::Dialect;

/// A question.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) resource: String,
    pub(super) identity: Identity,
}

/// Whose token is wanted: a machine of Azure's may have several identities.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// Whichever there is.
    Any,
    /// The one with this client ID.
    Client(String),
    /// The one with this object ID.
    Object(String),
    /// The one that the resource manager calls so.
    Resource(String),
}

/// No resource has a longer name.
const LONGEST: usize = 2048;

impl Question {
    /// What a request asks, or what it lacks in the words of Azure.
    pub(super) fn of(uri: &Uri, dialect: Dialect) -> Result<Self, &'static str> {
        let (mut resource, mut version, mut identity) = (None, None, Identity::Any);
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            let value = value.into_owned();
            match name.to_ascii_lowercase().as_str() {
                "resource" => resource = Some(value),
                "api-version" => version = Some(value),
                _ if value.is_empty() => {}
                "client_id" | "clientid" => identity = Identity::Client(value),
                "object_id" | "principal_id" => identity = Identity::Object(value),
                "mi_res_id" | "msi_res_id" => identity = Identity::Resource(value),
                _ => {}
            }
        }
        if !version.is_some_and(|version| dialect.speaks(&version)) {
            return Err("The api-version is missing or not known");
        }
        match resource.filter(|resource| !resource.is_empty() && resource.len() <= LONGEST) {
            Some(resource) => Ok(Self { resource, identity }),
            None => Err("Required audience parameter not specified"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(query: &str, dialect: Dialect) -> Result<Question, &'static str> {
        Question::of(&format!("/x?{query}").parse().unwrap(), dialect)
    }

    #[test]
    fn an_identity_is_named_in_the_words_of_each_protocol() {
        let named = |name: &str| {
            let query = format!("api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net&{name}=x");
            question(&query, Dialect::AppService).unwrap()
        };
        assert_eq!(named("client_id").resource, "https://vault.azure.net");
        for (name, identity) in [
            ("client_id", Identity::Client("x".into())),
            ("clientid", Identity::Client("x".into())),
            ("object_id", Identity::Object("x".into())),
            ("principal_id", Identity::Object("x".into())),
            ("mi_res_id", Identity::Resource("x".into())),
            ("msi_res_id", Identity::Resource("x".into())),
            ("other", Identity::Any),
        ] {
            assert_eq!(named(name).identity, identity, "{name}");
        }
    }

    #[test]
    fn what_is_missing_is_told() {
        let lacks = |query, dialect| question(query, dialect).unwrap_err();
        assert!(lacks("api-version=2018-02-01", Dialect::Machine).contains("audience"));
        assert!(lacks("api-version=2018-02-01&resource=", Dialect::Machine).contains("audience"));
        assert!(lacks("resource=x", Dialect::Machine).contains("api-version"));
        assert!(lacks("resource=x&api-version=2018-02-01", Dialect::AppService).contains("api-version"));
    }
}
