//! What the other side's rule makes of a token, worked out here, from the rule's text and the token's claims.
//!
//! A provider that can do this has an [`Explainer`]. It asks nobody: the documents are what the vendor's own command line
//! prints, or the bare rule. What cannot be known from here (the address that a request comes from, say) is a note and
//! not a guess. The signature is not looked at.

mod difference;
mod document;
mod position;
mod wildcard;

use std::time::SystemTime;

use serde::Serialize;

pub use difference::{Nearest, Style, nearest};
pub use document::{Document, DocumentError, Node, Place};
pub use wildcard::Wildcards;

use crate::Claims;

/// What a provider knows of its own rules.
#[derive(Debug, Clone, Copy)]
pub struct Explainer {
    /// What it calls its rules, such as "IAM trust policy".
    pub rule: &'static str,
    /// The command that prints one.
    pub printed_by: &'static str,
    /// Whether a document is one of these rules, or something that belongs to them.
    pub recognises: fn(&Document) -> bool,
    /// Holds a token against the rules.
    pub explain: fn(&Question<'_>) -> Result<Explanation, DocumentError>,
}

/// What is asked: whether these rules together accept this token, at this time.
#[derive(Debug)]
pub struct Question<'q> {
    /// The rules, and what belongs to them.
    pub documents: &'q [Document],
    /// The token's claims.
    pub claims: &'q Claims,
    /// The time.
    pub now: SystemTime,
}

/// The answer.
#[derive(Debug, Default, Serialize)]
pub struct Explanation {
    /// Whether the token is accepted, as far as that can be known from here.
    pub accepted: bool,
    /// Every clause that keeps the token out, the nearest miss first if several rules might each let it in. Empty if it
    /// is accepted.
    pub findings: Vec<Finding>,
    /// What the other rules that might have let it in say; a sentence each.
    pub others: Vec<String>,
    /// What cannot be known from here, and was taken to be in the token's favour.
    pub notes: Vec<String>,
}

/// A clause that keeps a token out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where it stands.
    pub place: Place,
    /// The token's claim that it looks at; absent if it looks at none.
    pub claim: Option<String>,
    /// What is wrong: a sentence.
    pub problem: String,
    /// What the clause takes.
    pub expected: Vec<String>,
    /// What the token has there; empty if it has nothing.
    pub got: Vec<String>,
    /// How the nearest of the two differ.
    pub difference: Option<String>,
    /// The smallest change of the rule that lets the token in.
    pub change_there: Option<String>,
    /// The smallest change on this side.
    pub change_here: Option<String>,
}

impl Finding {
    /// A clause at `place` with what is wrong.
    pub fn new(place: Place, problem: impl Into<String>) -> Self {
        Self {
            place,
            claim: None,
            problem: problem.into(),
            expected: Vec::new(),
            got: Vec::new(),
            difference: None,
            change_there: None,
            change_here: None,
        }
    }

    /// About this claim.
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>) -> Self {
        self.claim = Some(name.into());
        self
    }

    /// Compared in this way.
    #[must_use]
    pub fn compared<T: Into<String>>(
        mut self,
        expected: impl IntoIterator<Item = T>,
        got: impl IntoIterator<Item = T>,
        style: Style,
    ) -> Self {
        self.expected = expected.into_iter().map(Into::into).collect();
        self.got = got.into_iter().map(Into::into).collect();
        self.difference = nearest(&self.expected, &self.got, style).map(|nearest| nearest.difference);
        self
    }

    /// What to change in the rule.
    #[must_use]
    pub fn there(mut self, change: impl Into<String>) -> Self {
        self.change_there = Some(change.into());
        self
    }

    /// What to change on this side.
    #[must_use]
    pub fn here(mut self, change: impl Into<String>) -> Self {
        self.change_here = Some(change.into());
        self
    }
}

impl Explanation {
    /// Of rules each of which may let the token in by itself: the nearest miss comes first. A rule without findings lets
    /// it in. `name` says which rule a finding's place is in.
    pub fn of_alternatives(alternatives: Vec<(String, Vec<Finding>)>, notes: Vec<String>) -> Self {
        let nearest = (0..alternatives.len()).min_by_key(|&index| alternatives[index].1.len());
        let Some(nearest) = nearest else { return Self { notes, ..Self::default() } };
        let accepted = alternatives[nearest].1.is_empty();
        let mut findings = Vec::new();
        let mut others = Vec::new();
        for (index, (name, list)) in alternatives.into_iter().enumerate() {
            if index == nearest {
                findings = list;
            } else if !accepted {
                let problems: Vec<_> = list.into_iter().map(|finding| finding.problem).collect();
                others.push(format!("{name} does not fit either: {}.", problems.join("; ")));
            }
        }
        Self { accepted, findings, others, notes }
    }

    /// The same with what keeps the token out in any case.
    #[must_use]
    pub fn and(mut self, findings: impl IntoIterator<Item = Finding>) -> Self {
        self.findings.extend(findings);
        self.accepted = self.accepted && self.findings.is_empty();
        self
    }
}

/// Why the token's own times keep it out, with this much leeway; every relying party looks at them.
pub fn out_of_time(claims: &Claims, now: SystemTime, leeway: std::time::Duration) -> Option<Finding> {
    let place = Place::default;
    let not_before = claims.instant("nbf");
    match (claims.expires_at(), not_before) {
        (Some(end), _) if end + leeway <= now => {
            let ago = now.duration_since(end).unwrap_or_default().as_secs();
            let finding = Finding::new(place(), format!("the token ended {ago} s ago")).claim("exp");
            Some(finding.here("mint a new token; if that one has ended, too, set this machine's clock"))
        }
        (_, Some(start)) if start > now + leeway => {
            let ahead = start.duration_since(now).unwrap_or_default().as_secs();
            let problem = format!("the token is not valid before {ahead} s from now");
            Some(Finding::new(place(), problem).claim("nbf").here("compare both clocks with the true time"))
        }
        _ => None,
    }
}
