//! CodeCommit: the password of git is a signature over the repository's path.
//!
//! The user is the access key, and after a `%` the session token; the password is the time and the signature
//! (version 4) of a request whose method is `GIT`. AWS documents
//! [the helper](https://docs.aws.amazon.com/codecommit/latest/userguide/setting-up-https-unixes.html) rather than the
//! format. The path has to be known: `git config credential.UseHttpPath true`.

use std::time::{Duration, SystemTime};

use evercred_core::{Advice, Credential, Failure, Field, Pass, Secret};
use sha2::{Digest as _, Sha256};

use crate::partition::Partition;
use crate::signing::Signer;

/// CodeCommit takes a signature for a quarter of an hour.
const LIFE: Duration = Duration::from_mins(14);

/// The region of a host of CodeCommit's: `git-codecommit.REGION.amazonaws.com`.
pub(super) fn region(host: &str) -> Option<&str> {
    let rest = host.strip_prefix("git-codecommit-fips.").or_else(|| host.strip_prefix("git-codecommit."))?;
    let (region, domain) = rest.split_once('.')?;
    (domain == Partition::of_region(region).domain).then_some(region)
}

pub(super) fn pass(
    host: &str,
    path: Option<&str>,
    credential: &Credential,
    now: SystemTime,
) -> Result<Pass, Failure> {
    let (region, path) = region(host).zip(path).ok_or_else(|| pathless(host))?;
    let signer = Signer { credential, region, service: "codecommit", now };
    let time = basic(now);
    let canonical = format!("GIT\n/{}\n\nhost:{host}\n\nhost\n", path.trim_start_matches('/'));
    let digest = Sha256::digest(canonical.as_bytes());
    let digest = digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let scope = format!("{}/{region}/codecommit/aws4_request", &time[..8]);
    let signature = signer.signature(&format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{digest}"));
    let text = |field| credential.field(field).map(Secret::expose).unwrap_or_default();
    let user = format!("{}%{}", text(Field::ACCESS_KEY_ID), text(Field::SESSION_TOKEN));
    Ok(Pass::password(user, Secret::new(format!("{time}Z{signature}"))).expiring_at(now + LIFE))
}

/// `20260101T120000`, in UTC.
fn basic(now: SystemTime) -> String {
    let text = aws_smithy_types::DateTime::from(now)
        .fmt(aws_smithy_types::date_time::Format::DateTime)
        .unwrap_or_default();
    text.chars().filter(|c| !matches!(c, '-' | ':')).take("20260101T120000".len()).collect()
}

fn pathless(host: &str) -> Failure {
    Failure::new("sign in to the repository", host, Advice::NeedsAttention)
        .message("git did not say which repository, and the signature is for one only")
        .hint(format!("Set it once: git config --global credential.https://{host}.UseHttpPath true"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_of_codecommit_have_a_region() {
        assert_eq!(region("git-codecommit.eu-west-1.amazonaws.com"), Some("eu-west-1"));
        assert_eq!(region("git-codecommit.cn-north-1.amazonaws.com.cn"), Some("cn-north-1"));
        assert_eq!(region("git-codecommit-fips.us-east-1.amazonaws.com"), Some("us-east-1"));
        for host in
            ["github.com", "git-codecommit.eu-west-1.amazonaws.com.evil.dev", "git-codecommit.x.evil.dev"]
        {
            assert_eq!(region(host), None, "{host}");
        }
    }

    #[test]
    fn the_time_is_in_the_basic_format() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_381_200_250);
        assert_eq!(basic(time), "20261122T210000");
    }
}
