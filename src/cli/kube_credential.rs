//! `evercred kube-credential`: the answer that kubectl, and every client made with Kubernetes' library for Go, asks an
//! [exec plugin](https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins)
//! for.
//!
//! The client keeps the answer for as long as it runs and asks again when it has expired, or when the cluster refused
//! it. It tells in `KUBERNETES_EXEC_INFO` which version of the answer it wants.

use std::path::Path;

use evercred_core::{Door, Pass};
use serde::Deserialize;
use serde_json::json;

use crate::exit::Exit;
use crate::login::LoginId;
use crate::report::Report;
use crate::time::rfc3339;

use super::app::{App, runtime};
use super::{print, usage};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The login
    #[arg(value_name = "LOGIN")]
    login: LoginId,
    /// The cluster's name; EKS has to be told
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// The region whose STS an EKS cluster asks; else the login's
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Print the user for a kubeconfig that runs this command
    #[arg(long)]
    print_user: bool,
}

pub(super) fn run(app: &App, arguments: &Arguments) -> super::Outcome {
    let (login, attempts) = app.lender(&arguments.login)?;
    if arguments.print_user {
        print(&user(&app.machine.program, app.config.as_deref(), arguments));
        return Ok(Exit::Fresh);
    }
    let info = app.machine.build.surroundings.environment.get("KUBERNETES_EXEC_INFO");
    let version = version(info).map_err(|message| usage(&message))?;
    let door = Door::Cluster { name: arguments.cluster.clone(), region: arguments.region.clone() };
    let pass = runtime()?.block_on(attempts.pass(&login, &door)).map_err(|error| Report::from(&error))?;
    print(&answer(version, &pass));
    Ok(Exit::Fresh)
}

const V1: &str = "client.authentication.k8s.io/v1";
const V1BETA1: &str = "client.authentication.k8s.io/v1beta1";

/// What the client says of itself, as far as it matters here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Info {
    api_version: String,
}

/// The version of the answer that is asked for.
fn version(info: Option<&str>) -> Result<&'static str, String> {
    let Some(info) = info else { return Ok(V1) };
    let info: Info = serde_json::from_str(info)
        .map_err(|_| "KUBERNETES_EXEC_INFO is not what a client of Kubernetes sets".to_owned())?;
    [V1, V1BETA1].into_iter().find(|version| *version == info.api_version).ok_or_else(|| {
        format!("the client asks for {:?}, which is neither {V1} nor {V1BETA1}", info.api_version)
    })
}

fn answer(version: &str, pass: &Pass) -> String {
    let expiry = pass.expires_at.map(rfc3339::seconds);
    let answer = json!({
        "apiVersion": version,
        "kind": "ExecCredential",
        "spec": {"interactive": false},
        "status": {"expirationTimestamp": expiry, "token": pass.secret.expose()},
    });
    answer.to_string()
}

/// The stanza of a kubeconfig. A string of JSON is one of YAML, too.
fn user(program: &Path, config: Option<&Path>, arguments: &Arguments) -> String {
    let quoted = |text: &str| json!(text).to_string();
    let login = arguments.login.to_string();
    let config = config.map(|path| path.display().to_string());
    let options = [("--cluster", &arguments.cluster), ("--region", &arguments.region), ("--config", &config)];
    let options = options.iter().filter_map(|(name, value)| Some([*name, value.as_deref()?])).flatten();
    let words: Vec<String> = ["kube-credential", &login].into_iter().chain(options).map(quoted).collect();
    let (name, program) = (quoted(&format!("evercred-{login}")), quoted(&program.display().to_string()));
    format!(
        "apiVersion: v1\nkind: Config\nusers:\n- name: {name}\n  user:\n    exec:\n      apiVersion: {V1}\n      \
         command: {program}\n      args: [{}]\n      interactiveMode: Never\n",
        words.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use evercred_core::Secret;

    use super::*;

    #[test]
    fn the_client_chooses_the_version() {
        assert_eq!(version(None), Ok(V1));
        let info =
            |version: &str| json!({"apiVersion": version, "kind": "ExecCredential", "spec": {}}).to_string();
        assert_eq!(version(Some(&info(V1BETA1))), Ok(V1BETA1));
        assert!(version(Some(&info("client.authentication.k8s.io/v1alpha1"))).is_err());
        assert!(version(Some("{")).is_err());
    }

    #[test]
    fn the_answer_says_when_it_ends() {
        let end = SystemTime::UNIX_EPOCH + Duration::from_hours(498_717);
        let pass = Pass::bearer(Secret::new("t")).expiring_at(end);
        insta::assert_snapshot!(answer(V1, &pass), @r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false},"status":{"expirationTimestamp":"2026-11-22T21:00:00Z","token":"t"}}"#);
    }

    #[test]
    fn the_stanza_runs_this_very_command() {
        let arguments = Arguments {
            login: "aws.default".parse().unwrap(),
            cluster: Some("prod".to_owned()),
            region: None,
            print_user: true,
        };
        insta::assert_snapshot!(user(Path::new("/usr/bin/evercred"), None, &arguments), @r#"
        apiVersion: v1
        kind: Config
        users:
        - name: "evercred-aws.default"
          user:
            exec:
              apiVersion: client.authentication.k8s.io/v1
              command: "/usr/bin/evercred"
              args: ["kube-credential", "aws.default", "--cluster", "prod"]
              interactiveMode: Never
        "#);
    }
}
