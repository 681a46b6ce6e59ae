//! AWS: the trust policy decides in the sandbox, and in `SeaweedFS`, whose STS is somebody else's work.

use evercred_sandbox::{Mint, Role};
use serde_json::Value;

use crate::{cases, home, login, platform, trust};

const AUDIENCE: &str = "sts.amazonaws.com";
const ACCOUNT: &str = "account_id=123456789012";

#[test]
fn the_trust_policy_lets_in_those_who_are_meant_and_nobody_else() {
    let platform = platform();
    for case in cases::by_subject() {
        let token = home(&platform, &case.minted, AUDIENCE);
        let policy = trust(&token, "aws", &["--format", "json", "--scope", case.scope, "--set", ACCOUNT]);
        let policy: Value = serde_json::from_str(&policy).unwrap();
        platform.adjust(|options| options.aws.roles = vec![Role::new("evercred", policy.clone())]);
        let enter = |minted: &Mint| {
            let (role, url) = (platform.role_arn("evercred"), platform.url());
            let table = format!("[aws.default]\nrole_arn = {role:?}\nendpoint_url = {url:?}\nregion = \"us-east-1\"\n");
            login(&home(&platform, minted, AUDIENCE), &table)
        };
        assert_eq!(enter(&case.minted), Some(0), "{}", case.name());
        for kin in &case.kin {
            assert_eq!(enter(kin), Some(0), "{}: {:?}", case.name(), kin.claims);
        }
        for stranger in &case.strangers {
            assert_eq!(enter(stranger), Some(4), "{}: {:?}", case.name(), stranger.claims);
        }
    }
}
