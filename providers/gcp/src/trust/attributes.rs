//! What the claims are mapped to, which of them are let in, and how a binding names those, in CEL
//! (<https://cloud.google.com/iam/docs/workload-identity-federation#mapping>).

use std::collections::BTreeMap;

use evercred_core::platform::Platform;
use evercred_core::trust::{Binding, Identity, Test};
use evercred_core::{Advice, Failure};

/// The longest `google.subject`, in bytes.
const LONGEST_SUBJECT: usize = 127;
/// The longest condition, in characters.
const LONGEST_CONDITION: usize = 4096;

/// How a provider sees a token.
#[derive(Debug)]
pub(super) struct Attributes {
    /// By name, in CEL.
    pub(super) mapping: BTreeMap<String, String>,
    /// Who is let in, in CEL.
    pub(super) condition: String,
    /// How a binding names them, after the pool: `subject/…` or `attribute.…/…`.
    pub(super) member: String,
}

/// The name of a mapped subject.
const SUBJECT: &str = "google.subject";

impl Attributes {
    pub(super) fn of(identity: &Identity<'_>, binding: &Binding) -> Result<Self, Failure> {
        let subject = subject(identity, binding)?;
        let mut member = None;
        let mut mapping = BTreeMap::new();
        let mut conditions = Vec::new();
        for test in &binding.tests {
            let (condition, attribute) = described(test);
            conditions.push(condition);
            match attribute {
                Some((name, cel, value)) => {
                    member = Some(format!("attribute.{name}/{value}"));
                    mapping.insert(format!("attribute.{name}"), cel);
                }
                None if subject == "assertion.sub" => {
                    member = binding.subject().map(|text| format!("subject/{text}"));
                }
                None => {}
            }
        }
        mapping.insert(SUBJECT.to_owned(), subject);
        let condition = conditions.join(" && ");
        if condition.chars().count() > LONGEST_CONDITION {
            return Err(wrong(
                identity,
                "the condition would be longer than the 4096 characters that Google takes",
            ));
        }
        let member =
            member.ok_or_else(|| wrong(identity, "no claim is left by which a binding could name them"))?;
        Ok(Self { mapping, condition, member })
    }

    /// What `google.subject` is.
    pub(super) fn subject(&self) -> &str {
        self.mapping.get(SUBJECT).map_or("", String::as_str)
    }

    /// Whether a binding names one subject, rather than a set of them.
    pub(super) fn is_one(&self) -> bool {
        self.member.starts_with("subject/")
    }
}

fn wrong(identity: &Identity<'_>, what: &str) -> Failure {
    Failure::new("map the claims", identity.issuer, Advice::NeedsAttention)
        .message(what)
        .hint("Have the platform make shorter subjects, or take a wider --scope.")
}

/// A test as a condition, and the attribute by which a binding can name those who pass it: name, CEL and value.
fn described(test: &Test) -> (String, Option<(String, String, String)>) {
    match test {
        Test::Subject(whole) => (format!("assertion.sub == {}", quoted(whole)), None),
        Test::SubjectBegins(start) => {
            let condition = format!("assertion.sub.startsWith({})", quoted(start));
            let value = start.trim_end_matches([':', '/']);
            let cel = format!("{condition} ? {} : 'other'", quoted(value));
            (condition, Some(("subject_start".to_owned(), cel, value.to_owned())))
        }
        Test::Claim { path, value, .. } => {
            let claim = claim(path);
            let condition = format!("{claim} == {}", quoted(value));
            let name = path.last().map_or("", |name| *name).to_owned();
            (condition, Some((name, claim, value.clone())))
        }
    }
}

/// The subject itself, if just one is meant and it is not too long; else what is short in every token and still tells an
/// auditor whom to look for.
fn subject(identity: &Identity<'_>, binding: &Binding) -> Result<String, Failure> {
    let fits = identity.subject.text().len() <= LONGEST_SUBJECT;
    if binding.subject().is_some() && fits {
        return Ok("assertion.sub".to_owned());
    }
    let paths: &[&[&str]] = match identity.platform {
        Platform::Gitpod => &[&["workspace_id"]],
        Platform::OnaV3 => &[&["environment_id"]],
        Platform::GithubActions => &[&["repository_id"], &["run_id"]],
        Platform::Gitlab => &[&["project_id"], &["job_id"]],
        Platform::Kubernetes if !fits => &[&["kubernetes.io", "serviceaccount", "uid"]],
        Platform::OnaV2 | Platform::Kubernetes | Platform::Other => &[],
    };
    let is_there = |path: &&[&str]| {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(identity.claims.all().get(*first)?, |value, name| value.get(name))?.as_str()
    };
    if !paths.is_empty() && paths.iter().all(|path| is_there(path).is_some()) {
        return Ok(paths.iter().map(|path| claim(path)).collect::<Vec<_>>().join(" + ':' + "));
    }
    if fits {
        return Ok("assertion.sub".to_owned());
    }
    Err(wrong(
        identity,
        "the subject is longer than the 127 bytes that Google takes, and no other claim can stand for it",
    ))
}

/// A claim of the token.
fn claim(path: &[&str]) -> String {
    let is_plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    path.iter().fold("assertion".to_owned(), |cel, name| {
        if is_plain(name) { format!("{cel}.{name}") } else { format!("{cel}[{}]", quoted(name)) }
    })
}

/// A string of CEL (<https://github.com/google/cel-spec/blob/master/doc/langdef.md#string-and-bytes-values>).
fn quoted(text: &str) -> String {
    let mut quoted = String::from("'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.extend(format!("\\u{:04x}", u32::from(c)).chars()),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}
