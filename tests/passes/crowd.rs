//! A hundred who ask at once, with nothing fresh: one exchange.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::rig::{Rig, exchanges};

const CROWD: usize = 100;

#[test]
fn a_hundred_who_find_a_stale_document_make_one_exchange() {
    let rig = Rig::new(Duration::from_hours(1));
    for words in [
        &["credential-process", "aws.default"][..],
        &["get", "aws.default"],
        &["kube-credential", "aws.default", "--cluster", "prod"],
        &["kube-credential", "gcp.default"],
        &["kube-credential", "azure.default"],
    ] {
        rig.home.run(["logout"]).success();
        rig.sandbox.forget_requests();
        crowd(&rig, words);
        let exchanges = exchanges(&rig.sandbox);
        assert!(exchanges.iter().all(evercred_sandbox::Request::succeeded), "{exchanges:#?}");
        assert_eq!(exchanges.len(), 1, "{words:?} {exchanges:#?}");
    }
}

fn crowd(rig: &Rig, words: &[&str]) {
    let start = |_| {
        let mut command: Command = rig.home.evercred(words);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<Child> = (0..CROWD).map(start).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!output.stdout.is_empty());
    }
}
