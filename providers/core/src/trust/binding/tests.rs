use serde_json::{Value, json};

use super::*;
use crate::Claims;

fn claims(claims: &Value) -> Claims {
    Claims::from(claims.as_object().unwrap().clone())
}

/// What is tested, a line each.
fn tested(minted: &Value, scope: Option<Level>, sees: Sees) -> Result<(Level, Vec<String>), Failure> {
    let claims = claims(minted);
    let identity = Identity::of(&claims).unwrap();
    bind(&identity, scope, ("AWS", sees)).map(|binding| {
        let line = |test: &Test| match test {
            Test::Claim { path, value, .. } => format!("{}={value}", path.join(".")),
            Test::Subject(text) => text.clone(),
            Test::SubjectBegins(text) => format!("{text}*"),
        };
        (binding.level, binding.tests.iter().map(line).collect())
    })
}

fn gitpod(issuer: &str) -> Value {
    json!({
        "iss": issuer, "sub": "https://github.com/acme/app", "org_id": "o1", "workspace_id": "w1",
        "repository": "https://github.com/acme/app.git",
    })
}

fn ona(subject: &str) -> Value {
    json!({
        "iss": "https://app.gitpod.io", "sub": subject, "organization_id": "o1", "project_id": "p1",
        "environment_id": "e1",
    })
}

#[test]
fn without_a_scope_as_few_as_can_be_told_apart_get_in() {
    let minted = ona("organization_id:o1:project_id:p1");
    let (level, tests) = tested(&minted, None, Sees::Claims).unwrap();
    assert_eq!(
        (level, tests.join(" ").as_str()),
        (Level::Workspace, "organization_id=o1 project_id=p1 environment_id=e1")
    );
    let (level, tests) = tested(&minted, None, Sees::Subject).unwrap();
    assert_eq!((level, tests.join(" ").as_str()), (Level::Project, "organization_id:o1:project_id:p1"));
}

#[test]
fn why_it_is_not_narrower_is_said_with_what_to_do() {
    let claims = claims(&ona("organization_id:o1:project_id:p1"));
    let binding = bind(&Identity::of(&claims).unwrap(), None, ("AWS", Sees::Subject)).unwrap();
    let last = binding.statement.last().unwrap();
    assert!(last.starts_with("It cannot be narrower: nothing that AWS looks at"), "{last}");
    assert!(last.contains("Add environment_id to the fields of the subject"), "{last}");
}

#[test]
fn a_repositorys_address_alone_is_no_identity_where_everybody_may_open_it() {
    let shared = gitpod("https://api.gitpod.io/idp");
    for scope in [None, Some(Level::Project), Some(Level::Organisation)] {
        let failure = tested(&shared, scope, Sees::Subject).unwrap_err();
        assert!(failure.to_string().contains("strangers could get one that looks alike"), "{failure}");
        assert!(failure.remedy().unwrap().contains("org_id"), "{failure:?}");
    }
    let (_, tests) = tested(&shared, Some(Level::Project), Sees::Claims).unwrap();
    assert_eq!(tests, ["org_id=o1", "repository=https://github.com/acme/app.git"]);
    let own = gitpod("https://services.acme.gitpod.cloud/idp");
    assert_eq!(
        tested(&own, None, Sees::Subject).unwrap(),
        (Level::Project, vec!["https://github.com/acme/app".into()])
    );
}

#[test]
fn a_token_without_its_organisation_is_never_bound_on_a_shared_issuer() {
    let mut minted = gitpod("https://api.gitpod.io/idp");
    minted.as_object_mut().unwrap().remove("org_id");
    minted["context"] = json!("https://github.com/acme/app");
    for level in LEVELS {
        let failure = tested(&minted, Some(level), Sees::Claims).unwrap_err();
        assert!(failure.provider_code().is_none() && !failure.remedy().unwrap().is_empty(), "{failure}");
    }
}

#[test]
fn whole_subjects_are_trusted_only_where_all_that_is_meant_has_the_same() {
    let github = json!({
        "iss": "https://token.actions.githubusercontent.com", "sub": "repo:acme/app:ref:refs/heads/main",
        "repository": "acme/app", "repository_id": "74", "repository_owner": "acme", "repository_owner_id": "65",
        "run_id": "1",
    });
    let subject = vec!["repo:acme/app:ref:refs/heads/main".to_owned()];
    assert_eq!(tested(&github, None, Sees::WholeSubject).unwrap(), (Level::Workspace, subject));
    let failure = tested(&github, Some(Level::Project), Sees::WholeSubject).unwrap_err();
    assert!(failure.to_string().contains("only begin alike, with \"repo:acme/app:\""), "{failure}");
    assert!(failure.remedy().unwrap().contains("repository_owner_id and repository_id alone"), "{failure:?}");
    let (_, tests) = tested(&github, None, Sees::Claims).unwrap();
    assert_eq!(tests, ["repository_owner_id=65", "repository_id=74", "repo:acme/app:ref:refs/heads/main"]);
}

#[test]
fn names_count_where_a_token_has_no_identifiers() {
    let minted = json!({
        "iss": "https://gitlab.com", "sub": "project_path:acme/app:ref_type:branch:ref:main",
        "project_path": "acme/app", "namespace_path": "acme", "namespace_id": "", "ref": "main", "ref_type": "branch",
    });
    let (_, tests) = tested(&minted, Some(Level::Project), Sees::Claims).unwrap();
    assert_eq!(tests, ["namespace_path=acme", "project_path=acme/app"]);
}

#[test]
fn a_cluster_is_told_by_its_issuer_and_a_namespace_by_its_name() {
    let minted = json!({
        "iss": "https://oidc.eks.eu-west-1.amazonaws.com/id/0", "sub": "system:serviceaccount:dev:app",
        "kubernetes.io": {"namespace": "dev"},
    });
    let of = |level, sees| tested(&minted, Some(level), sees).unwrap().1.join(" ");
    assert_eq!(of(Level::Organisation, Sees::Claims), "system:serviceaccount:*");
    assert_eq!(of(Level::Project, Sees::Claims), "kubernetes.io.namespace=dev");
    assert_eq!(of(Level::Project, Sees::Subject), "system:serviceaccount:dev:*");
    assert_eq!(
        of(Level::Workspace, Sees::Claims),
        "kubernetes.io.namespace=dev system:serviceaccount:dev:app"
    );
}

#[test]
fn of_an_unknown_platform_only_one_subject_can_be_let_in() {
    let minted = json!({"iss": "https://idp.acme.dev", "sub": "me"});
    assert_eq!(tested(&minted, None, Sees::Claims).unwrap(), (Level::Workspace, vec!["me".to_owned()]));
    let failure = tested(&minted, Some(Level::Organisation), Sees::Claims).unwrap_err();
    assert!(failure.remedy().unwrap().contains("--scope workspace"), "{failure:?}");
}

#[test]
fn a_token_without_issuer_or_subject_cannot_be_trusted() {
    for minted in
        [json!({"sub": "me"}), json!({"iss": "https://idp"}), json!({"iss": "https://idp", "sub": ""})]
    {
        assert!(Identity::of(&claims(&minted)).is_err(), "{minted}");
    }
}
