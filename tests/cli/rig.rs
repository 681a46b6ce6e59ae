//! A home with a login at a sandbox, and what is asked of every answer.

use std::time::Duration;

use evercred_sandbox::{AwsOptions, Mint, Options, Sandbox};
use evercred_test_support::{Home, Outcome};
use serde_json::Value;

/// As long as anything here may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// A login at a sandbox.
pub(crate) struct Rig {
    pub(crate) home: Home,
    pub(crate) sandbox: Sandbox,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::of(Options::default())
    }

    pub(crate) fn living(session: Duration) -> Self {
        let aws = AwsOptions { session_lifetime: Some(session), ..AwsOptions::default() };
        Self::of(Options { aws, ..Options::default() })
    }

    fn of(options: Options) -> Self {
        let rig = Self { home: Home::new(), sandbox: Sandbox::start(options).unwrap() };
        rig.home.write("token", rig.sandbox.mint(&Mint::default()));
        rig.login("dev", "");
        rig
    }

    pub(crate) fn login(&self, role: &str, more: &str) {
        let (role, url) = (self.sandbox.role_arn(role), self.sandbox.url());
        self.home.config(&format!(
            "source = {{ type = 'file', path = '~/token' }}\n[aws.default]\nrole_arn = '{role}'\n\
             endpoint_url = '{url}'\nregion = 'eu-west-1'\n{more}\n"
        ));
    }

    pub(crate) fn code(&self, words: &[&str]) -> i32 {
        self.home.run(words).code().unwrap()
    }

    /// `text` without what is different each time.
    pub(crate) fn timeless(&self, text: &str) -> String {
        let home = self.home.path("").display().to_string();
        let text = text.replace(&home, "~/").replace(&self.sandbox.url(), "http://sandbox");
        let text = text.replace(&self.sandbox.issuer().replace("http://", ""), "sandbox/idp");
        let word = |word: &str| match word.trim_end_matches([',', ')']) {
            time if time.len() == 20 && time.ends_with('Z') => word.replace(time, "[time]"),
            number if number.len() > 1 && number.bytes().all(|byte| byte.is_ascii_digit()) => {
                "[pid]".to_owned()
            }
            left if is_duration(left.trim_start_matches('(')) => {
                word.replace(left.trim_start_matches('('), "[duration]")
            }
            _ => word.to_owned(),
        };
        text.split_inclusive([' ', '\n'])
            .map(|piece| {
                let bare = piece.trim_end_matches([' ', '\n']);
                word(bare) + &piece[bare.len()..]
            })
            .collect()
    }
}

fn is_duration(word: &str) -> bool {
    let number = word.strip_suffix(['h', 'm', 's']).unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The report on standard error, which is all there is: nothing half-done on standard output.
pub(crate) fn error(outcome: &Outcome) -> Value {
    assert_eq!(outcome.stdout, "", "{outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stderr).unwrap();
    assert_eq!(report["exit_code"].as_i64(), outcome.code().map(i64::from), "{report}");
    report
}
