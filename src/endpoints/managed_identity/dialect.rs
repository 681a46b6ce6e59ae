//! The protocols of managed identities: what each wants to see, and how it says yes and no.

use hyper::{StatusCode, Uri};
use serde_json::json;
use url::form_urlencoded;

use crate::serve::{Answer, text};

/// A protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// App Service, `2019-08-01`.
    AppService,
    /// App Service, `2017-09-01`, as Azure Machine Learning speaks it.
    OldAppService,
    /// A virtual machine.
    Machine,
}

/// A token, as a program is told of it.
#[derive(Debug)]
pub(super) struct Issued<'a> {
    pub(super) token: &'a str,
    /// When it ends, in seconds since 1970.
    pub(super) expires_on: u64,
    /// How many seconds that is from now.
    pub(super) lasts: u64,
    pub(super) resource: &'a str,
    pub(super) client: &'a str,
}

/// Why there is none: the status, the code, and the sentence.
pub(super) type No<'a> = (StatusCode, &'a str, &'a str);

const JSON: &str = "application/json; charset=utf-8";
const OLD: &str = "2017-09-01";

impl Dialect {
    /// App Service's protocol of the version that is asked for.
    pub(super) fn of_app_service(uri: &Uri) -> Self {
        let mut query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        match query.find(|(name, _)| name.eq_ignore_ascii_case("api-version")) {
            Some((_, version)) if version == OLD => Self::OldAppService,
            _ => Self::AppService,
        }
    }

    /// The header that has the secret.
    pub(super) fn secret_header(self) -> Option<&'static str> {
        match self {
            Self::AppService => Some("x-identity-header"),
            Self::OldAppService => Some("secret"),
            Self::Machine => None,
        }
    }

    /// Whether it has this version. They are dates, and newer ones give the same.
    pub(super) fn speaks(self, version: &str) -> bool {
        match self {
            Self::AppService => version >= "2019-08-01",
            Self::OldAppService => version == OLD,
            Self::Machine => version >= "2018-02-01",
        }
    }

    /// Numbers are text here, and so they must be: SDKs refuse others.
    pub(super) fn issue(self, issued: &Issued<'_>) -> Answer {
        let mut body = json!({
            "access_token": issued.token,
            "client_id": issued.client,
            "expires_on": issued.expires_on.to_string(),
            "resource": issued.resource,
            "token_type": "Bearer",
        });
        if self == Self::Machine {
            body["expires_in"] = json!(issued.lasts.to_string());
            body["ext_expires_in"] = body["expires_in"].clone();
        }
        text(StatusCode::OK, JSON, body.to_string())
    }

    pub(super) fn refuse(self, (status, code, message): No<'_>) -> Answer {
        let body = match self {
            Self::Machine => json!({"error": code, "error_description": message}),
            Self::AppService | Self::OldAppService => {
                json!({"statusCode": status.as_u16(), "message": message, "correlationId": NO_CORRELATION})
            }
        };
        text(status, JSON, body.to_string())
    }

    /// What Azure says when there is no such identity.
    pub(super) fn no_identity(self) -> Answer {
        let message = match self {
            Self::Machine => "Identity not found",
            Self::AppService | Self::OldAppService => {
                "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId."
            }
        };
        self.refuse((StatusCode::BAD_REQUEST, "invalid_request", message))
    }
}

/// There is nobody who could look anything up by it.
const NO_CORRELATION: &str = "00000000-0000-0000-0000-000000000000";
