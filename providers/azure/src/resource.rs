//! What an access token is for.

use evercred_core::BuildError;

/// A resource: as the config names it, and as Entra wants to be asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    /// As it stands in the config.
    pub(crate) name: String,
    /// `RESOURCE/.default`: everything that the application may do there.
    pub(crate) scope: String,
}

/// What ends each scope of an application, which has no user who could grant it less.
const DEFAULT: &str = "/.default";

impl Resource {
    /// A resource by its identifier, with or without `/.default` after it. A slash at the end of the identifier does
    /// not count, as in every SDK; one that must be there stands before that of the ending.
    pub(crate) fn parse(text: &str) -> Result<Self, BuildError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._:/".contains(c);
        let wrong = |what: &str| {
            BuildError::at("resources", format!("{text:?} {what}")).hint(
                "Name resources like \"https://storage.azure.com/\", \"https://graph.microsoft.com/\" or \
                 \"api://CLIENT-ID\", or their scopes, which end with \"/.default\".",
            )
        };
        let identifier = text.strip_suffix(DEFAULT).unwrap_or(text);
        if identifier.trim_matches('/').is_empty() || !text.chars().all(is_plain) {
            return Err(wrong("is not a resource"));
        }
        if identifier.contains("/.default") {
            return Err(wrong("goes on after `/.default`"));
        }
        let scope = match text.strip_suffix(DEFAULT) {
            Some(_) => text.to_owned(),
            None => format!("{}{DEFAULT}", text.strip_suffix('/').unwrap_or(text)),
        };
        Ok(Self { name: text.to_owned(), scope })
    }
}

impl Resource {
    /// A resource as programs ask a managed identity for it. Its identifier is taken to the letter, for the token's
    /// audience is what was asked for, slash and all.
    pub(crate) fn requested(text: &str) -> Result<Self, BuildError> {
        let parsed = Self::parse(text)?;
        match text.strip_suffix(DEFAULT) {
            Some(_) => Ok(parsed),
            None => Ok(Self { scope: format!("{text}{DEFAULT}"), ..parsed }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_and_scopes_mean_the_same() {
        for (text, scope) in [
            ("https://management.azure.com/", "https://management.azure.com/.default"),
            ("https://management.azure.com", "https://management.azure.com/.default"),
            ("https://management.azure.com/.default", "https://management.azure.com/.default"),
            ("https://database.windows.net//.default", "https://database.windows.net//.default"),
            (
                "api://11111111-2222-3333-4444-555555555555",
                "api://11111111-2222-3333-4444-555555555555/.default",
            ),
        ] {
            let resource = Resource::parse(text).unwrap();
            assert_eq!((resource.name.as_str(), resource.scope.as_str()), (text, scope));
        }
    }

    #[test]
    fn what_a_program_asks_for_is_taken_to_the_letter() {
        let scope = |text| Resource::requested(text).unwrap().scope;
        assert_eq!(scope("https://database.windows.net/"), "https://database.windows.net//.default");
        assert_eq!(scope("https://vault.azure.net"), "https://vault.azure.net/.default");
        assert_eq!(scope("https://vault.azure.net/.default"), "https://vault.azure.net/.default");
        assert!(Resource::requested("two of them").is_err());
    }

    #[test]
    fn what_is_no_resource_is_refused() {
        for text in ["", "/", "/.default", "https://a b", "https://a/.default/x", "https://a\n"] {
            assert_eq!(Resource::parse(text).unwrap_err().key, Some("resources"), "{text:?}");
        }
    }
}
