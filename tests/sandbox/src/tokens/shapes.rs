//! The claims of each platform, besides issuer and times.
//!
//! Gitpod's and Ona's are after their own documentation and sources, GitHub's after
//! <https://docs.github.com/en/actions/reference/security/oidc>, GitLab's after
//! <https://docs.gitlab.com/ci/secrets/id_token_authentication/>, the service account's after
//! <https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/>. Identities are made up.

use serde_json::{Map, Value, json};

use super::{Mint, Shape};
use crate::options::PlatformOptions;
use crate::random;

pub(super) fn claims(mint: &Mint, platform: &PlatformOptions) -> Map<String, Value> {
    let claims = match mint.shape {
        Shape::Gitpod => gitpod(mint, platform),
        Shape::OnaV2 => ona_v2(mint),
        Shape::OnaV3 => ona_v3(mint),
        Shape::GithubActions => github_actions(mint),
        Shape::Gitlab => gitlab(mint),
        Shape::Kubernetes => kubernetes(mint),
    };
    match claims {
        Value::Object(claims) => claims,
        _ => Map::new(),
    }
}

/// One audience as a string, several as a list.
fn single(audience: &[String]) -> Value {
    match audience {
        [one] => json!(one),
        several => json!(several),
    }
}

fn gitpod(mint: &Mint, platform: &PlatformOptions) -> Value {
    json!({
        "aud": mint.audience,
        "azp": mint.audience.first(),
        "sub": "https://github.com/acme/app",
        "name": "Sam Sandbox",
        "email": "sam@acme.example",
        "email_verified": true,
        "org_id": "8c6bb2a5-6a35-4ac2-a3c6-1d1a4b5f3a5e",
        "user_id": "5f0a9f8e-4a51-4a57-8d3e-9a7f1f0b6a11",
        "workspace_id": platform.workspace_id,
        "context": "https://github.com/acme/app",
        "repository": "https://github.com/acme/app.git",
    })
}

const ORGANIZATION: &str = "01912345-6789-7abc-8def-0123456789ab";
const PROJECT: &str = "0193aaaa-1111-7222-8333-444455556666";
const ENVIRONMENT: &str = "0195bbbb-7777-7888-8999-aaaabbbbcccc";

fn ona_v2(mint: &Mint) -> Value {
    json!({
        "aud": single(&mint.audience),
        "sub": format!("org:{ORGANIZATION}/prj:{PROJECT}/env:{ENVIRONMENT}"),
        "name": "Sam Sandbox",
        "email": "sam@acme.example",
        "org": ORGANIZATION,
    })
}

fn ona_v3(mint: &Mint) -> Value {
    json!({
        "aud": mint.audience,
        "sub": format!("organization_id:{ORGANIZATION}:project_id:{PROJECT}"),
        "organization_id": ORGANIZATION,
        "project_id": PROJECT,
        "environment_id": ENVIRONMENT,
        "runner_id": "0192cccc-1212-7343-8454-565667677878",
        "creator_id": "0190dddd-9898-7676-8545-434332322121",
        "creator_name": "Sam Sandbox",
        "creator_email": "sam@acme.example",
    })
}

fn github_actions(mint: &Mint) -> Value {
    json!({
        "aud": single(&mint.audience),
        "sub": "repo:acme/app:ref:refs/heads/main",
        "jti": random::uuid(),
        "nbf": 0,
        "ref": "refs/heads/main",
        "ref_type": "branch",
        "repository": "acme/app",
        "repository_id": "74",
        "repository_owner": "acme",
        "repository_owner_id": "65",
        "repository_visibility": "private",
        "run_id": "1000001",
        "run_number": "10",
        "run_attempt": "1",
        "runner_environment": "github-hosted",
        "actor": "sam",
        "actor_id": "12",
        "workflow": "deploy",
        "job_workflow_ref": "acme/app/.github/workflows/deploy.yml@refs/heads/main",
        "event_name": "push",
    })
}

fn gitlab(mint: &Mint) -> Value {
    json!({
        "aud": single(&mint.audience),
        "sub": "project_path:acme/team/app:ref_type:branch:ref:main",
        "jti": random::uuid(),
        "nbf": 0,
        "namespace_id": "72",
        "namespace_path": "acme/team",
        "project_id": "20",
        "project_path": "acme/team/app",
        "user_id": "1",
        "user_login": "sam",
        "user_email": "sam@acme.example",
        "pipeline_id": "574",
        "pipeline_source": "push",
        "job_id": "302",
        "ref": "main",
        "ref_type": "branch",
        "ref_path": "refs/heads/main",
        "ref_protected": "true",
        "runner_environment": "gitlab-hosted",
        "project_visibility": "private",
    })
}

fn kubernetes(mint: &Mint) -> Value {
    json!({
        "aud": mint.audience,
        "sub": "system:serviceaccount:dev:app",
        "jti": random::uuid(),
        "nbf": 0,
        "kubernetes.io": {
            "namespace": "dev",
            "pod": {"name": "app-0", "uid": "4f8c9bd3-7b0e-4a3c-9a44-0a5a5b6f2d10"},
            "serviceaccount": {"name": "app", "uid": "e2f3a4b5-6c7d-4e8f-9a0b-1c2d3e4f5a6b"},
        },
    })
}
