//! Lengths, ranges and patterns, as STS's service model has them, and its sentence for each that is broken.

use super::Parameters;
use crate::clouds::aws::Refusal;

/// The limits of one parameter.
struct Limit {
    name: &'static str,
    /// Its name in messages.
    member: &'static str,
    required: bool,
    length: (usize, usize),
    pattern: Option<Pattern>,
    secret: bool,
}

/// A pattern as messages show it, and as it is checked.
struct Pattern {
    text: &'static str,
    punctuation: &'static str,
}

const NAME: Pattern = Pattern { text: r"[\w+=,.@-]*", punctuation: "_+=,.@-" };
const EXTERNAL_ID: Pattern = Pattern { text: r"[\w+=,.@:\/-]*", punctuation: "_+=,.@:/-" };

const LIMITS: [Limit; 5] = [
    Limit::new("RoleArn", "roleArn", (20, 2048)).required(),
    Limit::new("RoleSessionName", "roleSessionName", (2, 64)).required().pattern(NAME),
    Limit::new("WebIdentityToken", "webIdentityToken", (4, 20_000)).secret(),
    Limit::new("Policy", "policy", (1, 2048)),
    Limit::new("ExternalId", "externalId", (2, 1224)).pattern(EXTERNAL_ID),
];

/// Reports everything that is out of its limits at once, as STS does.
pub(super) fn check(parameters: &Parameters) -> Result<(), Refusal> {
    let mut broken: Vec<String> = LIMITS.iter().flat_map(|limit| limit.broken_by(parameters)).collect();
    if parameters.get("Action") == Some("AssumeRoleWithWebIdentity")
        && parameters.get("WebIdentityToken").is_none()
    {
        broken.push(
            "Value null at 'webIdentityToken' failed to satisfy constraint: Member must not be null".into(),
        );
    }
    broken.extend(duration(parameters));
    if broken.is_empty() {
        return Ok(());
    }
    let count = broken.len();
    let errors = if count == 1 { "error" } else { "errors" };
    Err(Refusal::validation(format!("{count} validation {errors} detected: {}", broken.join("; "))))
}

fn duration(parameters: &Parameters) -> Option<String> {
    let text = parameters.get("DurationSeconds")?;
    let bound = match text.parse::<i64>() {
        Ok(900..=43_200) => return None,
        Ok(seconds) if seconds < 900 => "greater than or equal to 900",
        _ => "less than or equal to 43200",
    };
    Some(format!(
        "Value '{text}' at 'durationSeconds' failed to satisfy constraint: Member must have value {bound}"
    ))
}

impl Limit {
    const fn new(name: &'static str, member: &'static str, length: (usize, usize)) -> Self {
        Self { name, member, required: false, length, pattern: None, secret: false }
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    const fn pattern(mut self, pattern: Pattern) -> Self {
        self.pattern = Some(pattern);
        self
    }

    fn broken_by(&self, parameters: &Parameters) -> Vec<String> {
        let Some(value) = parameters.get(self.name) else {
            return if self.required { vec![self.message("null", "not be null")] } else { Vec::new() };
        };
        let shown = if self.secret { "'***'".to_owned() } else { format!("'{value}'") };
        let (shortest, longest) = self.length;
        let length = value.chars().count();
        let mut broken = Vec::new();
        if length < shortest {
            broken.push(format!("have length greater than or equal to {shortest}"));
        }
        if length > longest {
            broken.push(format!("have length less than or equal to {longest}"));
        }
        if let Some(pattern) = self.pattern.as_ref().filter(|pattern| !pattern.matches(value)) {
            broken.push(format!("satisfy regular expression pattern: {}", pattern.text));
        }
        broken.iter().map(|constraint| self.message(&shown, constraint)).collect()
    }

    fn message(&self, shown: &str, constraint: &str) -> String {
        format!("Value {shown} at '{}' failed to satisfy constraint: Member must {constraint}", self.member)
    }
}

impl Pattern {
    fn matches(&self, value: &str) -> bool {
        value.chars().all(|c| c.is_ascii_alphanumeric() || self.punctuation.contains(c))
    }
}
