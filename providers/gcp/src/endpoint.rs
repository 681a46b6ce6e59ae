//! The addresses of Google's services, or of what stands in for them.

use evercred_core::BuildError;
use url::Url;

/// The base address of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint(String);

impl Endpoint {
    /// The one that config's `key` names, or else the public one of `service`.
    pub(crate) fn of(
        key: &'static str,
        configured: Option<&str>,
        (service, universe): (&str, &str),
    ) -> Result<Self, BuildError> {
        match configured {
            None => Ok(Self(format!("https://{service}.{universe}"))),
            Some(text) => Self::parse(text).map_err(|what| {
                BuildError::at(key, what)
                    .hint(format!("Write it like \"https://{service}.p.acme.dev\", without a path."))
            }),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text.trim()).map_err(|_| format!("{text:?} is not a URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("{:?} is not spoken here", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the URL holds a user name, which Google does not take".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("the URL goes on after its path".to_owned());
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// The address of `path` there.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.0)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What the user should know: the token would cross a network in the clear.
    pub(crate) fn note(&self) -> Option<String> {
        let url = Url::parse(&self.0).ok()?;
        let host = url.host_str()?.trim_matches(['[', ']']);
        let is_local = host == "localhost" || host.starts_with("127.") || host == "::1";
        (url.scheme() == "http" && !is_local)
            .then(|| format!("Tokens go to {host} unencrypted, because its endpoint is an http URL."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(text: &str) -> Result<Endpoint, BuildError> {
        Endpoint::of("sts_endpoint", Some(text), ("sts", "googleapis.com"))
    }

    #[test]
    fn the_public_one_follows_from_the_universe() {
        let found = Endpoint::of("sts_endpoint", None, ("sts", "example.goog")).unwrap();
        assert_eq!(found.at("v1/token"), "https://sts.example.goog/v1/token");
        assert_eq!(
            endpoint("http://127.0.0.1:8080/").unwrap().at("v1/token"),
            "http://127.0.0.1:8080/v1/token"
        );
    }

    #[test]
    fn what_is_no_endpoint_is_refused_without_its_password() {
        for text in ["sts", "ftp://sts", "https://me:hunter2@sts", "https://sts?a", "https://sts#a"] {
            let error = endpoint(text).unwrap_err();
            assert_eq!(error.key, Some("sts_endpoint"));
            assert!(!format!("{error:?}").contains("hunter2"));
        }
    }

    #[test]
    fn only_a_remote_http_endpoint_is_noted() {
        assert!(endpoint("http://sts.acme.test").unwrap().note().is_some());
        for text in ["https://sts", "http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"] {
            assert_eq!(endpoint(text).unwrap().note(), None, "{text}");
        }
    }
}
