//! A thousand logins in one config.

use std::fmt::Write as _;
use std::time::Duration;

use evercred_sandbox::{Group, Options, Sandbox};
use evercred_test_support::Home;

/// What the budget lets through: ten at once, ten a second after that.
const SECONDS: u64 = 6;

#[test]
fn a_thousand_logins_start_spread_out_and_share_one_id_token() {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let home = Home::new();
    let mut config = format!("[source]\ntype = \"http\"\nurl = \"{}/token\"\n", sandbox.url());
    for number in 0..1_000 {
        let (role, url) = (sandbox.role_arn("dev"), sandbox.url());
        let _ = writeln!(
            config,
            "[aws.login-{number}]\nrole_arn = \"{role}\"\nendpoint_url = \"{url}\"\nregion = \"us-east-1\"\n\
             outputs = [\"json\"]"
        );
    }
    home.config(&config);
    let daemon = home.start();
    let enough = usize::try_from(10 * SECONDS).unwrap();
    let limit = Duration::from_secs(10 * SECONDS);
    let came = sandbox.wait_until(limit, |requests| {
        requests.iter().filter(|request| request.group == Group::Sts).count() >= enough
    });
    assert!(came, "{}", daemon.log());
    let mut times: Vec<_> = sandbox.requests_to(Group::Sts).iter().map(|request| request.at).collect();
    times.sort();
    for window in times.windows(22) {
        let took = window[21].duration_since(window[0]).unwrap();
        assert!(took >= Duration::from_millis(800), "22 within {took:?}");
    }
    assert_eq!(sandbox.requests_to(Group::Http).len(), 1, "one ID token serves all");
}
