//! Reading and writing at any path, and the life of a lease: endpoints on vaultrs's client, which has neither, and
//! whose own calls drop the lease.

use rustify::endpoint::Endpoint;
use rustify::enums::{RequestMethod, RequestType, ResponseType};
use rustify::errors::ClientError;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// `GET PATH`, or `POST PATH` with parameters.
pub(crate) struct Ask<'a> {
    pub(crate) path: &'a str,
    pub(crate) version: Option<u64>,
    pub(crate) parameters: Option<&'a Map<String, Value>>,
}

impl Endpoint for Ask<'_> {
    type Response = Answer;
    const REQUEST_BODY_TYPE: RequestType = RequestType::JSON;
    const RESPONSE_BODY_TYPE: ResponseType = ResponseType::JSON;

    fn path(&self) -> String {
        self.path.to_owned()
    }

    fn method(&self) -> RequestMethod {
        if self.parameters.is_some() { RequestMethod::POST } else { RequestMethod::GET }
    }

    fn query(&self) -> Result<Option<String>, ClientError> {
        Ok(self.version.map(|version| format!("version={version}")))
    }

    fn body(&self) -> Result<Option<Vec<u8>>, ClientError> {
        Ok(self.parameters.map(|parameters| json!(parameters).to_string().into_bytes()))
    }
}

/// `POST sys/leases/renew`. The lease stands in the body: an address may be logged on the way.
pub(crate) struct Renew<'a> {
    pub(crate) lease_id: &'a str,
}

impl Endpoint for Renew<'_> {
    type Response = Answer;
    const REQUEST_BODY_TYPE: RequestType = RequestType::JSON;
    const RESPONSE_BODY_TYPE: ResponseType = ResponseType::JSON;

    fn path(&self) -> String {
        "sys/leases/renew".to_owned()
    }

    fn method(&self) -> RequestMethod {
        RequestMethod::POST
    }

    fn body(&self) -> Result<Option<Vec<u8>>, ClientError> {
        Ok(Some(json!({"lease_id": self.lease_id}).to_string().into_bytes()))
    }
}

/// What comes back. Without `Debug`: it holds the secret.
#[derive(Deserialize)]
pub(crate) struct Answer {
    #[serde(default)]
    pub(crate) request_id: String,
    /// Empty: there is none.
    #[serde(default)]
    pub(crate) lease_id: String,
    /// In seconds. Without a lease it says nothing that holds.
    #[serde(default)]
    pub(crate) lease_duration: u64,
    #[serde(default)]
    pub(crate) renewable: bool,
    pub(crate) data: Option<Map<String, Value>>,
}
