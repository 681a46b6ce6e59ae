//! The account's entry for the issuer, without which no role of the account takes its tokens.

use evercred_core::explain::{Document, Finding, Question, Style};

use super::facts::{Facts, audience};

/// Whether the document is one.
pub(super) fn is_one(document: &Document) -> bool {
    document.root().key("ClientIDList").is_some()
}

/// What of it keeps the token out.
pub(super) fn check(document: &Document, question: &Question<'_>) -> Vec<Finding> {
    if !is_one(document) {
        return Vec::new();
    }
    let facts = Facts::of(question.claims, None);
    issuer(document, &facts).into_iter().chain(client(document, question)).collect()
}

fn issuer(document: &Document, facts: &Facts<'_>) -> Option<Finding> {
    let url = document.root().key("Url")?;
    let expected = url.text()?;
    let host = expected.split_once("://").map_or(expected, |(_, host)| host);
    if host == facts.host {
        return None;
    }
    let finding = Finding::new(url.place(), "the identity provider is for another issuer").claim("iss");
    let finding = finding.compared([host], [facts.host], Style::Exact);
    let issuer = facts.claims.issuer().unwrap_or_default();
    Some(finding.there(format!("an identity provider for {issuer} (its URL cannot be changed: create one)")))
}

fn client(document: &Document, question: &Question<'_>) -> Option<Finding> {
    let list = document.root().key("ClientIDList")?;
    let (expected, got) = (list.texts(), audience(question.claims));
    if got.iter().any(|audience| expected.contains(&audience.as_str())) {
        return None;
    }
    let problem = "the identity provider does not list the token's audience";
    let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
    let here = expected.first().map(|audience| format!("audience = {audience:?}"));
    let there = got.first().map(|audience| {
        format!("aws iam add-client-id-to-open-id-connect-provider --client-id {audience} --open-id-connect-provider-arn ARN")
    });
    let finding = Finding::new(list.place(), problem).claim("aud").compared(expected, got, Style::Exact);
    Some(Finding { change_here: here, change_there: there, ..finding })
}
