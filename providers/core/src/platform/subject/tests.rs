use serde_json::{Value, json};

use super::*;

const LEVELS: [Level; 3] = [Level::Organisation, Level::Project, Level::Workspace];

/// What is said of the three levels: an exact subject as it is, a beginning with a star, nothing if it is not named.
fn reaches(claims: &Value) -> [String; 3] {
    let claims = Claims::from(claims.as_object().unwrap().clone());
    let subject = Subject::of(Platform::of(&claims), &claims);
    LEVELS.map(|level| match subject.reach(level) {
        Reach::Exact(text) => text.to_owned(),
        Reach::Prefix(text) => format!("{text}*"),
        Reach::Unnamed => String::new(),
    })
}

fn github(subject: &str) -> Value {
    json!({
        "sub": subject, "repository": "acme/app", "repository_id": "74", "repository_owner": "acme",
        "repository_owner_id": "65", "run_id": "1", "ref": "refs/heads/main", "environment": "a:b",
    })
}

#[test]
fn githubs_default_subject_names_owner_repository_and_ref() {
    let subject = "repo:acme/app:ref:refs/heads/main";
    assert_eq!(reaches(&github(subject)), ["repo:acme/*", "repo:acme/app:*", subject]);
    let subject = "repo:acme/app:pull_request";
    assert_eq!(reaches(&github(subject)), ["repo:acme/*", "repo:acme/app:*", subject]);
    let subject = "repo:acme@65/app@74:environment:a%3Ab";
    assert_eq!(reaches(&github(subject)), ["repo:acme@65/*", "repo:acme@65/app@74:*", subject]);
}

#[test]
fn a_subject_made_of_other_claims_is_cut_between_them() {
    let subject = "repository_owner_id:65:repository_id:74:ref:refs/heads/main";
    let owner = "repository_owner_id:65:";
    assert_eq!(
        reaches(&github(subject)),
        [&format!("{owner}*"), "repository_owner_id:65:repository_id:74:*", subject]
    );
    let subject = "repository_owner_id:65:repository_id:74";
    assert_eq!(reaches(&github(subject)), [&format!("{owner}*"), subject, ""]);
    let subject = "repository:acme/app:environment:a%3Ab";
    assert_eq!(reaches(&github(subject)), ["repository:acme/*", "repository:acme/app:*", subject]);
    let subject = "environment:a%3Ab:repository_owner:acme";
    assert_eq!(reaches(&github(subject)), [subject, "", subject], "the whole of it is of one owner");
}

#[test]
fn a_subject_that_is_not_what_the_claims_say_is_not_cut() {
    for subject in
        ["repo:evil/app:ref:refs/heads/main", "repo:acme/app2:ref:x", "repo:acme@1/app@74:ref:x", "acme/app"]
    {
        let [owner, repository, _] = reaches(&github(subject));
        assert_eq!((owner.as_str(), repository.as_str()), ("", ""), "{subject}");
    }
}

#[test]
fn gitlabs_subject_names_group_project_and_ref() {
    let subject = "project_path:acme/team/app:ref_type:branch:ref:main";
    let claims = json!({
        "sub": subject, "project_path": "acme/team/app", "namespace_path": "acme/team", "project_id": "7",
        "ref": "main", "ref_type": "branch",
    });
    assert_eq!(reaches(&claims), ["project_path:acme/team/*", "project_path:acme/team/app:*", subject]);
}

#[test]
fn the_subjects_of_ona_are_told_apart_by_version_and_by_what_was_added() {
    let subject = "org:o1/prj:p1/env:e1";
    assert_eq!(reaches(&json!({"sub": subject})), ["org:o1/*", "org:o1/prj:p1/*", subject]);
    assert_eq!(reaches(&json!({"sub": "org:o1/user:u1"})), ["org:o1/*", "", "org:o1/user:u1"]);
    let flat = |subject: &str| {
        json!({
            "sub": subject, "organization_id": "o1", "project_id": "p1", "environment_id": "e1",
            "creator_email": "a@b.c",
        })
    };
    let subject = "organization_id:o1:project_id:p1";
    assert_eq!(reaches(&flat(subject)), ["organization_id:o1:*", subject, ""]);
    let subject = "organization_id:o1:project_id:p1:creator_email:a@b.c";
    assert_eq!(reaches(&flat(subject)), ["organization_id:o1:*", "organization_id:o1:project_id:p1:*", ""]);
    let subject = "organization_id:o1:environment_id:e1";
    assert_eq!(reaches(&flat(subject)), ["organization_id:o1:*", "", subject]);
}

#[test]
fn gitpods_subject_names_the_repository_unless_the_organisation_chose_otherwise() {
    let gitpod = |subject: &str| {
        json!({
            "sub": subject, "org_id": "o1", "workspace_id": "w1", "repository": "https://github.com/acme/app.git",
        })
    };
    let subject = "https://github.com/acme/app";
    assert_eq!(reaches(&gitpod(subject)), ["", subject, ""]);
    assert_eq!(reaches(&gitpod("https://github.com/acme/app2")), ["", "", ""]);
    let subject = "org_id:o1:repository:https://github.com/acme/app.git:workspace_id:w1";
    let repository = "org_id:o1:repository:https://github.com/acme/app.git:*";
    assert_eq!(reaches(&gitpod(subject)), ["org_id:o1:*", repository, subject]);
}

#[test]
fn a_service_account_is_in_a_namespace_of_a_cluster() {
    let subject = "system:serviceaccount:dev:app";
    assert_eq!(
        reaches(&json!({"sub": subject})),
        ["system:serviceaccount:*", "system:serviceaccount:dev:*", subject]
    );
}

#[test]
fn of_an_unknown_platform_only_the_whole_subject_says_something() {
    assert_eq!(reaches(&json!({"sub": "org:me"})), ["", "", "org:me"]);
    assert_eq!(reaches(&json!({})), ["", "", ""]);
}
