//! The artifact and what it means, for people and for programs.

use std::io::Write as _;

use evercred_core::trust::{Asked, Input, SetUp, Trust};
use serde_json::json;

use super::super::print;

pub(super) fn list(trust: &dyn Trust) -> String {
    let formats =
        trust.formats().iter().map(|format| format!("  --format {:<16} {}", format.name, format.what));
    let inputs = trust
        .inputs()
        .iter()
        .map(|input| format!("  --set {:<19} {}", format!("{}=…", input.name), input.what));
    formats.chain(inputs).collect::<Vec<_>>().join("\n")
}

pub(super) fn show(asked: &Asked<'_>, set_up: &SetUp) {
    let identity = asked.identity;
    let title = identity.platform.title(identity.issuer);
    let heading = format!("Trust in {title}, {}, for the audience {}:", identity.issuer, asked.audience);
    let sentences = set_up.statement.iter().map(|sentence| format!("  {sentence}"));
    let questions = set_up.missing.iter().map(|Input { name, what, .. }| {
        format!("  The artifact asks for {name}: {what}. Or give it here: --set {name}=….")
    });
    let mut stderr = std::io::stderr().lock();
    for line in std::iter::once(heading).chain(sentences).chain(questions) {
        // Parts of a token are chosen by others.
        let _ = writeln!(stderr, "{}", line.replace(char::is_control, " "));
    }
    drop(stderr);
    match set_up.files.as_slice() {
        [file] => print(&file.text),
        files => {
            for file in files {
                print(&format!("==> {} <==\n{}", file.name, file.text));
            }
        }
    }
}

pub(super) fn document(provider: &str, asked: &Asked<'_>, set_up: &SetUp) -> String {
    let missing = set_up.missing.iter().map(|input| json!({"name": input.name, "what": input.what}));
    let files = set_up.files.iter().map(|file| json!({"name": file.name, "text": file.text}));
    let document = json!({
        "provider": provider,
        "platform": asked.identity.platform.title(asked.identity.issuer),
        "issuer": asked.identity.issuer,
        "subject": asked.identity.subject.text(),
        "audience": asked.audience,
        "scope": format!("{:?}", set_up.scope).to_lowercase(),
        "statement": set_up.statement,
        "missing": missing.collect::<Vec<_>>(),
        "files": files.collect::<Vec<_>>(),
        "commands": set_up.commands,
    });
    serde_json::to_string_pretty(&document).unwrap_or_default()
}
