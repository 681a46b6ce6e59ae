//! `evercred explain`: the other side's rule, given as a file, held against the ID token, with nobody asked.

mod show;

use std::ffi::OsString;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use evercred_core::explain::{Document, DocumentError, Explainer, Question};
use evercred_core::{Advice, Audience, Failure, IdToken, WallClock};

use crate::engine::sent::Sent;
use crate::exit::Exit;
use crate::files;
use crate::login::LoginId;
use crate::report::Report;
use crate::sibling;
use crate::sources::shared::{SharedTokens, Want};

use super::app::{App, runtime};
use super::{Format, print};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The rule, as the vendor's command line prints it in JSON; - is standard input
    ///
    /// An IAM trust policy (aws iam get-role), a workload identity provider (gcloud iam workload-identity-pools providers
    /// describe --format=json), federated credentials (az ad app federated-credential list), or a Vault role (bao read
    /// -format=json auth/jwt/role/NAME). What belongs to it may be given beside it: the OIDC identity provider of the account
    /// (aws iam get-open-id-connect-provider), the policy of the service account (gcloud iam service-accounts get-iam-policy
    /// --format=json), the config of the mount (bao read -format=json auth/jwt/config).
    #[arg(long = "policy", value_name = "FILE", required = true)]
    policies: Vec<PathBuf>,
    /// Whose rule it is (aws, azure, gcp, vault); else the login's, or found out
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// The ID token, from a file rather than from the login's token source; - is standard input
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The audience of the token, if there is no login to say it
    #[arg(long, value_name = "AUDIENCE")]
    audience: Option<String>,
    /// The login that is refused; may be left out if there is only one of that kind
    #[arg(value_name = "LOGIN")]
    login: Option<LoginId>,
}

pub(super) fn run(app: &App, arguments: &Arguments, format: Format) -> super::Outcome {
    let documents = documents(&arguments.policies)?;
    let (kind, explainer) = explainer(app, arguments, &documents)?;
    let token = token(app, arguments, kind)?;
    let question = Question { documents: &documents, claims: token.claims(), now: app.clock.now() };
    let explanation = (explainer.explain)(&question).map_err(|error| unusable(&error))?;
    let sent = Sent::of(token.claims());
    match format {
        Format::Text => print(&show::text(explainer.rule, &explanation, &sent)),
        Format::Json => print(&show::json(kind, &explanation, &sent)),
    }
    Ok(if explanation.accepted { Exit::Fresh } else { Exit::Refused })
}

/// Leaves it to the program beside this one that knows the rules; what is left is that there is none.
pub(super) fn elsewhere(arguments: &[OsString]) -> super::Outcome {
    let (program, error) = sibling::take_place("evercred-explain", |program| program.args(arguments));
    let error = io::Error::new(error.kind(), format!("failed to run {}: {error}", program.display()));
    let hint = "It belongs beside evercred: install both.".to_owned();
    Err(Report::new(&error, Some(hint), Exit::Failed).into())
}

fn documents(paths: &[PathBuf]) -> Result<Vec<Document>, Box<Report>> {
    let read = |path: &PathBuf| {
        let text = read(path, "read the rule")?;
        Document::parse(path.display().to_string(), text).map_err(|error| unusable(&error))
    };
    paths.iter().map(read).collect()
}

/// The kind whose rule it is: as it is named, as the login has it, or the only one that recognises the documents.
fn explainer<'a>(
    app: &'a App,
    arguments: &'a Arguments,
    documents: &[Document],
) -> Result<(&'a str, &'static Explainer), Box<Report>> {
    let known = app.registry.providers.iter();
    let known: Vec<_> = known.filter_map(|kind| Some((kind.kind.name, kind.explainer?))).collect();
    let named = arguments.kind.as_deref().or(arguments.login.as_ref().map(LoginId::kind));
    let fits = |(name, explainer): &&(&'a str, &'static Explainer)| match named {
        Some(named) => named == *name,
        None => documents.iter().all(|document| (explainer.recognises)(document)),
    };
    known.iter().find(fits).copied().ok_or_else(|| no_rule(named, &known).into())
}

/// Nobody knows the rule.
fn no_rule(kind: Option<&str>, known: &[(&str, &Explainer)]) -> Report {
    let (problem, hint) = if let Some(kind) = kind {
        let names = known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        (format!("nothing is known of rules of the kind {kind:?}"), format!("There is {names}."))
    } else {
        let commands = known.iter().map(|(_, explainer)| explainer.printed_by).collect::<Vec<_>>();
        let hint = format!("Save what one of these prints: \"{}\".", commands.join("\", \""));
        ("the rule is of no known kind".to_owned(), hint)
    };
    Report::new(&io::Error::other(problem), Some(hint), Exit::Usage)
}

/// The token that is or would be shown to the provider.
fn token(app: &App, arguments: &Arguments, kind: &str) -> Result<Arc<IdToken>, Box<Report>> {
    if let Some(path) = &arguments.token_file {
        let text = read(path, "read the ID token")?;
        return IdToken::parse(&text).map(Arc::new).map_err(|error| {
            let hint = "The file must hold one JWT and nothing else.".to_owned();
            Report::new(&error, Some(hint), Exit::Failed).into()
        });
    }
    let (source, audience) = match (&arguments.login, &arguments.audience) {
        (None, Some(audience)) => (app.source(None)?, Audience::new(audience)),
        (login, audience) => {
            let login = match login {
                Some(login) => app.login(login)?.0,
                None => only_login(app, kind)?,
            };
            let audience = audience.as_ref().map(Audience::new);
            (Arc::clone(login.source()), audience.unwrap_or_else(|| login.provider().audience().clone()))
        }
    };
    let tokens = SharedTokens::new(Arc::clone(&app.clock) as Arc<dyn WallClock>);
    let minted = runtime()?.block_on(tokens.token(&source, &audience, Want::Usable));
    minted.map_err(|failure| Report::from(&failure).into())
}

fn only_login(app: &App, kind: &str) -> Result<Arc<crate::login::Login>, Box<Report>> {
    let mut logins = app.logins(&[])?.0;
    logins.retain(|login| login.id.kind() == kind && login.lender().is_none());
    if let [only] = logins.as_slice() {
        return Ok(Arc::clone(only));
    }
    let names = logins.iter().map(|login| login.id.to_string()).collect::<Vec<_>>().join(", ");
    let (problem, hint) = if logins.is_empty() {
        let hint = "Name one of another kind with its --kind, or give --audience or --token-file.".to_owned();
        (format!("the config has no login of the kind {kind}"), hint)
    } else {
        (format!("the config has several logins of the kind {kind}"), format!("Name one of {names}."))
    };
    Err(Report::new(&std::io::Error::other(problem), Some(hint), Exit::Usage).into())
}

fn read(path: &Path, operation: &'static str) -> Result<String, Box<Report>> {
    let read = if path == Path::new("-") {
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text).map(|_| text)
    } else {
        files::read(path).and_then(|bytes| bytes.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound)))
    };
    let failed = |error: io::Error| {
        let failure = Failure::new(operation, path.display().to_string(), Advice::NeedsAttention)
            .caused_by(error)
            .hint("Name a file, or - for standard input.");
        Report { exit_code: Exit::Failed.code(), ..Report::from(&failure) }
    };
    let bytes = read.map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn unusable(error: &DocumentError) -> Box<Report> {
    Report::new(error, Some(error.hint.clone()), Exit::Failed).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_explains_says_how_its_rules_are_printed() {
        let registry = crate::registry::Registry::built_in();
        let explainers: Vec<_> = registry.providers.iter().filter_map(|kind| kind.explainer).collect();
        assert!(explainers.iter().all(|explainer| !explainer.printed_by.is_empty()));
        let empty = Document::parse("f", "{}").unwrap();
        assert!(explainers.iter().all(|explainer| !(explainer.recognises)(&empty)));
    }
}
