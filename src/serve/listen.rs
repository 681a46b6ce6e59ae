//! Where to listen, as people write it.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};

/// Where to listen: a loopback address with a port, such as `"127.0.0.1:9464"`, or a socket for this user alone, such
/// as `"unix:/run/user/1000/evercred/metrics.sock"`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Listen {
    /// An address that only this machine reaches.
    Loopback(SocketAddr),
    /// A socket in the file system.
    Socket(PathBuf),
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = PathBuf::from(path);
            return if path.is_absolute() && path.file_name().is_some() {
                Ok(Self::Socket(path))
            } else {
                Err(format!(
                    "{text:?} names no absolute path; write it like \"unix:/run/evercred/metrics.sock\""
                ))
            };
        }
        let address = text
            .strip_prefix("localhost:")
            .map_or(Cow::Borrowed(text), |port| Cow::Owned(format!("127.0.0.1:{port}")));
        match address.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_loopback() => Ok(Self::Loopback(address)),
            Ok(_) => Err(format!(
                "other machines could reach {text:?}; write a loopback address such as \"127.0.0.1:9464\", or \
                 \"unix:\" and a path"
            )),
            Err(_) => Err(format!(
                "{text:?} is no address with a port; write it like \"127.0.0.1:9464\", or \"unix:\" and a path"
            )),
        }
    }
}

impl TryFrom<String> for Listen {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback(address) => write!(f, "{address}"),
            Self::Socket(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl Serialize for Listen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Listen {
    fn schema_name() -> Cow<'static, str> {
        "Listen".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "examples": ["127.0.0.1:9464"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_listened_to() {
        for good in ["127.0.0.1:9464", "127.8.9.1:0", "[::1]:9464", "localhost:80", "unix:/run/x.sock"] {
            good.parse::<Listen>().unwrap();
        }
        for bad in [
            "0.0.0.0:9464",
            "[::]:9464",
            "10.0.0.1:1",
            "example.com:80",
            "9464",
            ":9464",
            "unix:",
            "unix:x",
            "",
        ] {
            bad.parse::<Listen>().unwrap_err();
        }
    }
}
