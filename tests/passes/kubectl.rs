//! kubectl, at API servers that ask the cloud who it is.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use evercred_sandbox::Group;
use evercred_test_support::{Outcome, Talking, clients, until};
use serde_json::Value;

use super::rig::{LIMIT, Rig, exchanges, taken};

/// A token lives so long that three rotations take a while, but not long.
const LIFE: Duration = Duration::from_secs(5);
/// Entra counts in whole seconds, so that what is left of a token's life is off by one.
const LIFE_AT_ENTRA: Duration = Duration::from_secs(12);
/// The first and three rotations.
const ENOUGH: usize = 4;

#[test]
fn one_kubectl_process_works_at_eks_through_three_rotations() {
    works_through_three_rotations(LIFE, "aws.default", "prod.eks", &["--cluster", "prod"], "arn:aws:sts::");
}

#[test]
fn one_kubectl_process_works_at_gke_through_three_rotations() {
    works_through_three_rotations(LIFE, "gcp.default", "prod.gke", &[], "serviceAccount:dev@");
}

#[test]
fn one_kubectl_process_works_at_aks_through_three_rotations() {
    works_through_three_rotations(LIFE_AT_ENTRA, "azure.default", "prod.aks", &[], "");
}

#[test]
fn a_cluster_that_trusts_the_workspaces_issuer_takes_its_token() {
    let rig = Rig::new(Duration::from_hours(1));
    let outcome = rig.run(kubectl(&rig, "token.cluster", "kubernetes.oidc", &[], &["get", "--raw", "/who"]));
    assert!(outcome.failure().stderr.contains("Unauthorized"), "the audience is another one");
    rig.sandbox.forget_requests();
    let more = "[token.other]\naudience = \"kubernetes\"\n";
    rig.configure(more);
    let who = rig.run(kubectl(&rig, "token.other", "kubernetes.oidc", &[], &["get", "--raw", "/who"]));
    assert!(who.success().contains("\"user\""));
}

#[test]
fn a_token_for_one_cluster_does_not_open_another() {
    let rig = Rig::new(Duration::from_hours(1));
    let ask = |server| {
        rig.run(kubectl(&rig, "aws.default", server, &["--cluster", "prod"], &["get", "--raw", "/who"]))
    };
    assert!(ask("prod.eks").success().contains(":assumed-role/dev/"));
    assert!(ask("test.eks").failure().stderr.contains("Unauthorized"));
    let refused = rig.sandbox.requests_to(Group::Cluster);
    let why = refused.iter().find_map(|request| request.error.as_deref()).unwrap();
    assert!(why.contains("SignatureDoesNotMatch"), "{why}");
    assert_eq!(exchanges(&rig.sandbox).len(), 1, "the session was in the profile's document");
}

#[test]
fn the_client_chooses_the_version_of_the_answer() {
    let rig = Rig::new(Duration::from_hours(1));
    let ask = |info: &str| {
        let mut command = rig.home.evercred(["kube-credential", "gcp.default"]);
        command.env("KUBERNETES_EXEC_INFO", info);
        Outcome::of(&mut command)
    };
    let version = "client.authentication.k8s.io/v1beta1";
    let answer =
        ask(&format!("{{\"apiVersion\": \"{version}\", \"kind\": \"ExecCredential\", \"spec\": {{}}}}"));
    let answer: Value = serde_json::from_str(&answer.success()).unwrap();
    assert_eq!(answer["apiVersion"], version);
    assert!(answer["status"]["expirationTimestamp"].as_str().unwrap().ends_with('Z'));
    let old = ask("{\"apiVersion\": \"client.authentication.k8s.io/v1alpha1\", \"spec\": {}}");
    assert_eq!(old.failure().code(), Some(2));
    let unnamed = rig.home.run(["kube-credential", "aws.default"]).failure();
    assert!(unnamed.stderr.contains("--cluster"), "{}", unnamed.stderr);
}

/// `kubectl proxy` is one process that asks for tokens as it needs them.
fn works_through_three_rotations(life: Duration, login: &str, server: &str, options: &[&str], who: &str) {
    let rig = Rig::new(life);
    let mut daemon = rig.home.start();
    daemon.until("the first credential", LIMIT, || {
        let status = rig.home.status();
        let all = status["logins"].as_array()?;
        all.iter().all(|one| one["phase"] == "fresh").then_some(())
    });
    let command = kubectl(&rig, login, server, options, &["proxy", "--port=0"]);
    let mut proxy = Talking::start(&mut rig.on_the_way(command));
    let announced = proxy.line(LIMIT);
    let address = announced.rsplit(' ').next().unwrap().to_owned();
    let start = Instant::now();
    let mut calls = 0;
    until("three rotations", LIMIT, || {
        let answer = get(&address);
        assert!(answer.contains(who) && answer.contains("200 OK"), "after {:?}: {answer}", start.elapsed());
        calls += 1;
        (taken(&rig.sandbox, Group::Cluster).len() >= ENOUGH).then_some(())
    });
    assert!(calls > ENOUGH, "{calls}");
    let refused: Vec<_> =
        rig.sandbox.requests_to(Group::Cluster).into_iter().filter(|one| !one.succeeded()).collect();
    assert!(refused.is_empty(), "the client asked again: {refused:#?}");
}

fn get(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET /who HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// kubectl with the user that evercred prints for it.
fn kubectl(rig: &Rig, login: &str, server: &str, options: &[&str], words: &[&str]) -> Command {
    let words_of_user = [&["kube-credential", login, "--print-user"], options].concat();
    let user = rig.home.write(".kube/user", rig.home.run(words_of_user).success());
    let cluster = rig.home.write(
        ".kube/cluster",
        format!(
            r#"
apiVersion: v1
kind: Config
clusters:
- name: sandbox
  cluster:
    server: "https://{server}.cluster.test"
    proxy-url: "{}"
    tls-server-name: localhost
    certificate-authority: "{}"
contexts:
- name: sandbox
  context:
    cluster: sandbox
    user: evercred-{login}
current-context: sandbox
"#,
            rig.sandbox.proxy_url(),
            rig.authority().display(),
        ),
    );
    let mut command = clients::kubectl(&rig.home);
    command.env("KUBECONFIG", std::env::join_paths([user, cluster]).unwrap()).args(words);
    command
}
