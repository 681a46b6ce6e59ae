//! What to test, so that those who are meant get in, and nobody else.
//!
//! Each level is tested together with those above it, for an identifier alone may be unique only within what is above.
//! An audience alone is never enough: on an issuer that mints for everybody it lets everybody in.

use super::{Identity, extent, remedy};
use crate::platform::{Lasting, Level, Platform, Reach, Tenancy};
use crate::{Advice, Failure};

/// What a relying party can look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sees {
    /// Any claim.
    Claims,
    /// The subject, or how it begins.
    Subject,
    /// The subject as a whole.
    WholeSubject,
}

/// Something that has to be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// The claim at this path says this.
    Claim {
        /// The way to it.
        path: &'static [&'static str],
        /// What it says.
        value: String,
        /// What it stands for.
        level: Level,
        /// For how long.
        lasting: Lasting,
    },
    /// The subject is this.
    Subject(String),
    /// The subject begins with this.
    SubjectBegins(String),
}

/// Whom to let in, by which tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Whom.
    pub level: Level,
    /// All of which have to hold, beside the issuer and the audience.
    pub tests: Vec<Test>,
    /// That in sentences: who gets in, by what, and why it is not narrower.
    pub statement: Vec<String>,
}

impl Binding {
    /// The subject, if it is tested as a whole.
    pub fn subject(&self) -> Option<&str> {
        self.tests.iter().find_map(|test| match test {
            Test::Subject(text) => Some(text.as_str()),
            _ => None,
        })
    }
}

const LEVELS: [Level; 3] = [Level::Organisation, Level::Project, Level::Workspace];

/// Whom `other`, which can look at so much, can let in: `scope`, or as few as it can tell apart.
pub fn bind(identity: &Identity<'_>, scope: Option<Level>, other: (&str, Sees)) -> Result<Binding, Failure> {
    let (name, sees) = other;
    let refused = |level: Level, why: &Why| {
        let word = identity.platform.word(level);
        let other = LEVELS.into_iter().rev().find(|other| tests(identity, *other, sees).is_ok());
        Failure::new(format!("trust one {word} alone at {name}"), identity.issuer, Advice::NeedsAttention)
            .message(why.sentence(identity, level, name))
            .hint(remedy::of(identity, level, (sees, why), other))
    };
    let wanted = scope.unwrap_or(Level::Workspace);
    let why = match tests(identity, wanted, sees) {
        Ok(tests) => return Ok(Binding::new(identity, wanted, tests, (sees, None))),
        Err(why) => why,
    };
    let mut wider = LEVELS.into_iter().rev().filter(|level| scope.is_none() && *level > wanted);
    let found = wider.find_map(|level| Some((level, tests(identity, level, sees).ok()?)));
    let (level, tests) = found.ok_or_else(|| refused(wanted, &why))?;
    let not_narrower = why.not_narrower(identity, sees, name);
    Ok(Binding::new(identity, level, tests, (sees, Some(not_narrower))))
}

/// Why a level cannot be tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// The token does not say it where the other side looks.
    Unnamed,
    /// Only how the subject begins says it, and the other side takes nothing but the whole.
    OnlyTheBeginning(String),
    /// Everybody can have a token that says the same, since the organisation is not in it.
    Strangers,
}

impl Why {
    fn not_narrower(&self, identity: &Identity<'_>, sees: Sees, name: &str) -> String {
        let why = self.sentence(identity, Level::Workspace, name);
        let remedy = remedy::narrower(identity, sees);
        format!("It cannot be narrower: {why}.{remedy}")
    }

    fn sentence(&self, identity: &Identity<'_>, level: Level, name: &str) -> String {
        let (word, subject) = (identity.platform.word(level), identity.subject.text());
        match self {
            Self::Unnamed => format!(
                "nothing that {name} looks at in this token names its {word}; the subject is {subject:?}"
            ),
            Self::OnlyTheBeginning(start) => format!(
                "{name} compares whole subjects, and those of one {word} only begin alike, with {start:?}"
            ),
            Self::Strangers => format!(
                "{} mints tokens for everybody, and nothing that {name} looks at in this one names the {}, so strangers \
                 could get one that looks alike",
                identity.issuer,
                identity.platform.word(Level::Organisation)
            ),
        }
    }
}

fn tests(identity: &Identity<'_>, level: Level, sees: Sees) -> Result<Vec<Test>, Why> {
    match sees {
        Sees::Claims => of_claims(identity, level),
        Sees::Subject | Sees::WholeSubject => of_subject(identity, level, sees).map(|test| vec![test]),
    }
}

fn of_subject(identity: &Identity<'_>, level: Level, sees: Sees) -> Result<Test, Why> {
    let nameless = identity.subject.reach(Level::Organisation) == Reach::Unnamed;
    if nameless && identity.tenancy != Tenancy::Own && identity.platform != Platform::Other {
        return Err(Why::Strangers);
    }
    match identity.subject.reach(level) {
        Reach::Unnamed => Err(Why::Unnamed),
        Reach::Exact(text) => Ok(Test::Subject(text.to_owned())),
        Reach::Prefix(text) if sees == Sees::WholeSubject => Err(Why::OnlyTheBeginning(text.to_owned())),
        Reach::Prefix(text) => Ok(Test::SubjectBegins(text.to_owned())),
    }
}

fn of_claims(identity: &Identity<'_>, level: Level) -> Result<Vec<Test>, Why> {
    let wanted = LEVELS.into_iter().filter(|above| *above >= level);
    let found: Vec<(Level, Option<Test>)> = wanted.map(|above| (above, test(identity, above))).collect();
    let is_found = |wanted: Level| found.iter().any(|(level, test)| *level == wanted && test.is_some());
    if !is_found(level) {
        return Err(Why::Unnamed);
    }
    let nameless = !is_found(Level::Organisation) && identity.platform != Platform::Other;
    if nameless && identity.tenancy != Tenancy::Own {
        return Err(Why::Strangers);
    }
    let mut tests: Vec<Test> = found.into_iter().filter_map(|(_, test)| test).collect();
    // The organisation comes first. How a subject begins is said by a narrower test of it, too, and by an issuer of one's own.
    let follows = |test: &Test| matches!(test, Test::Subject(_) | Test::SubjectBegins(_));
    let is_said = tests.len() > 1 && (identity.tenancy == Tenancy::Own || tests[1..].iter().any(follows));
    if is_said && matches!(tests[0], Test::SubjectBegins(_)) {
        tests.remove(0);
    }
    if tests.iter().any(|test| matches!(test, Test::Subject(_))) {
        tests.retain(|test| !matches!(test, Test::SubjectBegins(_)));
    }
    Ok(tests)
}

/// What tells this level apart from its like.
fn test(identity: &Identity<'_>, level: Level) -> Option<Test> {
    let marks = marks(identity.platform, level).iter();
    let claim = marks.filter_map(|path| identity.platform.claim(path)).find_map(|known| {
        let value = known.value(identity.claims).filter(|value| !value.is_empty())?.to_owned();
        Some(Test::Claim { path: known.path, value, level, lasting: known.lasting })
    });
    claim.or_else(|| match identity.subject.reach(level) {
        Reach::Unnamed => None,
        Reach::Exact(text) => Some(Test::Subject(text.to_owned())),
        Reach::Prefix(text) => Some(Test::SubjectBegins(text.to_owned())),
    })
}

type Paths = &'static [&'static [&'static str]];

/// The claims that tell it apart, the best first; where there are none, it is the subject.
const fn marks(platform: Platform, level: Level) -> Paths {
    match (platform, level) {
        (Platform::Gitpod, Level::Organisation) => &[&["org_id"]],
        (Platform::Gitpod, Level::Project) => &[&["repository"]],
        (Platform::Gitpod, Level::Workspace) => &[&["workspace_id"]],
        (Platform::OnaV2, Level::Organisation) => &[&["org"]],
        (Platform::OnaV3, Level::Organisation) => &[&["organization_id"]],
        (Platform::OnaV3, Level::Project) => &[&["project_id"]],
        (Platform::OnaV3, Level::Workspace) => &[&["environment_id"]],
        (Platform::GithubActions, Level::Organisation) => &[&["repository_owner_id"], &["repository_owner"]],
        (Platform::GithubActions, Level::Project) => &[&["repository_id"], &["repository"]],
        (Platform::Gitlab, Level::Organisation) => &[&["namespace_id"], &["namespace_path"]],
        (Platform::Gitlab, Level::Project) => &[&["project_id"], &["project_path"]],
        (Platform::Kubernetes, Level::Project) => &[&["kubernetes.io", "namespace"]],
        _ => &[],
    }
}

impl Binding {
    fn new(
        identity: &Identity<'_>,
        level: Level,
        tests: Vec<Test>,
        (sees, narrower): (Sees, Option<String>),
    ) -> Self {
        let mut statement = vec![extent::of(identity.platform, level)];
        statement.extend(tests.iter().map(|test| test.sentence(identity)));
        statement.extend(extent::by_names(identity).filter(|_| sees != Sees::Claims));
        statement.extend(narrower);
        Self { level, tests, statement }
    }
}

#[cfg(test)]
mod tests;
