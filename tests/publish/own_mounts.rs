//! A worker in a mount namespace of its own: small, read-only and bind-mounted file systems, gone with it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::worker::{Order, WORKER};

/// Runs a shell script in a mount namespace of its own: `$1` is the folder, the rest starts a worker, whose order
/// is on standard input.
pub(crate) fn in_own_mounts(script: &str, folder: &Path, orders: &[Order]) -> String {
    let mut command = Command::new("unshare");
    command.args(if rustix::process::geteuid().is_root() { &["-m"][..] } else { &["-r", "-m"] });
    command.args(["sh", "-ec", script, "sh"]).arg(folder).arg(std::env::current_exe().unwrap()).args(WORKER);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("unshare must be installed (Debian: util-linux)");
    let mut input = child.stdin.take().unwrap();
    for order in orders {
        // If the script has failed already, its output says so better than a broken pipe.
        let _ = input.write_all(order.text().as_bytes());
    }
    drop(input);
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "mounting must be permitted to run this test: {errors}");
    String::from_utf8(output.stdout).unwrap()
}
