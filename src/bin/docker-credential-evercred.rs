//! The credential helper of docker, podman, skopeo and others, which run `docker-credential-NAME` for
//! `"credHelpers": {"REGISTRY": "NAME"}`: it becomes `evercred docker-credential`.

use std::process::ExitCode;

fn main() -> ExitCode {
    evercred::sibling::become_evercred("docker-credential", std::env::args_os().skip(1))
}
