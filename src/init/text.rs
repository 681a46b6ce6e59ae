//! The config's text.

use std::fmt::Write as _;

use evercred_core::Question;

use super::Value;

/// What is to be written.
#[derive(Debug)]
pub struct Draft {
    /// Where ID tokens come from, if it is written down.
    pub source: Vec<(String, Value)>,
    /// Where `auto` would get them from here, if that is known.
    pub found: Option<String>,
    /// The logins.
    pub logins: Vec<LoginDraft>,
}

/// One login.
#[derive(Debug)]
pub struct LoginDraft {
    /// The provider's word.
    pub kind: &'static str,
    /// The questions, with their answers.
    pub asked: Vec<(&'static Question, Option<Value>)>,
    /// What was said beyond them.
    pub more: Vec<(String, Value)>,
    /// Lines of its outputs, if they are not the usual ones.
    pub outputs: Option<&'static str>,
}

const HEAD: &str = "\
# The config of evercred, made by \"evercred init\". \"evercred config schema\" prints every key with its meaning.
# \"evercred check\" tries it out; \"evercred up --wait\" keeps everything in it fresh.
";

/// The text of a config.
pub fn text(draft: &Draft) -> String {
    let mut text = HEAD.to_owned();
    if let Some(found) = &draft.found {
        let _ = write!(
            text,
            "\n# ID tokens come from here, which is found out again at each start:\n# {found}.\n"
        );
    }
    if !draft.source.is_empty() {
        text.push_str("\n# Where ID tokens come from.\n[source]\n");
        for (key, value) in &draft.source {
            let _ = writeln!(text, "{key} = {}", value.toml);
        }
    }
    for login in &draft.logins {
        login_table(login, &mut text);
    }
    text
}

fn login_table(login: &LoginDraft, text: &mut String) {
    let _ = write!(text, "\n[{}.default]\n", login.kind);
    for (question, answer) in &login.asked {
        let origin = answer.as_ref().and_then(|answer| answer.variable);
        let origin = origin.map(|variable| format!(" (from {variable})")).unwrap_or_default();
        let _ = writeln!(text, "# {}{origin}.", question.meaning);
        let _ = match answer {
            Some(answer) => writeln!(text, "{} = {}", question.key, answer.toml),
            None => writeln!(text, "# {} = \"{}\"", question.key, question.example),
        };
    }
    for (key, value) in &login.more {
        let _ = writeln!(text, "{key} = {}", value.toml);
    }
    if let Some(outputs) = login.outputs {
        text.push_str(outputs);
    }
}
