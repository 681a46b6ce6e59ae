//! The quick answer to an AWS SDK's `credential_process`: the document that the daemon keeps, if it is still good.
//!
//! SDKs run the command for every client they make, and botocore for every request in a credential's last quarter of
//! an hour, so the usual case is a program of its own, `evercred-credential-process`, which does this and nothing
//! else: it starts nearly as fast as `cat`. Whatever is not usual it leaves to `evercred credential-process`.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use evercred_core::WallClock as _;
use serde::Deserialize;

use crate::time::{SystemClock, rfc3339};

/// The name of the quick program; it lies beside `evercred`.
pub const PROGRAM: &str = "evercred-credential-process";

/// A document that ends sooner is not handed out: some SDKs use a credential up to its last second.
const MARGIN: Duration = Duration::from_secs(5);

/// Prints the document that `arguments` name with `--document FILE`, if it is good; says whether it was.
pub fn answer(arguments: &[OsString]) -> bool {
    let document = || {
        let flag = arguments.iter().position(|argument| argument == "--document")?;
        good(Path::new(arguments.get(flag + 1)?), SystemClock.now())
    };
    document().is_some_and(|document| std::io::stdout().write_all(&document).is_ok())
}

/// The document's bytes, unless it is missing, broken or near its end.
pub fn good(path: &Path, now: SystemTime) -> Option<Vec<u8>> {
    let bytes = std::fs::read(path).ok()?;
    let document: Document<'_> = serde_json::from_slice(&bytes).ok()?;
    let fresh =
        document.expiration.is_none_or(|end| rfc3339::parse(end).is_some_and(|end| end > now + MARGIN));
    fresh.then_some(bytes)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'d> {
    #[serde(borrow)]
    expiration: Option<&'d str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, at: &str) -> bool {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        good(file.path(), rfc3339::parse(at).unwrap()).is_some()
    }

    #[test]
    fn a_document_is_good_until_shortly_before_its_end() {
        let document = r#"{"Version":1,"Expiration":"2026-11-22T20:33:35Z"}"#;
        assert!(check(document, "2026-11-22T20:33:29Z"));
        assert!(!check(document, "2026-11-22T20:33:30Z"));
    }

    #[test]
    fn a_broken_or_missing_document_is_not_good() {
        assert!(!check("{\"Version\":1,", "2026-11-22T20:33:29Z"));
        assert!(!check(r#"{"Expiration":"soon"}"#, "2026-11-22T20:33:29Z"));
        assert_eq!(good(Path::new("/nonexistent"), SystemTime::UNIX_EPOCH), None);
    }
}
