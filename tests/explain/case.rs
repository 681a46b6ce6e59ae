//! Tokens and rules, and what is made of them: by the server that an unchanged `evercred once` asks, and by `explain`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use evercred_sandbox::{Mint, Sandbox};
use evercred_test_support::{Home, Outcome};
use serde_json::Value;

/// A token and a rule.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) mint: Mint,
    /// What `explain` is given: the rule as the vendor's command line prints it, and what belongs to it.
    pub(crate) documents: Vec<Value>,
    /// More of the login.
    pub(crate) login: String,
    pub(crate) expected: Expected,
}

/// What is expected of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Both let the token in.
    Accepted,
    /// Neither does, and `explain` names this claim and no other.
    Refused(&'static str),
    /// Neither does, for a reason that is no claim's.
    RefusedByRule,
}

impl Case {
    pub(crate) fn new(
        name: impl Into<String>,
        mint: Mint,
        documents: Vec<Value>,
        expected: Expected,
    ) -> Self {
        Self { name: name.into(), mint, documents, login: String::new(), expected }
    }
}

/// What is made of a case.
pub(crate) struct Verdicts {
    home: Home,
    kind: &'static str,
    statuses: Vec<Value>,
}

impl Verdicts {
    /// Has the server judge all cases, each with a login of its own with `login` in it and what the case adds.
    pub(crate) fn of(kind: &'static str, cases: &[Case], platform: &Sandbox, login: &str) -> Self {
        let home = Home::new();
        let mut config = String::new();
        for (index, case) in cases.iter().enumerate() {
            let token = home.write(format!("token-{index}"), platform.mint(&case.mint));
            let (path, audience, more) = (token.display(), &case.mint.audience[0], &case.login);
            write!(
                config,
                "[sources.case-{index}]\ntype = \"file\"\npath = \"{path}\"\n\n[{kind}.case-{index}]\nsource = \
                 \"case-{index}\"\naudience = \"{audience}\"\noutputs = []\n{login}{more}\n"
            )
            .unwrap();
        }
        home.config(&config);
        home.write("authority.pem", platform.authority());
        let outcome = home.run(["once", "--output", "json"]);
        let status: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome:?}"));
        let named = |index: usize| {
            let name = format!("{kind}.case-{index}");
            let logins = status["logins"].as_array().unwrap();
            logins.iter().find(|login| login["login"] == name.as_str()).unwrap().clone()
        };
        let statuses = (0..cases.len()).map(named).collect();
        Self { home, kind, statuses }
    }

    /// Compares the server's verdict with what `explain` says and with what is expected.
    pub(crate) fn check(&self, cases: &[Case]) {
        let mut wrong = Vec::new();
        let mut named = 0;
        for (index, case) in cases.iter().enumerate() {
            let error = &self.statuses[index]["error"];
            let server = error.is_null();
            assert!(server || error["class"] != "unreachable", "{}: {error}", case.name);
            let explanation = self.explain(index, case);
            let claims = claims(&explanation);
            let accepted = explanation["accepted"] == true;
            let is_right = match case.expected {
                Expected::Accepted => server && accepted,
                Expected::Refused(claim) => {
                    !server && !accepted && claims == BTreeSet::from([claim.to_owned()])
                }
                Expected::RefusedByRule => !server && !accepted && claims.is_empty(),
            };
            named += usize::from(matches!(case.expected, Expected::Refused(_)));
            if !is_right {
                wrong.push(format!("{}: {error}\n{explanation:#}", case.name));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
        assert!(cases.len() >= 40 && named >= 10, "{} cases, {named} of them with a claim", cases.len());
    }

    fn explain(&self, index: usize, case: &Case) -> Value {
        let mut words = vec!["explain".to_owned(), format!("{}.case-{index}", self.kind)];
        for (number, document) in case.documents.iter().enumerate() {
            let path = self.home.write(format!("rule-{index}-{number}.json"), format!("{document:#}"));
            words.extend(["--policy".to_owned(), path.display().to_string()]);
        }
        words.extend(["--output".to_owned(), "json".to_owned()]);
        let outcome: Outcome = self.home.run(words);
        let explanation: Value =
            serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{}: {outcome:?}", case.name));
        let code = if explanation["accepted"] == true { 0 } else { 4 };
        assert_eq!(outcome.code(), Some(code), "{}: {outcome:?}", case.name);
        assert!(!outcome.stdout.contains("eyJ"), "{}: {outcome:?}", case.name);
        explanation
    }
}

/// The claims that the findings name.
fn claims(explanation: &Value) -> BTreeSet<String> {
    let findings = explanation["findings"].as_array().unwrap().iter();
    findings.filter_map(|finding| finding["claim"].as_str()).map(str::to_owned).collect()
}
