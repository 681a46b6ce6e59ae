//! A certificate with its chain and its key in one file, in the order that servers take: the certificate first, then
//! those that vouch for it, then the key ([PKI engine](https://openbao.org/api-docs/secret/pki/#generate-certificate-and-key)).

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Misfit, names_there_are};

/// What a file of PEM can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum PemPart {
    /// The certificate.
    Certificate,
    /// The authorities that vouch for it, the nearest first.
    Chain,
    /// The key, if it was made with the certificate.
    PrivateKey,
}

const ALL: [PemPart; 3] = [PemPart::Certificate, PemPart::Chain, PemPart::PrivateKey];

/// What is asked for, which has to be there; or all that is there, and at least the certificate.
pub(super) fn write(data: &Map<String, Value>, contents: Option<&[PemPart]>) -> Result<String, Misfit> {
    let mut file = String::new();
    for part in contents.unwrap_or(&ALL) {
        let blocks = part.blocks(data);
        if blocks.is_empty() && (contents.is_some() || *part == PemPart::Certificate) {
            return Err(Misfit::new(format!("the secret has no {}", part.name()), names_there_are(data)));
        }
        for block in blocks {
            file.push_str(block.trim());
            file.push('\n');
        }
    }
    Ok(file)
}

impl PemPart {
    fn blocks(self, data: &Map<String, Value>) -> Vec<&str> {
        let one = |name: &str| data.get(name).and_then(Value::as_str).into_iter().collect::<Vec<_>>();
        let blocks = match self {
            Self::Certificate => one("certificate"),
            Self::PrivateKey => one("private_key"),
            Self::Chain => match data.get("ca_chain").and_then(Value::as_array) {
                Some(chain) if !chain.is_empty() => chain.iter().filter_map(Value::as_str).collect(),
                _ => one("issuing_ca"),
            },
        };
        blocks.into_iter().filter(|block| !block.trim().is_empty()).collect()
    }

    fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Chain => "chain",
            Self::PrivateKey => "private key",
        }
    }
}
