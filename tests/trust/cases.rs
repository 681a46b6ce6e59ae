//! Whom to let in, who is let in by that, too, and who is not: platform by platform, scope by scope.

use evercred_sandbox::{Mint, Shape};
use serde_json::{Value, json};

/// A token, whom to let in by it, and tokens that differ from it in one claim.
pub(crate) struct Case {
    pub(crate) minted: Mint,
    pub(crate) scope: &'static str,
    /// Those who are meant as well.
    pub(crate) kin: Vec<Mint>,
    /// Those who are not.
    pub(crate) strangers: Vec<Mint>,
}

impl Case {
    fn new(minted: &Mint, scope: &'static str) -> Self {
        Self { minted: minted.clone(), scope, kin: Vec::new(), strangers: Vec::new() }
    }

    /// One who says something else in this claim is meant, too.
    fn kin(mut self, claim: &str, value: impl Into<Value>) -> Self {
        self.kin.push(self.minted.clone().claim(claim, value));
        self
    }

    /// One who says something else in this claim is not meant.
    fn stranger(mut self, claim: &str, value: impl Into<Value>) -> Self {
        self.strangers.push(self.minted.clone().claim(claim, value));
        self
    }

    pub(crate) fn name(&self) -> String {
        format!("{:?} {} {:?}", self.minted.shape, self.scope, self.minted.claims)
    }
}

const ORGANISATION: &str = "01912345-6789-7abc-8def-0123456789ab";
const PROJECT: &str = "0193aaaa-1111-7222-8333-444455556666";
const ENVIRONMENT: &str = "0195bbbb-7777-7888-8999-aaaabbbbcccc";

/// Somebody else's identifier.
const OTHER: &str = "0199ffff-0000-7000-8000-999999999999";

fn of(shape: Shape) -> Mint {
    Mint::default().shape(shape)
}

/// For those who look at any claim.
pub(crate) fn by_claims() -> Vec<Case> {
    let (gitpod, v3, github, gitlab) =
        (of(Shape::Gitpod), of(Shape::OnaV3), of(Shape::GithubActions), of(Shape::Gitlab));
    let mut cases = vec![
        Case::new(&gitpod, "workspace").kin("context", "x").stranger("workspace_id", "acme-app-2"),
        Case::new(&gitpod, "project")
            .kin("workspace_id", "acme-app-2")
            .stranger("repository", "https://github.com/acme/app2.git")
            .stranger("org_id", OTHER),
        Case::new(&gitpod, "organisation").kin("repository", "https://x").stranger("org_id", OTHER),
        Case::new(&v3, "workspace").kin("creator_id", OTHER).stranger("environment_id", OTHER),
        Case::new(&v3, "project").kin("environment_id", OTHER).stranger("project_id", OTHER),
        Case::new(&v3, "organisation").kin("project_id", OTHER).stranger("organization_id", OTHER),
        Case::new(&github, "workspace")
            .kin("actor", "kim")
            .stranger("sub", "repo:acme/app:ref:refs/heads/main2"),
        Case::new(&github, "project")
            .kin("sub", "repo:acme/app:pull_request")
            .stranger("repository_id", "75")
            .stranger("repository_owner_id", "66"),
        // The name is the same: somebody took it after its owner had gone.
        Case::new(&github, "organisation").kin("repository_id", "75").stranger("repository_owner_id", "66"),
        Case::new(&gitlab, "workspace")
            .kin("job_id", "303")
            .stranger("sub", "project_path:acme/team/app:ref_type:tag:ref:main"),
        Case::new(&gitlab, "project").kin("ref", "fix").stranger("project_id", "21"),
        Case::new(&gitlab, "organisation").kin("project_id", "21").stranger("namespace_id", "73"),
    ];
    cases.extend(
        ona_v2()
            .into_iter()
            .map(|case| if case.scope == "workspace" { case } else { case.stranger("org", OTHER) }),
    );
    cases.extend(kubernetes());
    cases.extend(unknown());
    cases
}

/// For those who look at the subject alone.
pub(crate) fn by_subject() -> Vec<Case> {
    let v3 = of(Shape::OnaV3);
    let own = format!("organization_id:{ORGANISATION}:project_id:{PROJECT}:environment_id:{ENVIRONMENT}");
    let own = v3.clone().claim("sub", own);
    let flat = |organisation: &str, project: &str, more: &str| {
        format!("organization_id:{organisation}:project_id:{project}{more}")
    };
    let mut cases = vec![
        Case::new(&of(Shape::Gitpod), "project")
            .kin("workspace_id", "acme-app-2")
            .stranger("sub", "https://github.com/acme/app2"),
        Case::new(&own, "workspace")
            .stranger("sub", flat(ORGANISATION, PROJECT, &format!(":environment_id:{OTHER}"))),
        Case::new(&own, "project")
            .kin("sub", flat(ORGANISATION, PROJECT, &format!(":environment_id:{OTHER}")))
            .stranger("sub", flat(ORGANISATION, OTHER, &format!(":environment_id:{ENVIRONMENT}"))),
        Case::new(&v3, "project")
            .kin("environment_id", OTHER)
            .stranger("sub", flat(ORGANISATION, OTHER, ""))
            .stranger("sub", flat(ORGANISATION, PROJECT, ":x:y")),
        Case::new(&v3, "organisation")
            .kin("sub", flat(ORGANISATION, OTHER, ""))
            .stranger("sub", flat(OTHER, PROJECT, ""))
            .stranger("sub", flat(&format!("{ORGANISATION}0"), PROJECT, "")),
    ];
    cases.extend(repositories());
    cases.extend(chosen());
    cases.extend(ona_v2());
    cases.extend(kubernetes());
    cases.extend(unknown());
    cases
}

/// Subjects that are made of what an organisation chose.
fn chosen() -> Vec<Case> {
    let (gitpod, github) = (of(Shape::Gitpod), of(Shape::GithubActions));
    let workspace = |organisation: &str, workspace: &str| {
        format!("org_id:{organisation}:repository:https://github.com/acme/app.git:workspace_id:{workspace}")
    };
    let organisation = "8c6bb2a5-6a35-4ac2-a3c6-1d1a4b5f3a5e";
    let workspaces = gitpod.clone().claim("sub", workspace(organisation, "acme-app-3k2jx9q8w1z"));
    let repository = github.clone().claim("sub", "repository_owner_id:65:repository_id:74");
    let owner = github.clone().claim("sub", "repository_owner_id:65");
    vec![
        Case::new(&workspaces, "workspace").stranger("sub", workspace(organisation, "acme-app-2")),
        Case::new(&workspaces, "organisation")
            .kin("sub", workspace(organisation, "acme-app-2"))
            .stranger("sub", workspace(OTHER, "acme-app-3k2jx9q8w1z")),
        Case::new(&repository, "project")
            .kin("ref", "x")
            .stranger("sub", "repository_owner_id:65:repository_id:75"),
        Case::new(&owner, "organisation")
            .kin("repository_id", "75")
            .stranger("sub", "repository_owner_id:651"),
    ]
}

/// Names that end where others go on are the usual way in for strangers.
fn repositories() -> Vec<Case> {
    let (github, gitlab) = (of(Shape::GithubActions), of(Shape::Gitlab));
    let lasting = github.clone().claim("sub", "repo:acme@65/app@74:ref:refs/heads/main");
    vec![
        Case::new(&github, "workspace")
            .kin("actor", "kim")
            .stranger("sub", "repo:acme/app:ref:refs/heads/main2"),
        Case::new(&github, "project")
            .kin("sub", "repo:acme/app:environment:production")
            .stranger("sub", "repo:acme/app2:ref:refs/heads/main"),
        Case::new(&github, "organisation")
            .kin("sub", "repo:acme/app2:pull_request")
            .stranger("sub", "repo:acme-evil/app:ref:refs/heads/main"),
        Case::new(&lasting, "project")
            .kin("sub", "repo:acme@65/app@74:pull_request")
            .stranger("sub", "repo:acme@65/app@741:ref:refs/heads/main"),
        Case::new(&lasting, "organisation")
            .kin("sub", "repo:acme@65/app2@75:pull_request")
            .stranger("sub", "repo:acme@66/app@74:ref:refs/heads/main"),
        Case::new(&gitlab, "workspace").stranger("sub", "project_path:acme/team/app:ref_type:tag:ref:main"),
        Case::new(&gitlab, "project")
            .kin("sub", "project_path:acme/team/app:ref_type:tag:ref:v1")
            .stranger("sub", "project_path:acme/team/app2:ref_type:branch:ref:main"),
        Case::new(&gitlab, "organisation")
            .kin("sub", "project_path:acme/team/app2:ref_type:branch:ref:main")
            .stranger("sub", "project_path:acme/team2/app:ref_type:branch:ref:main"),
    ]
}

fn ona_v2() -> Vec<Case> {
    let v2 = of(Shape::OnaV2);
    let subject = |organisation: &str, project: &str, environment: &str| {
        format!("org:{organisation}/prj:{project}/env:{environment}")
    };
    vec![
        Case::new(&v2, "workspace").kin("name", "Kim").stranger("sub", subject(ORGANISATION, PROJECT, OTHER)),
        Case::new(&v2, "project")
            .kin("sub", subject(ORGANISATION, PROJECT, OTHER))
            .stranger("sub", subject(ORGANISATION, OTHER, ENVIRONMENT))
            .stranger("sub", subject(ORGANISATION, &format!("{PROJECT}0"), ENVIRONMENT)),
        Case::new(&v2, "organisation").kin("sub", subject(ORGANISATION, OTHER, OTHER)),
    ]
}

fn kubernetes() -> Vec<Case> {
    let pod = of(Shape::Kubernetes);
    let inside = |namespace: &str| json!({"namespace": namespace, "serviceaccount": {"name": "app"}});
    let elsewhere =
        pod.clone().claim("sub", "system:serviceaccount:dev2:app").claim("kubernetes.io", inside("dev2"));
    let mut namespace = Case::new(&pod, "project").kin("sub", "system:serviceaccount:dev:app2");
    namespace.strangers.push(elsewhere.clone());
    let mut cluster = Case::new(&pod, "organisation").stranger("sub", "system:node:worker");
    cluster.kin.push(elsewhere);
    vec![Case::new(&pod, "workspace").stranger("sub", "system:serviceaccount:dev:app2"), namespace, cluster]
}

/// A platform that nobody here knows, with a subject that has to be quoted in every language there is.
fn unknown() -> Vec<Case> {
    let claims = ["org_id", "workspace_id", "context", "repository"];
    let bare = claims.into_iter().fold(of(Shape::Gitpod), Mint::without);
    let odd = bare.subject("it's \"$(id)\" `id` ${x} %{y} \\n #; | a\u{e4}");
    vec![Case::new(&odd, "workspace").kin("email", "kim@acme.example").stranger("sub", "it's")]
}
